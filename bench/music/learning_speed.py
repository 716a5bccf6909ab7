"""Steps a second of a training job of the music RNN, beside the same updates in a bare loop."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from bench.music.pieces import scores
from bench.train import make_place
from shared import jobs
from shared.catalogue import check_input
from shared.ids import new_id
from shared.jobs import Job, NewJob
from shared.migrate import OWNER
from worker.checkpoints import pack
from worker.families.music_rnn import FAMILY
from worker.families.music_rnn.learning import BETAS, DECAY, LONGEST_GRADIENT, mean_nll
from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.trainer import MusicTrainer
from worker.family import Dataset, Item, Snapshot, TrainingJob
from worker.music.midi_out import write_midi
from worker.runner import serve
from worker.serving.courtesy import Courtesy
from worker.serving.holding import Holding
from worker.serving.place import Place
from worker.training import TrainingRun

PIECES = 48
WARM_UP_STEPS = 2


class Measured(MusicTrainer):
    """A trainer that ends after ``wanted`` steps and takes no snapshot."""

    wanted = 0

    @property
    def done(self) -> bool:
        """Whether the steps are made."""
        return self.step_count >= self.wanted

    def snapshot_due(self) -> bool:
        """Never: a bare loop makes no snapshot."""
        return False

    def snapshot(self) -> Snapshot:
        """Nothing."""
        return Snapshot()


@dataclass(frozen=True)
class Rate:
    """Steps a second of the clock and of the processor; the second counts no waiting, for others neither."""

    clock: float
    processor: float


class Watch:
    """Both times since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def rate(self, steps: int) -> Rate:
        """How quickly so many steps were made."""
        clock, processor = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        return Rate(steps / clock, steps / processor)


@dataclass
class Learning:
    """A training of the family's defaults on chorales, and where it runs."""

    home: Path

    def __post_init__(self) -> None:
        self.place: Place = make_place(self.home, "cpu")
        self.training = _training(self.home)

    def job(self, steps: int) -> Rate:
        """Steps a second as a claimed job in the worker's loop."""
        job = _claim(self.place, self.training)
        trainer = Measured(self.training, "cpu")
        place = self.place
        with place.working_on([job]), Holding(place.db, [job], place.settings.lease_seconds) as holding:
            courtesy = Courtesy(place, holding, ("interactive", "ingest"), serve)
            run = TrainingRun(place, holding, job, trainer, courtesy)
            trainer.wanted = WARM_UP_STEPS
            run.to_the_end()
            trainer.wanted += steps
            watch = Watch()
            run.to_the_end()
            rate = watch.rate(steps)
            jobs.canceled(place.db, job.lease)
        return rate

    def bare(self, steps: int) -> Rate:
        """Steps a second with nothing around them: batches, gradients, AdamW, the average of the weights."""
        trainer = Measured(self.training, "cpu")
        options, batches = trainer.options, trainer.batches
        network = MusicNetwork(trainer.corpus.layout, trainer.config, options.dropout).train()
        average = copy.deepcopy(network).requires_grad_(False)
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=options.learning_rate, betas=BETAS, weight_decay=DECAY
        )
        watch = Watch()
        for step in range(WARM_UP_STEPS + steps):
            if step == WARM_UP_STEPS:
                watch = Watch()
            loss = mean_nll(network, batches.draw(step))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
            optimizer.step()
            with torch.no_grad():
                for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                    mean.lerp_(value, 1.0 - options.average)
        return watch.rate(steps)

    def checkpoint(self) -> float:
        """Seconds that a training stands still for one checkpoint."""
        trainer = Measured(self.training, "cpu")
        trainer.step()
        began = time.perf_counter()
        self.place.store.put(pack(self.training.job_id, 1, trainer.state()))
        return time.perf_counter() - began


def _training(home: Path) -> TrainingJob:
    items = []
    for number, score in enumerate(scores("train")[:PIECES]):
        path = home / f"{number}.mid"
        path.write_bytes(write_midi(score))
        items.append(Item(path, path.name))
    wanted = check_input(FAMILY.description.operation("train"), {"dataset": new_id(), "seed": 1})
    return TrainingJob(new_id(), wanted, Dataset("chorales", "0" * 64, items))


def _claim(place: Place, training: TrainingJob) -> Job:
    """A claimed job row for the training."""
    new = NewJob(OWNER, FAMILY.description.name, "train", "training", training.input)
    jobs.submit(place.db, replace(new, stall_seconds=3600.0))
    (job,) = jobs.claim(
        place.db,
        worker_id=place.worker_id,
        lanes=("training",),
        families=place.families,
        limit=1,
        lease_seconds=place.settings.lease_seconds,
    )
    return job
