"""A trainer whose steps are taken by rank processes: to the training loop it is one like any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from shared.errors import InvalidInput
from worker import checkpoints
from worker.devices import Device
from worker.distributed import letters
from worker.distributed.launch import Launch
from worker.distributed.letters import STATE, Assignment
from worker.family import Snapshot, Teacher, Trained, Trainer, TrainerState, TrainingJob

#: The field of a train operation's input that says on how many devices at once.
FIELD = "devices"


@contextmanager
def trainer_of(teacher: Teacher, engine: str, job: TrainingJob, device: Device) -> Iterator[Trainer]:
    """The job's trainer: in this process, or in ranks that end with the block.

    ``engine`` says where the ranks find the teacher (``module:callable``).

    Raises:
        InvalidInput: this worker has fewer devices than the job asks for.
        RankLost: a rank died.
    """
    count = int(job.input.get(FIELD, 1))
    if count == 1:
        yield teacher.trainer(job, device.name)
        return
    places = rank_devices(device, count)
    threads = torch.get_num_threads() if device.kind != "cpu" else max(1, torch.get_num_threads() // count)
    launch = Launch(Assignment(engine, places, job), threads)
    try:
        yield RemoteTrainer(launch, job.job_id)
    finally:
        launch.close()


def rank_devices(device: Device, count: int) -> tuple[str, ...]:
    """A device for each rank: the processor carries any number, a GPU one.

    Raises:
        InvalidInput: there are too few.
    """
    if device.kind == "cpu":
        return ("cpu",) * count
    peers = [name for name in device.peers if name.startswith("cuda")]
    if len(peers) < count:
        there = "one GPU" if len(peers) == 1 else f"{len(peers)} GPUs"
        raise InvalidInput(f"This worker has {there}; the training asks for {count}.", field=FIELD)
    return tuple(peers[:count])


class RemoteTrainer:
    """Forwards everything to the ranks; between two calls they wait, so what is asked decides all."""

    def __init__(self, launch: Launch, job_id: str) -> None:
        self._launch, self._job_id = launch, job_id

    @property
    def done(self) -> bool:
        """Whether the asked length is reached."""
        return self._launch.status.done

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1."""
        return self._launch.status.fraction

    @property
    def step_count(self) -> int:
        """Optimizer steps so far."""
        return self._launch.status.step_count

    def step(self) -> None:
        """One step of all ranks together. Raises RankLost."""
        self._launch.ask("step")

    def progress(self) -> dict[str, float | str]:
        """Figures since the last call."""
        figures: dict[str, float | str] = self._launch.ask("progress")
        return figures

    def snapshot_due(self) -> bool:
        """Whether this step ends with a snapshot."""
        return self._launch.status.snapshot_due

    def snapshot(self) -> Snapshot:
        """The snapshot of this step, made by rank 0."""
        return letters.take_snapshot(self._launch.folder, self._launch.ask("snapshot"))

    def state(self) -> TrainerState:
        """Everything needed to go on exactly: rank 0's, and every other rank's too."""
        self._launch.ask("state")
        return checkpoints.unpack((self._launch.folder / STATE).read_bytes())

    def restore(self, state: TrainerState) -> None:
        """Let every rank go on from ``state``."""
        (self._launch.folder / STATE).write_bytes(checkpoints.pack(self._job_id, 0, state))
        self._launch.ask("restore")

    def finish(self) -> Trained:
        """The best snapshot as a version."""
        return letters.take_trained(self._launch.folder, self._launch.ask("finish"))
