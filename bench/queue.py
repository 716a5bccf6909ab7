"""No-op jobs, durable, drained by real workers, beside stock Celery that keeps its results in Redis.

Both sides have two prefork children and every job queued before the first may begin.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from sqlalchemy import func, select, update

from bench.noop.celery_app import TASK, application
from bench.noop.studio import STORES, studio
from bench.report import Figure, finish, median
from bench.stack import wait
from shared import jobs
from shared.database import now
from shared.migrate import OWNER
from shared.tables import jobs as rows
from tests.support.bell import BellServer

ROOT = Path(__file__).parents[1]
CHILDREN = 2
GOALS = {"sqlite": 2.0, "postgresql": 1.0}


def main() -> None:
    """Take turns, so that all see the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rates: dict[str, list[float]] = {"celery": [], **{store: [] for store in STORES}}
    for _ in range(options.rounds):
        rates["celery"].append(celery_rate(options.jobs))
        for store in STORES:
            rates[store].append(atelier_rate(store, options.jobs))
    figures = [Figure("stock Celery, Redis results", median(rates["celery"]), "jobs/s")]
    for store in STORES:
        figures.append(Figure(f"Atelier on {store}", median(rates[store]), "jobs/s"))
        ratios = [ours / theirs for ours, theirs in zip(rates[store], rates["celery"], strict=True)]
        name = f"Atelier on {store} / stock Celery"
        figures.append(Figure(name, median(ratios), "x", GOALS[store], at_least=True))
    notes = [
        f"{options.jobs} jobs, {CHILDREN} children on each side, medians of {options.rounds} turns. SQLite "
        "commits to its write-ahead log (synchronous NORMAL: safe against a killed process, not against a "
        "power cut in the last moment); PostgreSQL with fsync and synchronous commit. Celery's tasks are "
        "acknowledged early and its Redis keeps nothing on disk."
    ]
    finish("Draining no-op jobs", figures, notes)


def atelier_rate(store: str, count: int) -> float:
    """Jobs a second from the moment they may be taken to the last end."""
    with studio(store) as place:
        for name in ("a", "b")[:CHILDREN]:
            place.worker(name)
        for seed in range(count):
            jobs.pause(place.db, place.submit(seed).id, OWNER)
        with place.db.begin() as connection:
            connection.execute(update(rows).values(paused=False))
            began = float(connection.execute(select(now())).scalar_one())
        for _ in range(CHILDREN):
            place.bell.ring("interactive")
        wait(lambda: place.count("succeeded") == count)
        with place.db.read() as connection:
            ended = float(connection.execute(select(func.max(rows.c.finished_at))).scalar_one())
        return count / (ended - began)


def celery_rate(count: int) -> float:
    """Tasks a second from the first end to the last one, as the results tell."""
    bell = BellServer()
    try:
        app = application(bell.url)
        for number in range(count):
            app.send_task(TASK, args=(number,))
        with TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
            worker = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "bench.noop.celery_app", "worker"),
                    *("--concurrency", str(CHILDREN), "--without-gossip", "--without-mingle"),
                    "--without-heartbeat",
                ],
                cwd=ROOT,
                env=os.environ | {"BENCH_REDIS": bell.url},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                client = bell.client()
                wait(lambda: sum(1 for _ in client.scan_iter("celery-task-meta-*", 5000)) >= count)
                metas = client.mget(list(client.scan_iter("celery-task-meta-*", 5000)))
            finally:
                for child in psutil.Process(worker.pid).children(recursive=True):
                    child.kill()
                worker.kill()
                worker.wait()
        told = [json.loads(meta)["date_done"] for meta in metas if meta]
        ends = sorted(datetime.fromisoformat(moment).timestamp() for moment in told)
        return (count - 1) / (ends[-1] - ends[0])
    finally:
        bell.close()


if __name__ == "__main__":
    main()
