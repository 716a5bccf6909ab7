from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from shared.errors import InvalidInput
from tests.unit.families.painting_gan.support import make_job, make_trainer, train_input
from worker import checkpoints
from worker.breathing import breathing
from worker.families.painting_gan import evaluation, snapshots
from worker.families.painting_gan import trainer as training
from worker.families.painting_gan.engine import PaintingEngine
from worker.families.painting_gan.options import TrainOptions
from worker.families.painting_gan.trainer import PaintingTrainer
from worker.family import Item, Trained
from worker.randomness import preserved

PROJECTED = {"discriminator": "projected", "kimg": 0.016}
VARIANTS = [{}, {"label": "mood", "loss": "minimax", "augmentation": "full"}, {**PROJECTED, "label": "mood"}]


@pytest.fixture(autouse=True)
def cheap_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Score 64 samples, enough for a grid, and with a small random network."""

    def small(_variant: str) -> nn.Module:
        with torch.random.fork_rng():
            torch.manual_seed(9)
            return nn.Sequential(nn.Conv2d(3, 16, 16, 16), nn.AdaptiveAvgPool2d(2), nn.Flatten()).eval()

    monkeypatch.setattr(snapshots, "SAMPLES", 64)
    monkeypatch.setattr(evaluation, "load_lite", small)


def run(trainer: PaintingTrainer, steps: int, *, snapshots: bool = True) -> None:
    for _ in range(steps):
        trainer.step()
        if snapshots and trainer.snapshot_due():
            trainer.snapshot()


def ended(trainer: PaintingTrainer) -> Trained:
    while not trainer.done:
        run(trainer, 1)
    return trainer.finish()


def equal(first: Trained, second: Trained) -> bool:
    return list(first.weights) == list(second.weights) and all(
        torch.equal(value, second.weights[name]) for name, value in first.weights.items()
    )


@pytest.mark.parametrize("given", VARIANTS, ids=["scratch", "minimax", "projected"])
def test_an_interrupted_training_goes_on_bit_for_bit(items: list[Item], given: dict[str, object]) -> None:
    whole = ended(make_trainer(items, **given))
    first = make_trainer(items, **given)
    run(first, 3)
    packed = checkpoints.pack("job", 3, first.state())
    run(first, 1)  # what happens after the checkpoint must not count
    second = make_trainer(items, **given)
    torch.manual_seed(77)
    second.restore(checkpoints.unpack(packed))
    assert second.step_count == 3
    resumed = ended(second)
    assert equal(whole, resumed)
    assert whole.card["metrics"] == resumed.card["metrics"]
    assert whole.card["history"] == resumed.card["history"]


def test_who_is_let_in_during_a_snapshot_changes_nothing(items: list[Item]) -> None:
    whole = ended(make_trainer(items, **PROJECTED))
    visits: list[int] = []

    def visit() -> None:
        visits.append(1)
        with preserved(), torch.inference_mode():
            torch.manual_seed(len(visits))
            nn.Conv2d(3, 4, 3)(torch.randn(2, 3, 16, 16))

    with breathing(visit):
        visited = ended(make_trainer(items, **PROJECTED))
    # Once for each picture at the start, and at least once for each sheet and each scored part.
    assert len(visits) > len(items) + 4
    assert equal(whole, visited)
    assert whole.card["history"] == visited.card["history"]
    assert [product.data for product in whole.products] == [product.data for product in visited.products]


def test_the_checkpoint_leaves_the_frozen_network_out(items: list[Item]) -> None:
    trainer = make_trainer(items, **PROJECTED)
    run(trainer, 1)
    state = trainer.state()
    assert not any("projector" in name for name in state.tensors)
    json.dumps(state.meta)


def test_snapshots_do_not_change_a_training(items: list[Item]) -> None:
    watched, unwatched = make_trainer(items), make_trainer(items)
    run(watched, 4)
    run(unwatched, 4, snapshots=False)
    for name, value in watched.networks.generator.state_dict().items():
        assert torch.equal(value, unwatched.networks.generator.state_dict()[name])


def test_the_seed_decides(items: list[Item]) -> None:
    first, again, other = (make_trainer(items, seed=seed) for seed in (1, 1, 2))
    for trainer in (first, again, other):
        run(trainer, 2, snapshots=False)
    weights = [t.networks.generator.state_dict()["to_rgb.weight"] for t in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("given", VARIANTS, ids=["scratch", "minimax", "projected"])
def test_a_step_moves_both_networks_and_the_average(items: list[Item], given: dict[str, object]) -> None:
    trainer = make_trainer(items, **given)
    networks = trainer.networks
    watched = (networks.generator, networks.average, networks.discriminator)
    before = [{name: value.clone() for name, value in n.named_parameters()} for n in watched]
    run(trainer, 2, snapshots=False)
    for network, old in zip(watched, before, strict=True):
        assert any(not torch.equal(value, old[name]) for name, value in network.named_parameters())
        assert all(torch.isfinite(value).all() for value in network.state_dict().values())


def test_progress_tells_the_figures_since_the_last_call(items: list[Item]) -> None:
    trainer = make_trainer(items)
    run(trainer, 3, snapshots=False)
    figures = trainer.progress()
    assert figures["step"] == 3 and figures["kimg"] == 0.012
    assert {"d_loss", "g_loss", "d_sign", "penalty", "images_per_second", "eta_seconds"} <= set(figures)
    assert -1 <= float(figures["d_sign"]) <= 1 and float(figures["eta_seconds"]) > 0
    assert trainer.fraction == 0.5 and not trainer.done
    json.dumps(figures)


def test_minutes_end_a_training_that_has_no_kimg(items: list[Item]) -> None:
    data = train_input(minutes=0.1)
    del data["kimg"]
    trainer = PaintingTrainer(make_job(items), "cpu")
    trainer.options = TrainOptions.from_input(data)
    run(trainer, 2, snapshots=False)
    assert 0 < trainer.fraction < 1
    trainer._seconds = 6.1
    assert trainer.done


def test_a_snapshot_is_a_grid_and_at_the_end_scores_and_neighbors(items: list[Item]) -> None:
    trainer = make_trainer(items)
    trainer.step()
    early = trainer.snapshot()
    assert [product.role for product in early.products] == ["grid"] and not early.metrics
    assert (early.products[0].width, early.products[0].height) == (256, 256)
    run(trainer, 5, snapshots=False)
    last = trainer.snapshot()
    assert [product.role for product in last.products] == ["grid", "report"]
    assert {"kid_lite1", "kid_lite1_floor", "nearest_share", "spread_share"} == set(last.metrics)


def test_the_best_snapshot_becomes_the_version(items: list[Item]) -> None:
    trainer = make_trainer(items, kimg=0.096)
    trained = ended(trainer)
    history = trained.card["history"]
    assert [entry["step"] for entry in history] == [12.0, 24.0]
    best = min(history, key=lambda entry: entry["kid_lite1"])
    assert trained.card["best_step"] == best["step"]
    assert trained.card["metrics"]["kid_lite1"] == best["kid_lite1"]
    assert trained.card["dataset"]["held_out"] == 4 and trained.card["dataset"]["trained_on"] == 20
    assert trained.card["recipe"]["input"]["seed"] == 11
    assert [product.role for product in trained.products] == ["sample"]
    json.dumps(trained.card)


def test_a_training_stopped_early_is_scored_and_kept(items: list[Item]) -> None:
    trainer = make_trainer(items, snapshot_kimg=1.0)
    run(trainer, 2)
    trained = trainer.finish()
    assert trained.card["best_step"] == 2 and trained.card["metrics"]
    assert [product.role for product in trained.products] == ["grid", "report", "sample"]


def test_a_version_loads_and_has_its_mean_style(items: list[Item], tmp_path: Path) -> None:
    trained = ended(make_trainer(items, label="mood"))
    assert trained.weights["w_center"].shape == (2, 128)
    assert float(trained.weights["w_center"].abs().sum()) > 0
    save_file(trained.weights, tmp_path / "v.safetensors")
    loaded = PaintingEngine().load(tmp_path / "v.safetensors", trained.config, "cpu")
    assert loaded.generator.config.classes == ("calm", "storm")
    assert loaded.nbytes == sum(x.numel() * x.element_size() for x in trained.weights.values())


def test_training_goes_on_from_a_version(items: list[Item], tmp_path: Path) -> None:
    trained = ended(make_trainer(items))
    base = tmp_path / "v.safetensors"
    save_file(trained.weights, base)
    trainer = PaintingTrainer(make_job(items, base, trained.config, seed=5), "cpu")
    start = trainer.networks.generator.state_dict()
    assert all(torch.equal(value, trained.weights[name]) for name, value in start.items())
    assert ended(trainer).card["recipe"]["from_version"] is True


@pytest.mark.parametrize(
    ("given", "field"),
    [({"resolution": 64}, "resolution"), ({"label": "mood"}, "label")],
    ids=["size", "classes"],
)
def test_a_version_of_another_kind_is_no_base(
    items: list[Item], tmp_path: Path, given: dict[str, object], field: str
) -> None:
    trained = ended(make_trainer(items))
    base = tmp_path / "v.safetensors"
    save_file(trained.weights, base)
    with pytest.raises(InvalidInput) as caught:
        PaintingTrainer(make_job(items, base, trained.config, **given), "cpu")
    assert caught.value.field == field


def test_a_batch_that_groups_do_not_divide_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        TrainOptions.from_input({**train_input(), "batch": 6})
    assert caught.value.field == "batch"


def test_the_recommended_loss_follows_the_discriminator() -> None:
    assert TrainOptions.from_input(train_input(discriminator="projected")).loss == "hinge"
    assert TrainOptions.from_input(train_input(discriminator="scratch")).loss == "relativistic"
    assert TrainOptions.from_input(train_input(loss="minimax")).loss == "minimax"


def test_the_generator_of_a_version_rests_while_its_new_discriminator_learns(
    items: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_STEPS_OF_REST", 2)
    trained = ended(make_trainer(items, **PROJECTED))
    save_file(trained.weights, tmp_path / "v.safetensors")
    trainer = PaintingTrainer(make_job(items, tmp_path / "v.safetensors", trained.config, **PROJECTED), "cpu")
    heads = {name: p.clone() for name, p in trainer.networks.discriminator.named_parameters()}
    run(trainer, 2, snapshots=False)
    generator = dict(trainer.networks.generator.named_parameters())
    assert all(torch.equal(value, trained.weights[name]) for name, value in generator.items())
    assert any(not torch.equal(p, heads[n]) for n, p in trainer.networks.discriminator.named_parameters())
    run(trainer, 1, snapshots=False)
    assert any(not torch.equal(value, trained.weights[name]) for name, value in generator.items())


def test_the_critics_view_is_chosen_or_follows_the_resolution() -> None:
    assert TrainOptions.from_input(train_input(projector_pixels=160)).projector_pixels == 160
    assert TrainOptions.from_input(train_input()).projector_pixels >= 64
    with pytest.raises(InvalidInput):
        train_input(projector_pixels=100)
