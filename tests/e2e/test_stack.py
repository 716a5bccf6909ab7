"""From a zip of pictures to a picture that a trained network made, over HTTP, on the real stack."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import torch
from PIL import Image
from safetensors.torch import load

from tests.e2e.conftest import PICTURES, TINY
from tests.e2e.stack import Document, Stack, recipe_in, until

REPLICATE = """
import sys, replicate
prediction = replicate.predictions.create(version=sys.argv[1], input={"seed": 41, "count": 1})
prediction.wait()
assert prediction.status == "succeeded", (prediction.status, prediction.error)
open(sys.argv[2], "wb").write(replicate.default_client._client.get(prediction.output[0]).content)
print(prediction.id)
"""


def pages(stack: Stack, *paths: str) -> None:
    for path in paths:
        answer = stack.http.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, (path, answer.text)
        assert "<!doctype html>" in answer.text.lower()


def test_the_pages_answer(stack: Stack) -> None:
    pages(stack, "/", "/gallery", "/jobs", "/datasets", "/models", "/workers")
    assert stack.get("/healthz") == {"status": "ok"}
    assert stack.get("/openapi.json")["openapi"].startswith("3.")


def test_the_starter_data_sets_are_there_on_first_start(stack: Stack) -> None:
    assert until(stack.starter_installed)


def test_a_zip_becomes_a_data_set_and_what_was_refused_is_listed(
    stack: Stack, collected: Document, dataset: str
) -> None:
    made = stack.get(f"/v1/datasets/{dataset}")
    assert (made["name"], made["item_count"]) == ("Real paintings", PICTURES)
    refused = {row["name"]: row["code"] for row in made["report"]["refused"]}
    assert refused == {collected["cut"]: "truncated_image", "words.png": "not_an_image"}
    assert [row["name"] for row in made["report"]["ignored"]] == ["notes.txt"]
    items = stack.get(f"/v1/datasets/{dataset}/items", limit=100)["results"]
    assert len(items) == PICTURES
    picture = Image.open(io.BytesIO(stack.http.get(items[0]["url"]).content))
    picture.load()
    assert picture.size == (items[0]["width"], items[0]["height"])
    pages(stack, f"/datasets/{dataset}")


def test_a_training_tells_how_far_it_is_and_shows_what_it_makes(stack: Stack, trained: Document) -> None:
    seen = trained["seen"]
    assert seen == sorted(seen) and any(0 < fraction < 1 for fraction in seen)
    figures = stack.get(f"/v1/jobs/{trained['id']}/metrics")["results"]
    steps = [row["step"] for row in figures]
    assert steps == sorted(set(steps)) and steps[-1] <= 60
    told = {name for row in figures for name in row["metrics"]}
    assert {"images_per_second", "kimg"} <= told
    kinds = [event["kind"] for event in trained["timeline"]]
    assert kinds[0] == "submitted" and kinds[-1] == "succeed"
    model = stack.get("/v1/models/atelier/tiny")
    assert model["latest_version"]["id"] == trained["output"]["version"].rpartition(":")[2]
    pages(stack, f"/jobs/{trained['id']}", "/models/atelier/tiny")


def generated(stack: Stack, version: str, **given: Any) -> tuple[Document, list[bytes]]:
    """A prediction that succeeded, and its pictures."""
    answer = stack.post("/v1/predictions", {"version": version, "input": given}, Prefer="wait=60")
    assert answer.status_code in (201, 202), answer.text
    done = stack.succeed(answer.json())
    return done, [stack.http.get(url).content for url in done["output"]]


def test_the_recipe_in_a_picture_makes_the_same_bytes_again(stack: Stack, version: str) -> None:
    first, pictures = generated(stack, version, count=2, seed=11)
    assert len(pictures) == 2 and pictures[0] != pictures[1]
    recipe = recipe_in(pictures[1])
    assert recipe["version"] == version.rpartition(":")[2]
    assert recipe["input"]["count"] == 1
    again = stack.succeed(stack.submit("/v1/predictions", recipe))
    same = stack.http.get(again["output"][0]).content
    assert again["cached_from"] is None and again["id"] != first["id"]
    assert same == pictures[1]
    size = Image.open(io.BytesIO(same)).size
    assert size == (TINY["resolution"], TINY["resolution"])
    cached, (third,) = generated(stack, recipe["version"], **recipe["input"])
    assert cached["cached_from"] == again["id"] and third == same


def test_results_are_parents_of_others(stack: Stack, version: str) -> None:
    done, _ = generated(stack, version, count=2, seed=21)
    first, second = done["output"]
    for operation, given in (
        ("mix", {"parent_a": first, "parent_b": second, "layers": "coarse"}),
        ("neighbours", {"parent": first, "count": 2}),
        ("interpolate", {"parent_a": first, "parent_b": second, "frames": 4, "format": "gif"}),
    ):
        body = {"version": version, "operation": operation, "input": given}
        made = stack.succeed(stack.submit("/v1/predictions", body))
        for url in made["output"]:
            Image.open(io.BytesIO(stack.http.get(url).content)).load()


def test_replicates_own_client_gets_a_picture(stack: Stack, version: str, tmp_path: Path) -> None:
    target = tmp_path / "picture.png"
    ran = subprocess.run(
        [sys.executable, "-c", REPLICATE, version.rpartition(":")[2], str(target)],
        env=os.environ | {"REPLICATE_BASE_URL": stack.address, "REPLICATE_API_TOKEN": "anything"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    recipe = recipe_in(target.read_bytes())
    assert recipe["input"]["seed"] == 41
    assert stack.get(f"/v1/predictions/{ran.stdout.strip()}")["status"] == "succeeded"


def begun(stack: Stack, dataset: str, name: str, past: float, **given: float) -> Document:
    """A training that runs and is further than ``past``."""
    body = {
        "family": "painting_gan",
        "destination": f"atelier/{name}",
        "input": TINY | {"dataset": dataset} | given,
    }
    job = stack.submit("/v1/trainings", body)
    return until(lambda: _further(stack.get(f"/v1/jobs/{job['id']}"), past))


def _further(job: Document, past: float) -> Document | None:
    assert job["status"] in ("starting", "processing"), job
    return job if job["progress"]["fraction"] > past else None


def test_a_running_training_is_canceled_and_leaves_nothing(stack: Stack, dataset: str) -> None:
    job = begun(stack, dataset, "unwanted", past=0.0, kimg=1000)
    asked = stack.post(f"/v1/trainings/{job['id']}/cancel")
    assert asked.status_code == 200 and asked.json()["cancel_requested"]
    done = stack.finish(job)
    assert (done["status"], done["output"]) == ("canceled", None)
    assert stack.get("/v1/models/atelier/unwanted")["latest_version"] is None
    again = stack.post(f"/v1/trainings/{job['id']}/cancel")
    assert again.status_code == 200 and again.json()["status"] == "canceled"


def test_a_training_whose_worker_is_killed_comes_to_the_same_network(
    stack: Stack, dataset: str, trained: Document
) -> None:
    job = begun(stack, dataset, "survivor", past=0.3)
    pid = until(lambda: stack.holder(job))
    os.kill(pid, signal.SIGKILL)
    done = stack.succeed(job)
    outcomes = [attempt["outcome"] for attempt in done["attempts"]]
    assert outcomes == ["lost", "succeeded"], stack.log()
    notes = [event["data"]["text"] for event in done["timeline"] if event["kind"] == "note"]
    assert any(note.startswith("resumed from step ") for note in notes), notes
    expected, survived = (load(stack.http.get(one["output"]["weights"]).content) for one in (trained, done))
    assert expected.keys() == survived.keys()
    assert all(torch.equal(tensor, survived[name]) for name, tensor in expected.items())
    _, (picture,) = generated(stack, done["output"]["version"], count=1, seed=1)
    assert picture.startswith(b"\x89PNG")


def test_a_killed_web_server_is_back_and_the_same_key_gives_the_same_job(stack: Stack, version: str) -> None:
    body = {"version": version, "input": {"count": 1}}
    first = stack.post("/v1/predictions", body, **{"Idempotency-Key": "once"})
    assert first.status_code == 202
    assert len(stack.web()) >= 2
    for process in stack.web():
        process.kill()
    until(lambda: _answers(stack))
    again = stack.post("/v1/predictions", body, **{"Idempotency-Key": "once"})
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["input"] == first.json()["input"]
    other = stack.post("/v1/predictions", body | {"input": {"count": 2}}, **{"Idempotency-Key": "once"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    stack.succeed(first.json())


def _answers(stack: Stack) -> bool:
    try:
        return stack.http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_drained_worker_leaves_and_a_fresh_one_takes_its_place(stack: Stack) -> None:
    def serving() -> str | None:
        rows = stack.get("/v1/workers")["results"]
        found = [row["id"] for row in rows if row["state"] == "idle" and "training" in row["lanes"]]
        return found[0] if found else None

    old = until(serving)
    assert stack.post(f"/v1/workers/{old}/drain").status_code == 202
    until(lambda: serving() not in (None, old))
    assert stack.post("/v1/workers/nobody/0/drain").status_code == 404
