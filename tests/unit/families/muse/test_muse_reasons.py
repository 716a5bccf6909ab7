"""Sentences on works, and the shares that they tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from worker.advice.usual import FEW
from worker.families.muse.entries import Entry
from worker.families.muse.index import Index, build
from worker.families.muse.poles import POLES, called, catalogue_of, named
from worker.families.muse.ranks import Ranks
from worker.families.muse.reasons import Reasons, listed, percent, sentence
from worker.families.muse.starts import Given, Start
from worker.families.muse.tags import Tags
from worker.families.muse.traits import MUSIC, PAINTING, Traits

BRIGHT = "palette.brightness"


def index_of(values: list[float], labels: list[dict[str, str]] | None = None) -> Index:
    """Pictures with these brightnesses, each in a direction of its own."""
    rows = torch.eye(len(values)).numpy()
    traits = [
        Traits(row, (0.1, 0.2), {BRIGHT: value, "palette.contrast": 20.0})
        for row, value in zip(rows, values, strict=True)
    ]
    named_labels = labels or [{}] * len(values)
    heads = [(f"h{n}", f"work{n}.png", label) for n, label in enumerate(named_labels)]
    return build(PAINTING, heads, traits, 64)


def reasons_of(index: Index) -> Reasons:
    return Reasons(index, Tags(index.entries), Ranks(index))


def given_like(index: Index, place: int | None, brightness: float) -> Given:
    traits = Traits(np.zeros(len(index), np.float32), (0, 0), {BRIGHT: brightness, "palette.contrast": 20.0})
    vector = index.vectors[place or 0].float().numpy()
    return Given("x", "your work", traits, vector, place)


RISING = [n / 20 for n in range(20)]


@given(st.lists(st.floats(0, 1, width=32), min_size=FEW, max_size=40), st.floats(0, 1, width=32))
def test_shares_are_counted(values: list[float], value: float) -> None:
    standing = Ranks(index_of(values)).of(BRIGHT, value)
    assert standing is not None
    assert standing.below == sum(one < value for one in values) / len(values)
    assert standing.above == sum(one > value for one in values) / len(values)


def test_among_few_works_nothing_is_said() -> None:
    index = index_of(RISING[: FEW - 1])
    assert Ranks(index).of(BRIGHT, 0.5) is None
    assert reasons_of(index).unusual(0) == ""


def test_an_unknown_figure_stands_nowhere() -> None:
    assert Ranks(index_of(RISING)).of("texture.nothing", 0.5) is None


def test_two_dark_works_are_said_to_be_darker_than_most() -> None:
    index = index_of(RISING)
    told = reasons_of(index).shared(given_like(index, None, 0.02), 2)
    assert told == "both are darker than 85 % of the collection (mean lightness 2 % and 10 %)"


def test_two_bright_works_are_said_to_be_brighter_than_most() -> None:
    index = index_of(RISING)
    told = reasons_of(index).shared(given_like(index, None, 0.99), 17)
    assert told == "both are brighter than 85 % of the collection (mean lightness 99 % and 85 %)"


@pytest.mark.parametrize("brightness", [0.4, 0.9])
def test_of_different_works_nothing_is_shared(brightness: float) -> None:
    index = index_of(RISING)
    assert reasons_of(index).shared(given_like(index, None, brightness), 2) == ""


def test_labels_are_shared_by_works_of_the_index_only() -> None:
    index = index_of(RISING, [{"style": "ukiyo_e" if n < 9 else "rococo", "all": "same"} for n in range(20)])
    reasons = reasons_of(index)
    assert reasons.shared(given_like(index, 3, 0.5), 4) == "both are labelled style ukiyo e"
    assert "labelled" not in reasons.shared(given_like(index, None, 0.02), 2)


def test_what_differs_most_is_told_as_a_comparison() -> None:
    index = index_of(RISING)
    reasons = reasons_of(index)
    told = reasons.opposed(given_like(index, None, 0.02), 19)
    assert told == "yours is darker, this one brighter: mean lightness 2 % against 95 %"
    assert reasons.opposed(given_like(index, None, 0.95), 0).startswith("yours is brighter, this one darker")
    assert reasons.opposed(given_like(index, None, 0.50), 11) == ""


def test_the_rarest_figure_is_its_own() -> None:
    told = reasons_of(index_of(RISING)).unusual(19)
    assert told == "most its own is that it is brighter than 95 % of the collection (mean lightness 95 %)"


@pytest.mark.parametrize(
    ("place", "told"), [(5, "darker than 70 %"), (6, ""), (13, ""), (14, "brighter than 70 %")]
)
def test_only_the_outer_works_are_unusual(place: int, told: str) -> None:
    found = reasons_of(index_of(RISING)).unusual(place)
    assert (told in found) if told else found == ""


def test_a_figure_that_all_share_is_nobodys_own() -> None:
    assert reasons_of(index_of([0.5] * 20)).unusual(3) == ""


def test_chance_comes_upon_works_that_are_drawn_and_on_no_others() -> None:
    index = index_of([0.5] * 20)
    near = np.linspace(1.0, -1.0, 20, dtype=np.float32)
    start = Start(None, "", "", None, near, np.ones(20, np.bool_))
    assert reasons_of(index).near(start, 3) == "Chance came upon it."
    assert reasons_of(index).far(start, near, 15) == (
        "It lies farther from those found than 75 % of the collection."
    )


def test_values_that_are_written_alike_are_no_opposites() -> None:
    index = index_of([0.5 + n / 10_000 for n in range(20)])
    assert reasons_of(index).opposed(given_like(index, None, 0.5), 19) == ""


def test_a_reason_tells_all_that_was_asked() -> None:
    index = index_of(RISING, [{"kind": "sea"}] * 20)
    near = np.linspace(1.0, -1.0, 20, dtype=np.float32)
    start = Start(given_like(index, None, 0.0), "sea", "calm", near, near, np.ones(20, np.bool_))
    assert reasons_of(index).near(start, 1) == (
        "It is found by sea; its mood is valence +0.10, arousal +0.20; calm was asked for; both are darker "
        "than 90 % of the collection (mean lightness 0 % and 5 %); it is nearer than 90 % of the collection "
        "(distance 0.11)."
    )


def test_far_works_tell_how_far() -> None:
    index = index_of(RISING)
    near = np.linspace(1.0, -1.0, 20, dtype=np.float32)
    start = Start(None, "", "", None, near, np.ones(20, np.bool_))
    told = reasons_of(index).far(start, near, 19)
    assert told.endswith("it lies farther from those found than 95 % of the collection.")


@pytest.mark.parametrize(
    ("share", "told"), [(0.0, "0 %"), (0.999, "99 %"), (1.0, "99 %"), (0.29, "29 %"), (0.709, "70 %")]
)
def test_shares_are_never_told_larger_than_they_are(share: float, told: str) -> None:
    assert percent(share) == told


def test_words_are_joined_as_in_speech() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert sentence(["", "one", "", "two"]) == "One; two."


@pytest.mark.parametrize("media", [PAINTING, MUSIC])
def test_every_pole_is_a_figure_and_no_word_is_used_twice(media: str) -> None:
    poles = POLES[media]
    assert set(poles) <= set(catalogue_of(media))
    for ends in ([pole.lower for pole in poles.values()], [pole.higher for pole in poles.values()]):
        assert len(set(ends)) == len(ends)
    for pole in poles.values():
        assert pole.lower != pole.higher
        assert (pole.compared(high=True), pole.compared(high=False)) == (pole.higher, pole.lower)
        for word in (pole.lower, pole.higher):
            assert "more " in word or "less " in word or word.partition(" ")[0].endswith("er"), word


def test_figures_are_named_without_brackets() -> None:
    assert "(" not in named(PAINTING, "palette.temperature")
    assert (called(PAINTING), called(MUSIC)) == ("pictures", "music")


def test_entries_of_the_index_keep_their_order() -> None:
    index = index_of(RISING)
    assert [one.name for one in index.entries][:2] == ["work0.png", "work1.png"]
    assert isinstance(index.entries[0], Entry)
