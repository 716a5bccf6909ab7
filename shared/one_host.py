"""SQLite serves one host only: its processes share memory, and its locks mean nothing across machines.

A worker's row carries the fingerprint of its host. Whoever opens an SQLite database looks whether a living
worker has another one, and on what kind of file system the file lies. PostgreSQL needs none of this.
"""

from __future__ import annotations

import hashlib
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, select

from shared.database import Database, now
from shared.errors import ConfigurationError
from shared.tables import workers

#: The key of a worker's ``info`` under which its host stands.
HOST_KEY = "machine"
#: File systems that reach over a network, or that several machines mount at once.
NETWORK_FILE_SYSTEMS = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs"),
    *("nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs", "fuse.ceph", "fuse.davfs", "fuse.gcsfuse"),
    *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
}
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MACHINE_ID = Path("/etc/machine-id")
_MOUNTS = Path("/proc/self/mountinfo")
#: Blanks and the like in the name of a mount point.
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Machine:
    """A host. ``boot`` names the running kernel, which containers share; ``id`` outlives a restart.

    Both are hashes: what a machine calls itself is nobody's business.
    """

    boot: str
    id: str

    def same_as(self, told: object) -> bool:
        """Whether ``told``, from a worker's row, is this host. A row that tells nothing counts as such."""
        if not isinstance(told, dict):
            return True
        return told.get("boot") == self.boot or bool(self.id and told.get("id") == self.id)

    def told(self) -> dict[str, str]:
        """For a worker's row."""
        return {"boot": self.boot, "id": self.id}


def this_machine() -> Machine:
    """The host of this process."""
    return Machine(
        _hashed(_read(_BOOT_ID) or socket.gethostname()),
        _hashed(_read(_MACHINE_ID)),
    )


def require_one_host(db: Database, *, silent_seconds: float) -> None:
    """Refuse to use an SQLite database that another host uses, or that lies on a network file system.

    A worker counts as alive until it has been silent for ``silent_seconds``.

    Raises:
        ConfigurationError: with what to do instead.
    """
    path = db.url.database
    if not db.is_sqlite or not path or path == ":memory:":
        return
    kind = file_system(Path(path), _read(_MOUNTS))
    if kind in NETWORK_FILE_SYSTEMS:
        raise ConfigurationError(
            f"the SQLite database {path} lies on a network file system ({kind}), where SQLite is not safe; "
            "put it on a local disk, or use PostgreSQL (ATELIER_DATABASE_URL)",
            field="ATELIER_DATABASE_URL",
        )
    here = this_machine()
    query = select(workers.c.id, workers.c.host, workers.c.info).where(
        workers.c.state != "gone", workers.c.seen_at > now() - silent_seconds
    )
    with db.read() as connection:
        # A fresh database has no workers yet.
        rows = connection.execute(query).all() if inspect(connection).has_table(workers.name) else []
    for row in rows:
        if not here.same_as(row.info.get(HOST_KEY)):
            raise ConfigurationError(
                f"the SQLite database {path} is in use on another machine ({row.host}, worker {row.id}); "
                "SQLite serves one machine only. Use PostgreSQL for several (ATELIER_DATABASE_URL). If that "
                f"machine is gone, try again in {silent_seconds:.0f} seconds",
                field="ATELIER_DATABASE_URL",
            )


def file_system(path: Path, mounts: str) -> str:
    """The type of the file system that holds ``path``, by the text of /proc/self/mountinfo; "" if unknown."""
    place = path.resolve()
    found, depth = "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        # Of two mounts at one place the later covers the earlier.
        if place.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = after.split(" ")[0], len(point.parts)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""


def _hashed(text: str) -> str:
    return hashlib.sha256(f"atelier:{text}".encode(errors="surrogateescape")).hexdigest()[:16] if text else ""
