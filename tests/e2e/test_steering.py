"""A training paused, resumed, preceded and tried again on the real stack, by the API and the command line."""

import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load

from tests.e2e.stack import Document, Stack, until
from tests.e2e.test_bad_input import refused
from tests.e2e.test_stack import begun

UNKNOWN = "0" * 26


def atelier(stack: Stack, *arguments: str) -> tuple[int, str]:
    """What the command line says, and its exit code."""
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "cli.main", *arguments, "--url", stack.address],
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def paused(stack: Stack, job: Document) -> bool:
    told = stack.get(f"/v1/jobs/{job['id']}")
    return (told["status"], told["paused"], told["blocked_reason"]) == ("starting", True, "paused")


def test_a_paused_training_waits_and_comes_to_the_same_network(
    stack: Stack, dataset: str, trained: Document, version: str
) -> None:
    job = begun(stack, dataset, "rested", past=0.2)
    code, said = atelier(stack, "jobs", "pause", job["id"])
    assert code == 0 and "will leave its worker" in said
    until(lambda: paused(stack, job))
    assert stack.get(f"/v1/jobs/{job['id']}/explain")["position"] is None
    body = {"version": version, "input": {"count": 1, "seed": 5150}}
    stack.succeed(stack.submit("/v1/predictions", body))
    assert paused(stack, job), "the worker is free, and still does not take it"
    code, said = atelier(stack, "jobs", "resume", job["id"])
    assert code == 0 and "waiting" in said
    done = stack.succeed(job)
    ends = [(attempt["outcome"], attempt["reason"]) for attempt in done["attempts"]]
    assert ends == [("requeued", "paused"), ("succeeded", None)] and done["attempt"] == 1
    expected, rested = (load(stack.http.get(one["output"]["weights"]).content) for one in (trained, done))
    assert expected.keys() == rested.keys()
    assert all(torch.equal(tensor, rested[name]) for name, tensor in expected.items())


def test_what_waits_says_why_moves_up_and_is_tried_again(stack: Stack, dataset: str) -> None:
    running = begun(stack, dataset, "long", past=0.0, kimg=1000)
    given = {"dataset": dataset, "kimg": 1000, "resolution": 32}
    body = {"family": "painting_gan", "destination": "atelier/next", "input": given, "priority": 0}
    second = stack.submit("/v1/trainings", body)
    third = stack.submit("/v1/trainings", body | {"input": given | {"seed": 9}})
    told = stack.get(f"/v1/trainings/{third['id']}/explain")
    assert [(one["id"], one["why"]) for one in told["ahead"]] == [
        (running["id"], "running"),
        (second["id"], "fairness"),
    ]
    assert (told["position"], told["workers"], told["blocked_reason"]) == (2, 1, None)
    code, said = atelier(stack, "jobs", "explain", third["id"])
    assert code == 0 and "place 2" in said and "it runs already" in said
    # What runs would leave for a higher rank, so the other one is held back instead.
    assert atelier(stack, "jobs", "priority", second["id"], "-5")[0] == 0
    assert stack.get(f"/v1/jobs/{third['id']}")["position"] == 1
    for job in (second, third, running):
        assert stack.post(f"/v1/jobs/{job['id']}/cancel").status_code == 200
        assert stack.finish(job)["status"] == "canceled"
    key = {"Idempotency-Key": "once more"}
    again = stack.post(f"/v1/trainings/{second['id']}/retry", **key)
    assert (again.status_code, again.json()["retried_from"]) == (201, second["id"])
    assert stack.post(f"/v1/trainings/{second['id']}/retry", **key).json()["id"] == again.json()["id"]
    until(lambda: stack.get(f"/v1/jobs/{again.json()['id']}")["status"] == "processing")
    refused(stack.post(f"/v1/jobs/{again.json()['id']}/retry"), 409, "conflict")
    assert stack.post(f"/v1/jobs/{again.json()['id']}/cancel").status_code == 200
    assert stack.finish(again.json())["status"] == "canceled"


@pytest.mark.usefixtures("rows_and_files")
def test_what_cannot_be_done_to_a_job_is_refused(stack: Stack, trained: Document, version: str) -> None:
    for action in ("retry", "pause", "resume", "cancel"):
        refused(stack.post(f"/v1/jobs/{UNKNOWN}/{action}"), 404, "not_found")
        refused(stack.post(f"/v1/jobs/{trained['id']}/{action}"), 409, "conflict")
    refused(stack.post(f"/v1/jobs/{UNKNOWN}/priority", {"priority": 1}), 404, "not_found")
    refused(stack.http.get(f"/v1/jobs/{UNKNOWN}/explain"), 404, "not_found")
    for wrong in (101, -101, "high", None):
        answer = stack.post(f"/v1/jobs/{trained['id']}/priority", {"priority": wrong})
        refused(answer, 422, "invalid_input", "priority")
        answer = stack.post("/v1/predictions", {"version": version, "priority": wrong, "input": {}})
        refused(answer, 422, "invalid_input", "priority")
