"""Retry, pause, resume, priority and explain: what they give, and what they refuse."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from shared import jobs, workers
from shared.errors import BadFile
from shared.library import Model
from shared.lifecycle import Reason
from tests.unit.web.seed import WORKER, Studio
from web.context import Services

UNKNOWN = "0" * 26
ACTIONS = ("retry", "pause", "resume", "priority")
BODIES: dict[str, dict[str, Any]] = {"priority": {"priority": 1}}


def post(client: FlaskClient, path: str, status: int, body: Any = None, **headers: str) -> dict[str, Any]:
    """The answer's JSON, once its status is the one expected."""
    answer = client.post(path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def refused(client: FlaskClient, path: str, status: int, code: str, field: str | None = None) -> None:
    problem = post(client, path, status, BODIES.get(path.rsplit("/", 1)[1]))
    assert (problem["code"], problem.get("field")) == (code, field)


@pytest.fixture
def waiting(studio: Studio, model: Model, version_id: str) -> str:
    """A prediction that waits."""
    return studio.ask(model, version_id).id


@pytest.fixture
def failed(studio: Studio, model: Model, version_id: str) -> str:
    """A prediction that has failed."""
    studio.ask(model, version_id, seed=77)
    job = studio.claim("interactive")
    jobs.fail(studio.db, job.lease, BadFile("it cannot be read", code="truncated_image"))
    return job.id


@pytest.mark.parametrize("where", ["jobs", "predictions", "trainings"])
def test_an_unknown_job_is_not_found(client: FlaskClient, studio: Studio, where: str) -> None:
    for action in ACTIONS:
        refused(client, f"/v1/{where}/{UNKNOWN}/{action}", 404, "not_found")
    assert client.get(f"/v1/{where}/{UNKNOWN}/explain").status_code == 404


def test_a_job_is_steered_only_as_what_it_is(client: FlaskClient, waiting: str) -> None:
    for action in ACTIONS:
        refused(client, f"/v1/trainings/{waiting}/{action}", 404, "not_found")
    assert client.get(f"/v1/trainings/{waiting}/explain").status_code == 404
    assert client.get(f"/v1/predictions/{waiting}/explain").status_code == 200


def test_a_retry_is_a_new_job_that_names_the_old_one(
    client: FlaskClient, studio: Studio, parts: Services, failed: str
) -> None:
    before = jobs.get(parts.db, failed)
    again = post(client, f"/v1/predictions/{failed}/retry", 201)
    assert again["id"] != failed and again["retried_from"] == failed
    assert (again["status"], again["input"], again["version"]) == (
        "starting",
        before.input,
        before.version_id,
    )
    assert jobs.get(parts.db, failed) == before, "the old job stays as it ended"
    assert studio.claim("interactive").id == again["id"]


def test_a_canceled_training_is_tried_again(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    job = studio.training(model, dataset_id)
    jobs.requeue(studio.db, job.lease, Reason.DRAINED)
    assert post(client, f"/v1/trainings/{job.id}/cancel", 200)["status"] == "canceled"
    again = post(client, f"/v1/trainings/{job.id}/retry", 201)
    assert (again["retried_from"], again["destination"]) == (job.id, "atelier/edo-prints")


def test_a_retry_is_repeated_under_its_key(client: FlaskClient, failed: str) -> None:
    key = {"Idempotency-Key": "again-1"}
    first = post(client, f"/v1/jobs/{failed}/retry", 201, **key)
    assert post(client, f"/v1/jobs/{failed}/retry", 201, **key)["id"] == first["id"]
    other = post(client, f"/v1/jobs/{failed}/retry", 201, **{"Idempotency-Key": "again-2"})
    assert other["id"] != first["id"]
    assert len(client.get("/v1/predictions").get_json()["results"]) == 3
    long = post(client, f"/v1/jobs/{failed}/retry", 422, **{"Idempotency-Key": "k" * 256})
    assert long["field"] == "Idempotency-Key"


def test_a_key_of_another_request_is_refused(client: FlaskClient, failed: str, version_id: str) -> None:
    key = {"Idempotency-Key": "taken"}
    post(client, "/v1/predictions", 202, {"version": version_id, "input": {"seed": 1}}, **key)
    problem = post(client, f"/v1/jobs/{failed}/retry", 422, **key)
    assert problem["code"] == "idempotency_mismatch"


def test_a_retry_does_not_take_the_key_of_the_request_it_repeats(
    client: FlaskClient, studio: Studio, version_id: str
) -> None:
    key, body = {"Idempotency-Key": "first"}, {"version": version_id, "input": {"seed": 1}}
    job = post(client, "/v1/predictions", 202, body, **key)
    assert post(client, f"/v1/jobs/{job['id']}/cancel", 200)["status"] == "canceled"
    assert post(client, f"/v1/jobs/{job['id']}/retry", 422, **key)["code"] == "idempotency_mismatch"


def test_what_waits_runs_or_has_succeeded_is_not_tried_again(
    client: FlaskClient, studio: Studio, model: Model, version_id: str, waiting: str
) -> None:
    refused(client, f"/v1/jobs/{waiting}/retry", 409, "conflict")
    running = studio.claim("interactive")
    assert running.id == waiting
    refused(client, f"/v1/jobs/{waiting}/retry", 409, "conflict")
    jobs.succeed(studio.db, [(running.lease, jobs.Result({}))])
    refused(client, f"/v1/jobs/{waiting}/retry", 409, "conflict")


def test_an_ingest_is_not_tried_again_without_its_files(client: FlaskClient, studio: Studio) -> None:
    studio._queue("collection", "ingest", "ingest", {"name": "Bad", "files": [UNKNOWN]})
    job = studio.claim("ingest")
    jobs.fail(studio.db, job.lease, BadFile("no picture", code="not_an_image"))
    refused(client, f"/v1/jobs/{job.id}/retry", 409, "conflict")


def test_what_has_ended_is_steered_no_more(client: FlaskClient, failed: str) -> None:
    for action in ("cancel", "pause", "resume", "priority"):
        refused(client, f"/v1/jobs/{failed}/{action}", 409, "conflict")


def test_a_paused_job_is_not_taken_until_it_is_resumed(
    client: FlaskClient, studio: Studio, model: Model, version_id: str, waiting: str
) -> None:
    for _ in range(2):
        assert post(client, f"/v1/predictions/{waiting}/pause", 200)["paused"] is True
    told = client.get(f"/v1/jobs/{waiting}").get_json()
    assert (told["status"], told["blocked_reason"], told["position"]) == ("starting", "paused", None)
    other = studio.ask(model, version_id, seed=5)
    assert studio.claim("interactive").id == other.id
    for _ in range(2):
        assert post(client, f"/v1/predictions/{waiting}/resume", 200)["paused"] is False
    assert client.get(f"/v1/jobs/{waiting}").get_json()["position"] == 1
    assert studio.claim("interactive").id == waiting


def test_a_running_training_hears_that_it_is_paused(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    job = studio.training(model, dataset_id)
    told = post(client, f"/v1/trainings/{job.id}/pause", 200)
    assert (told["status"], told["paused"]) == ("processing", True)
    assert jobs.heartbeat(studio.db, job.lease, lease_seconds=60).paused


def test_a_cancel_rings_for_the_equal_request_that_takes_the_place(
    client: FlaskClient, parts: Services, version_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"version": version_id, "input": {"seed": 1}}
    first, second = (post(client, "/v1/predictions", 202, body)["id"] for _ in range(2))
    assert jobs.get(parts.db, second).follows == first
    rung: list[str] = []
    monkeypatch.setattr(parts.bell, "ring", rung.append)
    post(client, f"/v1/jobs/{first}/cancel", 200)
    assert rung == ["interactive"]
    post(client, f"/v1/jobs/{second}/cancel", 200)
    assert rung == ["interactive"], "nobody waits for the second one"


def test_priority_moves_a_job_and_is_kept_within_its_range(
    client: FlaskClient, studio: Studio, model: Model, version_id: str, waiting: str
) -> None:
    second = studio.ask(model, version_id, seed=5)
    assert client.get(f"/v1/jobs/{second.id}").get_json()["position"] == 2
    assert post(client, f"/v1/predictions/{second.id}/priority", 200, {"priority": 100})["priority"] == 100
    assert client.get(f"/v1/jobs/{second.id}").get_json()["position"] == 1
    assert client.get(f"/v1/jobs/{waiting}").get_json()["position"] == 2
    assert post(client, f"/v1/jobs/{second.id}/priority", 200, {"priority": -100})["position"] == 2


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"priority": 101}, "invalid_input", "priority"),
        ({"priority": -101}, "invalid_input", "priority"),
        ({"priority": 10**15}, "invalid_input", "priority"),
        ({"priority": "high"}, "invalid_input", "priority"),
        ({"priority": 1.5}, "invalid_input", "priority"),
        ({"priority": True}, "invalid_input", "priority"),
        ({"priority": None}, "invalid_input", "priority"),
        ({}, "missing_field", "priority"),
        ({"priority": 1, "loud": True}, "unknown_field", "loud"),
    ],
)
def test_a_priority_that_is_none_is_refused(
    client: FlaskClient, waiting: str, body: dict[str, object], code: str, field: str
) -> None:
    problem = post(client, f"/v1/jobs/{waiting}/priority", 422, body)
    assert (problem["code"], problem["field"]) == (code, field)
    assert client.get(f"/v1/jobs/{waiting}").get_json()["priority"] == 0


def test_a_priority_is_given_at_submit(client: FlaskClient, version_id: str, dataset_id: str) -> None:
    asked = {"version": version_id, "input": {"seed": 4}, "priority": 7}
    assert post(client, "/v1/predictions", 202, asked)["priority"] == 7
    on_model = {"input": {"seed": 5}, "priority": -3}
    assert post(client, "/v1/models/atelier/edo-prints/predictions", 202, on_model)["priority"] == -3
    train = {"destination": "atelier/new", "input": {"dataset": dataset_id}, "priority": 9}
    assert post(client, "/v1/trainings", 202, train | {"family": "painter"})["priority"] == 9
    path = f"/v1/models/atelier/edo-prints/versions/{version_id}/trainings"
    assert post(client, path, 202, train)["priority"] == 9
    count = len(client.get("/v1/jobs").get_json()["results"])
    for wrong in (101, -101, "7"):
        assert post(client, "/v1/predictions", 422, asked | {"priority": wrong})["field"] == "priority"
        problem = post(client, "/v1/trainings", 422, train | {"family": "painter", "priority": wrong})
        assert problem["field"] == "priority"
    assert len(client.get("/v1/jobs").get_json()["results"]) == count


def test_explain_tells_who_is_ahead_and_why(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    running = studio.ask(model, version_id, seed=1)
    studio.claim("interactive")
    first = studio.ask(model, version_id, seed=2)
    urgent = studio.ask(model, version_id, seed=3)
    last = studio.ask(model, version_id, seed=4)
    post(client, f"/v1/jobs/{urgent.id}/priority", 200, {"priority": 5})
    told = client.get(f"/v1/jobs/{last.id}/explain").get_json()
    assert [(one["id"], one["why"], one["priority"]) for one in told["ahead"]] == [
        (running.id, "running", 0),
        (urgent.id, "priority", 5),
        (first.id, "fairness", 0),
    ]
    assert (told["position"], told["total_ahead"], told["workers"]) == (3, 2, 1)
    assert told["blocked_reason"] is None and told["blocked_message"] is None
    assert 0 < told["eta_p50"] <= told["eta_p90"]
    job = client.get(f"/v1/predictions/{last.id}").get_json()
    assert {name: job[name] for name in ("position", "eta_p50", "eta_p90", "blocked_reason")} == {
        name: told[name] for name in ("position", "eta_p50", "eta_p90", "blocked_reason")
    }


def test_what_holds_a_job_up_is_named_and_said(
    client: FlaskClient, studio: Studio, version_id: str, waiting: str
) -> None:
    workers.leave(studio.db, WORKER)
    told = client.get(f"/v1/jobs/{waiting}/explain").get_json()
    assert (told["blocked_reason"], told["workers"], told["eta_p50"]) == ("no_worker", 0, None)
    assert "atelier worker" in told["blocked_message"]
    body = {"version": version_id, "input": {"seed": 9}}
    leader = post(client, "/v1/predictions", 202, body)
    follower = post(client, "/v1/predictions", 202, body)
    assert (follower["follows"], follower["blocked_reason"], follower["position"]) == (
        leader["id"],
        "follows",
        None,
    )
    shares = client.get(f"/v1/jobs/{follower['id']}/explain").get_json()
    assert shares["follows"] == leader["id"] and "shares its result" in shares["blocked_message"]


def test_every_try_is_told_with_its_worker_and_its_end(
    client: FlaskClient, studio: Studio, waiting: str
) -> None:
    job = studio.claim("interactive")
    jobs.requeue(studio.db, job.lease, Reason.LEASE_EXPIRED)
    studio.claim("interactive")
    told = client.get(f"/v1/jobs/{waiting}").get_json()
    assert [(one["number"], one["worker"], one["reason"]) for one in told["attempts"]] == [
        (1, WORKER, "lease_expired"),
        (2, WORKER, None),
    ]
    assert told["attempts"][0]["ended_at"] and told["attempts"][1]["ended_at"] is None


def test_openapi_describes_what_is_given(client: FlaskClient, studio: Studio, waiting: str) -> None:
    document = client.get("/openapi.json").get_json()
    given = {
        "Job": f"/v1/jobs/{waiting}",
        "Explanation": f"/v1/jobs/{waiting}/explain",
        "Account": "/v1/account",
    }
    for name, path in given.items():
        found = client.get(path).get_json()
        schema = document["components"]["schemas"][name]
        Draft202012Validator(schema).validate(found)
        assert set(schema["properties"]) <= set(found)
    change = document["paths"]["/v1/account"]["patch"]["requestBody"]["content"]["application/json"]
    assert change["schema"]["$ref"].endswith("/AccountChange")
    for where in ("jobs", "predictions", "trainings"):
        for action in ACTIONS:
            assert "post" in document["paths"][f"/v1/{where}/{{job_id}}/{action}"]
        retry = document["paths"][f"/v1/{where}/{{job_id}}/retry"]["post"]
        assert "Idempotency-Key" in {parameter["name"] for parameter in retry["parameters"]}
        wanted = document["paths"][f"/v1/{where}/{{job_id}}/priority"]["post"]["requestBody"]
        assert wanted["content"]["application/json"]["schema"]["$ref"].endswith("/NewPriority")


def test_what_was_canceled_while_paused_is_paused_no_longer(client: FlaskClient, version_id: str) -> None:
    """Nothing waits for its owner any more, so nobody is told that it does."""
    made = client.post("/v1/predictions", json={"version": version_id, "input": {}}).get_json()
    path = f"/v1/predictions/{made['id']}"
    assert client.post(f"{path}/pause").get_json()["paused"] is True
    assert client.post(f"{path}/cancel").get_json()["status"] == "canceled"
    assert client.get(path).get_json()["paused"] is False
