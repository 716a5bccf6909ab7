"""Stock Celery with a task that does nothing and a result that Redis keeps."""

from __future__ import annotations

import os

from celery import Celery

TASK = "nothing"


def application(redis_url: str) -> Celery:
    """The app as its own documentation begins: Redis for tasks and results; the rest is default."""
    url = redis_url.replace("unix://", "redis+socket://", 1)
    made = Celery("bench", broker=url, backend=url)
    made.task(_nothing, name=TASK)
    return made


def _nothing(number: int) -> int:
    return number


#: What `celery -A bench.noop.celery_app` runs.
app = application(os.environ.get("BENCH_REDIS", "redis://localhost"))
