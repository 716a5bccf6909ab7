import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared import jobs
from shared.errors import OutOfMemory
from shared.library import Model
from shared.settings import Settings
from tests.unit.web.seed import Studio
from web.hub import Hub, Watch


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Redis: nobody ever nudges, and nothing is listened to."""
    monkeypatch.setattr("web.hub.listen", lambda *_: iter(()))


def test_a_nudge_wakes_only_who_watches_that_job(silent: None, settings_for: Callable[..., Settings]) -> None:
    hub = Hub(settings_for())
    with hub.watch("a") as one, hub.watch("a") as two, hub.watch("b") as other:
        assert one is not None and two is not None and other is not None
        hub.ring("a")
        assert one.wait(5) and two.wait(5)
        assert not other.wait(0)
        assert not one.wait(0), "a nudge wakes once"


def test_beyond_the_most_nobody_is_admitted_and_leaving_makes_room(
    silent: None, settings_for: Callable[..., Settings]
) -> None:
    hub = Hub(settings_for(), most_watchers=1)
    with hub.watch("a") as first:
        assert first is not None
        with hub.watch("a") as second:
            assert second is None
    with hub.watch("a") as third:
        assert third is not None


def test_nudges_from_redis_are_handed_on(
    settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Event()

    def listen(_settings: Settings, _stopped: threading.Event) -> Iterator[str]:
        ready.wait(5)
        yield ""
        yield "somebody else"
        yield "mine"

    monkeypatch.setattr("web.hub.listen", listen)
    with Hub(settings_for()).watch("mine") as watch:
        assert watch is not None
        ready.set()
        assert watch.wait(5)


def read(client: FlaskClient, path: str) -> list[tuple[str, str]]:
    """The events of a stream that ends: (name, data)."""
    answer = client.get(path)
    assert answer.mimetype == "text/event-stream"
    found = []
    for block in answer.text.strip().split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if not line.startswith(":")]
        if lines:
            data = "\n".join(value for name, _, value in lines if name == "data")
            found.append((next(value for name, _, value in lines if name == "event"), data))
    return found


def test_the_stream_of_a_finished_prediction(
    silent: None, client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    work = studio.make(model, version_id, count=1)[0]
    job = client.get("/v1/predictions").get_json()["results"][0]
    events = read(client, job["urls"]["stream"])
    assert events[-2:] == [("output", f"http://localhost/artifacts/{work}"), ("done", "{}")]


def test_the_stream_follows_a_job_to_its_end(
    silent: None,
    client: FlaskClient,
    studio: Studio,
    model: Model,
    version_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = studio.ask(model, version_id)
    half = jobs.Progress(0.5, {"step": 5})

    def advance() -> None:
        jobs.heartbeat(studio.db, jobs.get(studio.db, job.id).lease, lease_seconds=60, progress=half)

    def fail() -> None:
        jobs.fail(studio.db, jobs.get(studio.db, job.id).lease, OutOfMemory("too little memory"))

    moves: Iterator[Callable[[], object]] = iter([lambda: studio.claim("interactive"), advance, fail])

    def move(_watch: Watch, _seconds: float) -> bool:
        next(moves)()
        return True

    monkeypatch.setattr(Watch, "wait", move)
    events = read(client, f"/v1/predictions/{job.id}/stream")
    assert [name for name, _ in events] == ["logs", "logs", "error", "done"]
    assert events[1][1].startswith(" 50%|") and events[2][1] == "too little memory"


def test_our_own_stream_says_when_to_look_and_when_it_is_over(
    silent: None,
    client: FlaskClient,
    studio: Studio,
    model: Model,
    version_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = studio.ask(model, version_id)

    def cancel(_watch: Watch, _seconds: float) -> bool:
        jobs.cancel(studio.db, job.id, "atelier")
        return True

    monkeypatch.setattr(Watch, "wait", cancel)
    events = read(client, f"/v1/jobs/{job.id}/events")
    assert [name for name, _ in events] == ["change", "end"]
    assert '"canceled"' in events[1][1]


def test_what_people_ask_of_a_waiting_job_is_a_change(
    silent: None,
    client: FlaskClient,
    studio: Studio,
    model: Model,
    version_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = studio.ask(model, version_id)
    path = f"/v1/jobs/{job.id}"
    moves: Iterator[Callable[[], TestResponse]] = iter(
        [
            lambda: client.post(f"{path}/pause"),
            lambda: client.post(f"{path}/resume"),
            lambda: client.post(f"{path}/priority", json={"priority": 3}),
            lambda: client.post(f"{path}/cancel"),
        ]
    )

    def move(_watch: Watch, _seconds: float) -> bool:
        assert next(moves)().status_code == 200
        return True

    monkeypatch.setattr(Watch, "wait", move)
    assert [name for name, _ in read(client, f"{path}/events")] == ["change"] * 4 + ["end"]


def test_a_quiet_stream_is_kept_open_and_then_closed(
    silent: None,
    client: FlaskClient,
    studio: Studio,
    model: Model,
    version_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = studio.ask(model, version_id)
    clock = iter(range(0, 100_000, 10))
    monkeypatch.setattr("web.streams.monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(Watch, "wait", lambda _watch, _seconds: False)
    answer = client.get(f"/v1/jobs/{job.id}/events")
    assert answer.text.count("event: change") == 1 and ": still here" in answer.text


def test_when_too_many_watch_the_stream_sends_away(
    silent: None, app: Flask, client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    job = studio.ask(model, version_id)
    app.extensions["atelier"].hub._most = 0
    answer = client.get(f"/v1/jobs/{job.id}/events")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "too_many_streams")
    assert (
        client.post("/v1/predictions", json={"version": version_id}, headers={"Prefer": "wait"}).status_code
        == 202
    )
