"""How many jobs a claim takes: about half a second's work in whole passes."""

from dataclasses import replace

import pytest

from shared.database import Database
from shared.jobs import Job
from tests.support.builders import queue, take
from worker.serving.pace import FIRST, MOST_KEYS, Pace


@pytest.fixture
def job(db: Database) -> Job:
    queue(db, batch_key="k", input={"seed": 1, "count": 1})
    return take(db)[0]


def batch(job: Job, size: int, key: str = "k", count: int = 1) -> list[Job]:
    return [replace(job, batch_key=key, input={"seed": 1, "count": count})] * size


def test_nothing_is_known_at_first(job: Job) -> None:
    assert Pace(128).limit("k") == FIRST
    assert Pace(4).limit("k") == 4
    assert Pace(128).limit(None) == FIRST


@pytest.mark.parametrize(
    ("size", "count", "shape", "seconds", "limit"),
    [
        (32, 1, 1, 1.0, 16),  # 31 ms each
        (10, 1, 1, 1e-9, 128),  # never more than the most
        (4, 1, 1, 8.0, 1),  # slower than half a second each
        (3, 1, 16, 0.1, 80),  # a pass of 16 takes 0.1 s, whoever is in it
        (128, 1, 64, 1.3, 64),  # a whole pass costs what it costs
        (8, 4, 1, 1.0, 4),  # four results a job
        (8, 4, 64, 3.0, 16),
    ],
)
def test_it_takes_half_a_second_of_work_in_whole_passes(
    job: Job, size: int, count: int, shape: int, seconds: float, limit: int
) -> None:
    pace = Pace(128)
    pace.took(batch(job, size, count=count), shape, seconds)
    assert pace.limit("k") == limit


def test_each_key_has_its_own_limit(job: Job) -> None:
    pace = Pace(128)
    pace.took(batch(job, 10, "slow"), 1, 1.0)
    pace.took(batch(job, 10, "quick"), 1, 0.01)
    assert [pace.limit(key) for key in ("slow", "quick", "another")] == [5, 128, FIRST]


def test_it_does_not_remember_without_end(job: Job) -> None:
    pace = Pace(128)
    for number in range(MOST_KEYS + 1):
        pace.took(batch(job, 1, str(number)), 1, 0.1)
    assert pace.limit("0") == FIRST and pace.limit("1") == 5
