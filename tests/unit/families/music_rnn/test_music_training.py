"""Trainings: exact to resume, judged by unseen pieces, and ended in time."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pretty_midi
import pytest
import torch
from safetensors.torch import save_file

from shared.catalogue import check_input
from shared.errors import AtelierError, InvalidInput
from tests.unit.families.music_rnn.support import (
    VOICES,
    band,
    chorales,
    load_version,
    make_items,
    make_request,
    make_trainer,
    make_version,
    outcomes,
    tiny,
    train_input,
)
from worker import checkpoints
from worker.breathing import breathing
from worker.families.music_rnn import FAMILY
from worker.families.music_rnn.engine import MusicEngine
from worker.families.music_rnn.learning import evaluate
from worker.families.music_rnn.network_config import NetworkConfig
from worker.families.music_rnn.options import TrainOptions
from worker.families.music_rnn.trainer import MusicTrainer
from worker.families.music_rnn.voices_layout import VoicesLayout
from worker.family import Dataset, Item, Product, Snapshot, Trained, TrainingJob
from worker.music.midi_in import read_midi
from worker.starter.parts import MODELS

FILES = {"notes", "thumbnail", "audio", "score"}


def run(trainer: MusicTrainer, steps: int, *, watched: bool = True) -> list[Snapshot]:
    found = []
    for _ in range(steps):
        trainer.step()
        if watched and trainer.snapshot_due():
            found.append(trainer.snapshot())
    return found


def ended(trainer: MusicTrainer) -> Trained:
    while not trainer.done:
        run(trainer, 1)
    return trainer.finish()


def equal(first: Trained, second: Trained) -> bool:
    return list(first.weights) == list(second.weights) and all(
        torch.equal(value, second.weights[name]) for name, value in first.weights.items()
    )


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pieces, and nothing is rendered: what is not listened to takes no time."""
    monkeypatch.setattr("worker.families.music_rnn.snapshots._BARS", 2)
    monkeypatch.setattr("worker.families.music_rnn.products.render_wav", lambda *_, **__: b"RIFF")


@pytest.fixture
def silent(brief: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As few pieces as can be."""
    monkeypatch.setattr("worker.families.music_rnn.snapshots._BARS", 1)
    monkeypatch.setattr("worker.families.music_rnn.snapshots._FINAL_PIECES", 1)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(("cell", "stop"), [("gru", 1), ("lstm", 4), ("elman", 6)])
def test_an_interrupted_training_goes_on_bit_for_bit(items: list[Item], cell: str, stop: int) -> None:
    given: dict[str, Any] = {"cell": cell, "dropout": 0.5, "check_every": 2}
    undisturbed = ended(make_trainer(items, **given))
    first = make_trainer(items, **given)
    run(first, stop)
    packed = checkpoints.pack("job", stop, first.state())
    run(first, 1)  # what happens after the checkpoint must not count
    second = make_trainer(items, **given)
    torch.manual_seed(77)
    second.restore(checkpoints.unpack(packed))
    assert second.step_count == stop and second.fraction == stop / 6
    resumed = ended(second)
    assert equal(undisturbed, resumed)
    assert undisturbed.card["metrics"] == resumed.card["metrics"]
    assert undisturbed.card["history"] == resumed.card["history"]
    assert [p.data for p in undisturbed.products] == [p.data for p in resumed.products]


@pytest.mark.usefixtures("silent")
def test_who_is_let_in_changes_nothing(items: list[Item], tmp_path: Path) -> None:
    undisturbed = ended(make_trainer(items))
    guest = load_version(tmp_path)
    visits: list[int] = []

    def visit() -> None:
        visits.append(1)
        torch.manual_seed(len(visits))
        if len(visits) % 10 == 0:
            outcomes(guest, [make_request("generate", None, count=1, bars=1, seed=len(visits))])

    with breathing(visit):
        visited = ended(make_trainer(items))
    assert len(visits) > len(items)
    assert equal(undisturbed, visited) and undisturbed.card["history"] == visited.card["history"]


@pytest.mark.usefixtures("silent")
def test_snapshots_do_not_change_a_training(items: list[Item]) -> None:
    watched, unwatched = make_trainer(items), make_trainer(items)
    run(watched, 4)
    run(unwatched, 4, watched=False)
    one, other = (t.learner.network.state_dict() for t in (watched, unwatched))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_the_seed_decides_and_the_global_chance_does_not(items: list[Item]) -> None:
    states = []
    for seed, chance in ((1, 5), (1, 6), (2, 5)):
        torch.manual_seed(chance)
        trainer = make_trainer(items, seed=seed)
        before = torch.get_rng_state()
        run(trainer, 2, watched=False)
        assert torch.equal(torch.get_rng_state(), before)
        states.append(trainer.learner.network.state_dict())
    first, again, other = states
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_the_order_of_the_files_counts_for_nothing_in_what_is_held_out(items: list[Item]) -> None:
    held = [[w.name for w in make_trainer(one).corpus.held_out] for one in (items, items[::-1])]
    assert held[0] == held[1]


@pytest.mark.parametrize("representation", ["voices", "events"])
@pytest.mark.parametrize("lookback", [True, False])
def test_every_weight_learns(items: list[Item], representation: str, lookback: bool) -> None:
    trainer = make_trainer(items, representation=representation, lookback=lookback, layers=2, dropout=0.0)
    assert (trainer.learner.network.memory is not None) is lookback
    before = {name: value.clone() for name, value in trainer.learner.network.named_parameters()}
    average = {name: value.clone() for name, value in trainer.learner.average.named_parameters()}
    run(trainer, 2, watched=False)
    # Only a memory looks up what the last slot was.
    idle = f"codes.{len(trainer.corpus.layout.slots) - 1}.weight"
    for name, value in trainer.learner.network.named_parameters():
        if name == idle and not lookback:
            continue
        assert torch.isfinite(value).all() and not torch.equal(value, before[name]), name
    assert any(not torch.equal(v, average[n]) for n, v in trainer.learner.average.named_parameters())


def test_a_training_learns(items: list[Item]) -> None:
    trainer = make_trainer(items, steps=30, batch=4, learning_rate=0.02, dropout=0.0, average=0.5)
    before = evaluate(trainer.learner.average, [w.piece for w in trainer.corpus.train], "cpu").nll
    run(trainer, 30, watched=False)
    after = evaluate(trainer.learner.average, [w.piece for w in trainer.corpus.train], "cpu").nll
    assert before == pytest.approx(math.log(VOICES.pitches), rel=0.3) and after < 0.6 * before


def test_progress_tells_the_figures_since_the_last_call(items: list[Item]) -> None:
    trainer = make_trainer(items)
    assert trainer.progress()["step"] == 0
    run(trainer, 3, watched=False)
    figures = trainer.progress()
    assert set(figures) == {"nll_train", "notes_per_second", "step", "epoch", "eta_seconds"}
    assert figures["step"] == 3 and trainer.fraction == 0.5 and not trainer.done
    # Seven pieces of 64 sixteenths; two passages of 32 a step.
    assert figures["epoch"] == round(3 / 7, 2)
    assert float(figures["eta_seconds"]) > 0 and 0 < float(figures["nll_train"]) < 10
    json.dumps(figures)
    again = trainer.progress()
    assert again["nll_train"] == figures["nll_train"]


def test_steps_count_instead_of_minutes(items: list[Item]) -> None:
    trainer = make_trainer(items, minutes=0.1, steps=1000)
    trainer._seconds = 60.0
    assert (trainer.fraction, trainer.done) == (0.0, False)
    trainer._steps = 1000
    assert (trainer.fraction, trainer.done) == (1.0, True)


def test_minutes_end_a_training_that_has_no_steps(items: list[Item]) -> None:
    trainer = make_trainer(items)
    data = train_input(minutes=0.1)
    del data["steps"]
    trainer.options = TrainOptions.from_input(data)
    run(trainer, 2, watched=False)
    assert 0 < trainer.fraction < 1 and not trainer.done
    trainer._seconds = 6.1
    assert (trainer.fraction, trainer.done) == (1.0, True)


@pytest.mark.usefixtures("silent")
def test_it_ends_when_unseen_pieces_are_long_not_foretold_better(items: list[Item]) -> None:
    trainer = make_trainer(items, steps=1000, check_every=1, patience=3, learning_rate=1e-5)
    # Nothing learned is nothing better: the average stays what it was.
    trainer.learner._follow = lambda step: None  # type: ignore[method-assign]
    notes: list[str] = []
    while not trainer.done:
        for snapshot in run(trainer, 1):
            notes += snapshot.notes
    assert trainer.step_count == 4 and trainer.snapshots.stalled
    assert len(notes) == 1 and notes[0].startswith("stopped early")
    trained = trainer.finish()
    assert trained.card["best_step"] == 1 and trained.card["training"]["steps"] == 4


@pytest.mark.usefixtures("silent")
def test_without_patience_it_goes_on(items: list[Item]) -> None:
    trainer = make_trainer(items, steps=6, check_every=1, patience=0, learning_rate=1e-5)
    trainer.learner._follow = lambda step: None  # type: ignore[method-assign]
    run(trainer, 5)
    assert not trainer.done and not trainer.snapshots.stalled


@pytest.mark.usefixtures("silent")
def test_the_best_snapshot_becomes_the_version(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = make_trainer(items, check_every=1, average=0.0, learning_rate=0.02)
    kept: dict[int, dict[str, torch.Tensor]] = {}
    while not trainer.done:
        trainer.step()
        kept[trainer.step_count] = {n: v.clone() for n, v in trainer.learner.average.state_dict().items()}
        trainer.snapshot()
    # As if the third had been the best.
    best = min(trainer.snapshots.history, key=lambda row: row["nll_valid"])
    trained = trainer.finish()
    assert trained.card["best_step"] == best["step"]
    assert all(torch.equal(v, trained.weights[n]) for n, v in kept[int(best["step"])].items())
    assert trained.config["usual_nll"] == best["nll_valid"] == trained.card["metrics"]["nll_valid"]
    assert trained.card["metrics"]["perplexity"] == pytest.approx(math.exp(best["nll_valid"]), rel=1e-3)


@pytest.mark.usefixtures("silent")
def test_a_training_stopped_early_is_scored_and_kept(items: list[Item]) -> None:
    trainer = make_trainer(items, check_every=100)
    run(trainer, 2)
    trained = trainer.finish()
    assert trained.card["best_step"] == 2 and trained.card["metrics"]
    assert {p.role for p in trained.products} == {"piece", "sample"} | (
        FILES & {p.role for p in trained.products}
    )


def test_a_snapshot_has_a_piece_to_listen_to(items: list[Item]) -> None:
    trainer = make_trainer(items)
    (snapshot,) = run(trainer, 3)
    assert set(snapshot.metrics) == {"nll_valid", "perplexity"} and not snapshot.notes
    playable(snapshot.products, "piece", [3])


@pytest.mark.usefixtures("brief")
def test_a_version_comes_with_samples_and_a_card(items: list[Item]) -> None:
    trained = ended(make_trainer(items, check_every=100))
    playable([p for p in trained.products if p.name.startswith("sample")], "sample", range(4))
    card = trained.card
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert card["dataset"] == {
        "name": "tiny", "hash": "0" * 64, "trained_on": 7, "held_out": 1, "left_out": 0,
        "left_out_names": [], "only": "",
    }  # fmt: skip
    assert card["training"]["steps"] == 6 and card["recipe"]["input"]["seed"] == 11
    assert card["recipe"]["from_version"] is False and card["representation"]["voices"] == 4


def playable(products: list[Product], role: str, positions: Any) -> None:
    """Whether there are pieces at these positions, each with its files, that others can read and play."""
    pieces = [one for one in products if one.role == role]
    assert [one.position for one in pieces] == list(positions)
    for piece in pieces:
        beside = {one.role for one in products if one.position == piece.position} - {role}
        score = read_midi(piece.data).score
        played = pretty_midi.PrettyMIDI(io.BytesIO(piece.data))
        assert sum(len(one.notes) for one in played.instruments) == sum(len(p.notes) for p in score.parts) > 0
        assert FILES - {"score"} <= beside <= FILES
        assert piece.meta is not None and piece.meta["seed"] >= 0 and piece.meta["shared_bound"] >= 0


@pytest.mark.usefixtures("silent")
def test_pieces_come_with_the_first_checks_then_with_every_fourth_and_the_last(items: list[Item]) -> None:
    trainer = make_trainer(items, steps=11, check_every=1, patience=0)
    heard = [
        trainer.step_count
        for _ in range(11)
        for snapshot in run(trainer, 1)
        if any(p.role == "piece" for p in snapshot.products)
    ]
    assert heard == [1, 2, 4, 8, 11]


@pytest.mark.usefixtures("silent")
def test_a_trained_version_loads_and_works(tmp_path: Path) -> None:
    for representation, scores in (("voices", chorales()), ("events", [band(2, n) for n in range(6)])):
        trained = ended(
            make_trainer(make_items(tmp_path / representation, scores), representation=representation)
        )
        path = tmp_path / f"{representation}.safetensors"
        save_file(trained.weights, path)
        loaded = MusicEngine().load(path, json.loads(json.dumps(trained.config)), "cpu")
        (found,) = outcomes(loaded, [make_request("generate", None, count=1, bars=1, seed=1)])
        assert not isinstance(found, AtelierError)


@pytest.mark.usefixtures("silent")
def test_training_goes_on_from_a_version(items: list[Item], tmp_path: Path) -> None:
    layout = VoicesLayout(4, 30, 90)
    config = replace(tiny("lstm"), hidden=32)
    path, description = make_version(tmp_path, layout, config=config)
    trainer = make_trainer(items, path, description, cell="lstm", layers=2)
    assert trainer.corpus.layout == layout and trainer.config == config
    before = trainer.learner.network.state_dict()
    for state in (before, trainer.learner.average.state_dict()):
        base = MusicEngine().load(path, description, "cpu").version.network.state_dict()
        assert all(torch.equal(value, base[name]) for name, value in state.items())
    trained = ended(trainer)
    assert trained.card["recipe"]["from_version"] is True
    assert trained.config["layout"] == layout.to_dict() and trained.config["network"] == config.to_dict()


@pytest.mark.parametrize(
    ("field", "asked"),
    [("cell", "gru"), ("hidden", 64), ("layers", 3), ("lookback", False), ("representation", "events")],
)
def test_a_version_does_not_become_another_network(
    items: list[Item], tmp_path: Path, field: str, asked: Any
) -> None:
    config = replace(tiny("lstm"), hidden=32)
    path, description = make_version(tmp_path, config=config)
    own = {"cell": "lstm", "hidden": 32, "layers": 2, "lookback": True, "representation": "voices"}
    assert make_trainer(items, path, description, **own).config == config
    with pytest.raises(InvalidInput) as refused:
        make_trainer(items, path, description, **{**own, field: asked})
    assert (refused.value.field, refused.value.code) == (field, "other_network")
    said = str(own[field]).lower() if isinstance(asked, bool) else str(own[field])
    assert refused.value.message.endswith(f"set {field} to {said}.")


def test_the_starter_goes_on_with_what_is_usual(items: list[Item]) -> None:
    folder = MODELS / "bach-chorales"
    description = json.loads((folder / "config.json").read_text())
    asked = check_input(FAMILY.description.operation("train"), {"dataset": "d", "steps": 1})
    dataset = Dataset("tiny", "0" * 64, items)
    job = TrainingJob("job", asked, dataset, folder / "weights.safetensors", description)
    assert MusicTrainer(job, "cpu").config == NetworkConfig.from_dict(description["network"])


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"only": "folder=none"}, "invalid_input", "only"),
        ({"only": "folder=other"}, "too_few_works", "dataset"),
    ],
)
def test_a_training_that_cannot_be_is_refused_at_once(
    items: list[Item], given: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_trainer(items, **given)
    assert (caught.value.code, caught.value.field) == (code, field)
