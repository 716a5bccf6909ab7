"""The bell with a real server: it rings, and it never holds anything up."""

import signal
import threading
import time
from collections.abc import Callable

import pytest

from shared.broker import Bell, celery_url, listen
from shared.settings import Settings
from tests.support.bell import BellServer
from tests.support.workers import eventually


def test_urls_are_spelled_as_kombu_wants_them() -> None:
    assert celery_url("unix:///run/x.sock") == "redis+socket:///run/x.sock"
    assert celery_url("redis://h:1/0") == "redis://h:1/0"


def test_a_ring_is_one_message_in_the_lane(
    bell: BellServer, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.broker.PATIENCE", 30.0)
    assert Bell(settings_for(redis_url=bell.url)).ring("training")
    assert bell.client().llen("training") == 1
    assert bell.client().llen("interactive") == 0


def test_a_nudge_reaches_who_listens(bell: BellServer, settings_for: Callable[..., Settings]) -> None:
    settings = settings_for(redis_url=bell.url)
    stopped, heard = threading.Event(), []

    def hear() -> None:
        for job_id in listen(settings, stopped):
            if job_id:
                heard.append(job_id)
            if len(heard) == 2:
                stopped.set()

    thread = threading.Thread(target=hear)
    thread.start()
    ringer = Bell(settings)
    for _ in range(100):
        ringer.nudge("job-1", "job-2")
        if stopped.wait(0.05):
            break
    stopped.set()
    thread.join(10)
    assert heard == ["job-1", "job-2"]


def test_a_dead_bell_is_survived_quickly(bell: BellServer, settings_for: Callable[..., Settings]) -> None:
    ringer = Bell(settings_for(redis_url=bell.url))
    bell.kill()
    begun = time.monotonic()
    assert not ringer.ring("interactive")
    assert not ringer.nudge("job-1")
    assert time.monotonic() - begun < 2.0


def test_a_hung_bell_holds_nobody_up_and_is_heard_again_later(
    bell: BellServer, settings_for: Callable[..., Settings]
) -> None:
    ringer = Bell(settings_for(redis_url=bell.url))
    eventually(lambda: ringer.ring("interactive"))
    bell.send(signal.SIGSTOP)
    begun = time.monotonic()
    rung = [ringer.ring("interactive") for _ in range(20)]
    took = time.monotonic() - begun
    bell.send(signal.SIGCONT)
    assert not any(rung) and took < 2.0
    eventually(lambda: ringer.ring("interactive"))
