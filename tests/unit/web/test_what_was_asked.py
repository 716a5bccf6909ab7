"""A piece that is not quite what was asked for says so on its page."""

import pytest
from flask.testing import FlaskClient

from shared.library import Model
from tests.unit.web.music import Musicians, meta
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import page


@pytest.mark.parametrize(
    ("asked", "said"),
    [(20, "16 bars, 0:48 (20 bars were asked for)"), (16, "16 bars, 0:48"), ("20", "16 bars, 0:48")],
)
def test_a_piece_that_ends_early_says_so(
    client: FlaskClient,
    musicians: Musicians,
    chorales: Model,
    music_version: str,
    asked: object,
    said: str,
) -> None:
    (work,) = musicians.perform(chorales, music_version, told=meta(bars_asked=asked))
    assert f"Length {said} Parts" in text(page(client, f"/works/{work}"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [("F♯ minor", "G minor (F♯ minor was asked for)"), (None, "G minor"), (7, "G minor")],
)
def test_a_piece_in_another_key_than_was_asked_for_says_so(
    client: FlaskClient,
    musicians: Musicians,
    chorales: Model,
    music_version: str,
    asked: object,
    said: str,
) -> None:
    told = meta(key="G minor", key_asked=asked)
    (work,) = musicians.perform(chorales, music_version, told=told)
    assert f"Key {said} Length" in text(page(client, f"/works/{work}"))
