"""Wishes: what people write is understood, or refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from worker.families.muse.wishes import CODE, FIELD, MOST_TERMS, Term, read_wish


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("calm >= 0.8", [Term("calm", ">=", 0.8)]),
        ("calm>=.8", [Term("calm", ">=", 0.8)]),
        ("contrast > 20", [Term("contrast", ">", 20.0)]),
        ("palette.contrast<-1e-3", [Term("palette.contrast", "<", -0.001)]),
        ("style=ukiyo_e >= 0.6", [Term("style=ukiyo_e", ">=", 0.6)]),
        ("style = ukiyo_e >= 60 %", [Term("style=ukiyo_e", ">=", 0.6)]),
        ("still life <= 5%", [Term("still life", "<=", 0.05)]),
        ("наив > 0.5", [Term("наив", ">", 0.5)]),
        (
            "calm >= 0.8, style=ukiyo_e >= 0.6, contrast > 20",
            [Term("calm", ">=", 0.8), Term("style=ukiyo_e", ">=", 0.6), Term("contrast", ">", 20.0)],
        ),
        ("calm > 0.1; calm < 0.9", [Term("calm", ">", 0.1), Term("calm", "<", 0.9)]),
        (
            "calm > 0.1 and warm < 0.9\nx>1",
            [Term("calm", ">", 0.1), Term("warm", "<", 0.9), Term("x", ">", 1.0)],
        ),
        ("calm > 0.1,,", [Term("calm", ">", 0.1)]),
        ("sandy > 0.1", [Term("sandy", ">", 0.1)]),
        ("style=arts and crafts > 0.5", [Term("style=arts and crafts", ">", 0.5)]),
        (
            "calm > 0.1 and black & white, early >= 60 %, x<1",
            [Term("calm", ">", 0.1), Term("black & white, early", ">=", 0.6), Term("x", "<", 1.0)],
        ),
        ("and, calm > 0.1", [Term("calm", ">", 0.1)]),
    ],
)
def test_it_is_understood(text: str, terms: list[Term]) -> None:
    assert list(read_wish(text)) == terms


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" , ;\n", "empty"),
        ("calm", "is not a name"),
        ("calm\ntense > 0.1", "“calm” is not a name"),
        ("tense > 0.1 and calm, warm", "“calm, warm” is not a name"),
        ("calm = 0.8", "is not a name"),
        ("calm == 0.8", "is not a name"),
        (">= 0.8", "is not a name"),
        ("calm >=", "is not a name"),
        ("calm >= high", "“high” is not a number"),
        ("calm >= nan", "“nan” is not a number"),
        ("calm >= inf", "“inf” is not a number"),
        ("calm >= 1e999", "is not a number"),
        ("0.2 < calm < 0.8", "is not a name"),
        ("calm >= 0.8 0.9", "is not a name"),
        ("x" * 300, "..."),
        (",".join(["a > 1"] * (MOST_TERMS + 1)), f"{MOST_TERMS} are the most"),
    ],
)
def test_it_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match="wish") as caught:
        read_wish(text)
    assert says in caught.value.message
    assert (caught.value.code, caught.value.field) == (CODE, FIELD)
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        (">", False, False, True),
        (">=", False, True, True),
        ("<", True, False, False),
        ("<=", True, True, False),
    ],
)
def test_comparisons_mean_what_they_say(comparison: str, below: bool, equal: bool, above: bool) -> None:
    term = Term("x", comparison, 0.5)
    assert [term.holds(value) for value in (0.4, 0.5, 0.6)] == [below, equal, above]


names = st.from_regex(r"[a-z][a-z_.]{0,11}", fullmatch=True).filter(lambda name: name.split(".")[0] != "and")
terms = st.builds(Term, names, st.sampled_from([">=", "<=", ">", "<"]), st.floats(-1e6, 1e6, allow_nan=False))


@given(st.lists(terms, min_size=1, max_size=MOST_TERMS), st.sampled_from([", ", "; ", " and ", "\n"]))
def test_what_is_written_is_read_back(wanted: list[Term], between: str) -> None:
    text = between.join(f"{one.name} {one.comparison} {one.value!r}" for one in wanted)
    assert list(read_wish(text)) == wanted


@given(st.text(max_size=80))
def test_no_text_is_an_error_of_another_kind(text: str) -> None:
    try:
        found = read_wish(text)
    except InvalidInput as error:
        assert error.code == CODE
    else:
        assert found
