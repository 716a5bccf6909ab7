"""The painting GAN on two ranks: the same curve as on one device with the whole batch, at 32 pixels."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from shared.errors import InvalidInput
from tests.support.ranks import ranks_of
from tests.unit.families.painting_gan.support import make_items, make_job, train_input
from worker import checkpoints
from worker.devices import cpu
from worker.distributed.remote_trainer import trainer_of
from worker.families.painting_gan import FAMILY
from worker.families.painting_gan.engine import PaintingEngine
from worker.families.painting_gan.options import TrainOptions
from worker.family import Item, TrainerState

STEPS = 5
#: Relative, after each step. Two ranks add the same numbers in another order, which rounds apart by 1e-7 or
#: so. The projected GAN's Adam moves each weight by its whole rate in its first steps, however small the
#: gradient is, so where a gradient is nearly zero rounding decides the direction; from then on the curves
#: drift apart, as one device's do when its first weights are changed by 2e-7.
TOLERANCES = {"scratch": (1e-5,) * STEPS, "projected": (1e-4, 1e-3, 5e-2, 5e-2, 5e-2)}
FIGURES = ("d_loss", "g_loss", "d_sign", "moments", "penalty")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The same numbers everywhere."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    return make_items(tmp_path / "pictures")


def course(items: list[Item], **given: Any) -> tuple[list[dict[str, float]], TrainerState]:
    """The figures after each step, and the state after the last."""
    job = make_job(items, batch=16, kimg=1, snapshot_kimg=0.9, **given)
    found = []
    with trainer_of(PaintingEngine(), FAMILY.engine, job, cpu()) as trainer:
        for _ in range(STEPS):
            trainer.step()
            told = trainer.progress()
            found.append({name: float(told[name]) for name in FIGURES if name in told})
        assert len(ranks_of(os.getpid())) == (2 if given["devices"] == 2 else 0)
        return found, trainer.state()


@pytest.mark.parametrize(
    "given",
    [
        {"discriminator": "scratch"},
        {"discriminator": "projected", "augmentation": "full", "label": "mood"},
    ],
    ids=["scratch", "projected"],
)
def test_two_ranks_follow_the_curve_of_the_whole_batch(items: list[Item], given: dict[str, Any]) -> None:
    expected, alone = course(items, devices=1, **given)
    found, together = course(items, devices=2, **given)
    for step, tolerance in enumerate(TOLERANCES[given["discriminator"]]):
        for name, value in expected[step].items():
            # The share of signs moves in steps of one picture.
            room = 1 / 8 if name == "d_sign" else tolerance
            assert found[step][name] == pytest.approx(value, rel=room, abs=room * 0.1), (step + 1, name)
    # Pictures, order and chance went the same way to the last bit.
    for name in ("source", "order/source", "order/waiting"):
        assert torch.equal(alone.tensors[name], together.tensors[name])


def test_a_checkpoint_of_two_ranks_goes_on_exactly(items: list[Item]) -> None:
    job = make_job(items, batch=8, kimg=0.032, snapshot_kimg=0.016, devices=2, discriminator="projected")
    with trainer_of(PaintingEngine(), FAMILY.engine, job, cpu()) as first:
        first.step()
        first.step()
        assert first.snapshot_due()
        assert {product.role for product in first.snapshot().products} == {"grid"}
        packed = checkpoints.pack(job.job_id, 2, first.state())
        first.step()
        first.step()
        assert first.done
        assert {product.role for product in first.snapshot().products} == {"grid", "report"}
        whole = first.finish()
    with trainer_of(PaintingEngine(), FAMILY.engine, job, cpu()) as second:
        second.restore(checkpoints.unpack(packed))
        second.step()
        second.step()
        second.snapshot()
        resumed = second.finish()
    assert whole.weights.keys() == resumed.weights.keys()
    assert all(torch.equal(whole.weights[name], tensor) for name, tensor in resumed.weights.items())
    assert [(p.role, p.data) for p in whole.products] == [(p.role, p.data) for p in resumed.products]
    assert whole.card["metrics"] == resumed.card["metrics"]


@pytest.mark.parametrize(("batch", "devices"), [(12, 2), (4, 2), (16, 3)])
def test_a_batch_that_the_devices_do_not_divide_is_refused(batch: int, devices: int) -> None:
    with pytest.raises(InvalidInput, match=f"multiple of {4 * devices} on {devices} devices") as caught:
        TrainOptions.from_input(train_input(batch=batch, devices=devices))
    assert caught.value.field == "batch"
