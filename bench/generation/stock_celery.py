"""Tasks a second of stock Celery with one child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.generation.celery_app import TASK, application
from bench.stack import wait
from tests.support.bell import BellServer

ROOT = Path(__file__).parents[2]
RESULTS = "celery-task-meta-*"


def celery_rate(count: int, threads: int) -> float:
    """Tasks a second from the first end to the last one, as the results tell; all were queued beforehand."""
    bell = BellServer()
    try:
        app = application(bell.url)
        for seed in range(count):
            app.send_task(TASK, args=(seed,))
        client = bell.client()
        with TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
            worker = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "bench.generation.celery_app", "worker"),
                    *("--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"),
                ],
                cwd=ROOT,
                env=os.environ | {"BENCH_REDIS": bell.url, "BENCH_THREADS": str(threads)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                wait(lambda: sum(1 for _ in client.scan_iter(RESULTS, 5000)) >= count, pause=0.5)
                metas = client.mget(list(client.scan_iter(RESULTS, 5000)))
            finally:
                for child in psutil.Process(worker.pid).children(recursive=True):
                    child.kill()
                worker.kill()
                worker.wait()
        told = [json.loads(meta) for meta in metas if meta]
        failed = [one for one in told if one["status"] != "SUCCESS"]
        if failed:
            raise RuntimeError(f"a task failed: {failed[0]['result']}")
        ends = sorted(datetime.fromisoformat(one["date_done"]).timestamp() for one in told)
        return (count - 1) / (ends[-1] - ends[0])
    finally:
        bell.close()
