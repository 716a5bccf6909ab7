"""Small builders for jobs and their results."""

from pathlib import Path
from typing import Any

from shared import jobs
from shared.artifacts import Blob
from shared.database import Database
from shared.jobs import Job, NewJob
from shared.migrate import OWNER

LEASE_SECONDS = 30.0


def new_job(**changes: Any) -> NewJob:
    """A generate job of a made-up family."""
    values: dict[str, Any] = {
        "owner_id": OWNER,
        "family": "toy",
        "operation": "generate",
        "lane": "interactive",
        "input": {"seed": 1},
    }
    return NewJob(**(values | changes))


def queue(db: Database, **changes: Any) -> Job:
    """Submit one job and give it."""
    return jobs.submit(db, new_job(**changes)).job


def take(db: Database, *, worker: str = "w1", limit: int = 1, lease: float = LEASE_SECONDS) -> list[Job]:
    """Claim as a worker of every lane would."""
    return jobs.claim(
        db,
        worker_id=worker,
        lanes=("interactive", "training", "ingest"),
        families=("toy",),
        limit=limit,
        lease_seconds=lease,
    )


def blob(text: str = "x") -> Blob:
    """A made-up file's name."""
    import hashlib

    return Blob(hashlib.sha256(text.encode()).hexdigest(), len(text))


def files_under(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
