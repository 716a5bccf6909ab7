"""Files from outside as inputs of a job, through the API: by id, by address, inside the request."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from shared import files, garbage, jobs
from shared.artifacts import FolderStore
from shared.database import now
from shared.library import Model
from shared.migrate import OWNER
from shared.settings import Settings
from shared.tables import artifacts
from tests.unit.web.attached import GIF, announce_answering, ask, data_uri, sent, upload
from tests.unit.web.pictures import png
from tests.unit.web.seed import Studio
from web import data_uris
from web.app import create_app
from web.context import Services


@pytest.fixture(autouse=True)
def answering(studio: Studio) -> None:
    announce_answering(studio.db)


def refused(answer: Any, code: str, field: str) -> None:
    problem = answer.get_json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field), problem


def stored(parts: Services) -> set[Path]:
    assert isinstance(parts.store, FolderStore)
    return {path for path in parts.store.root.rglob("*") if path.is_file()}


def test_an_upload_is_taken_by_id_and_by_address(client: FlaskClient, version_id: str) -> None:
    file = upload(client)
    for reference in (file["id"], file["urls"]["get"], f"/v1/files/{file['id']}"):
        answer = ask(client, version_id, picture=reference)
        assert answer.status_code == 202, answer.text
        assert answer.get_json()["input"]["picture"] == file["id"]


def test_a_work_of_any_model_is_taken_by_id_and_by_address(
    client: FlaskClient, studio: Studio, version_id: str, dataset_id: str
) -> None:
    other = studio.model("Second state", "second")
    (work,) = studio.make(other, studio.version(other, dataset_id, weights=b"other"), count=1)
    for reference in (work, f"http://localhost/artifacts/{work}"):
        answer = ask(client, version_id, picture=reference)
        assert answer.status_code == 202 and answer.get_json()["input"]["picture"] == work


def test_a_file_inside_the_request_becomes_an_upload(
    client: FlaskClient, version_id: str, parts: Services
) -> None:
    answer = ask(client, version_id, picture=data_uri(png(), "application/octet-stream"))
    assert answer.status_code == 202, answer.text
    assert sent(client) == [answer.get_json()["input"]["picture"]]
    (row,) = client.get("/v1/files").get_json()["results"]
    assert (row["name"], row["content_type"]) == ("picture.png", "image/png")
    assert parts.store.read(row["checksums"]["sha256"]) == png()


@pytest.mark.parametrize("how", ["upload", "address", "inside"])
def test_a_file_of_another_type_is_refused_beside_its_field(
    client: FlaskClient, version_id: str, how: str
) -> None:
    if how == "inside":
        reference = data_uri(GIF, "image/png")
    else:
        file = upload(client, GIF, "mine.png")
        reference = file["id"] if how == "upload" else file["urls"]["get"]
    before = sent(client)
    refused(ask(client, version_id, picture=reference), "wrong_media_type", "picture")
    assert sent(client) == before
    both = ask(client, version_id, picture=data_uri(png()), second=reference)
    assert both.status_code == 202, "the other field takes both"


def test_a_work_of_another_type_is_refused(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    (work,) = studio.make(model, version_id, count=1)
    latent = files.sibling(studio.db, files.get_artifact(studio.db, work), "latent").id
    refused(ask(client, version_id, picture=latent), "wrong_media_type", "picture")


def test_with_a_role_the_file_beside_the_work_counts(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    (work,) = studio.make(model, version_id, count=1)
    (bare,) = studio.make(model, version_id, count=1, latent=False, seed=9)
    given = {"picture": work, "style": work}
    assert ask(client, version_id, **given).status_code == 202
    refused(ask(client, version_id, **(given | {"style": bare})), "unknown_work", "style")
    own = upload(client)["id"]
    assert ask(client, version_id, **(given | {"style": own})).status_code == 202


@pytest.mark.parametrize(
    "reference", ["0" * 26, "nothing", "", "http://elsewhere.example/v1/files/" + "0" * 26]
)
def test_what_is_not_there_is_refused(client: FlaskClient, version_id: str, reference: str) -> None:
    refused(ask(client, version_id, picture=reference), "unknown_work", "picture")


def test_a_field_of_works_only_takes_no_file(client: FlaskClient, version_id: str) -> None:
    for reference in (upload(client)["id"], data_uri(png())):
        body = {"version": version_id, "operation": "neighbours", "input": {"parent": reference}}
        refused(client.post("/v1/predictions", json=body), "unknown_work", "parent")


def test_a_file_that_an_ingest_reads_is_not_taken(client: FlaskClient, version_id: str) -> None:
    client.post("/v1/datasets", data={"name": "Prints", "files": [(io.BytesIO(png()), "a.png")]})
    (upload_id,) = sent(client)
    refused(ask(client, version_id, picture=upload_id), "unknown_work", "picture")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("data:image/png;base64,not base64!", "bad_data_uri"),
        ("data:image/png;base64,iVBO", "not_an_image"),
        ("data:image/png;base64,iVBORw0KGgo", "bad_data_uri"),
        ("data:image/png;base64", "bad_data_uri"),
        ("data:image/png,%89PNG", "bad_data_uri"),
        ("data:,", "bad_data_uri"),
        ("data:image/png;base64,", "empty_file"),
        (data_uri(b"just some text"), "not_an_image"),
    ],
)
def test_what_is_no_file_inside_a_request_is_refused(
    client: FlaskClient, version_id: str, parts: Services, value: str, code: str
) -> None:
    before = stored(parts)
    answer = ask(client, version_id, picture=value)
    assert answer.get_json()["field"] == "picture" and answer.status_code == 422
    assert answer.get_json()["code"] == code
    assert sent(client) == [] and stored(parts) == before


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"unheard": 1}, {"second": "0" * 26}, {"second": data_uri(b"text")}]
)
def test_a_refused_request_leaves_nothing_of_the_file_inside_it(
    client: FlaskClient, version_id: str, parts: Services, wrong: dict[str, Any]
) -> None:
    before = stored(parts)
    assert ask(client, version_id, picture=data_uri(png(9, 9)), **wrong).status_code == 422
    assert sent(client) == [] and stored(parts) == before


def test_a_request_that_finds_no_room_in_the_queue_leaves_nothing(
    client: FlaskClient, settings_for: Callable[..., Settings], version_id: str, parts: Services
) -> None:
    strict = create_app(settings_for(max_queued=1)).test_client()
    assert ask(strict, version_id, picture=data_uri(png())).status_code == 202
    before, there = stored(parts), sent(client)
    assert ask(strict, version_id, picture=data_uri(png(9, 9))).status_code == 429
    assert sent(client) == there and stored(parts) == before


def test_the_most_that_fits_into_a_request(
    client: FlaskClient, version_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_uris, "MOST_BYTES", len(png()) + 10)
    assert ask(client, version_id, picture=data_uri(png() + b"\0" * 10)).status_code == 202
    refused(ask(client, version_id, picture=data_uri(png() + b"\0" * 11)), "file_too_large", "picture")


def test_a_large_file_fits_and_a_larger_body_does_not(client: FlaskClient, version_id: str) -> None:
    large = png() + b"\0" * (data_uris.MOST_BYTES - len(png()))
    assert ask(client, version_id, picture=data_uri(large)).status_code == 202
    refused(ask(client, version_id, picture=data_uri(large + b"\0")), "file_too_large", "picture")
    answer = ask(client, version_id, picture=data_uri(large + large))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    other = client.post("/v1/estimate", json={"family": "x" * (2 << 20)})
    assert other.status_code == 413, "where no file is taken a body is as short as ever"


def test_equal_files_make_equal_requests_however_they_came(
    client: FlaskClient, studio: Studio, version_id: str
) -> None:
    first = ask(client, version_id, picture=data_uri(png())).get_json()
    job = studio.claim("interactive")
    made = studio.file("output", "a.png", b"\x89PNG made", "image/png")
    jobs.succeed(studio.db, [(job.lease, jobs.Result({}, (made,)))])
    for reference in (data_uri(png()), upload(client)["id"], first["input"]["picture"]):
        again = ask(client, version_id, picture=reference)
        assert (again.status_code, again.get_json()["cached_from"]) == (201, first["id"])
    other = ask(client, version_id, picture=data_uri(png(9, 9)))
    assert other.get_json()["cached_from"] is None


def test_a_repeat_under_its_key_is_the_same_job_and_keeps_no_second_file(
    client: FlaskClient, version_id: str
) -> None:
    first = ask(client, version_id, picture=data_uri(png()), key="k").get_json()
    assert ask(client, version_id, picture=data_uri(png()), key="k").get_json()["id"] == first["id"]
    assert ask(client, version_id, picture=upload(client)["id"], key="k").get_json()["id"] == first["id"]
    before = sent(client)
    answer = ask(client, version_id, picture=data_uri(png(9, 9)), key="k")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_mismatch")
    assert sent(client) == before and len(before) == 2


def test_what_a_jobs_input_names_outlives_the_day(
    client: FlaskClient, studio: Studio, version_id: str
) -> None:
    named, unnamed = upload(client)["id"], upload(client, png(9, 9))["id"]
    inside = ask(client, version_id, picture=named, second=data_uri(png(7, 7))).get_json()["input"]["second"]
    with studio.db.begin() as connection:
        old = now() - garbage.UPLOAD_SECONDS - 60
        connection.execute(update(artifacts).where(artifacts.c.role == "upload").values(created_at=old))
    assert garbage.forget_uploads(studio.db) == 1
    assert set(sent(client)) == {named, inside} and unnamed not in sent(client)
    jobs.cancel(studio.db, studio.claim("interactive").id, OWNER)
    assert set(sent(client)) == {named, inside}


def test_an_upload_is_still_never_served_and_can_be_forgotten(client: FlaskClient, version_id: str) -> None:
    named = upload(client)["id"]
    ask(client, version_id, picture=named)
    assert client.get(f"/artifacts/{named}").status_code == 404
    assert client.delete(f"/v1/files/{named}").status_code == 204
    refused(ask(client, version_id, picture=named), "unknown_work", "picture")


def test_only_what_is_asked_for_is_taken_in(client: FlaskClient, parts: Services) -> None:
    before = stored(parts)
    for data, code in ((GIF, "wrong_media_type"), (b"text", "not_an_image"), (b"", "empty_file")):
        form = {"content": (io.BytesIO(data), "a.png")}
        refused(client.post("/v1/files?accept=image/png", data=form), code, "content")
    assert sent(client) == [] and stored(parts) == before
    form = {"content": (io.BytesIO(GIF), "a.gif")}
    assert client.post("/v1/files?accept=image/png&accept=image/gif", data=form).status_code == 201


def test_a_version_tells_cogs_tools_which_inputs_are_files(client: FlaskClient, version_id: str) -> None:
    version = client.get(f"/v1/models/atelier/edo-prints/versions/{version_id}").get_json()
    told = version["openapi_schema"]["components"]["schemas"]
    assert told["Input_answer"]["properties"]["picture"]["format"] == "uri"
    assert told["Input_neighbours"]["properties"]["parent"]["format"] == "uri"
    assert "format" not in told["Input"]["properties"]["seed"]
    ours = client.get("/openapi.json").get_json()["components"]["schemas"]["painter.answer"]
    assert ours["properties"]["picture"]["format"] == "artifact"
