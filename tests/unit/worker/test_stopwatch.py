"""What batches take is remembered by piece and written with the next report."""

import pytest
from sqlalchemy import update

from shared import speeds, tables
from shared.database import Database
from tests.support.builders import queue
from worker.serving.stopwatch import Stopwatch, pieces


def test_seconds_are_counted_by_piece(db: Database) -> None:
    watch = Stopwatch("cpu")
    batch = [queue(db, input={"seed": n, "count": 4}) for n in range(2)]
    watch.took(batch, 4.0)
    watch.took([], 100.0)
    watch.flush(db)
    known = speeds.learned(db, "toy", "generate")
    assert known is not None and (known.p50, known.p90) == (0.5, 0.5)


def test_a_flush_writes_only_what_is_new(db: Database) -> None:
    watch = Stopwatch("cpu")
    watch.took([queue(db)], 1.0)
    watch.flush(db)
    watch.flush(db)
    watch.took([queue(db)], 3.0)
    watch.flush(db)
    known = speeds.learned(db, "toy", "generate")
    assert known is not None and known.p50 == pytest.approx(2.0)


def test_only_the_newest_samples_are_kept(db: Database) -> None:
    speeds.learn(db, "v", "generate", "cpu", [9.0] * 100)
    speeds.learn(db, "v", "generate", "cpu", [1.0] * speeds.KEPT)
    known = speeds.learned(db, "v", "generate")
    assert known is not None and (known.p50, known.p90) == (1.0, 1.0)


def test_the_kind_of_device_that_measured_last_speaks(db: Database) -> None:
    speeds.learn(db, "v", "generate", "cpu", [9.0])
    # SQLite's clock knows milliseconds, and two writes fit into one.
    with db.begin() as connection:
        connection.execute(update(tables.speeds).values(updated_at=tables.speeds.c.updated_at - 1))
    speeds.learn(db, "v", "generate", "cuda", [0.1])
    known = speeds.learned(db, "v", "generate")
    assert known is not None and known.p50 == 0.1
    assert speeds.learned(db, "v", "mix") is None


@pytest.mark.parametrize(
    ("given", "count"), [({}, 1), ({"count": 3}, 3), ({"count": 0}, 1), ({"count": "x"}, 1)]
)
def test_a_job_asks_for_at_least_one_piece(db: Database, given: dict[str, object], count: int) -> None:
    assert pieces(queue(db, input=given)) == count
