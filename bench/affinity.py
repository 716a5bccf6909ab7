"""What it saves that a worker prefers versions it holds, and how long it lets the first in line wait.

Jobs of six versions, some asked for more often than others, arrive at random at a worker whose memory holds
two. Loading one takes 0.3 seconds, a job 0.02. The same arrivals are served with affinity as it is set by
default and with none (``ATELIER_AFFINITY_SECONDS`` 0: always the first in line).
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select

from bench.noop.studio import Studio, studio
from bench.report import Figure, finish, median
from bench.stack import wait
from shared.settings import Settings
from shared.tables import jobs

VERSIONS, HELD = 6, 2
LOAD_MS, JOB_MS, VERSION_MB = 300, 20, 1
#: Between the look at the line and the claim that follows it lies this much at the most.
SLACK_SECONDS = 0.1
BOUND = float(Settings.model_fields["affinity_seconds"].default)


@dataclass(frozen=True)
class Served:
    """What one worker did with the arrivals; waits in seconds."""

    loads: int
    rate: float
    longest: float
    overtaken: float


def main() -> None:
    """Both settings in turns, on the same arrivals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=150)
    parser.add_argument("--rate", type=float, default=5.0, help="arrivals a second")
    options = parser.parse_args()
    on: list[Served] = []
    off: list[Served] = []
    for turn in range(options.rounds):
        on.append(serve(options.jobs, options.rate, turn, BOUND))
        off.append(serve(options.jobs, options.rate, turn, 0.0))
    saved = [1 - mine.loads / theirs.loads for mine, theirs in zip(on, off, strict=True)]
    later = [mine.longest - theirs.longest for mine, theirs in zip(on, off, strict=True)]
    finish(
        "Affinity to versions in memory",
        [
            Figure("loads without affinity", median([turn.loads for turn in off]), ""),
            Figure("loads with affinity", median([turn.loads for turn in on]), ""),
            Figure("loads saved", median(saved) * 100, "%"),
            Figure("without affinity", median([turn.rate for turn in off]), "jobs/s"),
            Figure("with affinity", median([turn.rate for turn in on]), "jobs/s"),
            Figure("longest wait without affinity", median([turn.longest for turn in off]), "s"),
            Figure("longest wait with affinity", median([turn.longest for turn in on]), "s"),
            Figure("longest wait, with less without", median(later), "s", BOUND),
            Figure(
                "how long the first in line had waited when another went before it, at most",
                max(turn.overtaken for turn in on),
                "s",
                BOUND + SLACK_SECONDS,
            ),
        ],
        [
            f"{options.jobs} jobs at {options.rate:g} a second of {VERSIONS} versions, memory for {HELD}; "
            f"loading takes {LOAD_MS} ms, a job {JOB_MS} ms; affinity for {BOUND:g} s; medians of "
            f"{options.rounds} turns. Jobs of one version are batched in both cases."
        ],
    )


def serve(count: int, rate: float, seed: int, affinity: float) -> Served:
    """Let the jobs arrive at a fresh worker and look how it went."""
    chance = random.Random(seed)
    # The second version is asked for half as often as the first, the third a third as often, and so on.
    weights = [1 / (number + 1) for number in range(VERSIONS)]
    wanted = chance.choices(range(VERSIONS), weights, k=count)
    arrivals = [(chance.expovariate(rate), which) for which in wanted]
    with studio("sqlite") as place:
        log = place.folder / "loads"
        config: dict[str, object] = {"load_ms": LOAD_MS, "nbytes": VERSION_MB * 1_000_000, "log": str(log)}
        versions = [place.add_version(b"version %d" % number, config) for number in range(VERSIONS)]
        place.worker(
            "one",
            ATELIER_AFFINITY_SECONDS=str(affinity),
            ATELIER_WEIGHTS_CACHE_MB=str(HELD * VERSION_MB),
        )
        arrive(place, versions, arrivals)
        wait(lambda: place.count("succeeded") == count, pause=0.1)
        with place.db.read() as connection:
            rows = connection.execute(select(jobs).order_by(jobs.c.virtual_start, jobs.c.id)).all()
        loads = len(log.read_text().splitlines())
    first, last = min(row.created_at for row in rows), max(row.finished_at for row in rows)
    longest = max(row.started_at - row.created_at for row in rows)
    return Served(loads, count / (last - first), longest, overtaken(rows))


def arrive(place: Studio, versions: Sequence[str], arrivals: Sequence[tuple[float, int]]) -> None:
    """Submit and ring, each arrival at its due time."""
    due = time.perf_counter()
    for number, (pause, which) in enumerate(arrivals):
        due += pause
        time.sleep(max(0.0, due - time.perf_counter()))
        place.submit(number, batch_key=versions[which], version=versions[which], sleep_ms=JOB_MS)
        place.bell.ring("interactive")


def overtaken(rows: Sequence[Row[tuple[object, ...]]]) -> float:
    """How long the first in line had waited, at most, when a batch began that it was not part of.

    ``rows`` are in the order of the line. What was recorded at one moment was one batch.
    """
    batches: dict[float, list[Row[tuple[object, ...]]]] = {}
    for row in rows:
        batches.setdefault(row.finished_at, []).append(row)
    longest = 0.0
    for batch in batches.values():
        began = min(row.started_at for row in batch)
        waiting = (row for row in rows if row.created_at <= began <= row.started_at)
        first = next(waiting)
        if first.batch_key != batch[0].batch_key:
            longest = max(longest, began - first.created_at)
    return longest


if __name__ == "__main__":
    main()
