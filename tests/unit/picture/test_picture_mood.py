"""The mood of colours follows Valdez and Mehrabian's weights, and its words follow its place."""

from __future__ import annotations

import pytest

from tests.unit.picture.made_pictures import MADE, clouds, polar
from worker.picture.colour import Pixels
from worker.picture.mood import Mood, mood_of
from worker.picture.palette import palette_of
from worker.picture.view import view_of


def mood(rgb: Pixels) -> Mood:
    return mood_of(palette_of(view_of(rgb)))


def test_lighter_is_happier_and_calmer() -> None:
    moods = [mood(polar(light + 5 * clouds(1.2), 15, 60)) for light in (25, 45, 65, 85)]
    assert [one.valence for one in moods] == sorted(one.valence for one in moods)
    assert [one.arousal for one in moods] == sorted((one.arousal for one in moods), reverse=True)


def test_stronger_colour_is_happier_and_more_excited() -> None:
    moods = [mood(polar(60, chroma, 40)) for chroma in (2, 10, 25, 45)]
    assert [one.valence for one in moods] == sorted(one.valence for one in moods)
    assert [one.arousal for one in moods] == sorted(one.arousal for one in moods)


@pytest.mark.parametrize("name", MADE)
def test_every_picture_has_a_mood_within_the_plane(name: str) -> None:
    found = mood(MADE[name]()[::8, ::8])
    assert -1.0 <= found.valence <= 1.0
    assert -1.0 <= found.arousal <= 1.0
    assert found.words


def test_pale_is_calm_dark_and_grey_is_sad_loud_is_lively() -> None:
    assert "calm" in mood(MADE["high key"]()).words
    assert {"sad", "tense", "dark"} & set(mood(MADE["low key"]()).words)
    assert {"lively", "joyful"} & set(mood(MADE["loud"]()).words)


def test_where_valence_says_nothing_no_word_of_joy_or_grief_is_used() -> None:
    seen = 0
    for light in range(30, 80):
        found = mood(polar(float(light), 30, 60))
        if abs(found.valence) < 0.15 and abs(found.arousal) >= 0.15:
            seen += 1
            assert not {"joyful", "sad", "mournful", "bright"} & set(found.words)
    assert seen


def test_a_mood_tells_its_rule() -> None:
    plain = mood(MADE["landscape"]()).to_dict()
    assert set(plain) == {"valence", "arousal", "words", "rule"}
    assert "Valdez & Mehrabian" in plain["rule"]
