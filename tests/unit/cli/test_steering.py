"""Retry, pause, resume, priority, explain and drain, against a server that answers as the API does."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.fake_server import FakeServer

Run = Callable[..., tuple[int, str, str]]


def job(status: str = "starting", **more: Any) -> dict[str, Any]:
    return {"id": "j1", "status": status, "progress": {"fraction": 0.0, "detail": {}}, **more}


def told(**more: Any) -> dict[str, Any]:
    """What explain answers."""
    known = {"status": "starting", "position": 1, "total_ahead": 0, "ahead": [], "blocked_message": None}
    return {"id": "j1", "eta_p50": None, "eta_p90": None, "blocked_reason": None, **known, **more}


def ahead(name: str, why: str, priority: int = 0) -> dict[str, Any]:
    return {"id": name, "owner": "atelier", "operation": "generate", "priority": priority, "why": why}


def test_retry_names_the_new_job(run: Run, server: FakeServer) -> None:
    again = job(position=2) | {"id": "j2", "retried_from": "j1"}
    server.on("POST", "/v1/jobs/j1/retry", httpx.Response(201, json=again))
    assert run("jobs", "retry", "j1") == (0, "j2: waiting, place 2 (a retry of j1)\n", "")


def test_a_refusal_is_one_line(run: Run, server: FakeServer) -> None:
    problem = {"detail": "the job is processing; only a failed one can be tried again", "code": "conflict"}
    server.on("POST", "/v1/jobs/j1/retry", httpx.Response(409, json=problem))
    code, out, err = run("jobs", "retry", "j1")
    assert (code, out) == (1, "")
    assert "only a failed one" in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("status", "said"), [("starting", "paused"), ("processing", "will leave its worker")]
)
def test_pause_tells_what_happens(run: Run, server: FakeServer, status: str, said: str) -> None:
    server.on("POST", "/v1/jobs/j1/pause", job(status, paused=True))
    code, out, _ = run("jobs", "pause", "j1")
    assert code == 0 and said in out


def test_resume_tells_the_place(run: Run, server: FakeServer) -> None:
    server.on("POST", "/v1/jobs/j1/resume", job(position=4))
    assert run("jobs", "resume", "j1")[:2] == (0, "j1: waiting, place 4\n")


@pytest.mark.parametrize("number", ["-5", "0", "100"])
def test_a_priority_may_be_negative(run: Run, server: FakeServer, number: str) -> None:
    server.on("POST", "/v1/jobs/j1/priority", job(position=1, priority=int(number)))
    code, out, _ = run("jobs", "priority", "j1", number)
    assert (code, out) == (0, f"j1: priority {number}, waiting, place 1\n")
    assert json.loads(server.asked[-1].content) == {"priority": int(number)}


@pytest.mark.parametrize("number", ["101", "-101", "high"])
def test_a_priority_out_of_range_is_not_sent(run: Run, server: FakeServer, number: str) -> None:
    code, _, err = run("jobs", "priority", "j1", number)
    assert code == 2 and number in err
    assert not server.asked


def test_explain_lists_who_is_ahead_and_why(run: Run, server: FakeServer) -> None:
    first = [ahead("r1", "running"), ahead("p1", "priority", 9), ahead("f1", "fairness"), ahead("a1", "age")]
    answer = told(position=24, total_ahead=23, ahead=first, eta_p50=40.0, eta_p90=130.0)
    server.on("GET", "/v1/jobs/j1/explain", answer)
    code, out, _ = run("jobs", "explain", "j1")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "j1: waiting, place 24, done in about 40 s (90 %: under 3 min)"
    assert [line.split()[0] for line in lines[1:6]] == ["ahead", "r1", "p1", "f1", "a1"]
    assert "it runs already" in lines[2] and "its priority is higher" in lines[3]
    assert lines[-1] == "and 20 more"
    assert json.loads(run("jobs", "explain", "j1", "--json")[1]) == answer


def test_explain_says_what_holds_a_job_up(run: Run, server: FakeServer) -> None:
    message = "No worker is there that could run it. Start one: atelier worker"
    server.on("GET", "/v1/jobs/j1/explain", told(blocked_reason="no_worker", blocked_message=message))
    out = run("jobs", "explain", "j1")[1]
    assert "place 1, no worker is there" in out and message in out and "Nothing is ahead" in out
    paused = told(position=None, blocked_reason="paused", blocked_message="The job is paused.")
    server.on("GET", "/v1/jobs/j1/explain", paused)
    assert run("jobs", "explain", "j1")[1] == "j1: paused\nThe job is paused.\n"


def test_explain_of_a_job_that_does_not_wait(run: Run, server: FakeServer) -> None:
    server.on("GET", "/v1/jobs/j1/explain", told(status="processing", position=None, eta_p50=90.0))
    assert run("jobs", "explain", "j1")[1] == "j1: processing, done in about 1 min\n"
    server.on("GET", "/v1/jobs/j1/explain", told(status="succeeded", position=None))
    assert run("jobs", "explain", "j1")[1] == "j1: succeeded\n"


def test_the_list_shows_what_is_paused(run: Run, server: FakeServer) -> None:
    shares = job(follows="j0") | {"id": "j3"}
    server.on("GET", "/v1/jobs", {"results": [job(paused=True), shares]})
    out = run("jobs")[1]
    assert out.splitlines()[1].split()[:3] == ["j1", "-", "paused"]
    assert "shares the result of j0" in out


def test_drain_asks_a_worker_by_its_whole_name(run: Run, server: FakeServer) -> None:
    server.on(
        "POST", "/v1/workers/studio/0-abc123/drain", httpx.Response(202, json={"id": "studio/0-abc123"})
    )
    code, out, _ = run("workers", "drain", "studio/0-abc123")
    assert code == 0 and out.startswith("studio/0-abc123: ")
    worker = {"id": "w1", "device": "cpu", "lanes": ["training"], "state": "busy", "drain_requested": True}
    server.on("GET", "/v1/workers", {"results": [worker]})
    assert "draining" in run("workers")[1] and "busy" not in run("workers")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "--url", "http://other.test", "pause", "j1"),
        ("jobs", "pause", "j1", "--url", "http://other.test"),
    ],
)
def test_the_address_may_stand_before_or_behind_the_command(
    run: Run, server: FakeServer, arguments: tuple[str, ...]
) -> None:
    server.on("POST", "/v1/jobs/j1/pause", job(paused=True))
    assert run(*arguments)[0] == 0
    assert [str(request.url) for request in server.asked] == ["http://other.test/v1/jobs/j1/pause"]


def test_an_id_is_only_an_id(run: Run, server: FakeServer) -> None:
    code, _, err = run("jobs", "pause", "../workers?x=1")
    assert code == 1 and "no answer" in err
    assert server.asked[0].url.raw_path == b"/v1/jobs/..%2Fworkers%3Fx%3D1/pause"


@pytest.mark.parametrize("group", [("jobs", "retry"), ("jobs", "priority"), ("workers", "drain")])
def test_every_subcommand_explains_itself(run: Run, group: tuple[str, str]) -> None:
    code, out, _ = run(*group, "--help")
    assert code == 0 and "ID" in out
    assert group[1] in run(group[0], "--help")[1]
