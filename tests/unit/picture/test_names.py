"""Names of colours: those that people give, each colour of the table its own, no two alike in a palette."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

import worker.picture
from worker.picture.colour import difference, lab_of
from worker.picture.names import name_of, names_of

TABLE: dict[str, str] = tomllib.loads(
    (Path(worker.picture.__file__).parent / "rules" / "colours.toml").read_text(encoding="utf-8")
)["colours"]


def lab(code: str) -> np.ndarray:
    return lab_of(np.array(list(bytes.fromhex(code.removeprefix("#"))), np.uint8))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("#ffffff", "white"),
        ("#000000", "black"),
        ("#808080", "grey"),
        ("#ff0000", "red"),
        ("#0000ff", "ultramarine"),
        ("#ffff00", "lemon yellow"),
        ("#8b4513", "brown"),
        ("#000080", "navy"),
        ("#f5d5d3", "pale pink"),
        ("#ffa500", "amber"),
    ],
)
def test_well_known_colours_get_their_names(code: str, name: str) -> None:
    assert name_of(lab(code)) == name


@pytest.mark.parametrize("name", TABLE)
def test_every_colour_of_the_table_is_found_by_its_own_name(name: str) -> None:
    assert name_of(lab(TABLE[name])) == name


def test_the_table_has_no_twins() -> None:
    places = np.stack([lab(code) for code in TABLE.values()])
    apart = difference(places[:, None], places[None]) + 99 * np.eye(len(places))
    assert apart.min() > 1.5
    assert 60 <= len(TABLE) <= 150


def test_colours_of_one_name_are_told_apart() -> None:
    taupe = lab(TABLE["taupe"])
    step = np.array([4, 0, 0])
    lighter, darker = taupe + step, taupe - step
    assert names_of([taupe, lighter, darker, taupe]) == [
        "taupe",
        "lighter taupe",
        "darker taupe",
        "another taupe",
    ]


def test_nothing_is_a_darker_light_grey() -> None:
    grey = lab(TABLE["light grey"])
    assert names_of([grey, grey - np.array([4, 0, 0])]) == ["light grey", "another light grey"]
