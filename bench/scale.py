"""Jobs a second of 1 to 64 workers on PostgreSQL, beside what so many devices could do at the most.

The device is simulated: a job keeps it for 50 ms and has no batch key, so each is claimed, run and recorded
by itself. The workers are what people start, a few parents with several children each (``ATELIER_DEVICE``
names the processor once for each): every child has connections, leases and heartbeats of its own. PostgreSQL
commits to the disk. The ideal of N workers is N / 50 ms.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psutil
from sqlalchemy import func, or_, select, text, update

from bench.noop.studio import Studio, studio
from bench.report import Figure, finish
from bench.stack import wait
from shared.database import now
from shared.ids import new_id
from shared.migrate import OWNER
from shared.tables import PROCESSING, QUEUED, jobs

JOB_SECONDS = 0.05
SIZES = (1, 2, 4, 8, 16, 32, 64)
GOAL, AT = 0.9, 32
#: Children of one parent: sixty-four parents would cost memory and measure nothing more.
CHILDREN = 16
SERVER = "postgres"

FILL = """
INSERT INTO jobs (id, owner_id, family, operation, lane, model_id, version_id, input, request_hash, priority,
  virtual_start, cost_seconds, state, max_attempts, stall_seconds, progress_detail, paused, created_at)
SELECT :turn || '-' || lpad(CAST(n AS TEXT), 9, '0'), :owner, 'noop', 'generate', 'interactive', :model,
  :version, CAST(:input AS JSON), 'h', 0, n * :seconds, :seconds, 'queued', 3, 600, CAST('{}' AS JSON),
  TRUE, n
FROM generate_series(1, :count) n
"""


@dataclass(frozen=True)
class Drain:
    """One drained queue: jobs a second, and the milliseconds of processor that a job cost."""

    rate: float
    worker_ms: float
    server_ms: float

    @property
    def cost_ms(self) -> float:
        """Workers and PostgreSQL together."""
        return self.worker_ms + self.server_ms


@dataclass(frozen=True)
class Size:
    """What so many workers did, in the middle of the rounds."""

    workers: int
    drain: Drain

    @property
    def ideal(self) -> float:
        """Jobs a second of devices that never wait."""
        return self.workers / JOB_SECONDS

    @property
    def share(self) -> float:
        """Of the ideal."""
        return self.drain.rate / self.ideal

    @property
    def busy(self) -> float:
        """The share of all cores that the jobs took."""
        return self.drain.rate * self.drain.cost_ms / 1000 / (os.cpu_count() or 1)


def main() -> None:
    """Every number of workers in turn, ``--rounds`` queues each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long a queue lasts at the ideal rate")
    parser.add_argument("--workers", type=int, nargs="*", default=list(SIZES))
    options = parser.parse_args()
    sizes: list[Size] = []
    with studio("postgresql") as place, ExitStack() as crew:
        for workers in sorted(options.workers):
            reinforce(place, crew, workers - (sizes[-1].workers if sizes else 0))
            sizes.append(measure(place, workers, options.rounds, options.seconds))
    figures: list[Figure] = []
    for size in sizes:
        goal = GOAL if size.workers == AT else None
        name = f"{size.workers} workers"
        figures += [
            Figure(name, size.drain.rate, "jobs/s"),
            Figure(f"{name} / ideal {size.ideal:g}", size.share, "x", goal, at_least=True),
            Figure(f"{name}: processor of the workers", size.drain.worker_ms, "ms/job"),
            Figure(f"{name}: processor of PostgreSQL", size.drain.server_ms, "ms/job"),
            Figure(f"{name}: of all cores", size.busy * 100, "%"),
        ]
    finish("Many workers", figures, [limit(sizes), f"Medians of {options.rounds} queues each."])


def limit(sizes: Sequence[Size]) -> str:
    """How far it goes, and what ends it there."""
    good = [size.workers for size in sizes if size.share >= GOAL]
    short = [size for size in sizes if size.share < GOAL]
    reach = f"Up to {max(good)} workers reach {GOAL:g} of the ideal." if good else "None reaches the goal."
    if not short:
        return reach
    first, best = short[0], max(sizes, key=lambda size: size.drain.rate)
    cores = os.cpu_count() or 1
    most = cores / best.drain.cost_ms * 1000
    if first.busy > 0.85:
        return (
            f"{reach} The limit is the processor: a job costs {best.drain.cost_ms:.2f} ms of it, so {cores} "
            f"cores that also carry PostgreSQL end at {most:.0f} jobs/s ({most * JOB_SECONDS:.0f} workers)."
        )
    wait_ms = (first.workers / first.drain.rate - JOB_SECONDS) * 1000
    return (
        f"{reach} The limit at {first.workers} is what a device waits between two jobs, {wait_ms:.1f} ms: "
        f"two commits to the disk and their statements; the jobs have the processor in use to "
        f"{first.busy * 100:.0f} %."
    )


def measure(place: Studio, workers: int, rounds: int, seconds: float) -> Size:
    """Let the workers drain ``rounds`` queues."""
    count = max(40, round(workers * seconds / JOB_SECONDS))
    turns = [drain(place, f"{workers}-{turn}", workers, count) for turn in range(rounds)]
    middle = sorted(turns, key=lambda turn: turn.rate)[len(turns) // 2]
    return Size(workers, middle)


def reinforce(place: Studio, crew: ExitStack, workers: int) -> None:
    """So many children more, in as few parents as ``CHILDREN`` allows."""
    for first in range(0, workers, CHILDREN):
        children = min(CHILDREN, workers - first)
        parent = crew.enter_context(place.start(f"scale-{new_id()[-6:]}", children))
        place.wait_ready(parent, children)


def drain(place: Studio, turn: str, workers: int, count: int) -> Drain:
    """Queue ``count`` jobs, release them at once, and wait for the last end."""
    values = {
        "turn": turn,
        "owner": OWNER,
        "model": place.model,
        "version": place.version,
        "input": f'{{"seed": 1, "sleep_ms": {JOB_SECONDS * 1000:.0f}}}',
        "seconds": JOB_SECONDS,
        "count": count,
    }
    mine = jobs.c.id.like(f"{turn}-%")
    with place.db.begin() as connection:
        connection.execute(text(FILL), values)
    with place.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE jobs")
    before = processor_seconds()
    with place.db.begin() as connection:
        connection.execute(update(jobs).where(mine).values(paused=False))
        began = float(connection.execute(select(now())).scalar_one())
    for _ in range(workers):
        place.bell.ring("interactive")
    wait(lambda: all_ended(place), pause=0.25)
    worker, server = (after - earlier for after, earlier in zip(processor_seconds(), before, strict=True))
    with place.db.read() as connection:
        ended = float(connection.execute(select(func.max(jobs.c.finished_at)).where(mine)).scalar_one())
    return Drain(count / (ended - began), worker * 1000 / count, server * 1000 / count)


def all_ended(place: Studio) -> bool:
    """Whether nothing waits or runs; an index tells."""
    open_ = select(jobs.c.id).where(or_(QUEUED, PROCESSING)).limit(1)
    with place.db.read() as connection:
        return connection.execute(open_).one_or_none() is None


def processor_seconds() -> tuple[float, float]:
    """Seconds of processor so far: of the workers, and of PostgreSQL."""
    workers = server = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            times, name = process.cpu_times(), process.name()
        except psutil.NoSuchProcess:
            continue
        if name == SERVER:
            server += times.user + times.system
        else:
            workers += times.user + times.system
    return workers, server


if __name__ == "__main__":
    main()
