"""What became of every accepted job."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from sqlalchemy import func, select

from bench.reliability.system import Execution, stale_writes
from bench.soaking.load import Accepted
from shared import files, jobs
from shared.errors import AtelierError
from shared.lifecycle import TERMINAL, State
from shared.tables import artifacts, attempts
from shared.tables import jobs as job_rows
from tests.faults.harness import Rig, assert_trained_exactly

#: Files are read again and their hashes compared, as many as this.
FILES_READ = 2000


@dataclass
class Verdict:
    """The numbers that must be 0, and some that need not."""

    states: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    duplicates: int = 0
    stale: int = 0
    damaged: int = 0
    inexact: int = 0
    #: Attempts that ended as lost or went back: what the faults did.
    interrupted: Counter[str] = field(default_factory=Counter)
    #: Seconds until the first try of each job, by lane; not those for calibration.
    waits: dict[str, list[float]] = field(default_factory=dict)
    trainings_interrupted: int = 0
    #: What the first few wrong jobs are.
    told: list[str] = field(default_factory=list)


def open_jobs(rig: Rig) -> int:
    """How many have not ended."""
    with rig.db.read() as connection:
        query = select(func.count()).where(job_rows.c.state.not_in(TERMINAL))
        return int(connection.execute(query).scalar_one())


def finishes(rig: Rig, ids: list[str]) -> list[float]:
    """When each of these jobs ended, in order."""
    with rig.db.read() as connection:
        query = select(job_rows.c.finished_at).where(job_rows.c.id.in_(ids))
        return sorted(float(moment) for moment in connection.execute(query).scalars())


def judge(rig: Rig, accepted: Accepted) -> Verdict:
    """Look at every row and at many files, once nothing moves any more."""
    verdict = Verdict()
    ids = set(accepted.jobs)
    with rig.db.read() as connection:
        columns = [job_rows.c[name] for name in ("id", "lane", "state", "created_at", "error_code")]
        rows = {row.id: row for row in connection.execute(select(*columns)) if row.id in ids}
        tries = [row for row in connection.execute(select(attempts)) if row.job_id in ids]
        places = select(artifacts.c.job_id, artifacts.c.role, artifacts.c.position)
        made = Counter(tuple(row) for row in connection.execute(places) if row.job_id in ids)
    _states(verdict, accepted, {job: (State(row.state), row.error_code) for job, row in rows.items()})
    first: dict[str, float] = {}
    executions = []
    succeeded: Counter[str] = Counter()
    for row in tries:
        first[row.job_id] = min(first.get(row.job_id, row.started_at), row.started_at)
        ended = row.ended_at if row.outcome == "succeeded" else None
        executions.append(Execution(row.job_id, row.started_at, ended))
        succeeded[row.job_id] += ended is not None
        if row.outcome in ("lost", "requeued"):
            verdict.interrupted[str(row.reason)] += 1
    for job in first.keys() & set(accepted.jobs[accepted.calibration :]):
        verdict.waits.setdefault(rows[job].lane, []).append(first[job] - rows[job].created_at)
    verdict.duplicates = sum(n - 1 for n in (*made.values(), *succeeded.values()) if n > 1)
    verdict.duplicates += accepted.doubled
    verdict.stale = stale_writes(executions, dict.fromkeys(accepted.canceled, 0.0))
    verdict.damaged = _damaged(rig, accepted.jobs)
    _trainings(verdict, rig, accepted)
    return verdict


def _states(verdict: Verdict, accepted: Accepted, found: dict[str, tuple[State, str | None]]) -> None:
    """Nothing here asks to fail, so whatever neither succeeded nor was canceled on request is lost."""
    for job in accepted.jobs:
        state, code = found.get(job, (None, None))
        verdict.states[str(state)] += 1
        if state is State.CANCELED and job in accepted.canceled:
            continue
        if state is State.SUCCEEDED and job not in accepted.canceled:
            continue
        if state is State.SUCCEEDED:
            verdict.stale += 1
        else:
            verdict.lost += 1
        if len(verdict.told) < 10:
            verdict.told.append(f"job {job}: {state}, {code}")


def _damaged(rig: Rig, ids: list[str]) -> int:
    damaged = 0
    seen = 0
    for job in reversed(ids):
        for file in files.job_artifacts(rig.db, job):
            seen += 1
            try:
                rig.store.verify(file.hash)
            except AtelierError:
                damaged += 1
        if seen >= FILES_READ:
            break
    return damaged


def _trainings(verdict: Verdict, rig: Rig, accepted: Accepted) -> None:
    """Each is done again here in one go: the weights and the losses must be the same."""
    for job in accepted.trainings:
        done = jobs.get(rig.db, job)
        verdict.trainings_interrupted += len(jobs.list_attempts(rig.db, job)) > 1
        if done.state is not State.SUCCEEDED:
            continue  # it is among the lost already
        try:
            quick = replace(done, input=done.input | {"step_ms": 0})
            assert_trained_exactly(rig, quick, "", every_picture=False)
        except (AssertionError, AtelierError):
            verdict.inexact += 1
            verdict.told.append(f"training {job} is not what it would be undisturbed")
