"""What a queue of a million rows costs: submit, claim, status and list, beside a thousand rows."""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

from sqlalchemy import text

from bench.noop.studio import STORES, Studio, studio
from bench.report import Figure, finish, percentile
from shared import jobs
from shared.forecast import explain
from shared.migrate import OWNER

BOUND = 1.5
#: Owners who share the backlog, and batch keys (model versions) it is spread over.
OWNERS, KEYS = 100, 50
TURNS = 200
BATCH = 8
WARM_UP = 20
LANES, FAMILIES = ("interactive",), ("noop",)

FILL = """
INSERT INTO jobs (id, owner_id, family, operation, lane, model_id, version_id, input, batch_key, cache_key,
  request_hash, priority, rank, ranked_at, virtual_start, cost_seconds, state, max_attempts, stall_seconds,
  progress, progress_detail, output, created_at, finished_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
SELECT 'z' || i, CASE WHEN i > :queued AND i % 2 = 0 THEN 'atelier' ELSE 'o' || (i % :owners) END,
  'noop', 'generate', 'interactive', :model, :version, '{}',
  'b' || (i % :keys), 'c' || i, 'h', 0, 0, 1.0 + i, i, 0.001,
  CASE WHEN i <= :queued THEN 'queued' ELSE 'succeeded' END, 3, 600, 0, '{}',
  CASE WHEN i <= :queued THEN NULL ELSE JSON_OF END, 1.0 + i,
  CASE WHEN i <= :queued THEN NULL ELSE 2.0 + i END
FROM n
"""


def main() -> None:
    """Measure each operation on a short table and on a long one, on both stores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    figures: list[Figure] = []
    for store in STORES:
        short, long = measure(store, 1000, options.rounds), measure(store, options.rows, options.rounds)
        for name in short:
            figures.append(Figure(f"{store}: {name}, p95, 1,000 rows", short[name] * 1000, "ms"))
            figures.append(Figure(f"{store}: {name}, p95, {options.rows:,} rows", long[name] * 1000, "ms"))
            figures.append(Figure(f"{store}: {name}, ratio", long[name] / short[name], "x", BOUND))
    finish(
        "A long backlog",
        figures,
        [
            f"A tenth of the rows waits, of {OWNERS} owners and {KEYS} batch keys; half of what has ended is "
            "of the owner who submits, and every request is looked up among the equal ones. The medians of "
            f"{options.rounds} rounds, {TURNS} calls in all. claim takes a batch of {BATCH} and records its "
            "success; status is the job's row with its place, who is ahead and its ETA."
        ],
    )


def measure(store: str, rows: int, rounds: int) -> dict[str, float]:
    """The p95 in seconds of each operation on a table of so many rows."""
    with studio(store) as place:
        fill(place, rows)
        taken = operations(place)
        found: dict[str, list[float]] = {name: [] for name in taken}
        for name in taken:
            timed(taken, name, WARM_UP)
        for _ in range(rounds):
            for name in taken:
                found[name].append(percentile(timed(taken, name, TURNS // rounds), 0.95))
        return {name: sorted(values)[len(values) // 2] for name, values in found.items()}


def fill(place: Studio, rows: int) -> None:
    """Put the rows in with one statement, and let the database settle."""
    for number in range(OWNERS):
        place.owner(f"o{number}")
    values = {"rows": rows, "queued": rows // 10, "owners": OWNERS, "keys": KEYS}
    with place.db.begin() as connection:
        statement = FILL.replace("JSON_OF", "'{}'" if place.db.is_sqlite else "CAST('{}' AS JSON)")
        connection.execute(text(statement), values | {"model": place.model, "version": place.version})
    if place.db.is_sqlite:
        with closing(sqlite3.connect(str(place.db.url.database))) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with place.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def operations(place: Studio) -> dict[str, Callable[[], object]]:
    """What is timed."""
    db = place.db
    waiting = place.submit(-1, batch_key="b1")
    seeds = iter(range(10_000_000))

    def claim() -> None:
        batch = jobs.claim(
            db, worker_id="bench", lanes=LANES, families=FAMILIES, limit=BATCH, lease_seconds=600.0
        )
        jobs.succeed(db, [(job.lease, jobs.Result()) for job in batch])

    return {
        "submit": lambda: place.submit(number := next(seeds), batch_key="b1", cache_key=f"new {number}"),
        "claim": claim,
        "status": lambda: explain(db, jobs.get(db, waiting.id)),
        "list": lambda: jobs.list_page(db, OWNER, limit=50),
    }


def timed(acts: dict[str, Callable[[], object]], name: str, turns: int) -> list[float]:
    """The seconds of each call. What a claim takes away is queued again before it, untimed."""
    found = []
    act = acts[name]
    for _ in range(turns):
        if name == "claim":
            for _ in range(BATCH):
                acts["submit"]()
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return found


if __name__ == "__main__":
    main()
