"""The one Celery task. Its message carries no job, only the news that a lane has work."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from shared.broker import TASK


def register(app: Celery, answer: Callable[[], None]) -> None:
    """Make ``answer`` what a ring does in a child: it returns when no work is left there.

    The task lasts as long as the work, so that a busy child takes no further bell and an idle one hears it.
    """

    def work(lane: str) -> None:
        answer()

    app.task(work, name=TASK, ignore_result=True)
