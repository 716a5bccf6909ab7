"""I1 to I10 (docs/architecture.md), read from the tables and from the store's bytes."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from shared.errors import ArtifactDamaged
from shared.lifecycle import TERMINAL, State
from shared.records import Job, job_of
from shared.tables import artifacts, attempts, checkpoints, jobs, timeline
from tests.machine.expected import row_said
from tests.machine.model import Model
from tests.machine.replay import Broken, compare
from tests.machine.world import LIMIT, NARROW, World

Rows = dict[str, list[Row[Any]]]


@dataclass
class Watch:
    """What was seen at the last look: tokens (I7), and everything about jobs that have ended (I3)."""

    world: World
    model: Model
    _tokens: dict[str, int] = field(default_factory=dict)
    _ended: dict[str, list[Any]] = field(default_factory=dict)

    def look(self) -> None:
        """Check everything. Raises Broken."""
        with self.world.db.read() as connection:
            rows = connection.execute(select(jobs).order_by(jobs.c.id)).all()
            about = [_by_job(connection, table) for table in (attempts, artifacts, checkpoints, timeline)]
        tries, files, steps, told = about
        found = {row.id: job_of(row) for row in rows}
        self._accepted(found)
        for job in found.values():
            self._tokens_grow(job)
            self._wishes(job, tries[job.id], told[job.id])
            self._bytes(job, files[job.id], steps[job.id])
            if job.id in self._ended:
                self._stays(job, [part[job.id] for part in about])
            else:
                self._replay(job, told[job.id])
                if job.state in TERMINAL:
                    self._ended[job.id] = [job, *(part[job.id] for part in about)]
        self._limits(found)
        for job in found.values():
            self._as_foretold(job)

    def _accepted(self, found: dict[str, Job]) -> None:
        if found.keys() != self.model.jobs.keys():
            raise Broken(f"I8: rows {sorted(found)}, accepted {sorted(self.model.jobs)}")

    def _tokens_grow(self, job: Job) -> None:
        if job.lease_token < self._tokens.get(job.id, 0):
            raise Broken(f"I7: the token of {job.id} fell to {job.lease_token}")
        self._tokens[job.id] = job.lease_token
        if not 0 <= job.attempt <= job.max_attempts:
            raise Broken(f"I4: {job.id} is at attempt {job.attempt} of {job.max_attempts}")

    def _wishes(self, job: Job, tries: list[Row[Any]], told: list[Row[Any]]) -> None:
        """I1, I2 and I6: at most one effect, by the token that counted, and none after a cancel."""
        effects = [one.lease_token for one in tries if one.outcome == "succeeded"]
        shares = sum(entry.kind in ("succeed", "share") for entry in told)
        born = job.reason == "cached" and not any(entry.kind == "share" for entry in told)
        if len(effects) > 1 or shares > 1 or len(effects) != self.model.effects.get(job.id, 0):
            raise Broken(f"I1: effects of {job.id}: attempts {effects}, timeline {shares}")
        if (job.state is State.SUCCEEDED) != (shares == 1 or born):
            raise Broken(f"I1: {job.id} is {job.state} with {shares} effects in its timeline")
        if effects and effects != [job.lease_token]:
            raise Broken(f"I2: the effect of {job.id} has the token {effects}, the row {job.lease_token}")
        if job.state is State.SUCCEEDED and job.id in self.model.cancels:
            raise Broken(f"I6: {job.id} succeeded after its cancel was accepted")
        open_tries = [one.lease_token for one in tries if one.ended_at is None]
        if open_tries != ([job.lease_token] if job.state is State.PROCESSING else []):
            raise Broken(f"I2: open attempts {open_tries} of {job.id}, {job.state} with {job.lease_token}")

    def _bytes(self, job: Job, files: list[Row[Any]], steps: list[Row[Any]]) -> None:
        """I5, and the same of what a job that has not ended needs."""
        foretold = self.model.jobs[job.id]
        made = sorted(file.hash for file in files if file.role == "output")
        if job.state is State.SUCCEEDED and made != sorted(foretold.files):
            raise Broken(f"I5: {job.id} has the files {made}, the accepted effect had {foretold.files}")
        if {step.step: step.hash for step in steps} != foretold.steps:
            raise Broken(f"I2: checkpoints of {job.id}: {[step.step for step in steps]}, {foretold.steps}")
        for hash in {row.hash for row in (*files, *steps)}:
            try:
                whole = hashlib.sha256(self.world.store.read(hash)).hexdigest() == hash
            except ArtifactDamaged:
                whole = False
            if not whole:
                raise Broken(f"I5: a file of {job.id}, which is {job.state}, is missing or damaged")

    def _stays(self, job: Job, about: list[list[Row[Any]]]) -> None:
        if self._ended[job.id] != (now := [job, *about]):
            raise Broken(f"I3: {job.id} changed after its end: {self._ended[job.id]} became {now}")

    def _replay(self, job: Job, told: list[Row[Any]]) -> None:
        entries = [(entry.seq, entry.kind, entry.data) for entry in told]
        compare(job, entries, self.model.jobs[job.id].request.priority)

    def _limits(self, found: dict[str, Job]) -> None:
        running = Counter(job.owner_id for job in found.values() if job.state is State.PROCESSING)
        if running[NARROW] > LIMIT:
            raise Broken(f"I9: {running[NARROW]} jobs run of an owner who may have {LIMIT}")

    def _as_foretold(self, job: Job) -> None:
        wanted, is_so = self.model.jobs[job.id].said(), row_said(job)
        wrong = {name: (wanted[name], is_so[name]) for name in wanted if wanted[name] != is_so[name]}
        if wrong:
            raise Broken(f"model: {job.id} (foretold, is): {wrong}")


def _by_job(connection: Connection, table: Table) -> Rows:
    found: Rows = defaultdict(list)
    order = list(table.primary_key.columns)
    for row in connection.execute(select(table).where(table.c.job_id.is_not(None)).order_by(*order)):
        found[row.job_id].append(row)
    return found
