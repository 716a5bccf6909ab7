"""The bell behind the request: prompt, joined when many ring, and in nobody's way."""

import threading
import time
from collections.abc import Callable

from shared.broker import Bell
from shared.settings import Settings
from tests.support.workers import eventually
from web.ringing import WebBell


class Recorded(Bell):
    """A bell that remembers; while ``held`` it hangs, as a bell without an answer does."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.rung: list[str] = []
        self.may_ring = threading.Event()
        self.may_ring.set()

    def ring(self, lane: str) -> bool:
        assert self.may_ring.wait(30)
        self.rung.append(lane)
        return True

    def nudge(self, *job_ids: str) -> bool:
        self.rung += [f"nudge {job_id}" for job_id in job_ids]
        return True


def test_every_lane_that_is_asked_for_rings(settings_for: Callable[..., Settings]) -> None:
    bell = Recorded(settings_for())
    ringing = WebBell(bell)
    ringing.ring("interactive")
    eventually(lambda: bell.rung == ["interactive"])
    ringing.ring("training")
    eventually(lambda: bell.rung == ["interactive", "training"])
    ringing.stop()


def test_rings_that_come_together_are_one_and_the_last_is_not_lost(
    settings_for: Callable[..., Settings],
) -> None:
    bell = Recorded(settings_for())
    bell.may_ring.clear()
    ringing = WebBell(bell)
    for _ in range(100):
        ringing.ring("interactive")
    bell.may_ring.set()
    # The first, and one for all that came while it rang.
    eventually(lambda: bell.rung)
    ringing.stop()
    assert bell.rung in (["interactive"], ["interactive"] * 2)


def test_a_hung_bell_holds_up_nobody(settings_for: Callable[..., Settings]) -> None:
    bell = Recorded(settings_for())
    bell.may_ring.clear()
    ringing = WebBell(bell)
    began = time.monotonic()
    for _ in range(50):
        ringing.ring("interactive")
    assert time.monotonic() - began < 5 and bell.rung == []
    bell.may_ring.set()
    ringing.stop()
    assert bell.rung


def test_a_nudge_is_immediate(settings_for: Callable[..., Settings]) -> None:
    bell = Recorded(settings_for())
    assert WebBell(bell).nudge("j") and bell.rung == ["nudge j"]


def test_stopping_what_never_rang_is_nothing(settings_for: Callable[..., Settings]) -> None:
    WebBell(Recorded(settings_for())).stop()
