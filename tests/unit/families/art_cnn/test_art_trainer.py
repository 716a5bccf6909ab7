"""A training: it learns planted classes, goes on exactly, ends when it should, and tells what it does."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from shared.errors import AtelierError
from tests.unit.families.art_cnn.support import (
    KINDS,
    config_of,
    load,
    make_items,
    make_job,
    make_trainer,
    planted_set,
    random_network,
    run,
    save,
)
from worker.families.art_cnn.checks import Checks
from worker.families.art_cnn.labels import UNKNOWN, Head
from worker.families.art_cnn.loaded import LoadedJudge
from worker.families.art_cnn.trainer import ArtTrainer
from worker.family import Item, Trained, TrainerState
from worker.training import owned


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """12 pictures: the fewest that can be learned from."""
    return make_items(tmp_path_factory.mktemp("few"), 12)


def head_of(trained: Trained, name: str = "style") -> dict[str, Any]:
    (head,) = [one for one in trained.card["heads"] if one["name"] == name]
    return dict(head)


def test_planted_kinds_are_learned_and_beat_the_most_frequent(trained: Trained) -> None:
    for name in ("style", "light"):
        head = head_of(trained, name)
        assert head["accuracy"] >= head["majority"] + 0.3 and head["macro_f1"] > 0.8
    card = trained.card
    assert card["kind"] == "art_cnn" and card["learned"] == "heads"
    assert card["pictures"]["train"] + card["pictures"]["valid"] == 48


def test_unseen_pictures_are_recognized_through_the_saved_version(judge: LoadedJudge) -> None:
    pictures = planted_set(18, seed=800)
    found = [
        list(KINDS)[int(seen.probabilities[0].argmax())]
        for seen in judge.look([one.levels for one in pictures])
    ]
    assert sum(a == one.kind for a, one in zip(found, pictures, strict=True)) >= 16


def test_the_card_counts_every_picture_once_for_each_head(trained: Trained) -> None:
    for head in trained.card["heads"]:
        assert sum(one["train"] for one in head["classes"]) == trained.card["pictures"]["train"]
        assert sum(one["valid"] for one in head["classes"]) == trained.card["pictures"]["valid"]
        assert [sum(row) for row in head["confusion"]] == [one["valid"] for one in head["classes"]]
        right = sum(row[place] for place, row in enumerate(head["confusion"]))
        assert head["accuracy"] == pytest.approx(right / trained.card["pictures"]["valid"], abs=1e-4)
    told = " ".join(trained.card["not_good_for"])
    assert "fewer than 10 unseen pictures" in told and "good art" in told


def test_a_small_network_learns_what_it_is_shown(few: list[Item]) -> None:
    given = {"augmentation": "none", "mirror": False, "batch": 6, "epochs": 12, "check_every": 100}
    trainer = make_trainer(few, **given)
    losses = []
    while not trainer.done:
        trainer.step()
        losses.append(float(trainer.progress()["loss"]))
    assert sum(losses[-3:]) / 3 < 0.6 * sum(losses[:3]) / 3


def test_twelve_pictures_are_enough_and_two_are_not(few: list[Item]) -> None:
    trained = run(make_trainer(few, epochs=1, batch=4)).finish()
    assert trained.card["pictures"] == {"train": 9, "valid": 3}
    with pytest.raises(AtelierError) as caught:
        make_trainer(few[:2])
    assert (caught.value.code, caught.value.field) == ("too_few_pictures", "dataset")


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"labels": "tempo"}, "unknown_label", "labels"),
        ({"labels": "number"}, "one_class", "labels"),
        ({"only": "style=fog"}, "unknown_label", "only"),
        ({"only": "light=day"}, "too_few_pictures", "dataset"),
        ({"together": "artsit"}, "unknown_label", "together"),
        ({"together": "style"}, "one_group", "together"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_the_first_step(
    few: list[Item], given: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(AtelierError) as caught:
        make_trainer(few, **given)
    assert (caught.value.code, caught.value.field, caught.value.retryable) == (code, field, False)


def resumed(trainer: ArtTrainer, state: TrainerState) -> ArtTrainer:
    """A new trainer of the same job that goes on from a state that was written down."""
    again = ArtTrainer(trainer.job, "cpu")
    again.restore(state)
    return again


def copied(state: TrainerState) -> TrainerState:
    """As a checkpoint on disk has it: later steps change nothing in it."""
    tensors = {name: value.clone() for name, value in state.tensors.items()}
    return TrainerState(tensors, json.loads(json.dumps(state.meta)))


@pytest.mark.parametrize("network", ["small", "lite0"])
def test_interrupted_anywhere_it_ends_the_same(few: list[Item], network: str) -> None:
    given = {"network": network, "learn": "last", "augmentation": "full", "batch": 4, "epochs": 2.0}
    whole, stopped = (make_trainer(few, check_every=2, **given) for _ in range(2))
    for _ in range(3):
        stopped.step()
        if stopped.snapshot_due():
            stopped.snapshot()
    again = run(resumed(stopped, copied(stopped.state())))
    run(whole)
    assert again.step_count == whole.step_count and again.checks.history == whole.checks.history
    first, second = whole.finish(), again.finish()
    assert first.weights.keys() == second.weights.keys()
    assert all(torch.equal(value, second.weights[name]) for name, value in first.weights.items())
    assert first.config == second.config


def test_the_same_seed_gives_the_same_and_another_another(few: list[Item]) -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(time.time_ns() % 1000)
        trainer = run(make_trainer(few, epochs=0.5, batch=4, seed=seed, augmentation="full"))
        return trainer.finish().weights["heads.weight"]

    first = weights(3)
    assert torch.equal(first, weights(3)) and not torch.equal(first, weights(4))


def test_a_training_leaves_the_global_chance_alone(few: list[Item]) -> None:
    torch.manual_seed(12)
    before = torch.get_rng_state()
    trainer = make_trainer(few, augmentation="full", batch=4)
    trainer.step()
    trainer.snapshot()
    assert torch.equal(torch.get_rng_state(), before)


def test_figures_tell_how_far_it_is(few: list[Item]) -> None:
    trainer = make_trainer(few, epochs=2.0, batch=3)
    assert (trainer.step_count, trainer.fraction, trainer.done) == (0, 0.0, False)
    trainer.step()
    told = trainer.progress()
    assert told["step"] == 1.0 and told["epochs"] == pytest.approx(3 / 9, abs=0.01)
    assert float(told["loss"]) > 0 and float(told["images_per_second"]) > 0 and float(told["eta_seconds"]) > 0
    assert trainer.fraction == pytest.approx(1 / 6)
    run(trainer)
    assert trainer.step_count == 6 and trainer.done and trainer.progress()["eta_seconds"] == 0.0


def test_without_epochs_the_minutes_of_training_count(few: list[Item]) -> None:
    job = make_job(few, batch=2, minutes=0.1)
    del job.input["epochs"]
    trainer = ArtTrainer(job, "cpu")
    time.sleep(0.05)
    assert trainer.fraction == 0.0, "waiting does not count"
    trainer.step()
    assert 0 < trainer.fraction < 1.0
    trainer._seconds = 6.0
    assert trainer.done


def test_looks_come_once_an_epoch_or_as_asked_and_at_the_end(few: list[Item]) -> None:
    for every, expected in ((0, [3, 6, 7]), (2, [2, 4, 6, 7])):
        trainer = make_trainer(few, epochs=2.3, batch=3, check_every=every)
        due = []
        while not trainer.done:
            trainer.step()
            if trainer.snapshot_due():
                due.append(trainer.step_count)
        assert due == expected


def test_a_look_has_figures_of_each_head_and_a_picture(few: list[Item]) -> None:
    trainer = make_trainer(few, labels="style, light", batch=4)
    trainer.step()
    found = trainer.snapshot()
    for name in ("style", "light"):
        for figure in ("accuracy", "macro_f1", "ece"):
            assert 0 <= found.metrics[f"{name}_{figure}"] <= 1
    assert found.metrics["valid_loss"] > 0
    assert found.products and all(one.role == "grid" for one in found.products)
    for product in found.products:
        assert Image.open(io.BytesIO(product.data)).width > 100


def test_without_a_better_look_it_ends_early_and_keeps_the_best(few: list[Item]) -> None:
    trainer = make_trainer(few, epochs=50, batch=4, check_every=1, patience=2, learning_rate=1e-2)
    for _ in range(2):
        trainer.step()
        trainer.snapshot()
    best = trainer.checks.best
    assert best is not None and trainer.fraction < 1.0
    trainer.checks.since_best = 2
    assert trainer.fraction == 1.0 and trainer.done
    trained = trainer.finish()
    assert trained.card["best_step"] == best.step
    assert torch.equal(trained.weights["heads.bias"], best.state["heads.bias"].half())


def test_a_training_ended_before_any_look_is_looked_at(few: list[Item]) -> None:
    trained = make_trainer(few, batch=4).finish()
    assert trained.card["steps"] == 0 and trained.card["best_step"] == 0
    assert len(trained.card["history"]) == 1


def test_without_patience_the_last_look_is_kept(few: list[Item]) -> None:
    trainer = make_trainer(few, epochs=1, batch=3, check_every=1, patience=0, learning_rate=1e-2)
    assert run(trainer).finish().card["best_step"] == 3


def test_a_head_of_which_nothing_is_kept_back_spoils_no_look(tmp_path: Path) -> None:
    """A label on few pictures, all of which are learned from: its share of the loss is nothing."""
    items = make_items(tmp_path, 24)
    valid = set(make_trainer(items, labels="style").split.valid.tolist())
    spread = 0
    for place, item in enumerate(items):
        item.labels.pop("light")
        if place not in valid and spread < 8:
            item.labels["rare"] = "ab"[spread % 2]
            spread += 1
    trainer = make_trainer(items, labels="style, rare", epochs=0.5, batch=4)
    assert not bool((trainer.truth[trainer.split.valid][:, 1] != UNKNOWN).any())
    trainer.step()
    metrics = trainer.snapshot().metrics
    assert metrics["valid_loss"] == metrics["valid_loss"] and metrics["rare_accuracy"] == 0.0
    trained = trainer.finish()
    assert head_of(trained, "rare")["coverage"] == 0.0
    assert "Rare: a, b had fewer than 10" in " ".join(trained.card["not_good_for"])


def test_the_smallest_loss_is_the_best_whatever_came_first() -> None:
    network = random_network(config_of(heads=(Head("a", ("x", "y")),)))
    pixels, truth = torch.zeros(4, 3, 64, 64, dtype=torch.uint8), torch.tensor([[0], [0], [1], [0]])
    checks = Checks(pixels, truth, "cpu", keep_last=False)
    losses = []
    for step, bias in enumerate((0.0, -3.0, 1.0, 9.0)):
        with torch.no_grad():
            network.heads.weight.zero_()
            network.heads.bias.copy_(torch.tensor([bias, 0.0]))
        losses.append(checks.take(network, step).metrics["valid_loss"])
    assert checks.best is not None
    assert checks.best.step == 2 == losses.index(min(losses)) and checks.since_best == 1
    again = Checks(pixels, truth, "cpu", keep_last=False)
    again.restore(checks.state())
    assert again.state() | {"best": None} == checks.state() | {"best": None} and again.best is not None
    assert float(again.best.state["heads.bias"][0]) == 1.0, "later steps do not change what was kept"


def test_a_training_goes_on_from_a_version(few: list[Item], tmp_path: Path) -> None:
    first = run(make_trainer(few, epochs=1, batch=4)).finish()
    path, config = save(tmp_path, first)
    job = make_job(few, path, config, epochs=1, batch=4, labels="style, light", network="lite0", pixels=224)
    trainer = ArtTrainer(job, "cpu")
    assert trainer.config.trunk == "small" and trainer.config.pixels == 64, "the network stays what it is"
    start = trainer.snapshot().metrics
    expected = head_of(first)["accuracy"]
    assert start["style_accuracy"] == pytest.approx(expected, abs=1e-3)
    second = run(trainer).finish()
    assert second.card["recipe"]["from_version"] and len(second.card["heads"]) == 2
    assert load(tmp_path / "second", second).version.network.config.heads[0].name == "style"


def test_a_base_that_is_damaged_is_refused(few: list[Item], tmp_path: Path) -> None:
    path, config = save(tmp_path, make_trainer(few, batch=4).finish())
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    for base, described in ((tmp_path / "other.safetensors", config), (path, {}), (path, None)):
        with pytest.raises(AtelierError):
            ArtTrainer(make_job(few, base, described), "cpu")


def test_what_is_remembered_is_what_distances_are_measured_by(
    few: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many pictures only some are remembered; unseen ones must still count as inside by those."""
    monkeypatch.setattr("worker.families.art_cnn.works.MOST_REMEMBERED", 3)
    trainer = run(make_trainer(few, epochs=1, batch=4))
    trained = trainer.finish()
    assert trained.weights["works.features"].shape[0] == 3
    judge = load(tmp_path, trained)
    unseen = [trainer.pixels[place].permute(1, 2, 0).numpy() for place in trainer.split.valid]
    bound = judge.version.judgement.bound
    assert all(seen.distance <= bound + 1e-3 for seen in judge.look(unseen))


def test_a_version_owns_every_tensor(few: list[Item], tmp_path: Path) -> None:
    trained = make_trainer(few, batch=4, network="lite0", learn="all").finish()
    path = tmp_path / "all.safetensors"
    save_file(owned(trained.weights), path)
    assert path.stat().st_size < 8_000_000
