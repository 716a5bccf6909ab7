"""Versions to measure with, and what is made of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.music import bare, harmonisation, likeness, versions
from bench.music.__main__ import commands
from bench.music.data import CHORALES, pitches
from bench.music.pieces import scores
from bench.music_speed import ratio, turns
from tests.unit.families.music_rnn.support import network, tiny
from worker.families.music_rnn.loaded import LoadedMusician
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import VoicesLayout
from worker.music.score import SIXTEENTH, Note, Part, Score


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedMusician:
    """A tiny untrained version."""
    return versions.untrained(tmp_path_factory.mktemp("version"), tiny()).load()


def test_scores_have_the_pitches_of_the_file() -> None:
    for row, score in zip(pitches("test")[:5], scores("test"), strict=False):
        assert score.end == len(row) * SIXTEENTH or (row[score.end // SIXTEENTH :] < 0).all()
        for voice, part in enumerate(score.parts):
            sounding = [-1] * len(row)
            for note in part.notes:
                steps = range(note.start // SIXTEENTH, note.end // SIXTEENTH)
                for step in steps:
                    sounding[step] = note.pitch
            assert sounding == row[:, voice].tolist()


def test_an_untrained_version_can_be_read_again(tmp_path: Path) -> None:
    made = versions.untrained(tmp_path, tiny())
    again = versions.in_folder(tmp_path)
    assert again.title == tmp_path.name and made.title == "untrained"
    one, other = made.load().version, again.load().version
    assert one.layout == other.layout == CHORALES and one.style == other.style
    assert one.network.config == tiny()
    weights = other.network.state_dict()
    assert all(torch.equal(x, weights[name]) for name, x in one.network.state_dict().items())


def test_a_folder_that_is_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions.untrained(tmp_path / "mine", tiny())
    monkeypatch.setattr(versions, "STARTER", tmp_path / "mine")
    assert versions.chosen(None, tmp_path / "spare").title == "mine"
    assert versions.chosen(tmp_path / "mine", tmp_path / "spare").title == "mine"
    monkeypatch.setattr(versions, "STARTER", tmp_path / "none")
    assert versions.chosen(None, tmp_path / "spare").title == "untrained"
    assert json.loads((tmp_path / "spare" / "config.json").read_text(encoding="utf-8"))


def test_the_bare_loop_draws_as_the_network_tells() -> None:
    small = VoicesLayout(2, 60, 60)
    torch.manual_seed(3)
    made, plan = network(small, tiny(layers=1), sharp=6.0), Plan(16, 0, 2)
    found = bare.sample(made, 6000, 2, plan, seed=1)
    pieces = torch.cartesian_prod(*[torch.arange(3)] * 4).reshape(-1, 2, 2)
    clock = small.tell(pieces[0], plan).expand(len(pieces), -1, -1)
    likely = made(small.read(pieces), clock, pieces).sum((1, 2)).exp()
    places = (found[:, None] == pieces).all(-1).all(-1).float().argmax(1)
    counted = torch.bincount(places, minlength=len(pieces)) / len(found)
    assert float((counted - likely).abs().sum()) / 2 < 0.05


def test_the_bare_loop_goes_on_past_its_window() -> None:
    made = network(CHORALES, tiny(window=3))
    one, again = (bare.sample(made, 2, 20, Plan(16), seed=4) for _ in range(2))
    assert one.shape == (2, 20, 4) and torch.equal(one, again)
    assert not torch.equal(one, bare.sample(made, 2, 20, Plan(16), seed=5))


def test_pieces_are_composed_in_the_style(loaded: LoadedMusician, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "BARS", 2)
    made = likeness.composed(loaded, 3)
    assert len(made) == 3 and made == likeness.composed(loaded, 3)
    keys = {(tonic, mode) for tonic, mode, _ in loaded.version.style.keys}
    assert all(piece.key and (piece.key.tonic, piece.key.mode) in keys for piece in made)
    assert all(piece.end <= 2 * piece.bar and len(piece.parts) == 4 for piece in made)


def test_a_comparison_is_printed_and_drawn(
    loaded: LoadedMusician,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    some = {"test": scores("test")[:4], "train": scores("train")[:6]}
    monkeypatch.setattr(likeness, "scores", some.__getitem__)
    found = likeness.run(loaded, "a version", scores("valid")[:3], tmp_path / "plot.png")
    printed = capsys.readouterr().out
    assert found["pieces"] == {"made": 3, "held_out": 4}
    assert "Composed by a version" in printed and "| interval | " in printed
    assert "Bach, training (3)" in printed and "pieces. In the key" in printed
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_a_sample_is_always_the_same_and_has_no_piece_twice() -> None:
    pieces = scores("test")
    some = likeness.sample(pieces, 10)
    assert some == likeness.sample(pieces, 10) and len({id(piece) for piece in some}) == 10
    assert likeness.sample(pieces[:3], 10) == pieces[:3]


def test_copies_are_counted(loaded: LoadedMusician) -> None:
    assert "2 of 2 pieces" in likeness.copied(loaded, scores("train")[:2])


def test_a_melody_comes_back_as_it_went(loaded: LoadedMusician) -> None:
    piece = scores("test")[0]
    short = replace(
        piece,
        parts=tuple(
            Part(part.name, tuple(note for note in part.notes if note.end <= 192)) for part in piece.parts
        ),
    )
    (made,) = harmonisation.harmonised(loaded, [short])
    assert len(made.parts) == 4
    assert [(n.start, n.pitch, n.duration) for n in made.parts[0].notes] == [
        (n.start, n.pitch, n.duration) for n in short.parts[0].notes
    ]
    assert harmonisation.nats(loaded, [made]) > 0.0


def test_a_melody_that_was_changed_stops_the_bench() -> None:
    before = Score((Part("Melody", (Note(0, 60, 24), Note(24, 62, 24))),))
    assert harmonisation.unharmed(before, before) is before
    for notes in (
        (Note(0, 60, 24),),
        (Note(0, 60, 24), Note(24, 62, 18)),
        (Note(0, 60, 24), Note(24, 63, 24)),
    ):
        with pytest.raises(RuntimeError):
            harmonisation.unharmed(before, Score((Part("Melody", notes),)))


def test_sides_take_turns() -> None:
    told: list[str] = []

    def side(name: str) -> float:
        told.append(name)
        return float(len(told))

    ours, theirs = turns(lambda _: side("ours"), lambda _: side("theirs"), 3)
    assert told == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert (ours, theirs) == ([1.0, 4.0, 5.0], [2.0, 3.0, 6.0])
    assert ratio(ours, theirs) == pytest.approx(5 / 6)


def test_all_parts_are_run_and_quarters_only_with_their_data(tmp_path: Path) -> None:
    without = list(commands(tmp_path, 60.0))
    assert [part[0].rpartition(".")[2] for part in without] == [
        *["sixteenths"] * 4,
        "likeness",
        "harmonisation",
    ]
    assert sum(float(part[part.index("--minutes") + 1]) for part in without if "train" in part) == 60.0
    kept = [part[part.index("--keep") + 1] for part in without if "train" in part]
    assert without[3] == ["bench.music.sixteenths", "score", *kept]
    whole = list(commands(tmp_path, 60.0, Path("v"), Path("d")))
    assert ["bench.music.likeness", "--version", "v"] in whole
    assert sum(part[0] == "bench.music.quarters" for part in whole) == 4
