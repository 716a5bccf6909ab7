"""One claimed batch from the queue to its recorded end, as named steps: claim, then by lane the rest.

An interactive batch goes through fetch, load, run, gather and record; each step works on the jobs that are
still open, and a job that fails, is canceled or is lost leaves the batch without disturbing the others. From
gather on nothing needs the device: it may compute the next batch meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from shared.errors import AtelierError, ConfigurationError
from shared.jobs import Job, NewArtifact, Result
from worker.family import Engine, Generator, Loaded, Request, Shaped
from worker.ingesting import ingest
from worker.serving.checkin import JobCheckin
from worker.serving.claiming import claim
from worker.serving.companions import ServedCompanion
from worker.serving.courtesy import Courtesy
from worker.serving.crash_points import reach
from worker.serving.ending import close
from worker.serving.faults import is_out_of_memory, require_sound
from worker.serving.holding import Holding
from worker.serving.inputs import fetch_request, version_of
from worker.serving.loading import load_network
from worker.serving.making import collect
from worker.serving.passes import split, what_fits
from worker.serving.patience import persist
from worker.serving.place import Place
from worker.serving.recording import put_product, record_success

#: The end of a batch takes tens of milliseconds; longer than this it waited for something.
LONGEST_END_SECONDS = 10.0


def serve(place: Place, lane: str, *, ahead: bool = False) -> bool:
    """Claim the best batch of one lane and see it to its end; False when nothing waits.

    With ``ahead`` an interactive batch is left to ``place.finisher`` as soon as its passes are done.
    """
    batch = claim(place, lane)
    if not batch:
        return False
    reach("after_claim")
    if batch[0].attempt > 1:
        # Its worker was lost once: should that happen again, nothing else is lost with it.
        place.finisher.wait()
    with ExitStack() as held:
        held.enter_context(place.working_on(batch))
        holding = held.enter_context(Holding(place.db, batch, place.settings.lease_seconds))
        if lane == "training":
            # torch comes with it: a worker for ingest alone does without.
            from worker.training import train

            train(place, holding, batch[0], Courtesy(place, holding, ("interactive", "ingest"), serve))
        elif lane == "ingest":
            ingest(place, holding, batch[0], Courtesy(place, holding, ("interactive",), serve))
        else:
            work = Batch(place, holding, list(batch))
            follow(work, (fetch, load, run))
            # What was lost once also ends alone: should the next batch kill this process, it is recorded.
            if ahead and batch[0].attempt == 1:
                place.finisher.wait()
                end = held.pop_all()
                place.finisher.begin(lambda: finish(work, end))
            else:
                finish(work, held)
    return True


def finish(work: Batch, held: ExitStack) -> None:
    """The last steps of a batch, and the end of all that it held."""
    work.ending_at = time.monotonic()
    with held:
        follow(work, (gather, record))


@dataclass
class Batch:
    """The jobs of one pass and what the steps have made of them so far."""

    place: Place
    holding: Holding
    open: list[Job]
    requests: dict[str, Request] = field(default_factory=dict)
    loaded: Loaded | None = None
    loaded_at: float = 0.0
    computed_at: float = 0.0
    ending_at: float = 0.0
    begun: dict[str, list[Future[list[NewArtifact]]]] = field(default_factory=dict)
    files: dict[str, tuple[NewArtifact, ...]] = field(default_factory=dict)

    @property
    def engine(self) -> Generator:
        """The engine of the batch's family."""
        return generator(self.place.registry.engine(self.open[0].family))

    @property
    def shape(self) -> int:
        """The rows of a pass."""
        return self.loaded.shape if isinstance(self.loaded, Shaped) else 1

    def attempt(self, request: Request) -> None:
        """Make one request's products and throw them away. Raises what the engine raises."""
        assert self.loaded is not None
        for _, part in self.engine.generate(self.loaded, [request]):
            if not isinstance(part, AtelierError):
                part()

    def leave(self, job: Job, error: BaseException) -> None:
        """One job ends here; the others go on."""
        self.open.remove(job)
        close(self.place, self.holding, job, error)

    def sift(self) -> None:
        """Let go of jobs that were canceled or lost."""
        for job in list(self.open):
            try:
                self.holding.check(job.id)
            except AtelierError as error:
                self.leave(job, error)


def follow(work: Batch, steps: Sequence[Callable[[Batch], None]]) -> None:
    """Take some steps with the jobs that are open; a step that fails ends them all."""
    for step in steps:
        work.sift()
        if not work.open:
            return
        try:
            step(work)
        except Exception as error:
            for job in list(work.open):
                work.leave(job, error)
            return


def fetch(work: Batch) -> None:
    """Step 2: the bytes behind each job's artifact fields."""
    place = work.place
    for job in list(work.open):
        try:
            operation = place.registry.operation(job.family, job.operation)
            companion = partial(ServedCompanion, place, partial(work.holding.check, job.id))
            checkin = JobCheckin(place, work.holding, job.id)
            read = partial(fetch_request, place.db, place.store, job, operation, companion, checkin)
            work.requests[job.id] = persist(place, read)
        except AtelierError as error:
            work.leave(job, error)


def load(work: Batch) -> None:
    """Step 3: the version's network, from memory when it is hot."""
    if not work.open:
        return
    place = work.place
    version_id = version_of(work.open[0])
    work.loaded = load_network(place, work.engine, version_id)
    place.cache.served(version_id, work.open[0].batch_key)
    work.loaded_at = time.monotonic()


def run(work: Batch) -> None:
    """Step 4: one pass for all; when that fails, smaller ones, so that only the guilty job suffers."""

    def recover(error: BaseException) -> None:
        work.place.finisher.wait()
        require_sound(work.place.device.name)
        if is_out_of_memory(error):
            work.place.cache.keep_only(work.open[0].version_id)

    def give_up(job: Job, error: BaseException) -> None:
        if is_out_of_memory(error):
            error = what_fits(work.requests[job.id], work.attempt)
        work.leave(job, error)

    split(list(work.open), lambda jobs: generate(work, jobs), give_up, recover)


def generate(work: Batch, chosen: Sequence[Job]) -> None:
    """Compute what ``chosen`` ask for and begin to store it; a job whose sample failed leaves the batch."""
    assert work.loaded is not None
    place = work.place
    parts = work.engine.generate(work.loaded, [work.requests[job.id] for job in chosen])
    outcomes = place.encoders.begin(parts, len(chosen), lambda product: put_product(place.store, product))
    for job, outcome in zip(list(chosen), outcomes, strict=True):
        if isinstance(outcome, AtelierError):
            work.leave(job, outcome)
        else:
            work.begun[job.id] = outcome
    work.computed_at = time.monotonic()


def gather(work: Batch) -> None:
    """Step 5: every file in the store; a job whose files cannot be made or stored leaves the batch."""
    for job in list(work.open):
        try:
            work.files[job.id] = collect(work.begun[job.id])
        except Exception as error:
            work.leave(job, error)


def record(work: Batch) -> None:
    """Step 6: every result in one transaction."""
    place = work.place
    reach("after_rename")
    record_success(place, [(job.lease, Result(artifacts=work.files[job.id])) for job in work.open])
    # The end of a batch and the passes of the next overlap: the longer of the two is what one costs. An end
    # that waited for the database or the disk tells of an outage, not of the work.
    passes, rest = work.computed_at - work.loaded_at, time.monotonic() - work.ending_at
    if rest < LONGEST_END_SECONDS:
        place.stopwatch.took(work.open, max(passes, rest))
        place.pace.took(work.open, work.shape, max(passes, rest))
    for job in work.open:
        work.holding.settled(job.id)


def generator(engine: Engine) -> Generator:
    """``engine`` as one that generates. Raises ConfigurationError when it does not."""
    if not isinstance(engine, Generator):
        raise ConfigurationError("this family's engine has no load and generate")
    return engine
