"""The index: spaces, entries, and files that are not what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.torch import save_file

from shared.errors import AtelierError, BadFile, InvalidInput
from tests.unit.families.muse.support import make_trainer, train
from worker.families.muse.entries import Entry, from_bytes, to_bytes
from worker.families.muse.index import read_index
from worker.families.muse.loaded import LoadedMuse
from worker.families.muse.space import Space
from worker.families.muse.traits import Colour
from worker.family import Item, Trained

text = st.text(max_size=20)
colours = st.builds(
    Colour, st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.floats(0, 1, allow_nan=False)
)
entries = st.builds(
    Entry,
    text,
    text,
    st.dictionaries(text, text, max_size=3),
    st.lists(colours, max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
    st.dictionaries(text, st.integers(-1000, 1000), max_size=3),
)
numbers = st.floats(-100, 100, width=32)


@given(st.lists(entries, max_size=5))
def test_entries_come_back_as_they_were(given_entries: list[Entry]) -> None:
    assert from_bytes(to_bytes(given_entries)) == tuple(given_entries)


@pytest.mark.parametrize(
    "data", [b"", b"[", b"{}x", b'[{"hash": "a"}]', b"[1]", b'[{"hash":1,"name":2,"labels":[]}]']
)
def test_entries_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        from_bytes(torch.tensor(list(data), dtype=torch.uint8))
    assert caught.value.code == "wrong_weights"


@pytest.mark.parametrize(
    ("labels", "name", "title"),
    [
        ({}, "wave_at_kanagawa.jpg", "wave_at_kanagawa"),
        ({"title": "The Wave"}, "x.jpg", "The Wave"),
        ({"title": "26_thumb.jpg"}, "x.jpg", "26_thumb"),
        ({"title": ""}, "op.12.mid", "op.12"),
    ],
)
def test_a_title_is_what_people_call_it(labels: dict[str, str], name: str, title: str) -> None:
    assert Entry("", name, labels).title == title


def test_a_colour_is_written_as_pages_do() -> None:
    assert Colour(1, 171, 255, 0.5).hex == "#01abff"


@given(arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 8)), elements=numbers), st.booleans())
def test_a_space_gives_unit_vectors_or_none(
    rows: np.ndarray[Any, np.dtype[np.float32]], standard: bool
) -> None:
    placed = Space.of(rows, standardised=standard).place(rows)
    lengths = np.linalg.norm(placed, axis=1)
    assert np.isfinite(placed).all()
    assert np.logical_or(np.abs(lengths - 1.0) < 1e-3, lengths < 1.0 + 1e-3).all()


def test_what_all_share_counts_for_nothing() -> None:
    rows = np.array([[10, 1, 0], [10, -1, 0], [10, 0, 1], [10, 0, -1]], np.float32)
    placed = Space.of(rows, standardised=False).place(rows)
    assert placed[0] @ placed[1] == pytest.approx(-1.0)
    assert placed[0] @ placed[2] == pytest.approx(0.0)


def test_standardised_columns_count_alike() -> None:
    rows = np.array([[1000, 1], [-1000, 1], [1000, -1], [-1000, -1]], np.float32)
    placed = Space.of(rows, standardised=True).place(rows)
    assert placed[0] @ placed[1] == pytest.approx(placed[0] @ placed[2])


def test_the_remotest_is_farthest_from_the_middle() -> None:
    rows = np.array([[0, 0], [1, 0], [0, 1], [9, 9]], np.float32)
    assert int(np.argmax(Space.of(rows, standardised=False).remoteness(rows))) == 3


@pytest.fixture(scope="module")
def trained(pieces: list[Item]) -> Trained:
    return train(make_trainer(pieces[:6])).finish()


@pytest.mark.parametrize(
    "change",
    [
        {"works": 0},
        {"works": 10**9},
        {"works": "many"},
        {"works": 5},
        {"width": -1},
        {"width": 10**9},
        {"media": "sculpture"},
        {"figures": ["a", "a"]},
        {"figures": None},
        {"text": 0},
        {"text": 3},
        {"usual": {}},
        {"usual": {"count": 3, "points": {"a": [1, 2]}}},
        {"side": 0},
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_refused(
    trained: Trained, change: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(trained.weights, path)
    with pytest.raises(AtelierError):
        read_index(path, {**trained.config, **change})


@pytest.mark.parametrize("missing", ["works", "media", "usual", "side"])
def test_a_description_that_lacks_something_is_refused(
    trained: Trained, missing: str, tmp_path: Path
) -> None:
    config = {name: value for name, value in trained.config.items() if name != missing}
    with pytest.raises(InvalidInput):
        read_index(tmp_path / "weights.safetensors", config)


def test_numbers_that_are_none_are_refused(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    broken = {**trained.weights, "mood": torch.full_like(trained.weights["mood"], float("nan"))}
    save_file(broken, path)
    with pytest.raises(BadFile) as caught:
        read_index(path, trained.config)
    assert caught.value.code == "wrong_weights"


def test_an_index_knows_its_works(pictures: LoadedMuse, works: list[Item]) -> None:
    index = pictures.index
    assert index.places[works[3].hash] == 3
    assert index.labels["kind"]["noon"] == list(range(1, len(works), 2))
    assert set(index.row(0)) == set(index.names)
    assert index.usual_among([0, 1]).count == 2
    assert index.nbytes >= index.vectors.numel() * 2
    assert index.side == 64


@settings(max_examples=10)
@given(st.integers(0, 23))
def test_figures_are_those_of_the_work(pictures: LoadedMuse, place: int) -> None:
    row = pictures.index.row(place)
    bright = row["palette.brightness"]
    assert (bright > 0.5) == (pictures.index.entries[place].labels["kind"] == "noon")
