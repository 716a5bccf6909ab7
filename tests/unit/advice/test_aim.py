"""Aims: known moods only, each in its quarter of the plane."""

from __future__ import annotations

from itertools import combinations
from math import hypot

import pytest

from worker.advice.aim import MOODS, Aim


def test_an_aim_may_name_nothing() -> None:
    aim = Aim()
    assert aim.place is None
    assert aim.to_dict() == {"mood": "", "style": "", "audience": ""}


@pytest.mark.parametrize("mood", MOODS)
def test_every_mood_has_a_place_within_the_plane(mood: str) -> None:
    place = Aim(mood).place
    assert place == MOODS[mood]
    assert place is not None and all(-1 < value < 1 for value in place)


def test_an_unknown_mood_is_refused_and_the_known_ones_are_told() -> None:
    with pytest.raises(ValueError, match=r"unknown mood 'gloomy'.*calm.*solemn"):
        Aim("gloomy")


@pytest.mark.parametrize(
    ("mood", "valence", "arousal"),
    [
        ("joyful", 1, 1),
        ("energetic", 1, 1),
        ("calm", 1, -1),
        ("tender", 1, -1),
        ("melancholic", -1, -1),
        ("solemn", -1, -1),
        ("dramatic", -1, 1),
    ],
)
def test_moods_lie_in_the_quarter_that_their_words_name(mood: str, valence: int, arousal: int) -> None:
    place = MOODS[mood]
    assert place[0] * valence > 0 and place[1] * arousal > 0


def test_no_two_moods_share_a_place() -> None:
    for (_, one), (_, other) in combinations(MOODS.items(), 2):
        assert hypot(one[0] - other[0], one[1] - other[1]) > 0.15


def test_an_aim_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Aim("calm").mood = "joyful"  # type: ignore[misc]
