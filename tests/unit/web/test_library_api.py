import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.library import Model
from tests.unit.web.seed import Studio


def test_a_version_describes_its_input_as_cog_does(client: FlaskClient, version_id: str) -> None:
    found = client.get(f"/v1/models/atelier/edo-prints/versions/{version_id}").get_json()
    schemas = found["openapi_schema"]["components"]["schemas"]
    assert set(schemas["Input"]["properties"]) == {"count", "psi", "seed"}
    assert schemas["Output"] == {
        "title": "Output",
        "type": "array",
        "items": {"type": "string", "format": "uri"},
    }
    assert "parent" in schemas["Input_neighbours"]["properties"]
    assert found["id"] == version_id and found["card"]["metrics"]["kid_lite1"] == 0.041
    listed = client.get("/v1/models/atelier/edo-prints/versions").get_json()["results"]
    assert [version["id"] for version in listed] == [version_id]


def test_a_model_has_what_replicates_clients_read(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.make(model, version_id)
    found = client.get("/v1/models/atelier/edo-prints").get_json()
    assert (found["owner"], found["name"], found["run_count"]) == ("atelier", "edo-prints", 1)
    assert found["latest_version"]["id"] == version_id
    assert client.get(found["cover_image_url"]).mimetype == "image/png"
    assert client.get("/v1/models").get_json()["results"][0] == found


def test_models_can_be_searched_and_made(client: FlaskClient, model: Model) -> None:
    assert len(client.open("/v1/models", method="QUERY", data="edo").get_json()["results"]) == 1
    assert client.open("/v1/models", method="QUERY", data="cubist").get_json()["results"] == []
    made = client.post(
        "/v1/models", json={"owner": "atelier", "name": "n", "family": "painter", "hardware": "cpu"}
    )
    assert (made.status_code, made.get_json()["latest_version"]) == (201, None)
    assert client.post("/v1/models", json={"owner": "x", "name": "n", "family": "painter"}).status_code == 422
    assert client.post("/v1/models", json={"name": "n"}).get_json()["field"] == "family"
    clash = client.post("/v1/models", json={"name": "n", "family": "collection"})
    assert clash.get_json()["code"] == "conflict"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/atelier/nobody",
        "/v1/models/nobody/edo-prints",
        "/v1/models/atelier/edo-prints/versions/nope",
        "/v1/predictions/nope",
        "/v1/trainings/nope",
        "/v1/ingests/nope",
        "/v1/jobs/nope",
        "/v1/jobs/nope/events",
        "/v1/datasets/nope",
        "/v1/datasets/nope/items",
        "/v1/files/nope",
        "/v1/families/nope",
        "/artifacts/nope",
        "/artifacts/..%252f..%252fetc",
        "/works/nope",
        "/jobs/nope",
        "/datasets/nope",
        "/nothing/at/all",
    ],
)
def test_what_is_not_there_is_a_404_with_a_code(client: FlaskClient, model: Model, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert answer.mimetype == "application/problem+json"


def test_a_data_set_and_its_works_can_be_read_page_by_page(client: FlaskClient, dataset_id: str) -> None:
    found = client.get(f"/v1/datasets/{dataset_id}").get_json()
    assert (found["name"], found["item_count"]) == ("Edo prints", 12)
    seen: list[int] = []
    after: int | None = -1
    while after is not None:
        page = client.get(f"/v1/datasets/{dataset_id}/items?limit=5&after={after}").get_json()
        seen += [item["position"] for item in page["results"]]
        after = page["next_after"]
    assert seen == list(range(12))
    first = client.get(f"/v1/datasets/{dataset_id}/items?limit=1").get_json()["results"][0]
    assert first["labels"] == {"style": "ukiyo-e"}
    assert client.get(first["url"]).data.startswith(b"\x89PNG")
    assert client.get(f"/v1/datasets/{dataset_id}/items?after=x").status_code == 422


def test_families_workers_hardware_and_account(client: FlaskClient, studio: Studio) -> None:
    assert [family["name"] for family in client.get("/v1/families").get_json()["results"]] == [
        "collection",
        "painter",
    ]
    assert client.get("/v1/families/painter").get_json()["operations"][0]["name"] == "generate"
    worker = client.get("/v1/workers").get_json()["results"][0]
    assert (worker["device"], worker["state"]) == ("cpu", "idle")
    assert client.get("/v1/hardware").get_json() == [{"sku": "cpu", "name": "CPU, 2 cores"}]
    assert client.get("/v1/account").get_json()["username"] == "atelier"
    assert client.post(f"/v1/workers/{worker['id']}/drain").status_code == 202
    assert client.post("/v1/workers/nobody/drain").get_json()["code"] == "not_found"


def test_artifacts_are_closed_in(client: FlaskClient, studio: Studio, model: Model, version_id: str) -> None:
    work = studio.make(model, version_id, count=1)[0]
    answer = client.get(f"/artifacts/{work}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    inline = client.get(f"/artifacts/{work}?inline")
    assert inline.headers["Content-Disposition"].startswith("inline")
    again = client.get(f"/artifacts/{work}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    weights = client.get("/v1/trainings").get_json()["results"][0]["output"]["weights"]
    closed = client.get(weights + "?inline")
    assert closed.headers["Content-Disposition"].startswith("attachment")
    assert closed.mimetype == "application/octet-stream"


def test_openapi_names_every_route_of_the_api(app: Flask, client: FlaskClient, studio: Studio) -> None:
    document = client.get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    wanted = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
    }
    assert wanted <= set(document["paths"])
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["summary"], operation["operationId"]
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    assert "painter.generate" in document["components"]["schemas"]
    references = json.dumps(document).split('"$ref": "#/components/')[1:]
    for reference in {part.split('"')[0] for part in references}:
        kind, name = reference.split("/")
        assert name in document["components"][kind]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("DELETE", "/v1/predictions", 405, "method_not_allowed"),
        ("PUT", "/v1/models", 405, "method_not_allowed"),
        ("POST", "/v1/jobs", 405, "method_not_allowed"),
    ],
)
def test_other_methods_are_problems_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{}", "text/plain", 400),
        (b"version=1", "application/x-www-form-urlencoded", 400),
        (b"[]", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b"{" + b" " * (2 << 20), "application/json", 413),
    ],
)
def test_bodies_that_cannot_be_read(client: FlaskClient, data: bytes, kind: str, status: int) -> None:
    answer = client.post("/v1/predictions", data=data, content_type=kind)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_a_surprise_is_told_without_its_text(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> None:
        raise RuntimeError("secret path /home/someone")

    monkeypatch.setattr("web.api.families.catalogue.list_families", burst)
    answer = client.get("/v1/families")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
