import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from shared import jobs
from shared.errors import OutOfMemory
from shared.files import get_artifact, insert_artifact
from shared.library import Model
from shared.migrate import OWNER
from shared.settings import Settings
from shared.tables import families
from tests.unit.web.critics import Critics
from tests.unit.web.families import PAINTER
from tests.unit.web.pictures import png
from tests.unit.web.seed import Studio
from web.app import create_app
from web.context import Services


def test_a_prediction_is_queued_with_a_complete_input(client: FlaskClient, version_id: str) -> None:
    answer = client.post("/v1/predictions", json={"version": version_id, "input": {"count": 2}})
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["status"] == "starting"
    assert body["version"] == version_id and body["model"] == "atelier/edo-prints"
    assert (
        body["input"]["count"] == 2 and body["input"]["psi"] == 0.8 and isinstance(body["input"]["seed"], int)
    )
    assert body["output"] is None and body["error"] is None
    assert body["urls"]["get"] == f"http://localhost/v1/predictions/{body['id']}"
    assert client.get(body["urls"]["get"]).get_json()["id"] == body["id"]


@pytest.mark.parametrize("reference", ["atelier/edo-prints", "atelier/edo-prints:{version}", "{version}"])
def test_a_version_has_three_names(client: FlaskClient, version_id: str, reference: str) -> None:
    named = reference.format(version=version_id)
    answer = client.post("/v1/predictions", json={"version": named, "input": {}})
    assert answer.get_json()["version"] == version_id


def test_a_model_serves_its_newest_version(client: FlaskClient, version_id: str) -> None:
    answer = client.post("/v1/models/atelier/edo-prints/predictions", json={"input": {"seed": 3}})
    assert (answer.status_code, answer.get_json()["version"]) == (202, version_id)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"input": {}}, "invalid_input", "version"),
        ({"version": 7, "input": {}}, "invalid_input", "version"),
        ({"version": "0" * 64, "input": {}}, "not_found", "version"),
        ({"version": "atelier/nobody", "input": {}}, "not_found", None),
        ({"version": "atelier/edo-prints", "input": {"seed": -1}}, "invalid_input", "seed"),
        ({"version": "atelier/edo-prints", "input": {"seed": 2**31}}, "invalid_input", "seed"),
        ({"version": "atelier/edo-prints", "input": {"count": "many"}}, "invalid_input", "count"),
        ({"version": "atelier/edo-prints", "input": {"nope": 1}}, "unknown_field", "nope"),
        ({"version": "atelier/edo-prints", "input": []}, "invalid_input", "input"),
        ({"version": "atelier/edo-prints", "surprise": 1}, "unknown_field", "surprise"),
        ({"version": "atelier/edo-prints", "operation": "train"}, "invalid_input", "operation"),
        ({"version": "atelier/edo-prints", "operation": "fly"}, "not_found", "operation"),
        ({"version": "atelier/edo-prints", "webhook": "http://127.1/"}, "invalid_input", "webhook"),
    ],
)
def test_a_refused_prediction_leaves_no_job(
    client: FlaskClient, version_id: str, body: dict[str, object], code: str, field: str | None
) -> None:
    before = len(client.get("/v1/jobs").get_json()["results"])
    answer = client.post("/v1/predictions", json=body)
    problem = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert (problem["code"], problem.get("field")) == (code, field)
    assert 400 <= answer.status_code < 500 and problem["status"] == answer.status_code
    assert len(client.get("/v1/jobs").get_json()["results"]) == before


def test_outputs_are_absolute_and_can_be_fetched(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.make(model, version_id, count=3)
    found = client.get("/v1/predictions").get_json()["results"][0]
    assert found["status"] == "succeeded" and len(found["output"]) == 3
    assert found["metrics"]["total_time"] >= 0 and found["completed_at"].endswith("Z")
    for address in found["output"]:
        assert address.startswith("http://localhost/artifacts/")
        answer = client.get(address)
        assert answer.data.startswith(b"\x89PNG") and answer.mimetype == "image/png"


def test_a_finished_prediction_lists_what_was_made_beside_each_output(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.make(model, version_id, count=2)
    (listed,) = client.get("/v1/predictions").get_json()["results"]
    found = client.get(f"/v1/predictions/{listed['id']}").get_json()
    files = found["files"]
    assert [(file["position"], file["role"]) for file in files] == [
        (place, role) for place in range(2) for role in ("output", "latent", "thumbnail")
    ]
    assert [file["url"] for file in files if file["role"] == "output"] == found["output"] == listed["output"]
    assert "files" not in listed
    for file in files:
        assert len(client.get(file["url"]).data) == file["size"]


def test_previews_of_advice_are_listed_under_the_roles_that_the_report_names(
    client: FlaskClient, critics: Critics, salon: dict[str, str]
) -> None:
    listed = client.get("/v1/predictions").get_json()["results"]
    found = {
        one["operation"]: client.get(f"/v1/predictions/{one['id']}").get_json()["files"]
        for one in reversed(listed)
    }
    assert [file["role"] for file in found["advise"]] == [
        "output", "picture", "preview-0", "preview-0-audio", "thumbnail"
    ]  # fmt: skip
    assert {"overlay-0", "overlay-1"} <= {file["role"] for file in found["analyze"]}
    assert "report" in {file["role"] for file in found["until"]}
    for file in found["advise"]:
        assert client.get(file["url"]).status_code == 200


def test_a_file_that_a_job_was_given_is_not_listed(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    (work,) = studio.make(model, version_id, count=1)
    job_id = get_artifact(studio.db, work).job_id
    with studio.db.begin() as connection:
        sent = studio.file("upload", "sent.png", png(), "image/png")
        insert_artifact(connection, sent, owner_id=OWNER, job_id=job_id)
    files = client.get(f"/v1/predictions/{job_id}").get_json()["files"]
    assert [file["role"] for file in files] == ["output", "latent", "thumbnail"]


def test_what_has_not_succeeded_has_no_files(client: FlaskClient, version_id: str) -> None:
    answer = client.post("/v1/predictions", json={"version": version_id, "input": {}})
    assert answer.get_json()["files"] == []


def test_the_same_request_twice_is_answered_at_once(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    first = client.post("/v1/predictions", json={"version": version_id, "input": {"seed": 5}}).get_json()
    job = studio.claim("interactive")
    assert job.id == first["id"]
    made = studio.file("output", "a.png", b"\x89PNG same", "image/png")
    jobs.succeed(studio.db, [(job.lease, jobs.Result({}, (made,)))])
    again = client.post("/v1/predictions", json={"version": version_id, "input": {"seed": 5}})
    assert again.status_code == 201
    assert again.get_json()["cached_from"] == first["id"]
    assert client.get(again.get_json()["output"][0]).data == b"\x89PNG same"


def test_an_idempotency_key_gives_the_same_job_even_with_a_free_seed(
    client: FlaskClient, version_id: str
) -> None:
    body = {"version": version_id, "input": {}}
    first = client.post("/v1/predictions", json=body, headers={"Idempotency-Key": "k1"}).get_json()
    again = client.post("/v1/predictions", json=body, headers={"Idempotency-Key": "k1"}).get_json()
    assert again["id"] == first["id"] and again["input"] == first["input"]
    other = client.post(
        "/v1/predictions", json={**body, "input": {"count": 1}}, headers={"Idempotency-Key": "k1"}
    )
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_mismatch")
    urgent = client.post("/v1/predictions", json={**body, "priority": 5}, headers={"Idempotency-Key": "k1"})
    assert (urgent.status_code, urgent.get_json()["code"]) == (422, "idempotency_mismatch")
    long = client.post("/v1/predictions", json=body, headers={"Idempotency-Key": "k" * 256})
    assert long.status_code == 422


def test_a_recipe_is_taken_as_it_stands_in_the_file(client: FlaskClient, version_id: str) -> None:
    recipe = {
        "atelier": 1,
        "family": PAINTER.name,
        "family_version": PAINTER.version,
        "version": version_id,
        "operation": "generate",
        "input": {"count": 1, "psi": 0.8, "seed": 5},
    }
    answer = client.post("/v1/predictions", json=recipe)
    assert answer.status_code == 202 and answer.get_json()["input"] == recipe["input"]
    for name in ("atelier", "family", "family_version"):
        refused = client.post("/v1/predictions", json=recipe | {name: "another"})
        assert (refused.status_code, refused.get_json()["code"]) == (422, "other_recipe")
        assert refused.get_json()["field"] == name


def test_an_earlier_work_is_taken_by_id_or_by_address(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    work = studio.make(model, version_id, count=1)[0]
    for reference in (work, f"http://localhost/artifacts/{work}", f"/artifacts/{work}?inline=1"):
        answer = client.post(
            "/v1/predictions",
            json={"version": version_id, "operation": "neighbours", "input": {"parent": reference}},
        )
        assert answer.get_json()["input"]["parent"] == work


@pytest.mark.parametrize(
    "reference", ["0" * 26, "http://evil.example/artifacts/" + "0" * 26, "../etc", "http://[", ""]
)
def test_a_work_that_is_not_there_is_refused_beside_its_field(
    client: FlaskClient, version_id: str, reference: str
) -> None:
    answer = client.post(
        "/v1/predictions",
        json={"version": version_id, "operation": "neighbours", "input": {"parent": reference}},
    )
    assert (answer.status_code, answer.get_json()["code"], answer.get_json()["field"]) == (
        422,
        "unknown_work",
        "parent",
    )


def test_a_file_without_a_latent_is_no_parent(client: FlaskClient, studio: Studio, version_id: str) -> None:
    item = client.get("/v1/datasets").get_json()["results"][0]["urls"]["items"]
    picture = client.get(item).get_json()["results"][0]["url"]
    answer = client.post(
        "/v1/predictions",
        json={"version": version_id, "operation": "neighbours", "input": {"parent": picture}},
    )
    assert answer.get_json()["code"] == "unknown_work"


def test_cancel_is_seen_at_once_and_only_once_it_can_be(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    job = studio.ask(model, version_id)
    answer = client.post(f"/v1/predictions/{job.id}/cancel")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "canceled")
    assert client.post(f"/v1/predictions/{job.id}/cancel").status_code == 200
    studio.make(model, version_id)
    done = client.get("/v1/predictions").get_json()["results"][0]["id"]
    assert client.post(f"/v1/predictions/{done}/cancel").get_json()["code"] == "conflict"


def test_a_failed_prediction_tells_why(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.ask(model, version_id)
    job = studio.claim("interactive")
    jobs.fail(studio.db, job.lease, OutOfMemory("the device has too little memory; ask for fewer at once"))
    body = client.get(f"/v1/predictions/{job.id}").get_json()
    assert (body["status"], body["error_code"]) == ("failed", "out_of_memory")
    assert "fewer" in body["error"]


def test_waiting_ends_when_the_time_is_over(
    client: FlaskClient, version_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 0.1, 5.0, 5.0])
    monkeypatch.setattr("web.waiting.monotonic", lambda: next(moments))
    answer = client.post(
        "/v1/predictions", json={"version": version_id, "input": {}}, headers={"Prefer": "wait=1"}
    )
    assert (answer.status_code, answer.get_json()["status"]) == (202, "starting")


def test_waiting_gives_the_result_when_a_nudge_comes(
    client: FlaskClient, studio: Studio, parts: Services, version_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish(self: object, seconds: float) -> bool:
        job = studio.claim("interactive")
        jobs.succeed(
            studio.db, [(job.lease, jobs.Result({}, (studio.file("output", "a", b"\x89PNG", "image/png"),)))]
        )
        return True

    monkeypatch.setattr("web.hub.Watch.wait", finish)
    answer = client.post(
        "/v1/predictions", json={"version": version_id, "input": {}}, headers={"Prefer": "wait"}
    )
    assert (answer.status_code, answer.get_json()["status"]) == (201, "succeeded")
    assert len(answer.get_json()["output"]) == 1


@pytest.mark.parametrize("prefer", ["wait=0", "wait=61", "wait=9999"])
def test_a_wait_out_of_range_is_refused(client: FlaskClient, version_id: str, prefer: str) -> None:
    answer = client.post("/v1/predictions", json={"version": version_id}, headers={"Prefer": prefer})
    assert answer.get_json()["field"] == "Prefer"


def test_too_many_waiting_is_told_with_a_pause(
    settings_for: Callable[..., Settings], client: FlaskClient, version_id: str
) -> None:
    strict = create_app(settings_for(max_queued=1)).test_client()
    assert strict.post("/v1/predictions", json={"version": version_id}).status_code == 202
    answer = strict.post("/v1/predictions", json={"version": version_id})
    assert (answer.status_code, answer.get_json()["code"]) == (429, "quota_exceeded")
    assert int(answer.headers["Retry-After"]) >= 1


def test_pages_follow_each_other_without_gap_or_repeat(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    wanted = [studio.ask(model, version_id, seed=seed).id for seed in range(5)]
    seen: list[str] = []
    address: str | None = "/v1/predictions?limit=2"
    while address:
        page = client.get(address).get_json()
        seen += [result["id"] for result in page["results"]]
        address = page["next"]
    assert seen == sorted(wanted, reverse=True)


@pytest.mark.parametrize("query", ["cursor=nope", "limit=0", "limit=1000", "limit=x", "cursor=" + "0" * 5000])
def test_a_made_up_page_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/v1/predictions?{query}").status_code == 422


def test_progress_is_said_as_tqdm_says_it(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.ask(model, version_id)
    job = studio.claim("interactive")
    progress = jobs.Progress(0.62, {"step": 262, "eta_seconds": 75})
    jobs.heartbeat(studio.db, job.lease, lease_seconds=60, progress=progress)
    logs = client.get(f"/v1/predictions/{job.id}").get_json()["logs"]
    found = re.match(r"^\s*(?P<percentage>\d+)%\s*\|.+?\|\s*(?P<current>\d+)\/(?P<total>\d+)", logs)
    assert found is not None
    assert (found["percentage"], found["current"], found["total"]) == ("62", "262", "423")


def test_another_kind_of_job_is_no_prediction(client: FlaskClient, dataset_id: str) -> None:
    ingest = client.get("/v1/ingests").get_json()["results"][0]["id"]
    assert client.get(f"/v1/predictions/{ingest}").status_code == 404
    assert client.get(f"/v1/jobs/{ingest}").get_json()["object"] == "ingest"


@pytest.mark.parametrize("recipe", [{}, {"family": "painter"}], ids=["input", "recipe"])
def test_before_a_worker_has_come_one_is_asked_to_come_again(
    client: FlaskClient, studio: Studio, version_id: str, recipe: dict[str, str]
) -> None:
    """On a first start the model may be there a moment before the worker that serves its family."""
    with studio.db.begin() as connection:
        connection.execute(delete(families))
    answer = client.post("/v1/predictions", json={"version": version_id, "input": {}} | recipe)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert jobs.list_page(studio.db, OWNER, lanes=["interactive"]) == []
    studio.announce()
    assert client.post("/v1/predictions", json={"version": version_id, "input": {}}).status_code == 202
