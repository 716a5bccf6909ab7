"""Stored files as browsers fetch them: what may be shown, ranges for those who seek, and what pages allow."""

import hashlib

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.files import get_artifact, job_artifacts
from shared.library import Model
from tests.unit.web import browser
from tests.unit.web.music import Musicians, midi, tone
from web.context import Services


@pytest.fixture
def files(musicians: Musicians, chorales: Model, music_version: str, parts: Services) -> dict[str, str]:
    """The ids of the files of one piece, by role."""
    (work,) = musicians.perform(chorales, music_version)
    job_id = get_artifact(parts.db, work).job_id or ""
    return {file.role: file.id for file in job_artifacts(parts.db, job_id)}


def get(client: FlaskClient, identifier: str, query: str = "", **headers: str) -> TestResponse:
    return client.get(f"/artifacts/{identifier}{query}", headers=headers)


def test_sound_is_played_in_the_page_and_everything_else_of_a_piece_is_taken_home(
    client: FlaskClient, files: dict[str, str]
) -> None:
    shown = get(client, files["audio"], "?inline")
    assert (shown.mimetype, shown.headers["Content-Disposition"]) == (
        "audio/wav",
        "inline; filename=piece-0.wav",
    )
    assert get(client, files["audio"]).headers["Content-Disposition"].startswith("attachment")
    for role in ("output", "score", "notes"):
        taken = get(client, files[role], "?inline")
        assert taken.mimetype == "application/octet-stream", role
        assert taken.headers["Content-Disposition"].startswith("attachment"), role
    assert get(client, files["output"]).data == midi()


def test_a_range_is_answered_with_that_range(client: FlaskClient, files: dict[str, str]) -> None:
    whole = tone()
    for asked, start, end in (
        ("0-99", 0, 100),
        (f"{len(whole) - 7}-", len(whole) - 7, len(whole)),
        ("5-5", 5, 6),
    ):
        part = get(client, files["audio"], "?inline", Range=f"bytes={asked}")
        assert part.status_code == 206 and part.data == whole[start:end], asked
        assert part.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(whole)}"
        assert part.content_length == end - start
    last = get(client, files["audio"], Range="bytes=-10")
    assert (last.status_code, last.data) == (206, whole[-10:])


def test_parts_put_together_are_the_file(client: FlaskClient, files: dict[str, str]) -> None:
    size, step, found = len(tone()), 100_000, b""
    for start in range(0, size, step):
        found += get(client, files["audio"], Range=f"bytes={start}-{start + step - 1}").data
    assert hashlib.sha256(found).digest() == hashlib.sha256(tone()).digest()


def test_who_does_not_ask_for_a_range_gets_the_whole_and_learns_that_one_may(
    client: FlaskClient, files: dict[str, str]
) -> None:
    whole = get(client, files["audio"], "?inline")
    assert (whole.status_code, whole.data, whole.content_length) == (200, tone(), len(tone()))
    assert whole.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=abc", "bytes=9-3", "lines=1-2"])
def test_a_range_that_makes_no_sense_does_no_harm(
    client: FlaskClient, files: dict[str, str], asked: str
) -> None:
    answer = get(client, files["audio"], Range=asked)
    assert answer.status_code in (200, 416)
    assert answer.status_code == 416 or answer.data == tone()


def test_a_range_of_another_file_than_the_one_known_is_the_whole(
    client: FlaskClient, files: dict[str, str]
) -> None:
    etag = get(client, files["audio"]).headers["ETag"]
    same = get(client, files["audio"], **{"Range": "bytes=0-9", "If-Range": etag})
    other = get(client, files["audio"], **{"Range": "bytes=0-9", "If-Range": '"something else"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert get(client, files["audio"], **{"If-None-Match": etag}).status_code == 304


def test_a_file_stays_in_its_sandbox_and_a_page_may_play_and_fetch_its_own(
    client: FlaskClient, files: dict[str, str]
) -> None:
    assert "sandbox" in get(client, files["audio"], "?inline").headers["Content-Security-Policy"]
    policy = client.get("/gallery", headers=browser.HTML).headers["Content-Security-Policy"]
    assert "media-src 'self'" in policy and "connect-src 'self'" in policy and "default-src 'none'" in policy
    answer = get(client, files["notes"])
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.get_json(force=True)["parts"][0]["name"] == "Soprano"
