"""What is shown of a label can be written where the label is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.labels import in_words, same_label


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("ukiyo_e", "ukiyo e"),
        ("High Renaissance", "High Renaissance"),
        ("fluent__3d_", "fluent 3d"),
        ("__", "__"),
        ("", ""),
    ],
)
def test_a_label_is_read_as_words(label: str, words: str) -> None:
    assert in_words(label) == words


@given(st.text(max_size=20))
def test_what_is_shown_is_the_same_label(label: str) -> None:
    assert same_label(label, in_words(label)) and same_label(in_words(label), label)
    assert in_words(in_words(label)) == in_words(label)


def test_case_and_spelling_do_not_count_and_everything_else_does() -> None:
    assert same_label("Ukiyo e", "ukiyo_e")
    assert not same_label("ukiyo-e", "ukiyo_e") and not same_label("ukiyoe", "ukiyo_e")
