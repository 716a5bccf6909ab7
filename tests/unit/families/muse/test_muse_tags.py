"""Search by words."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.families.muse.entries import Entry
from worker.families.muse.tags import Tags, words_of

WORKS = [
    Entry("", "great_wave-01.jpg", {"style": "ukiyo_e", "artist": "Hokusai"}, words=("dark blue", "calm")),
    Entry("", "Blue Boy.png", {"style": "rococo"}, words=("dark blue", "tense")),
    Entry("", "café.png", {"style": "impressionism_post"}, words=("warm grey",)),
    Entry("", "Ночь.jpg", {"style": "realism", "artist": "Куинджи"}),
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("great_wave-01.jpg", ["great", "wave", "01"]),
        ("Café DE nuit", ["cafe", "de", "nuit"]),
        ("Ночь", ["ночь"]),
        ("", []),
        (" ,.;!? ", []),
        ("a.b.tar", ["a", "b"]),
    ],
)
def test_words_are_letters_and_digits(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("ukiyo", 0),
        ("hokusai wave", 0),
        ("rococo", 1),
        ("cafe", 2),
        ("CAFÉ", 2),
        ("impress", 2),
        ("ночь", 3),
        ("куин", 3),
        ("blue boy", 1),
    ],
)
def test_the_best_work_is_found(text: str, best: int) -> None:
    scores = Tags(WORKS).scores(text)
    assert int(np.argmax(scores)) == best
    assert scores[best] > np.delete(scores, best).max()


def test_a_label_counts_more_than_a_name_and_a_whole_word_more_than_a_beginning() -> None:
    tags = Tags([Entry("", "sea.jpg"), Entry("", "x.jpg", {"theme": "sea"}), Entry("", "seaside.jpg")])
    label, name, beginning = (float(tags.scores("sea")[place]) for place in (1, 0, 2))
    assert label > name > beginning > 0


@given(
    st.lists(st.text("abcz9ы", min_size=1, max_size=5), min_size=1, max_size=8), st.text("abcz9ы", max_size=4)
)
def test_beginnings_are_found_wherever_they_lie(names: list[str], word: str) -> None:
    tags = Tags([Entry("", f"{name} x") for name in names])
    wanted = [name == word or (len(word) >= 3 and name.startswith(word)) for name in names]
    assert [bool(tags.matched(word, place)) for place in range(len(names))] == wanted
    assert (tags.scores(word) > 0).tolist() == wanted


def test_a_large_vocabulary_is_not_read_for_each_work() -> None:
    tags = Tags([Entry("", f"word{place} other{place}.jpg") for place in range(20_000)])
    began = time.process_time()
    for place in range(300):
        assert tags.matched("word9999 nothing zeppelin", place) == []
    assert time.process_time() - began < 0.5


def test_short_beginnings_match_nothing() -> None:
    assert not Tags(WORKS).scores("uk").any()


def test_what_is_found_is_told() -> None:
    tags = Tags(WORKS)
    assert tags.matched("wave blue nothing ukiy", 0) == ["wave", "blue", "ukiy"]
    assert tags.matched("wave", 1) == []


def test_known_words_are_the_frequent_ones() -> None:
    assert Tags(WORKS).known(2) == ["blue", "dark"]


def test_a_rare_word_counts_more() -> None:
    scores = Tags(WORKS).scores("dark hokusai")
    assert scores[0] > 2 * scores[1] > 0


@given(st.text(max_size=60))
def test_any_text_is_scored(text: str) -> None:
    scores = Tags(WORKS).scores(text)
    assert scores.shape == (4,)
    assert (scores >= 0).all() and (scores <= 1.0 + 1e-6).all()
    for place in range(4):
        assert (scores[place] > 0) == bool(Tags(WORKS).matched(text, place))
