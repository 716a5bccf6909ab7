"""Garbage: stored files that no row names. A process that died between a file and its row leaves them.

A file is put before the transaction that names it, so one that no row names may just be on its way. Files
put less than a grace ago are therefore left alone; whoever puts must commit within it, or ``renew``.

What looks unneeded goes to the trash first, by a rename, and is judged there: a file put again after the
rename lies in the store and is out of reach; one put again before it came along into the trash with its
fresh date and goes back, and so does one that a row names by now. The clock is read before the trash is
judged: an older file had its row, if any, committed before the question to SQL. Several collectors at once
come to the same verdict, and a trash left by a crash is judged by whoever comes next.
"""

import logging
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf

from sqlalchemy import delete, not_, select, union_all

from shared.artifacts import Kept, Store
from shared.database import Database, now
from shared.files import KEPT, UPLOAD
from shared.tables import artifacts, checkpoints, versions

log = logging.getLogger(__name__)

#: How long the row of a file that was put may take.
GRACE_SECONDS = 3600.0
#: A file being received may stand still for long while others of its request arrive.
STAGED_SECONDS = 24 * 3600.0
#: How long an upload waits for the job that it was sent for.
UPLOAD_SECONDS = 24 * 3600.0
PREFIXES = tuple(f"{number:02x}" for number in range(256))
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did: files erased, put back, given up while being staged, and upload rows dropped."""

    erased: int = 0
    restored: int = 0
    staged: int = 0
    uploads: int = 0


class Collector:
    """Walks the store in small steps, one 256th of it each; workers begin at different places."""

    def __init__(self, db: Database, store: Store, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self._db = db
        self._store = store
        self._grace_seconds = grace_seconds
        self._first = random.randrange(len(PREFIXES))
        self._taken = 0

    def step(self) -> Collected:
        """Collect the next part; once a round also drop uploads that no job took.

        A store that refuses costs this part only. Raises what the database raises.
        """
        turn, self._taken = self._taken, self._taken + 1
        uploads = 0 if turn % len(PREFIXES) else forget_uploads(self._db)
        prefix = PREFIXES[(self._first + turn) % len(PREFIXES)]
        try:
            done = collect(self._db, self._store, grace_seconds=self._grace_seconds, prefix=prefix)
        except OSError:
            log.exception("the part %s of the store cannot be collected", prefix)
            return Collected(uploads=uploads)
        return Collected(done.erased, done.restored, done.staged, uploads)


def collect(db: Database, store: Store, *, prefix: str, grace_seconds: float = GRACE_SECONDS) -> Collected:
    """Remove the files under one of ``PREFIXES`` that no row names and that were put a grace ago or more."""
    clock = store.clock()
    before = clock - grace_seconds
    old = [kept.hash for kept in store.listed(prefix) if kept.put_at < before]
    for hash in unreferenced(db, old):
        store.trash(hash)
    erased, restored = _judge(db, store, store.trashed(), before)
    staged = store.clear_staged(clock - max(grace_seconds, STAGED_SECONDS))
    return Collected(erased, restored, staged)


def remove(db: Database, store: Store, hashes: Sequence[str]) -> None:
    """Delete at once files that no row names any more and that nobody is about to put again.

    That holds for checkpoints, which name their job and step. Whatever several jobs can have made, uploads
    say, is left to ``collect``.
    """
    for hash in hashes:
        store.trash(hash)
    if hashes:
        _judge(db, store, [kept for kept in store.trashed() if kept.hash in hashes], inf)


def forget_uploads(db: Database, *, older_seconds: float = UPLOAD_SECONDS) -> int:
    """Drop the rows of uploads that no job took or named in that time; gives how many.

    Their files go as garbage.
    """
    with db.begin() as connection:
        gone = connection.execute(
            delete(artifacts).where(
                artifacts.c.role == UPLOAD,
                artifacts.c.job_id.is_(None),
                not_(KEPT),
                artifacts.c.created_at < now() - older_seconds,
            )
        )
    return int(gone.rowcount)


def unreferenced(db: Database, hashes: Iterable[str]) -> list[str]:
    """Those of the hashes that no file, checkpoint or version has."""
    wanted = list(dict.fromkeys(hashes))
    named: set[str] = set()
    for part in _parts(wanted):
        columns = (artifacts.c.hash, checkpoints.c.hash, versions.c.id)
        query = union_all(*(select(column).where(column.in_(part)) for column in columns))
        with db.read() as connection:
            named.update(connection.execute(query).scalars())
    return [hash for hash in wanted if hash not in named]


def _judge(db: Database, store: Store, trashed: Sequence[Kept], before: float) -> tuple[int, int]:
    """Erase what is in the trash or put it back; gives how many of each."""
    unneeded = set(unreferenced(db, (kept.hash for kept in trashed)))
    erased = 0
    for kept in trashed:
        if kept.put_at < before and kept.hash in unneeded:
            store.erase(kept.name)
            erased += 1
        else:
            store.restore(kept.name)
    return erased, len(trashed) - erased


def _parts(hashes: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(hashes)
    while part := list(islice(rest, CHUNK)):
        yield part
