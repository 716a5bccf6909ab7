"""Our side: one real worker process, SQLite, files and records durable; every job queued beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, update

from bench.generation.subjects import Subject
from bench.noop.studio import Studio, studio
from bench.stack import wait
from shared.database import now
from shared.tables import batch_shapes
from shared.tables import jobs as rows

WARM_UP = 128
#: A lane without workers: jobs wait there until all are queued.
ELSEWHERE = "elsewhere"


class Atelier:
    """A studio whose worker has the version in memory."""

    def __init__(self, place: Studio, subject: Subject) -> None:
        self._place, self._subject = place, subject
        self._seed = 0

    def rate(self, count: int) -> float:
        """Results a second from the moment the jobs may be taken to the last recorded end."""
        place = self._place
        before = place.count("succeeded")
        self._queue(count)
        with place.db.begin() as connection:
            connection.execute(update(rows).where(rows.c.lane == ELSEWHERE).values(lane="interactive"))
            began = float(connection.execute(select(now())).scalar_one())
        place.bell.ring("interactive")
        wait(lambda: place.count("succeeded") == before + count, pause=0.05)
        with place.db.read() as connection:
            ended = float(connection.execute(select(func.max(rows.c.finished_at))).scalar_one())
        return count / (ended - began)

    @property
    def shape(self) -> int:
        """The shape that the worker measured."""
        with self._place.db.read() as connection:
            return int(connection.execute(select(batch_shapes.c.shape)).scalar_one())

    def _queue(self, count: int) -> None:
        """So many jobs of seeds not seen before, where the worker does not look."""
        key = f"{self._place.version}:generate"
        for _ in range(count):
            self._seed += 1
            given = self._subject.input(self._seed)
            self._place.queue(given, batch_key=key, cost=0.01, lane=ELSEWHERE)


@contextmanager
def atelier(subject: Subject, threads: int) -> Iterator[Atelier]:
    """Atelier on ``subject``: started, loaded, and warm."""
    with studio("sqlite", stock=subject.stock) as place:
        place.worker("bench", ATELIER_THREADS=str(threads))
        made = Atelier(place, subject)
        # The first batches load, measure, teach the pace and make the folders of the store.
        made.rate(WARM_UP)
        yield made
