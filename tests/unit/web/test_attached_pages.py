"""Files from outside as inputs of a job, through the form of a person without JavaScript."""

import html
import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.library import Model
from tests.unit.web import browser
from tests.unit.web.attached import GIF, announce_answering, sent, upload
from tests.unit.web.pictures import png
from tests.unit.web.seed import Studio


@pytest.fixture(autouse=True)
def answering(studio: Studio) -> None:
    announce_answering(studio.db)


def form(client: FlaskClient, **query: str) -> str:
    answer = client.get("/", query_string={"operation": "answer"} | query, headers=browser.HTML)
    assert answer.status_code == 200
    return answer.text


def field(shown: str, name: str = "picture") -> str:
    """What stands in the place of one field."""
    found = re.search(
        rf'<span class="label" id="field-{name}-label">(.*?)data-error="{name}">[^<]*</p>', shown, re.S
    )
    assert found is not None
    return found.group(0)


def tiles(shown: str, name: str = "picture") -> list[tuple[str, bool]]:
    """The ids to choose from in a field, and which one is chosen."""
    radios = re.findall(r'<input type="radio" name="[^"]+" value="([^"]*)"( checked)?>', field(shown, name))
    return [(value, bool(checked)) for value, checked in radios]


def error(shown: str, name: str = "picture") -> str:
    found = re.search(rf'data-error="{name}">([^<]*)</p>', shown)
    assert found is not None
    return html.unescape(found.group(1))


def submit(client: FlaskClient, version_id: str, **fields: Any) -> TestResponse:
    given = {"model": "edo-prints", "version": version_id, "operation": "answer", "seed": "1"} | fields
    return browser.send(client, "/create", **given)


def picked(data: bytes, name: str = "mine.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def queued(client: FlaskClient) -> list[dict[str, Any]]:
    return [job["input"] for job in client.get("/v1/predictions").get_json()["results"]]


def test_a_field_that_takes_files_has_a_chooser(client: FlaskClient, version_id: str) -> None:
    shown = form(client)
    assert 'enctype="multipart/form-data"' in shown
    chooser = re.search(r'<input type="file" [^>]+>', field(shown))
    assert chooser is not None
    assert 'name="picture" accept="image/png,.png"' in chooser.group(0)
    assert 'data-to="/v1/files?accept=image/png"' in html.unescape(chooser.group(0)).replace("%2F", "/")
    assert '<label for="field-picture-file">A file of yours (PNG)<' in field(shown)
    assert "(PNG, GIF)" in field(shown, "second")


def test_a_form_without_such_a_field_is_sent_as_ever(client: FlaskClient, version_id: str) -> None:
    shown = form(client, operation="neighbours")
    assert "multipart" not in shown and 'type="file"' not in shown
    assert "There is no work to choose yet" in shown


def test_the_works_to_choose_are_those_of_the_type_of_every_model(
    client: FlaskClient, studio: Studio, model: Model, version_id: str, dataset_id: str
) -> None:
    mine = studio.make(model, version_id, count=2)
    other = studio.model("Second state", "second")
    theirs = studio.make(other, studio.version(other, dataset_id, weights=b"other"), count=1)
    shown = form(client, model="edo-prints")
    wanted = {*mine, *theirs}
    assert {value for value, _ in tiles(shown)} == wanted
    assert not any(chosen for _, chosen in tiles(shown))
    own = form(client, model="edo-prints", operation="neighbours")
    assert {value for value, _ in tiles(own, "parent")} == set(mine), "a latent is its own version's only"


def test_a_work_that_the_address_names_is_chosen_and_stands_first(
    client: FlaskClient, studio: Studio, model: Model, version_id: str, dataset_id: str
) -> None:
    other = studio.model("Second state", "second")
    (far,) = studio.make(other, studio.version(other, dataset_id, weights=b"other"), count=1)
    near = studio.make(model, version_id, count=4)
    assert tiles(form(client, model="edo-prints", picture=far)) == [
        (far, True),
        *((id, False) for id in near[::-1]),
    ]
    chosen = tiles(form(client, model="edo-prints", picture=near[0]))
    assert chosen[0] == (near[0], True) and len(chosen) == 5


def test_what_the_address_names_wrongly_is_not_chosen(client: FlaskClient, version_id: str) -> None:
    for wrong in (upload(client, GIF)["id"], "0" * 26, "nothing"):
        assert tiles(form(client, picture=wrong)) == []


def test_a_file_goes_with_the_form(client: FlaskClient, version_id: str) -> None:
    answer = submit(client, version_id, picture=picked(png()))
    assert answer.status_code == 303, answer.text
    (given,) = queued(client)
    assert sent(client) == [given["picture"]]


def test_a_file_comes_before_the_work_that_is_chosen_beside_it(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    (work,) = studio.make(model, version_id, count=1)
    assert submit(client, version_id, picture=[work, picked(png())]).status_code == 303
    assert queued(client)[0]["picture"] == sent(client)[0]
    unused = submit(client, version_id, picture=[work, picked(b"", "")])
    assert unused.status_code == 303 and queued(client)[0]["picture"] == work


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (GIF, "mine.png", "mine.png is GIF; what is wanted here is PNG."),
        (b"just a text", "mine.png", "mine.png is neither"),
        (b"", "mine.png", "mine.png is empty"),
        (png(), "../mine.png", "is not acceptable"),
    ],
)
def test_a_file_that_is_refused_is_told_beside_its_field(
    client: FlaskClient, version_id: str, data: bytes, name: str, told: str
) -> None:
    answer = submit(client, version_id, picture=picked(data, name), seed="5")
    assert answer.status_code == 422
    assert told in error(answer.text) and 'aria-invalid="true"' in field(answer.text)
    assert 'value="5"' in answer.text, "the rest of the form is as it was"
    assert sent(client) == [] and queued(client) == []


def test_a_file_is_kept_when_another_field_is_wrong(client: FlaskClient, version_id: str) -> None:
    answer = submit(client, version_id, picture=picked(png(), "mine.png"), seed="-3")
    assert answer.status_code == 422 and error(answer.text, "seed")
    (kept,) = sent(client)
    assert tiles(answer.text) == [(kept, True)]
    assert '<label title="mine.png" class="file">' in field(answer.text)
    again = submit(client, version_id, picture=[kept, picked(b"", "")])
    assert again.status_code == 303 and queued(client)[0]["picture"] == kept
    assert len(sent(client)) == 1


def test_a_file_is_kept_when_another_file_is_refused(client: FlaskClient, version_id: str) -> None:
    answer = submit(client, version_id, picture=picked(png()), second=picked(b"text"))
    assert answer.status_code == 422 and error(answer.text, "second")
    assert tiles(answer.text) == [(sent(client)[0], True)]


def test_a_field_that_need_not_be_filled_is_none_at_first(client: FlaskClient, version_id: str) -> None:
    assert tiles(form(client), "second") == [("", True)]
    one = upload(client, GIF, "mine.gif")["id"]
    assert tiles(form(client, second=one), "second") == [("", False), (one, True)]


def test_without_the_token_no_file_is_kept(client: FlaskClient, version_id: str) -> None:
    fields = {"version": version_id, "operation": "answer", "picture": picked(png())}
    answer = client.post("/create", data=fields, headers=browser.ORIGIN | browser.HTML)
    assert answer.status_code == 403 and sent(client) == []


def test_a_program_is_told_as_a_problem(client: FlaskClient, version_id: str) -> None:
    fields = {"csrf_token": browser.token(client), "version": version_id, "operation": "answer"}
    answer = client.post(
        "/create", data=fields | {"picture": picked(GIF)}, headers=browser.ORIGIN | browser.JSON
    )
    problem = answer.get_json()
    assert (problem["code"], problem["field"]) == ("wrong_media_type", "picture")
