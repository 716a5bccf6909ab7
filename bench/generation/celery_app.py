"""Stock Celery that serves the recurrent sampler: one task, one forward pass, the result kept in Redis."""

from __future__ import annotations

import os
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import worker_process_init

if TYPE_CHECKING:
    from bench.generation.subjects import Bare

TASK = "sample"
SUBJECT = "recurrent"


def application(redis_url: str) -> Celery:
    """The app as its own documentation begins: Redis for tasks and results; the rest is default."""
    url = redis_url.replace("unix://", "redis+socket://", 1)
    made = Celery("bench", broker=url, backend=url)
    made.task(_sample, name=TASK)
    return made


def _sample(seed: int) -> str:
    ((product,),) = _bare().make([seed], 1)
    return b64encode(product.data).decode()


@lru_cache(maxsize=1)
def _bare() -> Bare:
    from bench.generation.subjects import Bare, prepare

    prepare(int(os.environ["BENCH_THREADS"]))
    return Bare(SUBJECT)


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _load(**_: Any) -> None:
    """The network is in memory before the first task."""
    _sample(0)


#: What `celery -A bench.generation.celery_app` runs.
app = application(os.environ.get("BENCH_REDIS", "redis://localhost"))
