"""The loop around a family's trainer: step, and between two steps everything else.

The trainer knows networks and data; this loop knows the owner, the lease, the clock and the store. Nothing
it does at a wall-clock time may change the training: an interrupted training gives the same weights.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial

from safetensors.torch import save
from torch import Tensor

from shared import jobs
from shared.errors import ArtifactDamaged, ConfigurationError, HandBack, StorageFull, Unavailable
from shared.jobs import Job, NewArtifact, NewCheckpoint, NewVersion, Progress, Result
from shared.library import model_by_id
from shared.lifecycle import Reason
from worker import checkpoints
from worker.breathing import breathing
from worker.distributed.remote_trainer import trainer_of
from worker.family import Snapshot, Teacher, Trained, Trainer
from worker.serving.courtesy import Courtesy
from worker.serving.ending import close
from worker.serving.faults import require_sound
from worker.serving.holding import Holding
from worker.serving.inputs import fetch_training
from worker.serving.patience import persist
from worker.serving.place import Place
from worker.serving.recording import discard, put_products, record_success

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
#: Metrics are stored once a second at first, then ever more seldom: a ten-hour chart needs no 36,000 points.
METRIC_POINTS = 300
MOST_SECONDS_BETWEEN_METRICS = 60.0
CHECKPOINTS_KEPT = 2
#: How often a training looks whether a more urgent one waits.
RANK_LOOK_SECONDS = 2.0


def train(place: Place, holding: Holding, job: Job, courtesy: Courtesy) -> None:
    """Train one job to its recorded end, or hand it back with a checkpoint."""
    try:
        engine = place.registry.engine(job.family)
        if not isinstance(engine, Teacher):
            raise ConfigurationError("this family's engine has no trainer")
        training = persist(place, partial(fetch_training, place.db, place.store, job))
        spec = place.registry.specs[job.family]
        with (
            # What a family does before the first step and after the last, and its snapshots, take longer than
            # a step: it lets people in between its parts.
            breathing(courtesy.offer),
            trainer_of(engine, spec.engine, training, place.device) as trainer,
        ):
            run = TrainingRun(place, holding, job, trainer, courtesy)
            run.resume()
            run.to_the_end()
            trained = trainer.finish()
        result = publishable(place, job, trained, training.dataset.hash or None)
        holding.check(job.id)
        record_success(place, [(job.lease, result)])
        holding.settled(job.id)
    except Exception as error:
        close(place, holding, job, error)
        require_sound(place.device.name)


class TrainingRun:
    """One attempt at a training."""

    def __init__(
        self, place: Place, holding: Holding, job: Job, trainer: Trainer, courtesy: Courtesy
    ) -> None:
        self._place = place
        self._holding = holding
        self._job = job
        self._trainer = trainer
        self._courtesy = courtesy
        self._recorded: tuple[int, dict[str, float]] = (-1, {})
        self._safe_step = 0
        self._began = time.monotonic()
        self._next_beat = 0.0
        self._next_metrics = 0.0
        self._next_rank_look = self._began + RANK_LOOK_SECONDS
        self._next_checkpoint = self._began + place.settings.checkpoint_seconds

    def resume(self) -> None:
        """Go on from the latest checkpoint, if an earlier attempt left one."""
        place, job = self._place, self._job
        checkpoint = persist(place, lambda: jobs.latest_checkpoint(place.db, job.id))
        if checkpoint is None:
            if self._job.attempt > 1:
                self._note("started again: nothing had been saved yet")
            return
        try:
            state = checkpoints.unpack(self._place.store.read(checkpoint.hash))
        except ArtifactDamaged as error:
            log.error("job %s starts again: %s", self._job.id, error)
            self._note(f"the checkpoint of step {checkpoint.step} is damaged; started again")
            return
        self._trainer.restore(state)
        self._safe_step = self._trainer.step_count
        self._note(f"resumed from step {self._trainer.step_count}", step=self._trainer.step_count)

    def to_the_end(self) -> None:
        """Step until the trainer is done or the owner asks to stop and keep the best.

        Raises:
            LeaseLost, Canceled: the work must stop.
            HandBack: the worker drains, the owner paused the training, or a more urgent one waits; a
                checkpoint is stored.
        """
        trainer = self._trainer
        while not trainer.done and not self._holding.stop_requested(self._job.id):
            self._holding.check(self._job.id)
            reason = self._reason_to_leave()
            if reason is not None:
                if trainer.step_count != self._safe_step:
                    self.checkpoint(leaving=True)
                raise HandBack(f"the training is {reason}", code=reason)
            trainer.step()
            if trainer.snapshot_due():
                self._publish_snapshot(trainer.snapshot())
            now = time.monotonic()
            if now >= self._next_beat:
                self._tell(now)
            if now >= self._next_checkpoint:
                self.checkpoint()
            self._courtesy.offer()

    def _reason_to_leave(self) -> Reason | None:
        if self._place.draining.is_set():
            return Reason.DRAINED
        if self._holding.paused_by_owner(self._job.id):
            return Reason.PAUSED
        now = time.monotonic()
        if now < self._next_rank_look:
            return None
        self._next_rank_look = now + RANK_LOOK_SECONDS
        try:
            outranked = jobs.outranked(self._place.db, self._job, self._place.families)
        except Unavailable:
            return None
        return Reason.PREEMPTED if outranked else None

    def checkpoint(self, *, leaving: bool = False) -> None:
        """Store everything needed to go on exactly, and drop what is older than the last two.

        A full disk or a database that is away costs a checkpoint, not the training.
        """
        place, lease, step = self._place, self._job.lease, self._trainer.step_count
        self._next_checkpoint = time.monotonic() + place.settings.checkpoint_seconds
        if not leaving:
            self._courtesy.offer()
        try:
            blob = place.store.put(checkpoints.pack(self._job.id, step, self._trainer.state()))
        except StorageFull as error:
            self._note(f"no checkpoint at step {step}: {error.message}", step=step)
            return
        new = NewCheckpoint(step, blob)
        try:
            persist(place, lambda: jobs.checkpointed(place.db, lease, new), once=not leaving)
            self._safe_step = step
            discard(place.db, place.store, jobs.forget_checkpoints(place.db, lease, keep=CHECKPOINTS_KEPT))
        except (Unavailable, StorageFull) as error:
            log.warning("the checkpoint of step %d is not recorded: %s", step, error)

    def _tell(self, now: float) -> None:
        figures = self._trainer.progress()
        self._holding.beat(self._job.id, Progress(self._trainer.fraction, figures))
        if now >= self._next_metrics:
            self._record_metrics(numbers(figures))
            pause = max(BEAT_SECONDS, (now - self._began) / METRIC_POINTS)
            self._next_metrics = now + min(pause, MOST_SECONDS_BETWEEN_METRICS)
        self._place.bell.nudge(self._job.id)
        self._next_beat = time.monotonic() + BEAT_SECONDS

    def _publish_snapshot(self, snapshot: Snapshot) -> None:
        place, lease = self._place, self._job.lease
        try:
            for artifact in put_products(place.store, snapshot.products):
                self._if_it_can(partial(jobs.add_artifact, place.db, lease, artifact))
        except StorageFull as error:
            self._note(f"no pictures at step {self._trainer.step_count}: {error.message}")
        self._record_metrics(snapshot.metrics)
        for note in snapshot.notes:
            self._note(note, step=self._trainer.step_count)
        place.bell.nudge(self._job.id)

    def _record_metrics(self, metrics: Mapping[str, float]) -> None:
        if not metrics:
            return
        place, lease, step = self._place, self._job.lease, self._trainer.step_count
        # A step has one row: figures of a snapshot and of the running report join in it.
        earlier = self._recorded[1] if self._recorded[0] == step else {}
        self._recorded = (step, {**earlier, **metrics})
        self._if_it_can(lambda: jobs.record_metrics(place.db, lease, step, self._recorded[1]))

    def _note(self, text: str, **data: int) -> None:
        place, lease = self._place, self._job.lease
        self._if_it_can(lambda: jobs.note(place.db, lease, "note", {"text": text, **data}))

    def _if_it_can(self, write: Callable[[], object]) -> None:
        """What people watch is worth no wait: without a database, or room in it, the training goes on.

        Raises LeaseLost.
        """
        try:
            write()
        except (Unavailable, StorageFull) as error:
            log.warning("the database takes nothing now; the training goes on: %s", error)


def publishable(place: Place, job: Job, trained: Trained, dataset_hash: str | None) -> Result:
    """The trained network as a version: its weights in the store, named by their hash. Raises StorageFull."""
    family = place.registry.specs[job.family].description
    # All is learned: a database that is away now is waited for as it is for the record itself.
    model = persist(place, lambda: model_by_id(place.db, job.model_id or ""))
    # The file names its model: the same training for another model is another version.
    blob = place.store.put(save(owned(trained.weights), {"model": f"{model.owner_id}/{model.name}"}))
    version = NewVersion(blob, family.name, family.version, trained.config, trained.card, dataset_hash)
    weights = NewArtifact("weights", f"{family.name}.safetensors", "application/octet-stream", blob)
    return Result(artifacts=(weights, *put_products(place.store, trained.products)), version=version)


def owned(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous copies on the CPU that share no memory: what safetensors writes."""
    return {name: checkpoints.own(tensor) for name, tensor in tensors.items()}


def numbers(figures: Mapping[str, float | str]) -> dict[str, float]:
    """The figures that can be drawn in a chart."""
    return {
        name: float(value)
        for name, value in figures.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
