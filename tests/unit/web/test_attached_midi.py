"""Files that are no MIDI, given where MIDI is wanted: one code, by whatever way they come."""

import io
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.catalogue import announce
from tests.unit.web import browser
from tests.unit.web.attached import ANSWER, PICTURE, data_uri, sent
from tests.unit.web.families import COLLECTION, PAINTER, SEED
from tests.unit.web.pictures import png
from tests.unit.web.seed import Studio

TUNE: dict[str, Any] = PICTURE | {"x-accept": ["audio/midi"], "title": "Tune"}
ANY_WORK: dict[str, Any] = PICTURE | {"x-accept": ["image/png", "audio/midi"], "title": "Work"}
HUM = replace(
    ANSWER,
    name="hum",
    input_schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {"tune": TUNE, "work": ANY_WORK, "seed": SEED},
    },
)
TEXT, AAC = b"no music at all", b"\xff\xf1\x50\x80" + bytes(40)
MIDI = b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk"


@pytest.fixture(autouse=True)
def humming(studio: Studio) -> None:
    """A family whose one operation takes notes."""
    announce(studio.db, [replace(PAINTER, operations=(*PAINTER.operations, HUM)), COLLECTION])


def refusal(answer: Any) -> tuple[int, str, str]:
    problem = answer.get_json()
    return answer.status_code, problem["code"], problem["field"]


def sent_ahead(client: FlaskClient, data: bytes, name: str, accept: str = "") -> Any:
    form = {"content": (io.BytesIO(data), name)}
    return client.post("/v1/files" + (f"?accept={accept}" if accept else ""), data=form)


def inside(client: FlaskClient, version_id: str, field: str, data: bytes) -> Any:
    body = {"version": version_id, "operation": "hum", "input": {field: data_uri(data, "audio/midi")}}
    return client.post("/v1/predictions", json=body)


@pytest.mark.parametrize("data", [TEXT, AAC, b"MThx"])
@pytest.mark.parametrize(("name", "accept"), [("song.mid", ""), ("SONG.MIDI", ""), ("song", "audio/midi")])
def test_a_file_sent_ahead_is_no_midi(client: FlaskClient, data: bytes, name: str, accept: str) -> None:
    assert refusal(sent_ahead(client, data, name, accept)) == (422, "not_midi", "content")
    assert sent(client) == []


def test_a_file_that_nobody_calls_midi_is_told_as_ever(client: FlaskClient) -> None:
    assert refusal(sent_ahead(client, TEXT, "song.png")) == (422, "not_an_image", "content")
    assert refusal(sent_ahead(client, TEXT, "song.mid", "image/png")) == (422, "not_an_image", "content")


@pytest.mark.parametrize("data", [TEXT, AAC])
def test_a_file_inside_a_request_is_no_midi(client: FlaskClient, version_id: str, data: bytes) -> None:
    assert refusal(inside(client, version_id, "tune", data)) == (422, "not_midi", "tune")
    assert sent(client) == []


def test_where_a_picture_would_do_too_the_kind_is_not_guessed(client: FlaskClient, version_id: str) -> None:
    assert refusal(inside(client, version_id, "work", TEXT)) == (422, "not_an_image", "work")
    assert refusal(inside(client, version_id, "tune", png())) == (422, "wrong_media_type", "tune")
    assert inside(client, version_id, "tune", MIDI).status_code == 202


@pytest.mark.parametrize(
    ("field", "data", "name", "told"),
    [
        ("tune", TEXT, "song.mid", "song.mid is no MIDI file"),
        ("tune", b"hm", "song.txt", "song.txt is no MIDI file"),
        ("tune", AAC, "song.mid", "song.mid is a recording (AAC)"),
        ("work", TEXT, "song.mid", "song.mid is no MIDI file"),
        ("work", TEXT, "song.png", "song.png is neither a picture"),
    ],
)
def test_a_form_tells_it_beside_the_field(
    client: FlaskClient, version_id: str, field: str, data: bytes, name: str, told: str
) -> None:
    given = {"model": "edo-prints", "version": version_id, "operation": "hum", "seed": "1"}
    answer = browser.send(client, "/create", **given, **{field: (io.BytesIO(data), name)})
    assert answer.status_code == 422
    assert f'data-error="{field}">{told}' in answer.text
    assert sent(client) == []
