"""Several processes rescue the same jobs at one moment; owners cancel while workers record."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

from sqlalchemy import update

from shared import files, jobs
from shared.database import Database
from shared.jobs import Job
from shared.lifecycle import Reason, State
from shared.migrate import OWNER
from shared.tables import jobs as rows
from tests.conftest import both_stores
from tests.machine.replay import compare
from tests.support.builders import queue, take
from tests.support.workers import PATIENCE, ROOT

pytestmark = both_stores

RESCUERS, SWEEPS, LOST = 4, 8, 15
GROUP, ROUNDS = 4, 12
#: What must have been seen for the test to have tested something.
RACED = ("recorded", "refused", "accepted")


class Racer:
    """A process of tests/faults/racer.py."""

    def __init__(self, role: str, url: str) -> None:
        command = [sys.executable, "-m", "tests.faults.racer", role, url]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def heard(self) -> str:
        """The next line that it says; one that hangs is ended, which the test is told of here."""
        assert self.process.stdout is not None
        patience = threading.Timer(PATIENCE, self.process.kill)
        patience.start()
        line = self.process.stdout.readline()
        patience.cancel()
        assert line, f"the process ended with {self.process.wait(30)}"
        return line

    def tell(self, what: object) -> None:
        """Let it begin."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def racing(url: str, roles: Sequence[str]) -> Iterator[list[Racer]]:
    """Processes of these roles, ready to begin."""
    with ExitStack() as stack:
        racers = []
        for role in roles:
            racers.append(racer := Racer(role, url))
            stack.callback(racer.close)
        for racer in racers:
            assert racer.heard() == "ready\n"
        yield racers


def at_once(racers: Sequence[Racer], told: Sequence[object]) -> list[dict[str, list[str]]]:
    """Each begins with what it is told; gives what each answers at its end."""
    for racer, what in zip(racers, told, strict=True):
        racer.tell(what)
    return [json.loads(racer.heard()) for racer in racers]


def together(answers: Sequence[Mapping[str, list[str]]], name: str) -> Counter[str]:
    """How often each job stands under this name in all the answers."""
    return Counter(job_id for answer in answers for job_id in answer.get(name, []))


def assert_told(db: Database, job: Job) -> None:
    """The timeline comes to the row."""
    events = jobs.read_timeline(db, job.id)
    compare(job, [(event.seq, event.kind, event.data) for event in events], 0)


def test_what_several_rescue_at_one_moment_is_rescued_once(db: Database, database_url: str) -> None:
    lost = {queue(db, max_attempts=SWEEPS).id for _ in range(LOST)}
    with racing(database_url, ["rescue"] * RESCUERS) as rescuers:
        for sweep in range(1, SWEEPS + 1):
            with db.begin() as connection:
                connection.execute(update(rows).values(not_before=0.0))
            held = {job.id: job for _ in range(LOST) for job in take(db, lease=-1.0)}
            assert held.keys() == lost
            answers = at_once(rescuers, [None] * RESCUERS)
            name = "ended" if sweep == SWEEPS else "requeued"
            assert together(answers, name) == Counter(lost), "each of them by one process"
            assert not together(answers, "requeued" if sweep == SWEEPS else "ended")
            for job_id in lost:
                row = jobs.get(db, job_id)
                assert (row.attempt, row.lease_token) == (sweep, held[job_id].lease_token + 1)
                assert_told(db, row)
    for job_id in lost:
        row = jobs.get(db, job_id)
        assert (row.state, row.error_code) == (State.FAILED, Reason.WORKER_LOST)
        assert [attempt.outcome for attempt in jobs.list_attempts(db, job_id)] == ["lost"] * SWEEPS
        kinds = Counter(event.kind for event in jobs.read_timeline(db, job_id))
        assert (kinds["claim"], kinds["requeue"], kinds["fail"]) == (SWEEPS, SWEEPS - 1, 1)


def test_no_success_after_an_accepted_cancel_and_one_end_for_each(db: Database, database_url: str) -> None:
    accepted: set[str] = set()
    seen: Counter[str] = Counter()
    made: list[str] = []
    with racing(database_url, ["work", "work", "cancel", "cancel"]) as racers:
        for number in count():
            if (number >= ROUNDS and all(seen[name] for name in RACED)) or number >= 10 * ROUNDS:
                break
            made += submit_groups(db, number)
            answers = at_once(racers, ["w1", "w2", 10, 10])
            accepted |= set(together(answers[2:], "accepted"))
            recorded = together(answers[:2], "recorded")
            assert all(times == 1 for times in recorded.values())
            assert not accepted & set(recorded)
            # Refused: a worker's result that came after the cancel was accepted.
            seen.update({name: together(answers[:2], name).total() for name in ("recorded", "refused")})
            seen["accepted"] = len(accepted)
    assert all(seen[name] for name in RACED), f"nothing raced: {seen}"
    for job_id in made:
        assert_one_end(db, jobs.get(db, job_id), job_id in accepted)


def submit_groups(db: Database, number: int) -> list[str]:
    """Jobs that fit into one pass, jobs alone, and equal requests that follow one another."""
    alike = [queue(db, batch_key="b").id for _ in range(12)]
    alone = [queue(db).id for _ in range(4)]
    equal = [queue(db, cache_key=f"{number:032d}{group:032d}").id for group in range(4) for _ in range(GROUP)]
    return alike + alone + equal


def assert_one_end(db: Database, job: Job, canceled: bool) -> None:
    """Canceled if that was accepted, done otherwise; attempts, files and timeline agree."""
    assert job.state is (State.CANCELED if canceled else State.SUCCEEDED)
    assert_told(db, job)
    shared = job.cached_from is not None
    outcomes = Counter(attempt.outcome for attempt in jobs.list_attempts(db, job.id))
    assert outcomes["succeeded"] == (0 if canceled or shared else 1) and outcomes[None] == 0
    assert len(files.job_artifacts(db, job.id)) == (0 if canceled else 1)
    ends: Any = [event.kind for event in jobs.read_timeline(db, job.id)]
    assert sum(kind in ("succeed", "share", "cancel") for kind in ends) == 1
    assert job.owner_id == OWNER
