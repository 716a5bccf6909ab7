"""What a report says is taken with care: nothing in it can break a page or become anything but text."""

import math
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from web.reports import evidence, figures, palette, values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_whatever_stands_there_is_read_or_left_out(told: Any) -> None:
    assert isinstance(values.mapping(told), dict)
    assert all(isinstance(one, dict) for one in values.mappings(told))
    assert (found := values.number(told)) is None or math.isfinite(found)
    assert (part := values.share(told)) is None or 0 <= part <= 1
    assert (count := values.whole(told)) is None or count == told
    assert isinstance(values.text(told), str)
    assert all(isinstance(one, str) and one for one in values.texts(told))
    colour = values.colour(told)
    assert not colour or (len(colour) == 7 and colour[0] == "#" and int(colour[1:], 16) >= 0)
    assert (pair := values.point(told)) is None or all(math.isfinite(one) for one in pair)


@given(st.text(max_size=30))
def test_a_colour_is_a_colour_and_nothing_else(text: str) -> None:
    assert values.colour(text) == "" or set(text.lower()) <= set("#0123456789abcdef")
    assert values.colour(f'#000000" onload="{text}') == ""


@pytest.mark.parametrize(
    ("told", "read"),
    [("ukiyo_e", "ukiyo e"), ("High Renaissance", "High Renaissance"), ("__", "__"), ("", ""), (None, "")],
)
def test_a_label_is_read_as_words(told: Any, read: str) -> None:
    assert values.label(told) == read


@pytest.mark.parametrize(
    ("told", "count", "found"),
    [([1, 2.5], 2, [1.0, 2.5]), ([1], 2, None), ([1, "2"], 2, None), ("12", 2, None), ([1, True], 2, None)],
)
def test_so_many_numbers_are_wanted(told: Any, count: int, found: list[float] | None) -> None:
    assert values.numbers(told, count) == found


@pytest.mark.parametrize(
    ("value", "told"), [(14.0, "14"), (0.31, "0.31"), (58.2, "58.2"), (1 / 3, "0.333333")]
)
def test_a_number_keeps_its_digits(value: float, told: str) -> None:
    assert values.written(value) == told


COLOURS = [
    {"hex": "#C7A14A", "name": "ochre", "share": 0.6, "lab": [68.0, 6.5, 48.9]},
    {"hex": "#2c2a26", "name": "charcoal", "share": 0.2, "lab": [17.2, 0.6, 3.0]},
    {"hex": "not a colour", "share": 0.2},
]


def test_swatches_fill_the_strip_by_their_shares(app: Flask) -> None:
    with app.test_request_context():
        ochre, charcoal = palette.swatches(COLOURS)
    assert (ochre.hex, ochre.name, ochre.said, ochre.x, ochre.wide) == ("#c7a14a", "ochre", "60 %", 0, 75.0)
    assert (charcoal.x, charcoal.wide) == (75.0, 25.0)


def test_colours_of_which_only_the_hex_is_known_take_equal_room() -> None:
    found = palette.plain(["#000000", "red", "#ffffff", 7])
    assert [(one.hex, one.name, one.said, one.wide) for one in found] == [
        ("#000000", "", "", 50.0),
        ("#ffffff", "", "", 50.0),
    ]
    assert palette.plain("#000000") == []


@pytest.mark.parametrize(
    ("template", "sectors"), [*((name, len(found)) for name, found in palette.TEMPLATES.items()), ("N", 0)]
)
def test_each_template_is_drawn_on_the_wheel(app: Flask, template: str, sectors: int) -> None:
    with app.test_request_context():
        drawn = palette.wheel(
            {"harmony": {"template": template, "angle": 300, "fit": 0.9}, "colours": COLOURS}
        )
    assert drawn is not None and drawn.name == palette.HARMONIES[template] and drawn.fit == "90 %"
    assert len(drawn.sectors) == sectors and len(drawn.dots) == 2
    for path in drawn.sectors:
        assert all(0 <= float(number) <= 360 for number in re.findall(r"-?\d+(?:\.\d+)?", path))
        ElementTree.fromstring(f'<path d="{path}"/>')
    ochre = drawn.dots[0]
    # At 82 degrees the hue lies right of the middle, close to its height, inside the ring.
    assert ochre.x > 60 and abs(ochre.y - 50) < 10 and math.hypot(ochre.x - 50, ochre.y - 50) <= 38


def test_half_a_wheel_is_a_large_arc(app: Flask) -> None:
    with app.test_request_context():
        half = palette.wheel({"harmony": {"template": "T", "angle": 90}})
        narrow = palette.wheel({"harmony": {"template": "i", "angle": 0}})
    assert half is not None and narrow is not None
    assert half.sectors[0].endswith("50.00 88.00Z") and half.fit == ""
    assert " 0 0 1 " in narrow.sectors[0]


def test_an_unknown_harmony_is_named_and_not_drawn(app: Flask) -> None:
    with app.test_request_context():
        found = palette.wheel({"harmony": {"name": "strange", "template": "Q"}})
        assert palette.wheel({}) is None
    assert found is not None and found.name == "strange" and found.sectors == []


def told(**change: Any) -> dict[str, Any]:
    one = {
        "figure": "a.b_c",
        "title": "Contrast",
        "value": 17.4,
        "unit": "",
        "percentile": 12.0,
        "usual": [16.1, 29.8],
    }
    return {"evidence": [one | change], "text": "It is flat.", "kind": "weakness"}


@pytest.mark.parametrize(
    ("change", "title", "value", "usual", "rank", "at"),
    [
        ({}, "Contrast", "17.4", "usually 16.1 to 29.8", "lower than in 88 of 100 works", 12.0),
        (
            {"percentile": 88},
            "Contrast",
            "17.4",
            "usually 16.1 to 29.8",
            "higher than in 88 of 100 works",
            88.0,
        ),
        (
            {"percentile": 400},
            "Contrast",
            "17.4",
            "usually 16.1 to 29.8",
            "higher than in 99 of 100 works",
            100.0,
        ),
        (
            {"percentile": 87.9},
            "Contrast",
            "17.4",
            "usually 16.1 to 29.8",
            "higher than in 87 of 100 works",
            87.9,
        ),
        ({"percentile": 0}, "Contrast", "17.4", "usually 16.1 to 29.8", "lower than in 99 of 100 works", 0.0),
        (
            {"percentile": 0.4},
            "Contrast",
            "17.4",
            "usually 16.1 to 29.8",
            "lower than in 99 of 100 works",
            0.4,
        ),
        (
            {"unit": "%", "value": 93},
            "Contrast",
            "93 %",
            "usually 16.1 to 29.8 %",
            "lower than in 88 of 100 works",
            12,
        ),
        ({"unit": "°"}, "Contrast", "17.4°", "usually 16.1 to 29.8°", "lower than in 88 of 100 works", 12),
        ({"percentile": None, "usual": None}, "Contrast", "17.4", "", "", None),
        ({"title": "", "usual": [1]}, "a, b c", "17.4", "", "lower than in 88 of 100 works", 12),
    ],
)
def test_a_sentence_stands_beside_its_figures(
    app: Flask, change: dict[str, Any], title: str, value: str, usual: str, rank: str, at: float | None
) -> None:
    with app.test_request_context():
        (sentence,) = evidence.sentences([told(**change)])
    assert (sentence.text, sentence.tone) == ("It is flat.", "bad")
    assert sentence.evidence == [evidence.Evidence(title, value, usual, rank, at)]


def test_figures_without_a_value_and_sentences_without_a_text_are_left_out(app: Flask) -> None:
    with app.test_request_context():
        (sentence,) = evidence.sentences([told(value="many"), {"text": 7}, "text"])
    assert sentence.evidence == []


def test_figures_are_named_the_telling_ones_first(app: Flask) -> None:
    told = {
        "tilt_share": 0.25,
        "edge_density": 0.143,
        "symmetry": [0.34, 0.12],
        "text": "x",
        "focus": [0, 1.5],
    }
    with app.test_request_context():
        found = figures.figures(told | {"contrast": 17.4, "odd": [1, 2, 3]})
        titles = figures.Titles({"a.tilt_share": ["Edges that lean so", "%"], "a.focus_x": ["Focus", "°"]})
        titled = figures.figures({"tilt_share": 0.25, "focus": [3, 4]}, "a", titles)
        spread = figures.sorted_out({"palette.range": [1.0, 2.0, 3.0]}, figures.Titles([7]))
    assert found.shown == [
        ("Contrast of lightness", "17.4"),
        ("Symmetry, left and right", "34 %"),
        ("Symmetry, top and bottom", "12 %"),
        ("Density of edges", "14 %"),
    ]
    assert found.rest == [("Tilt share", "0.25"), ("Focus x", "0"), ("Focus y", "1.50")]
    assert titled.rest == [("Edges that lean so", "25 %"), ("Focus", "3.00°"), ("Focus y", "4.00")]
    assert spread.shown == [("Range of lightness", "2.00 (1.00 to 3.00)")]


@given(JSON)
def test_a_place_lies_on_the_picture(told: Any) -> None:
    found = figures.place(told, -1, 1)
    assert found is None or all(0 <= one <= 100 for one in found)
    assert figures.place([0.5, -3], -1, 1) == (75.0, 0.0)
