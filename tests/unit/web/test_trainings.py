from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from shared import jobs
from shared.datasets import get_dataset
from shared.library import Model, find_model
from shared.migrate import OWNER
from shared.settings import Settings
from shared.tables import datasets
from tests.unit.web.seed import Studio
from web.app import create_app
from web.context import Services


def body(dataset_id: str, **more: object) -> dict[str, object]:
    return {"family": "painter", "destination": "atelier/new", "input": {"dataset": dataset_id}, **more}


def test_a_training_is_queued_and_its_model_is_there(
    client: FlaskClient, parts: Services, dataset_id: str
) -> None:
    answer = client.post("/v1/trainings", json=body(dataset_id, title="New prints"))
    found = answer.get_json()
    assert (answer.status_code, found["status"], found["object"]) == (202, "starting", "training")
    assert found["destination"] == found["model"] == "atelier/new"
    assert found["input"] == {"dataset": dataset_id, "resolution": 64, "minutes": 30, "mirror": True}
    model = find_model(parts.db, OWNER, "new")
    assert model is not None and model.title == "New prints"


def test_without_a_family_the_one_that_learns_from_such_works_is_meant(
    client: FlaskClient, dataset_id: str
) -> None:
    answer = client.post("/v1/trainings", json=body(dataset_id, family=None))
    assert answer.status_code == 202
    assert answer.get_json()["family"] == "painter"


def test_a_data_set_goes_by_its_name_too(client: FlaskClient, parts: Services, dataset_id: str) -> None:
    name = get_dataset(parts.db, dataset_id, OWNER).name
    answer = client.post("/v1/trainings", json=body(dataset_id, input={"dataset": name}))
    assert answer.status_code == 202
    assert answer.get_json()["input"]["dataset"] == dataset_id


def test_a_family_is_not_trained_on_works_of_another_kind(
    client: FlaskClient, parts: Services, dataset_id: str
) -> None:
    with parts.db.begin() as connection:
        connection.execute(update(datasets).values(media="music"))
    answer = client.post("/v1/trainings", json=body(dataset_id))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "wrong_media")
    assert answer.get_json()["field"] == "dataset"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"family": None, "input": {}}, "invalid_input", "family"),
        ({"family": "nobody"}, "not_found", "family"),
        ({"family": "collection"}, "not_found", "family"),
        ({"destination": None}, "invalid_input", "destination"),
        ({"destination": "somebody/else"}, "invalid_input", "destination"),
        ({"destination": "atelier/No Good"}, "invalid_input", "destination"),
        ({"input": {"dataset": "0" * 26}}, "unknown_dataset", "dataset"),
        ({"input": {}}, "missing_field", "dataset"),
        ({"title": 7}, "invalid_input", "title"),
        ({"version": "atelier/nobody"}, "not_found", None),
    ],
)
def test_a_refused_training_leaves_neither_job_nor_model(
    client: FlaskClient,
    parts: Services,
    dataset_id: str,
    change: dict[str, object],
    code: str,
    field: str | None,
) -> None:
    answer = client.post("/v1/trainings", json={**body(dataset_id), **change})
    problem = answer.get_json()
    assert (problem["code"], problem.get("field")) == (code, field)
    assert client.get("/v1/trainings").get_json()["results"] == []
    assert client.get("/v1/models").get_json()["results"] == []


def test_a_training_refused_at_the_end_leaves_no_model(
    client: FlaskClient, settings_for: Callable[..., Settings], parts: Services, dataset_id: str
) -> None:
    once = {"Idempotency-Key": "once"}
    first = client.post("/v1/trainings", json=body(dataset_id), headers=once)
    assert first.status_code == 202
    other = {**body(dataset_id), "destination": "atelier/other"}
    mismatch = client.post("/v1/trainings", json=other, headers=once)
    assert mismatch.get_json()["code"] == "idempotency_mismatch"
    long = client.post("/v1/trainings", json=other, headers={"Idempotency-Key": "k" * 300})
    assert long.get_json()["field"] == "Idempotency-Key"
    full = create_app(settings_for(max_queued=1)).test_client()
    assert full.post("/v1/trainings", json=other).status_code == 429
    assert full.post("/v1/trainings", json=body(dataset_id)).status_code == 429
    names = [model["name"] for model in client.get("/v1/models").get_json()["results"]]
    assert names == ["new"], "a model that a job names stays"


def test_a_training_goes_on_from_a_version_as_replicates_clients_ask(
    client: FlaskClient, version_id: str, dataset_id: str
) -> None:
    answer = client.post(
        f"/v1/models/atelier/edo-prints/versions/{version_id}/trainings",
        json={"destination": "atelier/second", "input": {"dataset": dataset_id, "minutes": 1}},
    )
    assert (answer.status_code, answer.get_json()["version"]) == (202, version_id)
    short = client.post("/v1/trainings", json={**body(dataset_id), "family": None, "version": version_id})
    assert short.get_json()["version"] == version_id


def test_a_finished_training_names_its_version_and_weights(client: FlaskClient, version_id: str) -> None:
    found = client.get("/v1/trainings").get_json()["results"][0]
    assert found["output"]["version"] == f"atelier/edo-prints:{version_id}"
    assert client.get(found["output"]["weights"]).data.startswith(b"weights")


def test_stop_is_asked_of_a_running_training_only(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    waiting = client.post("/v1/trainings", json=body(dataset_id)).get_json()["id"]
    assert client.post(f"/v1/trainings/{waiting}/stop").get_json()["code"] == "conflict"
    assert client.post(f"/v1/trainings/{waiting}/cancel").get_json()["status"] == "canceled"
    job = studio.training(model, dataset_id)
    stopped = client.post(f"/v1/trainings/{job.id}/stop").get_json()
    assert stopped["stop_requested"] is True and stopped["status"] == "processing"
    canceled = client.post(f"/v1/trainings/{job.id}/cancel").get_json()
    assert canceled["cancel_requested"] is True


def test_metrics_and_story_can_be_read(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    job = studio.training(model, dataset_id)
    studio.grow(job, [], 0.4)
    rows = client.get(f"/v1/jobs/{job.id}/metrics").get_json()["results"]
    assert len(rows) == 40 and rows[0]["metrics"]["d_loss"] == pytest.approx(0.7)
    told = client.get(f"/v1/jobs/{job.id}").get_json()
    assert [entry["kind"] for entry in told["timeline"]] == ["submitted", "claim"]
    assert told["attempts"][0]["worker"] == "testhost/0-abc123"
    assert told["progress"]["fraction"] == 0.4


def test_an_estimate_comes_from_the_family_until_something_was_measured(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    asked = {"family": "painter", "input": {"dataset": dataset_id, "minutes": 10}}
    before = client.post("/v1/estimate", json=asked).get_json()
    assert (before["device"], before["seconds"], before["images_per_second"]) == ("CPU", 600.0, 12.0)
    assert before["kimg"] == pytest.approx(7.2) and before["measured"] is False
    assert before["words"] == "Shapes after ten minutes."
    studio.grow(studio.training(model, dataset_id), [], 0.5)
    after = client.post("/v1/estimate", json=asked).get_json()
    assert (after["images_per_second"], after["measured"]) == (12.9, True)
    refused = client.post(
        "/v1/estimate", json={"family": "painter", "input": {"dataset": dataset_id, "minutes": -1}}
    )
    assert refused.get_json()["field"] == "minutes"


def test_a_training_costs_what_it_is_expected_to_take(
    client: FlaskClient, parts: Services, studio: Studio, dataset_id: str
) -> None:
    asked = {"dataset": dataset_id, "minutes": 90}
    job = client.post("/v1/trainings", json=body(dataset_id) | {"input": asked}).get_json()
    assert jobs.get(parts.db, job["id"]).cost_seconds == 5400.0
    assert client.get(f"/v1/jobs/{job['id']}").get_json()["eta_p50"] == pytest.approx(5400.0)


def test_a_running_training_is_not_measured_for_another_size(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    studio.grow(studio.training(model, dataset_id), [], 0.5)
    asked = {"family": "painter", "input": {"dataset": dataset_id, "resolution": 32}}
    assert client.post("/v1/estimate", json=asked).get_json()["images_per_second"] == 30.0


def test_jobs_of_every_kind_stand_in_one_list(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.ask(model, version_id)
    found = client.get("/v1/jobs").get_json()["results"]
    assert [job["object"] for job in found] == ["prediction", "training", "ingest"]
    only = client.get("/v1/jobs?kind=training&state=succeeded").get_json()["results"]
    assert [job["object"] for job in only] == ["training"]
    assert client.get("/v1/jobs?kind=nope").status_code == 422
    assert client.get("/v1/jobs?state=nope").status_code == 422
    waiting = found[0]["id"]
    assert client.post(f"/v1/jobs/{waiting}/cancel").get_json()["status"] == "canceled"
    assert jobs.get(studio.db, waiting).finished
