"""Old files and collections of the whole store, for the tests of garbage."""

import os
from collections.abc import Callable
from pathlib import Path

from shared.artifacts import Blob, FolderStore
from shared.database import Database
from shared.files import insert_artifact
from shared.garbage import PREFIXES, Collected, collect
from shared.jobs import NewArtifact
from shared.migrate import OWNER

GRACE = 3600.0


def age(path: Path, seconds: float) -> None:
    """Make a file that much older."""
    put_at = path.stat().st_mtime - seconds
    os.utime(path, (put_at, put_at))


def put_old(store: FolderStore, data: bytes) -> Blob:
    """Put a file whose grace is over."""
    blob = store.put(data)
    age(store.path(blob.hash), GRACE + 60)
    return blob


def record(db: Database, blob: Blob) -> str:
    """Commit a row that names the file; gives the row's id."""
    with db.begin() as connection:
        return insert_artifact(
            connection, NewArtifact("output", "work.png", "image/png", blob), owner_id=OWNER
        )


def collect_all(db: Database, store: FolderStore, grace: float = GRACE) -> Collected:
    """Collect every part; gives the sums."""
    done = [collect(db, store, prefix=prefix, grace_seconds=grace) for prefix in PREFIXES]
    return Collected(
        erased=sum(part.erased for part in done),
        restored=sum(part.restored for part in done),
        staged=sum(part.staged for part in done),
    )


class Meeting(FolderStore):
    """A store in which something happens right before or right after a file is moved to the trash."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], object] = lambda: None

    def trash(self, hash: str) -> None:
        self.before()
        super().trash(hash)
        self.after()
