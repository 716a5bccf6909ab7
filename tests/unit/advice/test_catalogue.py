"""Figures as they are shown, the file that lists them, and the evidence made of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.advice.made_rules import CATALOGUE
from worker.advice.catalogue import Figure, read_catalogue
from worker.advice.evidence import evidence_of
from worker.advice.problems import RuleError
from worker.advice.usual import usual_of


@pytest.mark.parametrize(
    ("figure", "value", "written"),
    [
        (Figure("a", "A", "%", 0), 0.237, "24 %"),
        (Figure("a", "A", "L*", 1), 12.34, "12.3 L*"),
        (Figure("a", "A", "°", 0), 93.6, "94°"),
        (Figure("a", "A", "", 2), -0.0004, "0.00"),
        (Figure("a", "A", "pixels", 0), 64.0, "64 pixels"),
    ],
)
def test_a_figure_is_written_with_its_unit(figure: Figure, value: float, written: str) -> None:
    assert figure.written(value) == written


@given(st.floats(-1e4, 1e4), st.integers(0, 4))
def test_what_is_written_is_what_is_shown(value: float, digits: int) -> None:
    figure = Figure("a", "A", "", digits)
    assert float(figure.written(value)) == pytest.approx(figure.shown(value), abs=1e-9)
    assert not figure.written(value).startswith("-0.0000")


def test_a_catalogue_is_a_mapping() -> None:
    assert CATALOGUE["work.size"].unit == "cm"
    assert "work.weight" not in CATALOGUE
    assert len(CATALOGUE) == len(list(CATALOGUE)) == 7


def test_a_catalogue_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "figures.toml"
    path.write_text(
        '[figures]\n"a.b" = {title = "A", unit = "%", digits = 1, spread = 0.1}\n', encoding="utf-8"
    )
    assert read_catalogue(path)["a.b"] == Figure("a.b", "A", "%", 1, 0.1)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('{title = ""}', "no title"),
        ('{title = "A", spread = 0}', "spread"),
        ('{title = "A", colour = "red"}', "unknown keys"),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path: Path, table: str, problem: str) -> None:
    path = tmp_path / "figures.toml"
    path.write_text(f'[figures]\n"a.b" = {table}\n', encoding="utf-8")
    with pytest.raises(RuleError, match=problem):
        read_catalogue(path)


def test_evidence_without_a_collection_is_the_bare_figure() -> None:
    assert evidence_of(CATALOGUE["work.share"], 0.256).to_dict() == {
        "figure": "work.share",
        "title": "Share",
        "value": 26.0,
        "unit": "%",
        "percentile": None,
        "usual": None,
    }


def test_evidence_tells_what_is_usual_in_the_same_unit() -> None:
    usual = usual_of([{"work.share": value / 100} for value in range(101)])
    found = evidence_of(CATALOGUE["work.share"], 0.25, usual).to_dict()
    assert found["percentile"] == pytest.approx(25.0)
    assert found["usual"] == [10.0, 90.0]
