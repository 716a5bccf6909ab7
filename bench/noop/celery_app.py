"""Stock Celery with a task that does nothing and a result that Redis keeps: as it comes, and at its best."""

from __future__ import annotations

import os

from celery import Celery

TASK = "nothing"


#: What its guide to optimizing names, where it helps tasks as short as this one: many messages fetched ahead,
#: none held back for a child that is free, no rate limits, no expiry to set for every result.
BEST = {"worker_disable_rate_limits": True, "result_expires": None, "worker_prefetch_multiplier": 256}
BEST_OPTIONS = ("-O", "default")


def application(redis_url: str, *, best: bool = False) -> Celery:
    """The app as its own documentation begins: Redis for tasks and results; the rest is default, or best."""
    url = redis_url.replace("unix://", "redis+socket://", 1)
    made = Celery("bench", broker=url, backend=url)
    if best:
        made.conf.update(BEST)
    made.task(_nothing, name=TASK)
    return made


def _nothing(number: int) -> int:
    return number


#: What `celery -A bench.noop.celery_app` runs.
app = application(os.environ.get("BENCH_REDIS", "redis://localhost"), best="BENCH_BEST" in os.environ)
