"""Traits in a checkpoint: exactly what they were, however many there are, and in no file's header."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from worker import checkpoints
from worker.families.muse.keeping import packed, unpacked
from worker.families.muse.traits import Colour, Traits
from worker.family import TrainerState

WIDTH = 3
text = st.text(max_size=8)
levels = st.integers(0, 255)
colours = st.builds(Colour, levels, levels, levels, st.floats(0, 1))
traits = st.builds(
    Traits,
    st.lists(st.floats(-9, 9, width=32), min_size=WIDTH, max_size=WIDTH).map(
        lambda row: np.array(row, np.float32)
    ),
    st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    st.dictionaries(text, st.floats(allow_nan=False, allow_infinity=False), max_size=4),
    st.lists(colours, max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
    st.dictionaries(text, st.integers(-99, 99), max_size=2),
)
NOTHING = np.zeros(0, np.float32)


def same(one: list[Traits], other: list[Traits]) -> bool:
    vectors = [np.array_equal(a.vector, b.vector) for a, b in zip(one, other, strict=True)]
    return all(vectors) and [replace(a, vector=NOTHING) for a in one] == [
        replace(b, vector=NOTHING) for b in other
    ]


@given(st.lists(traits, max_size=5))
def test_they_come_back_as_they_were(given_traits: list[Traits]) -> None:
    data = checkpoints.pack("job", 1, TrainerState(packed(given_traits), {}))
    assert same(unpacked(checkpoints.unpack(data).tensors), given_traits)


def test_a_large_collection_fits_in_a_file() -> None:
    """The header of a safetensors file holds 100 MB at most."""
    figures = {f"a.figure.of.many.{n}": n / 7 for n in range(60)}
    palette = tuple(Colour(n, n, n, 1 / 7) for n in range(7))
    one = Traits(np.ones(2, np.float32), (0.1, -0.7), figures, palette, ("dark blue",) * 9)
    tensors = packed([one] * 1000)
    data = checkpoints.pack("job", 1, TrainerState(tensors, {}))
    assert int.from_bytes(data[:8], "little") < 1000
    assert tensors["figures"].shape == (1000, 60)
    assert same(unpacked(checkpoints.unpack(data).tensors), [one] * 1000)
