"""A training on two ranks seen by the child that leads them: the toy, in real processes on the processor."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import torch

from shared.errors import AtelierError, InvalidInput, OutOfMemory
from tests.families.toy import FAMILY
from tests.families.toy.engine import create
from tests.support.ranks import launchers_of, ranks_of, wait_gone
from worker import checkpoints
from worker.devices import Device, cpu
from worker.distributed.launch import PREFIX, RankLost, remove_left_behind
from worker.distributed.remote_trainer import rank_devices, trainer_of
from worker.family import Dataset, Item, Trainer, TrainingJob

#: Both sum the same 16 rows, in another order: single precision rounds them apart by about 1e-7.
TOLERANCE = 1e-5


def job_of(**given: object) -> TrainingJob:
    inputs = {"steps": 12, "step_ms": 0, "snapshot_every": 5, "seed": 7} | given
    works = [Item(Path("a b.png"), "a b.png", 3, 4, {"k": "v"})]
    return TrainingJob("j", inputs, Dataset("works", "0" * 64, works))


@contextmanager
def training(**given: object) -> Iterator[Trainer]:
    with trainer_of(create(), FAMILY.engine, job_of(**given), cpu()) as trainer:
        yield trainer


def losses(trainer: Trainer, steps: int) -> list[float]:
    found = []
    for _ in range(steps):
        trainer.step()
        found.append(float(trainer.progress()["loss"]))
    return found


@pytest.fixture(autouse=True)
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Temporary files of its own: other tests launch ranks at the same time. Short, for the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="ranks-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield


def left() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


def test_two_ranks_learn_as_one_does_with_the_whole_batch() -> None:
    with training(devices=1) as alone:
        expected = losses(alone, 12)
        grid, whole = alone.snapshot(), alone.finish()
    with training(devices=2) as trainer:
        assert (trainer.step_count, trainer.done, trainer.fraction) == (0, False, 0.0)
        assert losses(trainer, 12) == pytest.approx(expected, rel=TOLERANCE)
        assert (trainer.step_count, trainer.done, trainer.fraction) == (12, True, 1.0)
        told = trainer.snapshot()
        assert [product.name for product in told.products] == ["grid-12.txt"]
        assert float(told.products[0].data) == pytest.approx(float(grid.products[0].data), abs=1e-5)
        trained = trainer.finish()
    assert trained.card == whole.card == {"steps": 12, "items": 1}
    assert trained.config == whole.config and list(trained.weights) == list(whole.weights)
    assert torch.allclose(trained.weights["weight"], whole.weights["weight"], rtol=TOLERANCE, atol=1e-6)
    assert trained.products == whole.products


def test_a_state_goes_on_exactly_in_other_ranks() -> None:
    with training(devices=2) as first:
        losses(first, 5)
        assert first.snapshot_due()
        state = first.state()
        rest = losses(first, 7)
        whole = first.finish().weights["weight"]
    with training(devices=2) as second:
        second.restore(checkpoints.unpack(checkpoints.pack("j", 5, state)))
        assert second.step_count == 5
        assert losses(second, 7) == rest
        assert torch.equal(second.finish().weights["weight"], whole)


def test_nothing_is_left_when_the_ranks_end_in_order() -> None:
    before = left()
    others = set(psutil.Process().children(recursive=True))
    with training(devices=2) as trainer:
        trainer.step()
        processes = set(psutil.Process().children(recursive=True)) - others
        assert len(ranks_of(os.getpid())) == 2 and len(left()) == len(before) + 1
        for process in ranks_of(os.getpid()):
            listening = [each.laddr.ip for each in process.net_connections() if each.status == "LISTEN"]
            assert set(listening) <= {"127.0.0.1"}
        (launcher,) = launchers_of(os.getpid())
        assert not [each for each in launcher.net_connections() if each.status == "LISTEN"]
    assert not any(process.is_running() for process in processes)
    assert left() == before


@pytest.mark.parametrize("victim", ["rank 0", "rank 1", "launcher"])
def test_a_death_ends_the_whole_launch(victim: str) -> None:
    before = left()
    with pytest.raises(RankLost) as caught, training(devices=2, steps=1000) as trainer:
        trainer.step()
        ranks = ranks_of(os.getpid())
        chosen = launchers_of(os.getpid())[0] if victim == "launcher" else ranks[int(victim[-1])]
        os.kill(chosen.pid, signal.SIGKILL)
        for _ in range(1000):
            trainer.step()
    assert caught.value.retryable and caught.value.code == "worker_lost"
    wait_gone(ranks)
    assert left() == before


@pytest.mark.parametrize(
    ("trouble", "kind", "code"),
    [
        ("error", AtelierError, "internal_error"),
        ("out_of_memory", OutOfMemory, "out_of_memory"),
        ("memory_error", OutOfMemory, "out_of_memory"),
        ("exit", RankLost, "worker_lost"),
    ],
)
def test_what_a_rank_raises_arrives(trouble: str, kind: type[AtelierError], code: str) -> None:
    with pytest.raises(kind) as caught, training(devices=2, trouble=trouble, trouble_at=2) as trainer:
        losses(trainer, 2)
        trainer.step()
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


def test_a_frozen_rank_is_ended_too() -> None:
    with training(devices=2) as trainer:
        trainer.step()
        ranks = ranks_of(os.getpid())
        ranks[1].suspend()
    wait_gone(ranks, 1.0)


def test_a_folder_whose_child_was_killed_is_removed_by_the_next() -> None:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with training(devices=2) as trainer:
        assert not folder.exists()
        remove_left_behind()
        trainer.step()
        assert trainer.state().tensors


def test_a_gpu_for_each_rank_or_none() -> None:
    pair = Device("cuda:1", "Small", 8, ("cuda:1", "cuda:0"))
    assert rank_devices(pair, 2) == ("cuda:1", "cuda:0")
    assert rank_devices(cpu(), 3) == ("cpu", "cpu", "cpu")
    with pytest.raises(InvalidInput, match="This worker has 2 GPUs; the training asks for 3") as caught:
        rank_devices(pair, 3)
    assert caught.value.field == "devices"
    with pytest.raises(InvalidInput, match="one GPU"):
        rank_devices(Device("cuda:0", "Big", 8, ("cuda:0", "cpu")), 2)
