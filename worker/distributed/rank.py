"""``python -m worker.distributed.rank``: one rank of a training, started by torch's launcher.

Rank 0 hears each command from the child that leads, tells it to the others, and answers when it is done. All
ranks take the steps; pictures, checkpoints and the result are made by rank 0 alone.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import distributed
from torch.distributed import FileStore  # type: ignore[attr-defined]

from shared.errors import ConfigurationError
from worker import checkpoints
from worker.distributed import letters
from worker.distributed.launcher import die_with
from worker.distributed.letters import STATE, Assignment, Status
from worker.distributed.share import PeerLost
from worker.family import Teacher, Trainer
from worker.serving.faults import as_error, device_is_sound

log = logging.getLogger(__name__)

#: A training may stand still for others, or be paused by a debugger: who is gone is told otherwise.
PATIENCE = timedelta(days=7)
LOST_EXIT_CODE = 74
#: The file through which the ranks find each other.
MEETING = "meeting"
COMMANDS = ("end", "step", "restore", "progress", "snapshot", "state", "finish")
#: What every rank does; the rest is rank 0's.
SHARED = ("step", "restore")


def main(folder: Path, rank: int, launcher: int) -> int:
    """Serve one training to its end; the exit code. ``launcher`` is the process that started this one."""
    die_with(launcher)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    assignment = letters.read_assignment(folder)
    device = assignment.devices[rank]
    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    try:
        join(folder, rank, assignment)
        trainer = make_trainer(assignment, device)
        if rank == 0:
            Speaker(folder, assignment, trainer).serve()
        else:
            follow(folder, trainer)
    except PeerLost as error:
        log.error("rank %d lost another: %s", rank, error)
        return LOST_EXIT_CODE
    except Exception as error:
        if not device_is_sound(device):
            return LOST_EXIT_CODE
        letters.put_error(folder, rank, as_error(error, assignment.job.job_id))
        return 1
    return 0


def join(folder: Path, rank: int, assignment: Assignment) -> None:
    """Meet the other ranks. Raises PeerLost."""
    cuda, size = assignment.devices[rank].startswith("cuda"), len(assignment.devices)
    try:
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if cuda else "gloo",
            store=FileStore(str(folder / MEETING), size),
            rank=rank,
            world_size=size,
            timeout=PATIENCE,
        )
    except RuntimeError as error:
        raise PeerLost(str(error)) from error


def make_trainer(assignment: Assignment, device: str) -> Trainer:
    """The family's trainer, in a process that knows its share. Raises ConfigurationError."""
    module, _, attribute = assignment.engine.partition(":")
    engine = getattr(import_module(module), attribute)()
    if not isinstance(engine, Teacher):
        raise ConfigurationError("this family's engine has no trainer")
    return engine.trainer(assignment.job, device)


class Speaker:
    """Rank 0: between the child and the other ranks."""

    def __init__(self, folder: Path, assignment: Assignment, trainer: Trainer) -> None:
        self._folder, self._job_id, self._trainer = folder, assignment.job.job_id, trainer
        self._does: dict[str, Callable[[], Any]] = {
            "step": trainer.step,
            "restore": lambda: restore(folder, trainer),
            "progress": trainer.progress,
            "snapshot": lambda: letters.put_snapshot(folder, trainer.snapshot()),
            "state": self._put_state,
            "finish": lambda: letters.put_trained(folder, trainer.finish()),
        }

    def serve(self) -> None:
        """Do what the child says until it says "end" or is gone."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self._folder / letters.LINE))
            with line.makefile("rw", encoding="utf-8") as stream:
                self._answer(stream, None)
                for text in stream:
                    command = json.loads(text)
                    tell(command)
                    if command == "end":
                        return
                    self._answer(stream, self._does[command]())
        tell("end")

    def _answer(self, stream: TextIO, value: Any) -> None:
        trainer = self._trainer
        status = Status(trainer.step_count, trainer.fraction, trainer.done, trainer.snapshot_due())
        stream.write(json.dumps({"status": asdict(status), "value": value}) + "\n")
        stream.flush()

    def _put_state(self) -> None:
        packed = checkpoints.pack(self._job_id, self._trainer.step_count, self._trainer.state())
        (self._folder / STATE).write_bytes(packed)


def follow(folder: Path, trainer: Trainer) -> None:
    """Any other rank: do what rank 0 passes on."""
    while (command := hear()) != "end":
        if command == "step":
            trainer.step()
        elif command == "restore":
            restore(folder, trainer)


def restore(folder: Path, trainer: Trainer) -> None:
    """Go on from the state that the child left in the folder."""
    trainer.restore(checkpoints.unpack((folder / STATE).read_bytes()))


def tell(command: str) -> None:
    """Rank 0: pass a command on, if it is for all. Raises PeerLost."""
    if command in SHARED or command == "end":
        _broadcast(torch.tensor(COMMANDS.index(command)))


def hear() -> str:
    """The next command for all. Raises PeerLost."""
    number = torch.tensor(0)
    _broadcast(number)
    return COMMANDS[int(number)]


def _broadcast(number: torch.Tensor) -> None:
    try:
        distributed.broadcast(number, src=0)
    except RuntimeError as error:
        raise PeerLost(str(error)) from error


if __name__ == "__main__":
    code = main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stderr.flush()
    # Threads of libraries must not hold up the end.
    os._exit(code)
