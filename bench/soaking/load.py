"""What people ask for, mixed, in an open loop: it comes when it is due, whether or not the last is done."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import insert

from bench.soaking.place import MAX_ATTEMPTS, Place
from shared import files, jobs
from shared.database import now
from shared.errors import AtelierError, Conflict
from shared.jobs import NewArtifact, NewJob
from shared.tables import owners

OWNERS = ("ada", "ben", "cleo")
#: How often each kind of request comes: a batchable picture, one alone, one through the web, and so on.
KINDS = {"batched": 40, "alone": 20, "web": 25, "equal": 3, "canceled": 8, "ingest": 3, "train": 1}
#: Pictures hold their worker for so long.
HOLD_MS = (50, 350)
TRAINING = {"steps": 200, "step_ms": 10, "snapshot_every": 10}
SUBMITTERS = 8
#: A client asks again when it is told to, with the same key.
TRIES = 8


@dataclass
class Accepted:
    """What was accepted, by whom it may be looked up, and what was not."""

    jobs: list[str] = field(default_factory=list)
    trainings: list[str] = field(default_factory=list)
    #: How many of them were for calibration.
    calibration: int = 0
    #: Jobs whose cancel was accepted.
    canceled: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    #: Requests whose repetition under the same key gave another job.
    doubled: int = 0


class Load:
    """Submits from threads of its own; ``accepted`` grows meanwhile."""

    def __init__(self, place: Place, seed: int) -> None:
        self.accepted = Accepted()
        self._place = place
        self._random = random.Random(seed)
        self._seed = 0
        self._lock = threading.Lock()
        self._http = httpx.Client(base_url=place.web, timeout=30, trust_env=False)
        with place.rig.db.begin() as connection:
            for weight, name in enumerate(OWNERS, 1):
                row = insert(owners).values(id=name, title=name, weight=float(weight), created_at=now())
                connection.execute(row)

    def burst(self, count: int) -> None:
        """Submit so many at once and nothing else."""
        with ThreadPoolExecutor(SUBMITTERS) as pool:
            list(pool.map(self._submit, self._draw(count)))

    def run(self, rate: float, over: float) -> None:
        """Submit ``rate`` requests a second, at moments as random as people, until ``over`` (monotonic)."""
        due = time.monotonic()
        with ThreadPoolExecutor(SUBMITTERS) as pool:
            while due < over:
                time.sleep(max(0.0, due - time.monotonic()))
                pool.submit(self._submit, *self._draw(1))
                due += self._random.expovariate(rate)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _draw(self, count: int) -> list[tuple[str, str, dict[str, Any], float]]:
        """Kind, owner, input and (for what is canceled) patience of the next requests."""
        drawn = []
        for kind in self._random.choices(list(KINDS), list(KINDS.values()), k=count):
            # An equal request asks for what the one before it asked for.
            self._seed += kind != "equal"
            given = {"seed": self._seed, "hold_ms": self._random.randint(*HOLD_MS)}
            drawn.append((kind, self._random.choice(OWNERS), given, self._random.uniform(0, 1.5)))
        return drawn

    def _submit(self, request: tuple[str, str, dict[str, Any], float]) -> None:
        kind, owner, given, patience = request
        try:
            if kind in ("web", "equal"):
                job = self._through_web(given)
            elif kind == "ingest":
                job = self._ingest(owner, given)
            elif kind == "train":
                job = self._queue(owner, "train", "training", TRAINING | {"seed": given["seed"]})
            else:
                job = self._queue(owner, "generate", "interactive", given, batched=kind == "batched")
        except (AtelierError, httpx.HTTPError) as error:
            with self._lock:
                self.accepted.refused[type(error).__name__] += 1
            return
        with self._lock:
            self.accepted.kinds[kind] += 1
            self.accepted.jobs.append(job)
            if kind == "train":
                self.accepted.trainings.append(job)
        if kind == "canceled":
            time.sleep(patience)
            self._cancel(job, owner)

    def _queue(
        self,
        owner: str,
        operation: str,
        lane: str,
        given: dict[str, Any],
        *,
        batched: bool = False,
        uploads: tuple[str, ...] = (),
    ) -> str:
        rig = self._place.rig
        new = NewJob(
            owner,
            "toy",
            operation,
            lane,
            given,
            model_id=None if lane == "ingest" else rig.model,
            version_id=rig.version if operation == "generate" else None,
            batch_key=rig.version if batched else None,
            uploads=uploads,
            max_attempts=MAX_ATTEMPTS,
        )
        job = jobs.submit(rig.db, new).job
        rig.ringer.ring(lane)
        return job.id

    def _ingest(self, owner: str, given: dict[str, Any]) -> str:
        rig = self._place.rig
        toys = [rig.store.put(b"toy" + str((given["seed"], n)).encode()) for n in range(3)]
        new = [NewArtifact("upload", f"{n}.toy", "application/octet-stream", b) for n, b in enumerate(toys)]
        uploads = tuple(upload.id for upload in files.record_uploads(rig.db, new, owner))
        gathered = {"name": f"toys {given['seed']}", "files": list(uploads), "hold_ms": given["hold_ms"]}
        return self._queue(owner, "gather", "ingest", gathered, uploads=uploads)

    def _through_web(self, given: dict[str, Any]) -> str:
        """POST as a client does that wants the job once: with a key, and again when it is told to."""
        body = {"version": self._place.rig.version, "input": given}
        headers = {"Idempotency-Key": f"{given['seed']}-{time.time_ns()}"}
        told: set[str] = set()
        for _ in range(TRIES):
            answer = self._http.post("/v1/predictions", json=body, headers=headers)
            if answer.status_code < 500:
                told.add(str(answer.raise_for_status().json()["id"]))
                break
            time.sleep(0.5)
        else:
            answer.raise_for_status()
        again = self._http.post("/v1/predictions", json=body, headers=headers)
        if again.is_success:
            told.add(str(again.json()["id"]))
        with self._lock:
            self.accepted.doubled += len(told) - 1
        return told.pop()

    def _cancel(self, job: str, owner: str) -> None:
        try:
            jobs.cancel(self._place.rig.db, job, owner)
        except Conflict:
            return
        except AtelierError as error:
            with self._lock:
                self.accepted.refused[f"cancel: {type(error).__name__}"] += 1
            return
        with self._lock:
            self.accepted.canceled.add(job)
