"""A piece that is not quite what was asked for says so on its page."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.library import Model
from tests.unit.web.music import Musicians, meta
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import page


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"bars_asked": 20}, "Length 16 bars, 0:48 (20 bars were asked for) Parts"),
        ({"bars_asked": 16}, "Length 16 bars, 0:48 Parts"),
        ({"bars_asked": "20"}, "Length 16 bars, 0:48 Parts"),
        ({"key": "G minor", "key_asked": "F♯ minor"}, "Key G minor (F♯ minor was asked for) Length"),
        ({"key": "G minor", "key_asked": None}, "Key G minor Length"),
        ({"key": "G minor", "key_asked": 7}, "Key G minor Length"),
    ],
)
def test_a_piece_that_is_not_as_it_was_asked_for_says_so(
    client: FlaskClient,
    musicians: Musicians,
    chorales: Model,
    music_version: str,
    told: dict[str, Any],
    said: str,
) -> None:
    (work,) = musicians.perform(chorales, music_version, told=meta(**told))
    assert said in text(page(client, f"/works/{work}"))
