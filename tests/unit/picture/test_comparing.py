"""What can be compared with a collection of another size."""

from __future__ import annotations

import pytest

from worker.advice.usual import Usual
from worker.picture.comparing import comparable

USUAL = Usual(20, dict.fromkeys(("palette.contrast", "mood.valence", "texture.entropy"), (0.0,) * 21))


@pytest.mark.parametrize("longest", [64, 32, 128, 100])
def test_of_about_the_same_size_everything_can(longest: int) -> None:
    assert comparable(USUAL, longest, 64) is USUAL


@pytest.mark.parametrize("longest", [31, 129, 1000])
def test_of_another_size_only_colour_can(longest: int) -> None:
    found = comparable(USUAL, longest, 64)
    assert (found.count, sorted(found.points)) == (20, ["mood.valence", "palette.contrast"])


def test_a_collection_of_unknown_size_is_taken_as_it_is() -> None:
    assert comparable(USUAL, 1000, 0) is USUAL
