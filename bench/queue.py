"""No-op jobs, durable, drained by real workers, beside stock Celery that keeps its results in Redis.

Both sides have two prefork children and every job queued before the first may begin. Celery runs as it comes
and with its best settings; the ratios are to the better of the two. Ours are drained twice: with one batch
key for all, as requests for one version have, and with none, so that each is claimed and recorded by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import redis
from sqlalchemy import func, select, update

from bench.noop.celery_app import BEST_OPTIONS, TASK, application
from bench.noop.studio import STORES, studio
from bench.report import Figure, finish, median
from bench.stack import wait
from shared.database import now
from shared.tables import jobs
from tests.support.bell import BellServer

ROOT = Path(__file__).parents[1]
CHILDREN = 2
GOALS = {"sqlite": 2.0, "postgresql": 1.0}
KEYS = {"one batch key": "noop", "no batch key": None}
#: Looks while the jobs run must cost neither side anything.
LOOK_SECONDS = 0.2
#: Celery's first results come while its children still start; they do not count.
SKIPPED = 0.1


def main() -> None:
    """Take turns, so that all see the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ours: dict[tuple[str, str], list[float]] = {(store, kind): [] for store in STORES for kind in KEYS}
    default: list[float] = []
    best: list[float] = []
    for _ in range(options.rounds):
        default.append(celery_rate(options.jobs, best=False))
        best.append(celery_rate(options.jobs, best=True))
        for store, kind in ours:
            ours[store, kind].append(atelier_rate(store, options.jobs, KEYS[kind]))
    figures = [
        Figure("stock Celery, Redis results, default settings", median(default), "jobs/s"),
        Figure("stock Celery, Redis results, best settings", median(best), "jobs/s"),
    ]
    better = default if median(default) > median(best) else best
    for (store, kind), rates in ours.items():
        figures.append(Figure(f"Atelier on {store}, {kind}", median(rates), "jobs/s"))
        ratios = [mine / theirs for mine, theirs in zip(rates, better, strict=True)]
        name = f"Atelier on {store}, {kind} / stock Celery"
        figures.append(Figure(name, median(ratios), "x", GOALS[store], at_least=True))
    notes = [
        f"{options.jobs} jobs, {CHILDREN} children on each side, medians of {options.rounds} turns. SQLite "
        "commits to its write-ahead log (synchronous NORMAL: safe against a killed process, not against a "
        "power cut in the last moment); PostgreSQL with fsync and synchronous commit. Celery's tasks are "
        "acknowledged early and its Redis keeps nothing on disk. Its best settings: 256 messages fetched "
        "ahead for each child, -O default, no rate limits, results that do not expire."
    ]
    finish("Draining no-op jobs", figures, notes)


def atelier_rate(store: str, count: int, batch_key: str | None) -> float:
    """Jobs a second from the moment they may be taken to the last end."""
    with studio(store) as place:
        for seed in range(count):
            place.submit(seed, batch_key=batch_key)
        with place.db.begin() as connection:
            connection.execute(update(jobs).values(paused=True))
        for name in ("a", "b")[:CHILDREN]:
            place.worker(name)
        with place.db.begin() as connection:
            connection.execute(update(jobs).values(paused=False))
            began = float(connection.execute(select(now())).scalar_one())
        for _ in range(CHILDREN):
            place.bell.ring("interactive")
        wait(lambda: place.count("succeeded") == count, pause=LOOK_SECONDS)
        with place.db.read() as connection:
            ended = float(connection.execute(select(func.max(jobs.c.finished_at))).scalar_one())
        return count / (ended - began)


def celery_rate(count: int, *, best: bool) -> float:
    """Tasks a second, by when the results say that they were done; the first tenth is left out."""
    bell = BellServer()
    try:
        app = application(bell.url, best=best)
        for number in range(count):
            app.send_task(TASK, args=(number,))
        client = bell.client()
        with celery_worker(bell.url, best=best):
            # The number of keys is at hand in Redis: to ask for it costs nothing.
            wait(lambda: client.dbsize() >= count, pause=LOOK_SECONDS)
            wait(lambda: len(done(client)) >= count, pause=LOOK_SECONDS)
        ends = sorted(done(client))[round(count * SKIPPED) :]
        return (len(ends) - 1) / (ends[-1] - ends[0])
    finally:
        bell.close()


def done(client: redis.Redis) -> list[float]:
    """When each result was made."""
    metas = client.mget(list(client.scan_iter("celery-task-meta-*", 5000)))
    return [datetime.fromisoformat(json.loads(meta)["date_done"]).timestamp() for meta in metas if meta]


@contextmanager
def celery_worker(url: str, *, best: bool) -> Iterator[None]:
    """A stock worker with as many children as we have."""
    environment = os.environ | {"BENCH_REDIS": url} | ({"BENCH_BEST": "1"} if best else {})
    command = [
        *(sys.executable, "-m", "celery", "-A", "bench.noop.celery_app", "worker"),
        *("--concurrency", str(CHILDREN), "--without-gossip", "--without-mingle", "--without-heartbeat"),
        *(BEST_OPTIONS if best else ()),
    ]
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            for child in psutil.Process(worker.pid).children(recursive=True):
                child.kill()
            worker.kill()
            worker.wait()


if __name__ == "__main__":
    main()
