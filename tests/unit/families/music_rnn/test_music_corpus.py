"""Which pieces of a data set are learned from, in which representation, and by which it is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from shared.errors import BadFile, InvalidInput
from tests.unit.families.music_rnn.support import NAMES, RANGES, band, bare, chorale, chorales, make_items
from worker.families.music_rnn.batches import UNTOLD_KEY, UNTOLD_LENGTH, Batches, Piece, stack, whole
from worker.families.music_rnn.corpus import Corpus, load_corpus, style_of, with_key
from worker.families.music_rnn.events_layout import EventsLayout
from worker.families.music_rnn.layouts import decode
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import VoicesLayout
from worker.family import Item
from worker.music.score import Key, Note, Score, part_of

BANDS = [band(2, seed) for seed in range(6)]


def load(folder: Path, scores: list[Score], **given: Any) -> Corpus:
    """The corpus of some pieces."""
    chosen = {"representation": "auto", "only": "", "transpose": 2, **given}
    return load_corpus(make_items(folder, scores), **chosen)


def names(corpus: Corpus) -> tuple[list[str], list[str]]:
    return [work.name for work in corpus.train], [work.name for work in corpus.held_out]


def test_chorales_are_voices(tmp_path: Path) -> None:
    corpus = load(tmp_path, chorales())
    low, high = (
        min(n.pitch for one in chorales() for _, n in one.notes()),
        max(n.pitch for one in chorales() for _, n in one.notes()),
    )
    assert corpus.layout == VoicesLayout(4, low - 2, high + 2)
    assert (len(corpus.train), len(corpus.held_out), corpus.left_out) == (7, 1, [])
    work = corpus.train[0]
    whole_piece = decode(work.piece.codes, corpus.layout, work.score)
    assert bare(whole_piece) == bare(chorales()[int(work.name[:3])])
    assert work.piece.plan == Plan(16, 0, 64, work.score.key)


def test_the_range_stays_within_the_piano_but_for_what_is_there(tmp_path: Path) -> None:
    high = Score((part_of("A", [Note(n * 24, 107, 24) for n in range(8)]),
                  part_of("B", [Note(n * 24, 22, 24) for n in range(8)])))  # fmt: skip
    layout = load(tmp_path / "a", [high] * 6, transpose=6).layout
    assert (layout.low, layout.high) == (21, 108)
    layout = load(
        tmp_path / "b",
        [Score(tuple(replace(p, notes=tuple(replace(n, pitch=119) for n in p.notes)) for p in high.parts))]
        * 6,
    ).layout
    assert layout.high == 119


def test_anything_else_is_events(tmp_path: Path) -> None:
    corpus = load(tmp_path, [*BANDS, chorale()])
    assert corpus.layout == EventsLayout((-1, 0, 40, 52), corpus.layout.low, corpus.layout.high)
    assert corpus.left_out == []


def test_voices_may_be_turned_into_events_but_not_a_band_into_voices(tmp_path: Path) -> None:
    assert isinstance(load(tmp_path / "a", chorales(), representation="events").layout, EventsLayout)
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path / "b", BANDS, representation="voices")
    assert (caught.value.code, caught.value.field) == ("needs_voices", "representation")


def test_a_few_others_are_left_out_of_voices(tmp_path: Path) -> None:
    mixed = [*chorales(8), BANDS[0], replace(chorale(), parts=chorale().parts[:3])]
    corpus = load(tmp_path / "a", mixed)
    assert isinstance(corpus.layout, VoicesLayout) and corpus.left_out == ["008.mid", "009.mid"]
    # Of half bands auto makes events; voices can still be asked for.
    mixed = [*chorales(6), *BANDS]
    assert isinstance(load(tmp_path / "b", mixed).layout, EventsLayout)
    asked = load(tmp_path / "c", mixed, representation="voices")
    assert isinstance(asked.layout, VoicesLayout) and len(asked.left_out) == 6


def test_one_track_of_chords_becomes_its_voices(tmp_path: Path) -> None:
    merged = [
        replace(s, parts=(part_of("All", [n for _, n in s.notes()]),))
        for s in (chorale(4, n, rests=0) for n in range(6))
    ]
    corpus = load(tmp_path, merged)
    assert isinstance(corpus.layout, VoicesLayout) and corpus.layout.voices == 4
    assert corpus.style.names == NAMES


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_few_pieces_are_too_few(tmp_path: Path, count: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, chorales(count))
    assert (caught.value.code, caught.value.field) == ("too_few_works", "dataset")
    assert f"{count} pieces" in str(caught.value)


def test_very_short_pieces_count_for_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="5 pieces"):
        load(tmp_path, [*chorales(5), chorale(1)])


def test_only_a_part_of_a_data_set(tmp_path: Path) -> None:
    corpus = load(tmp_path, chorales(12), only="folder = one")
    everything = sorted(name for part in names(corpus) for name in part)
    assert everything == [f"{n:03d}.mid" for n in range(12) if n % 3]
    for wrong in ("folder=none", "nothing", "=", "composer=one"):
        with pytest.raises(InvalidInput) as caught:
            load(tmp_path, chorales(6), only=wrong)
        assert caught.value.field == "only"
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, chorales(12), only="folder=other")
    assert caught.value.code == "too_few_works"


def test_what_is_held_out_hangs_on_names_alone(tmp_path: Path) -> None:
    items = make_items(tmp_path, chorales(20, 2))
    given: dict[str, Any] = {"representation": "auto", "only": "", "transpose": 2}
    train, held = names(load_corpus(items, **given))
    assert len(held) == 2 and not set(train) & set(held)
    assert set(names(load_corpus(items[::-1], **{**given, "transpose": 5}))[1]) == set(held)
    # Another piece takes at most one place.
    fewer = [item for item in items if item.name not in (train[0],)]
    assert set(names(load_corpus(fewer, **given))[1]) <= set(held)


def test_the_representation_of_a_version_is_kept(tmp_path: Path) -> None:
    layout = VoicesLayout(4, 30, 90)
    assert load(tmp_path / "a", chorales(), layout=layout).layout is layout
    narrow = VoicesLayout(4, 30, 70)
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path / "b", chorales(), layout=narrow)
    assert caught.value.code == "too_few_works" and "fit the version" in str(caught.value)
    with pytest.raises(InvalidInput):
        load(tmp_path / "c", chorales(), layout=VoicesLayout(3, 0, 127))
    events = EventsLayout((0,), 0, 127)
    corpus = load(tmp_path / "d", [*chorales(), *BANDS], layout=events)
    # A model without drums learns nothing of pieces that have some.
    assert corpus.layout is events and corpus.left_out == [f"{n:03d}.mid" for n in range(8, 14)]


def test_a_file_that_is_no_music_is_told(tmp_path: Path) -> None:
    items = make_items(tmp_path, chorales(6))
    items[2].path.write_bytes(b"no music")
    with pytest.raises(BadFile) as caught:
        load_corpus(items, representation="auto", only="", transpose=0)
    assert caught.value.code == "not_midi"


def test_what_is_usual() -> None:
    scores = [replace(one, tempo=80.0 + n, key=Key(n % 2, "major")) for n, one in enumerate(chorales(5))]
    style = style_of([*scores, replace(chorale(9, meter=(3, 4)), tempo=200.0, key=None)])
    assert (style.tempo, style.meter, style.bars) == (82.5, (4, 4), 4)
    assert style.programs == (52,) * 4 and style.names == NAMES
    assert style.keys == ((0, "major", 3), (1, "major", 2))
    assert all(low <= a <= b <= high for (a, b), (low, high) in zip(style.ranges, RANGES, strict=True))


def test_a_key_is_found_where_notes_show_one() -> None:
    scale = [60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60]
    tune = Score(
        (part_of("A", [Note(n * 24, pitch, 24) for n, pitch in enumerate(scale)]),), key=Key(6, "minor")
    )
    assert with_key(tune).key == Key(0, "major")
    drums = Score((part_of("D", [Note(0, 36, 24)], drums=True),), key=Key(6, "minor"))
    assert with_key(drums).key == Key(6, "minor")


LAYOUT = VoicesLayout(1, 60, 80)
LONG, SHORT = (
    Piece(name, torch.arange(2, 2 + steps)[:, None] % 10 + 4, Plan(4, 0, steps, Key(1, "minor")))
    for name, steps in (("long", 90), ("short", 10))
)


def batches(**given: Any) -> Batches:
    chosen = {"batch": 4, "crop": 16, "transpose": 3, "seed": 1, **given}
    return Batches(LAYOUT, [LONG, SHORT], **chosen)


def test_a_batch_comes_from_the_seed_and_the_step_alone() -> None:
    first, again = batches().draw(7), batches().draw(7)
    assert all(torch.equal(a, b) for a, b in zip(vars(first).values(), vars(again).values(), strict=True))
    for other in (batches().draw(8), batches(seed=2).draw(7)):
        assert not torch.equal(first.codes, other.codes)


def test_a_crop_is_a_part_of_a_piece_as_the_whole_reads_it() -> None:
    seen = set()
    for step in range(40):
        batch = batches().draw(step)
        assert batch.codes.shape == (4, 16, 1) and batch.fields.shape[:2] == batch.mask.shape == (4, 16)
        for row in range(4):
            length = int(batch.mask[row].sum())
            assert not batch.mask[row, length:].any() and not batch.codes[row, length:].any()
            piece = LONG if length == 16 else SHORT
            moved = [
                (shift, start)
                for shift in range(-2, 4)
                for start in range(len(piece.codes) - length + 1)
                if torch.equal(
                    LAYOUT.transposed(piece.codes, shift)[start : start + length], batch.codes[row, :length]
                )
            ]
            assert moved and length in (10, 16)
            seen |= {shift for shift, _ in moved}
            fields = [LAYOUT.read(LAYOUT.transposed(piece.codes, s))[a : a + length] for s, a in moved]
            assert any(torch.equal(one, batch.fields[row, :length]) for one in fields)
            key = int(batch.clock[row, 0, 2])
            assert key in {0, *(1 + (1 + shift) % 12 + 12 for shift, _ in moved)}
    # Down two only: the lowest note lies there.
    assert seen == set(range(-2, 4))


def test_keys_and_lengths_are_sometimes_not_told() -> None:
    rows = torch.cat([batches(batch=64).draw(step).clock[:, 0] for step in range(30)])
    assert float((rows[:, 2] == 0).float().mean()) == pytest.approx(UNTOLD_KEY, abs=0.05)
    assert float((rows[:, 1] == 0).float().mean()) == pytest.approx(UNTOLD_LENGTH, abs=0.05)


def test_a_piece_comes_as_often_as_it_is_long_or_evenly() -> None:
    for evenly, share in ((False, 0.9), (True, 0.5)):
        masks = torch.cat([batches(batch=64, evenly=evenly).draw(step).mask.sum(1) for step in range(20)])
        assert float((masks == 16).float().mean()) == pytest.approx(share, abs=0.05)


def test_a_whole_piece_is_a_batch_of_one() -> None:
    batch = whole(LAYOUT, SHORT)
    assert torch.equal(batch.codes[0], SHORT.codes) and batch.mask.all()
    assert torch.equal(batch.clock[0], LAYOUT.tell(SHORT.codes, SHORT.plan))
    pairs = [(LAYOUT.read(p.codes), LAYOUT.tell(p.codes, p.plan), p.codes) for p in (LONG, SHORT)]
    both = stack(pairs)
    assert both.mask.sum(1).tolist() == [90.0, 10.0] and torch.equal(both.codes[0], LONG.codes)


def test_items_are_labeled_for_these_tests(items: list[Item]) -> None:
    assert {item.labels["folder"] for item in items} == {"one", "other"}
