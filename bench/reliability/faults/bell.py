"""Redis dies, forgets, hangs, is full, or says what is no message."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress

import redis

from bench.reliability.faults.fault import OUTAGE_SECONDS, Fault, after, hit, nothing
from bench.reliability.system import System

GARBAGE = (b"garbage", b"\xff\xfe", b"{}", b"[]", b'{"body": 1}')
FILLER = b"x" * (1 << 14)


def restart_bell(system: System, jobs: list[str]) -> Callable[[], None]:
    """Redis is killed and comes back empty."""
    hit(system, jobs)
    system.bell.kill()
    return after(OUTAGE_SECONDS, system.bell.start)


def flush(system: System, jobs: list[str]) -> Callable[[], None]:
    """Redis forgets everything."""
    hit(system, jobs)
    system.bell.client().flushall()
    return nothing


def hang_bell(system: System, jobs: list[str]) -> Callable[[], None]:
    """Redis takes connections and answers nothing."""
    hit(system, jobs)
    system.bell.send(signal.SIGSTOP)
    return after(OUTAGE_SECONDS, lambda: system.bell.send(signal.SIGCONT))


def fill_bell(system: System, jobs: list[str]) -> Callable[[], None]:
    """Redis may take a megabyte, has taken it, and refuses every write."""
    hit(system, jobs)
    client = system.bell.client()
    client.config_set("maxmemory", "1mb")
    with suppress(redis.exceptions.OutOfMemoryError):
        while True:
            client.rpush("filler", FILLER)

    def heal() -> None:
        client.config_set("maxmemory", "0")
        client.delete("filler")

    return after(OUTAGE_SECONDS, heal)


def poison_message(system: System, jobs: list[str]) -> Callable[[], None]:
    """Messages that are none."""
    hit(system, jobs)
    for garbage in GARBAGE:
        system.bell.client().lpush(system.lane, garbage)
    return nothing


def duplicates(system: System, jobs: list[str]) -> Callable[[], None]:
    """The message of one job comes a hundred times more."""
    system.publish_again(jobs[0], 100)
    return nothing


FAULTS = (
    Fault("Redis killed, restarted empty", restart_bell),
    Fault("FLUSHALL", flush),
    Fault("Redis hung", hang_bell),
    Fault("Redis out of memory (1 MB)", fill_bell),
    Fault("poison message", poison_message),
    Fault("100 duplicate messages", duplicates, jobs=1),
)
