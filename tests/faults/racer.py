"""A process that races others: ``python -m tests.faults.racer ROLE URL``, told what to do line by line.

It answers each line of JSON with one, so that whoever starts several can let them do the same at one moment.
"""

import json
import random
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from shared import jobs
from shared.artifacts import Blob
from shared.database import Database
from shared.errors import Conflict, LeaseLost
from shared.jobs import NewArtifact, Result
from shared.lifecycle import LANES
from shared.tables import jobs as rows

LEASE_SECONDS = 600.0


def rescue(db: Database, _: Any) -> dict[str, list[str]]:
    """Sweep once; tells what this process requeued and ended."""
    done = jobs.rescue(db)
    return {"requeued": [job.id for job in done.requeued], "ended": [job.id for job in done.ended]}


def work(db: Database, name: Any) -> dict[str, list[str]]:
    """Take everything there is and record it; tells whose result was recorded and whose was refused."""
    told: dict[str, list[str]] = {"recorded": [], "refused": []}
    while _open(db):
        batch = jobs.claim(
            db,
            worker_id=str(name),
            lanes=LANES,
            families=("toy",),
            limit=random.choice((1, 4)),
            lease_seconds=LEASE_SECONDS,
        )
        for job in batch:
            jobs.heartbeat(db, job.lease, lease_seconds=LEASE_SECONDS)
        refused, _ = jobs.succeed(db, [(job.lease, _result(job.id)) for job in batch])
        for lease in refused:
            try:
                jobs.canceled(db, lease)
            except LeaseLost:
                told.setdefault("lost", []).append(lease.job_id)
        told["refused"] += [lease.job_id for lease in refused]
        told["recorded"] += [job.id for job in batch if job.lease not in refused]
    return told


def cancel(db: Database, share: Any) -> dict[str, list[str]]:
    """Cancel one job after another while any is open, ``share`` of them at most; tells what was answered."""
    told: dict[str, list[str]] = {"accepted": [], "refused": []}
    while (found := _open(db)) and len(told["accepted"]) < int(share):
        job_id, owner_id = random.choice(found)
        try:
            jobs.cancel(db, job_id, owner_id)
        except Conflict:
            told["refused"].append(job_id)
        else:
            told["accepted"].append(job_id)
    return told


def _open(db: Database) -> list[tuple[str, str]]:
    """What has not ended, what runs first: that is where a cancel races."""
    live = select(rows.c.id, rows.c.owner_id).where(rows.c.finished_at.is_(None))
    with db.read() as connection:
        found = connection.execute(live.order_by(rows.c.state, rows.c.id).limit(6)).all()
    return [(row.id, row.owner_id) for row in found]


def _result(job_id: str) -> Result:
    return Result({"of": job_id}, (NewArtifact("output", "a.png", "image/png", Blob("a" * 64, 1)),))


ROLES: dict[str, Callable[[Database, Any], object]] = {"rescue": rescue, "work": work, "cancel": cancel}


def main(role: str, url: str) -> None:
    """Say that it is ready, then answer lines until there are none."""
    db = Database(url)
    with db.read() as connection:
        connection.execute(select(rows.c.id).limit(1))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(ROLES[role](db, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
