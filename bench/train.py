"""Pictures a second of a training job, beside the same networks and loss in a bare loop.

Both take turns in one process, so that a busy machine slows both alike. The job runs in the worker's own
loop, with its lease thread, heartbeats, stored progress and metrics, and the look for waiting people; a
checkpoint is timed by itself and spread over the time between two. Sample grids and scores, which a bare loop
does not make, are not counted.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bench.report import Figure, finish, median
from bench.stack import temporary_home
from shared import jobs
from shared.artifacts import open_store
from shared.catalogue import check_input
from shared.ids import new_id
from shared.jobs import Job, NewJob
from shared.migrate import OWNER, open_database
from shared.settings import load_settings
from worker import devices
from worker.checkpoints import pack
from worker.families.painting_gan import FAMILY
from worker.families.painting_gan.averaging import ema_decay, update_average
from worker.families.painting_gan.trainer import PaintingTrainer
from worker.family import Dataset, Item, Snapshot, TrainingJob
from worker.registry import discover
from worker.runner import serve
from worker.serving.courtesy import Courtesy
from worker.serving.holding import Holding
from worker.serving.place import Place
from worker.training import TrainingRun
from worker.weights import WeightsCache

PICTURES = 64
LEAST_RATIO = 0.95
WARM_UP_STEPS = 2


class Silent:
    """A bell that nobody hears."""

    def ring(self, lane: str) -> bool:
        """Not rung."""
        return False

    def nudge(self, *job_ids: str) -> bool:
        """Not told."""
        return False


class Measured(PaintingTrainer):
    """A trainer that ends after ``steps`` steps and takes no snapshot."""

    steps = 0
    seconds_in_steps = 0.0

    def step(self) -> None:
        """One step, timed."""
        began = time.perf_counter()
        super().step()
        self.seconds_in_steps += time.perf_counter() - began

    @property
    def done(self) -> bool:
        """Whether the steps are made."""
        return self.step_count >= self.steps

    def snapshot_due(self) -> bool:
        """Never: a bare loop makes no snapshot."""
        return False

    def snapshot(self) -> Snapshot:
        """Nothing."""
        return Snapshot()


def main() -> None:
    """Alternate job and bare loop ``--rounds`` times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=16, help="steps of one turn")
    parser.add_argument("--rounds", type=int, default=4, help="turns of each")
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch; 0 takes all cores")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    with temporary_home() as home:
        place = make_place(home, options.device)
        training = make_training(home, options.resolution)
        batch = int(training.input["batch"])
        pictures = batch * options.steps
        bare: list[float] = []
        served: list[float] = []
        shares: list[float] = []

        def without() -> None:
            bare.append(pictures / bare_loop(training, place.device.name, options.steps))

        def within() -> None:
            seconds, in_steps = job_loop(place, training, options.steps)
            served.append(pictures / seconds)
            shares.append(in_steps / seconds)

        for turn in range(options.rounds):
            # Who goes first changes, so that a machine that slows down favors nobody.
            for go in (without, within) if turn % 2 == 0 else (within, without):
                go()
        checkpoint = checkpoint_seconds(place, training)
        lost = checkpoint / place.settings.checkpoint_seconds
    ratio = median([s / b for s, b in zip(served, bare, strict=True)])
    finish(
        f"Training at {options.resolution} pixels on {place.device.title}",
        [
            Figure("training job", median(served), "pictures/s"),
            Figure("bare loop", median(bare), "pictures/s"),
            Figure("a checkpoint", checkpoint, "s"),
            Figure("share of a job's time that is steps", median(shares) * (1 - lost), "x"),
            Figure(
                "job / bare loop, checkpoints included", ratio * (1 - lost), "x", LEAST_RATIO, at_least=True
            ),
        ],
        [f"{options.rounds} turns of {options.steps} steps of {batch}; the median of neighbors' ratios."],
    )


def bare_loop(training: TrainingJob, device: str, steps: int) -> float:
    """Seconds of ``steps`` steps with nothing around them."""
    trainer = PaintingTrainer(training, device)
    options, networks = trainer.options, trainer.networks
    images = 0
    began = 0.0
    for step in range(WARM_UP_STEPS + steps):
        if step == WARM_UP_STEPS:
            synchronize(device)
            began = time.perf_counter()
        networks.adversary.play(trainer._deal())
        images += options.batch
        decay = ema_decay(options.batch, images, options.ema_kimg * 1000.0)
        update_average(networks.average, networks.generator, decay)
    synchronize(device)
    return time.perf_counter() - began


def job_loop(place: Place, training: TrainingJob, steps: int) -> tuple[float, float]:
    """Seconds of ``steps`` steps as a claimed job in the worker's loop, and how many of them were steps."""
    job = claim(place, training)
    trainer = Measured(training, place.device.name)
    with place.working_on([job]), Holding(place.db, [job], place.settings.lease_seconds) as holding:
        courtesy = Courtesy(place, holding, ("interactive", "ingest"), serve)
        run = TrainingRun(place, holding, job, trainer, courtesy)
        trainer.steps = WARM_UP_STEPS
        run.to_the_end()
        synchronize(place.device.name)
        began = time.perf_counter()
        trainer.steps += steps
        trainer.seconds_in_steps = 0.0
        run.to_the_end()
        synchronize(place.device.name)
        spent = time.perf_counter() - began
        jobs.canceled(place.db, job.lease)
    return spent, trainer.seconds_in_steps


def checkpoint_seconds(place: Place, training: TrainingJob) -> float:
    """Seconds that the training stands still for one checkpoint."""
    trainer = Measured(training, place.device.name)
    trainer.step()
    began = time.perf_counter()
    place.store.put(pack(training.job_id, 1, trainer.state()))
    return time.perf_counter() - began


def make_place(home: Path, device: str) -> Place:
    """A worker child's surroundings, with a real database and store."""
    settings = load_settings(home=home)
    return Place(
        settings=settings,
        db=open_database(settings),
        store=open_store(settings.store_url),
        bell=Silent(),
        registry=discover(),
        device=devices.find(device)[0],
        worker_id="bench/0",
        lanes=("interactive", "ingest", "training"),
        cache=WeightsCache(1 << 30),
    )


def make_training(home: Path, resolution: int) -> TrainingJob:
    """A training of the family's defaults on made-up pictures: the rate does not depend on what they show."""
    generator = np.random.default_rng(0)
    items = []
    for index in range(PICTURES):
        path = home / f"{index}.png"
        pixels = generator.integers(0, 256, (resolution, resolution, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        items.append(Item(path, path.name, resolution, resolution))
    operation = FAMILY.description.operation("train")
    wanted = check_input(operation, {"dataset": new_id(), "resolution": resolution, "seed": 1})
    return TrainingJob(new_id(), wanted, Dataset("noise", "0" * 64, items))


def claim(place: Place, training: TrainingJob) -> Job:
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


def synchronize(device: str) -> None:
    """Wait for what the device still has to do."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
