"""The pages tell why a job waits, and retry, pause, resume and drain without JavaScript."""

import re

import pytest
from flask.testing import FlaskClient

from shared import jobs, workers
from shared.errors import BadFile, OutOfMemory
from shared.jobs import Job
from shared.library import Model
from shared.lifecycle import Reason
from shared.owners import set_max_running
from tests.unit.web import browser
from tests.unit.web.seed import WORKER, Studio


def page(client: FlaskClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers=browser.HTML | {"Accept-Language": language})
    assert answer.status_code == 200, path
    return re.sub(r"\s+", " ", answer.text)


def section(shown: str, identifier: str) -> str:
    """What one part of a job's page holds; empty when it is not there."""
    found = re.search(rf'<section[^>]* id="{identifier}".*?</section>', shown)
    return found.group(0) if found else ""


def waits(client: FlaskClient, job: Job) -> str:
    return section(page(client, f"/jobs/{job.id}"), "j-wait")


@pytest.fixture
def failed(studio: Studio, model: Model, version_id: str) -> Job:
    """A prediction that failed at its second attempt."""
    studio.ask(model, version_id, seed=77)
    jobs.requeue(studio.db, studio.claim("interactive").lease, Reason.LEASE_EXPIRED)
    job = studio.claim("interactive")
    jobs.fail(studio.db, job.lease, OutOfMemory("too little memory"))
    return job


def test_a_waiting_job_tells_who_is_ahead_and_why(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    running = studio.ask(model, version_id, seed=1)
    studio.claim("interactive")
    urgent = studio.ask(model, version_id, "neighbours", parent="0" * 26)
    jobs.set_priority(studio.db, urgent.id, urgent.owner_id, 5)
    last = studio.ask(model, version_id, seed=3)
    told = waits(client, last)
    assert re.findall(r'href="/jobs/(\w+)"', told) == [running.id, urgent.id]
    assert "it runs already" in told and "its priority is higher (5)" in told
    assert "1 worker can run it." in told
    head = section(page(client, f"/jobs/{last.id}"), "j-head")
    assert re.search(r"2nd in line · done in about 2 s \(90 %: under [34] s\)", head), head
    assert "2nd in line · about 2 s" in page(client, "/jobs")


def test_more_than_are_listed_are_counted(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    for seed in range(9):
        studio.ask(model, version_id, seed=seed)
    last = studio.ask(model, version_id, seed=10)
    told = waits(client, last)
    assert told.count("its turn comes first") == 6 and "and 3 others" in told


def test_the_first_in_line_has_nothing_to_explain(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    assert waits(client, studio.ask(model, version_id)) == ""


def test_a_waiting_job_is_moved_up_from_its_page(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    first, last = (studio.ask(model, version_id, seed=seed) for seed in (1, 2))
    assert re.search(r'id="priority"[^>]*min="-100" max="100"[^>]*value="0"', waits(client, last))
    path = f"/jobs/{last.id}/priority"
    for wrong, told in (("101", "between -100 and 100"), ("+-3", "must be a whole number"), ("", "whole")):
        assert told in browser.send(client, path, priority=wrong).text
    assert client.post(path, data={"priority": "9"}, headers=browser.ORIGIN).status_code == 403
    assert jobs.get(studio.db, last.id).priority == 0
    assert browser.send(client, path, priority=" 7 ").status_code == 303
    assert "1st in line" in page(client, f"/jobs/{last.id}")
    assert "its priority is higher (7)" in waits(client, first)
    jobs.cancel(studio.db, last.id, last.owner_id)
    assert "has ended already (canceled)" in browser.send(client, path, priority="1").text


def test_what_holds_a_job_up_is_told(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    first = client.post("/v1/predictions", json={"version": version_id, "input": {"seed": 8}}).get_json()
    equal = client.post("/v1/predictions", json={"version": version_id, "input": {"seed": 8}}).get_json()
    shown = page(client, f"/jobs/{equal['id']}")
    assert f'href="/jobs/{first["id"]}">See that one' in section(shown, "j-wait")
    assert "shares the result of an equal one" in section(shown, "j-head")
    job = studio.claim("interactive")
    set_max_running(studio.db, job.owner_id, 1)
    assert "As many of your jobs run as your limit allows." in waits(client, studio.ask(model, version_id))
    set_max_running(studio.db, job.owner_id, None)
    jobs.requeue(studio.db, job.lease, Reason.RETRY, delay_seconds=600)
    assert "tried again by itself" in waits(client, job)
    workers.leave(studio.db, WORKER)
    asked = studio.ask(model, version_id, seed=3)
    assert "Start one with “atelier worker”" in waits(client, asked)
    assert "no worker is there for it" in page(client, "/jobs")


def test_a_training_is_paused_and_resumed_from_its_page(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    job = studio.training(model, dataset_id)
    path = f"/jobs/{job.id}"
    assert f'action="{path}/pause"' in page(client, path)
    assert browser.send(client, f"{path}/pause").status_code == 303
    leaving = page(client, path)
    assert "saving itself; then it leaves its worker" in leaving and ">pausing</span>" in leaving
    jobs.requeue(studio.db, job.lease, Reason.PAUSED)
    held = page(client, path)
    assert ">paused</span>" in held and "goes on exactly where it was once you resume it" in held
    assert section(held, "j-wait") == "" and "handed back: you paused it, after" in held
    assert "0 waiting · 1 paused · 0 working" in page(client, "/jobs")
    assert "until you resume it" in page(client, "/jobs")
    assert browser.send(client, f"{path}/resume", back="list").headers["Location"] == "/jobs"
    assert "1 waiting · 0 working" in page(client, "/jobs")
    assert studio.claim("training").id == job.id


def test_a_failed_job_is_tried_again_from_its_page(client: FlaskClient, failed: Job) -> None:
    shown = page(client, f"/jobs/{failed.id}")
    assert f'action="/jobs/{failed.id}/retry"' in shown
    form = re.search(r'<a class="ghost" href="([^"]+)">Change it first</a>', shown)
    assert form is not None
    filled = page(client, form.group(1).replace("&amp;", "&"))
    assert re.search(r'id="field-seed"[^>]*value="77"', filled)
    answer = browser.send(client, f"/jobs/{failed.id}/retry")
    assert answer.status_code == 303
    again = page(client, answer.headers["Location"])
    assert f'href="/jobs/{failed.id}"' in section(again, "j-recipe") and "1st in line" in again


def test_every_attempt_is_listed(client: FlaskClient, failed: Job) -> None:
    told = section(page(client, f"/jobs/{failed.id}"), "j-story")
    assert told.count(WORKER) >= 4, "twice in what happened, twice in the attempts"
    assert "handed back: worker lost, after" in told and "failed: the device ran out of memory, after" in told


def test_what_cannot_be_tried_again_has_no_such_button(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    waiting = studio.ask(model, version_id)
    assert "/retry" not in page(client, f"/jobs/{waiting.id}")
    told = browser.send(client, f"/jobs/{waiting.id}/retry")
    assert "only a failed or canceled job can be tried again" in told.text
    studio._queue("collection", "ingest", "ingest", {"name": "Bad", "files": ["0" * 26]})
    ingest = studio.claim("ingest")
    jobs.fail(studio.db, ingest.lease, BadFile("no picture", code="not_an_image"))
    shown = page(client, f"/jobs/{ingest.id}")
    assert "/retry" not in shown and "Upload again" in shown


def test_too_late_is_told(client: FlaskClient, failed: Job) -> None:
    for action in ("pause", "resume"):
        assert "has ended already (failed)" in browser.send(client, f"/jobs/{failed.id}/{action}").text


@pytest.mark.parametrize("action", ["retry", "pause", "resume"])
def test_a_forged_form_changes_nothing(client: FlaskClient, studio: Studio, failed: Job, action: str) -> None:
    before = len(client.get("/v1/jobs").get_json()["results"])
    answer = client.post(f"/jobs/{failed.id}/{action}", headers=browser.ORIGIN)
    assert answer.status_code == 403
    assert client.post("/workers/drain", data={"worker": WORKER}, headers=browser.ORIGIN).status_code == 403
    assert len(client.get("/v1/jobs").get_json()["results"]) == before
    assert not workers.list_workers(studio.db)[0].drain_requested


def test_a_worker_is_drained_from_its_page(client: FlaskClient, studio: Studio) -> None:
    assert 'aria-label="Drain testhost/0-abc123"' in page(client, "/workers")
    assert browser.send(client, "/workers/drain", worker=WORKER).status_code == 303
    leaving = page(client, "/workers")
    assert ">leaving</span>" in leaving and "Drain testhost" not in leaving
    assert client.get("/v1/workers").get_json()["results"][0]["drain_requested"] is True
    workers.leave(studio.db, WORKER)
    gone = page(client, "/workers")
    assert "No worker is there" in gone and WORKER in gone.split("<h3>Gone</h3>")[1]
    assert "there is no worker" in browser.send(client, "/workers/drain", worker=WORKER).text


def test_the_words_are_chinese_on_a_chinese_page(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    studio.ask(model, version_id, seed=1)
    last = studio.ask(model, version_id, seed=2)
    shown = page(client, f"/jobs/{last.id}", "zh-CN")
    assert "为何等待" in shown and "排在第 2 位" in shown and "先轮到它" in shown
    assert "90 % 的情况下不超过" in shown
