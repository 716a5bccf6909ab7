"""What is given and what is free, before a network has seen it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.families.music_rnn.support import (
    EVENTS,
    STYLE,
    VOICES,
    band,
    chorale,
    sounding,
    tries,
)
from worker.families.music_rnn import drafting
from worker.families.music_rnn.composing import ANEW, FREE, Draft
from worker.families.music_rnn.drafting import MOST_STEPS, Dials, Wish
from worker.families.music_rnn.events_layout import starts_of
from worker.families.music_rnn.layouts import AnyLayout, decode, encode, plan_of
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import HOLD, REST
from worker.music.score import SIXTEENTH, TICKS, Key, Score, part_of

DIALS = Dials(0.8, 0.7, 21)
PICKUPS = st.sampled_from((0, TICKS, 2 * TICKS, 18))


def test_a_composition_in_no_key_is_free_and_knows_its_length() -> None:
    draft = drafting.composition(VOICES, STYLE, bars=3, seed=4, temperature=0.7, top_p=0.6)
    assert draft.given.shape == (48, 4) and (draft.given == FREE).all()
    assert draft.plan == Plan(16, 0, 48)
    assert (draft.temperature, draft.top_p, draft.seed, draft.particles) == (0.7, 0.6, 4, 1)


def test_a_composition_in_a_key_begins_and_ends_there_and_follows_several_ways() -> None:
    key = Key(9, "minor")
    draft = drafting.composition(VOICES, STYLE, bars=3, seed=4, key=key, care=5)
    assert draft.plan == Plan(16, 0, 48, key) and draft.particles == 5
    fixed = draft.given != FREE
    assert fixed[0].all() and fixed[-8:, -1].all() and int(fixed.sum()) == 4 + 8
    again = drafting.composition(VOICES, STYLE, bars=3, seed=4, key=key, care=5)
    assert torch.equal(draft.given, again.given), "the seed decides the chord"


@tries
@given(st.integers(1, 5), PICKUPS, st.sampled_from((VOICES, EVENTS)))
def test_a_plan_touches_as_many_bars_as_its_piece(bars: int, pickup: int, layout: AnyLayout) -> None:
    piece = chorale(bars, 3, pickup=pickup)
    assert plan_of(piece, layout).bars == piece.bars
    longer = piece.bar_start(piece.bars + 2)
    assert drafting.beginning(layout, piece, piece.end, longer)[1].bars == piece.bars + 2


def test_a_plan_of_no_length_says_no_bars() -> None:
    assert [Plan(16, 0, length).bars for length in (0, 1, 16, 17)] == [0, 1, 1, 2]
    assert Plan(16, 4).bars == 0 and Plan(16, 15, 1).bars == 1 and Plan(16, 15, 2).bars == 2


def test_events_in_a_key_are_free() -> None:
    draft = drafting.composition(EVENTS, STYLE, bars=3, seed=4, key=Key(0, "major"))
    assert (draft.given == FREE).all() and draft.particles == 1


def test_events_have_room_for_a_dense_piece_and_not_for_more_than_the_longest() -> None:
    short, longest = (drafting.composition(EVENTS, STYLE, bars=n, seed=1) for n in (2, 128))
    assert short.plan == Plan(48, 0, 96) and short.given.shape == (192, 5)
    assert longest.plan.length == 128 * 48 and len(longest.given) == MOST_STEPS


@pytest.mark.parametrize("pickup", [0, TICKS])
def test_a_beginning_is_kept_to_its_tick(pickup: int) -> None:
    piece = chorale(4, pickup=pickup)
    codes, plan = drafting.beginning(VOICES, piece, 2 * piece.bar, 8 * piece.bar)
    assert torch.equal(codes, encode(piece, VOICES)[:32])
    assert (plan.bar, plan.offset, plan.length) == (16, 12 if pickup else 0, 128)


def test_of_events_those_are_kept_that_begin_before() -> None:
    piece = band(4)
    codes, plan = drafting.beginning(EVENTS, piece, piece.bar, 8 * piece.bar)
    assert len(codes) == sum(note.start < piece.bar for _, note in piece.notes())
    assert (starts_of(codes) < 48).all() and plan.length == 8 * 48


def test_a_continuation_begins_with_what_is_kept() -> None:
    piece = chorale(2)
    codes, plan = drafting.beginning(VOICES, piece, piece.end, 4 * piece.bar)
    draft = drafting.continuation(VOICES, codes, plan, DIALS)
    assert draft.given.shape == (64, 4)
    assert torch.equal(draft.given[:32], codes)
    assert (draft.given[32] == ANEW).all() and (draft.given[33:] == FREE).all()
    assert (draft.temperature, draft.top_p, draft.seed) == (0.8, 0.7, 21)


@tries
@given(PICKUPS, PICKUPS, st.integers(1, 6), st.integers(1, 3), st.integers(0, 5))
def test_a_bridge_stands_between_two_ends(
    first_pickup: int, second_pickup: int, keep: int, between: int, shorter: int
) -> None:
    first, second = chorale(4, 1, pickup=first_pickup), chorale(4, 2, pickup=second_pickup)
    # The first one may end somewhere within a bar.
    last = max(note.end for _, note in first.notes()) - shorter * 6
    first = Score(tuple(part_of(p.name, [n for n in p.notes if n.end <= last]) for p in first.parts),
                  meter=(4, 4), pickup=first_pickup)  # fmt: skip
    given, plan = drafting.bridge(VOICES, first, second, keep=keep, between=between)
    free = (given == FREE).all(1)
    assert torch.equal(free, (given == FREE).any(1))
    start, end = int(free.nonzero()[0, 0]), int(free.nonzero()[-1, 0]) + 1
    assert free[start:end].all() and between * 16 <= end - start < between * 16 + 32
    assert plan.length == len(given) and plan.offset == (16 - first_pickup // 6) % 16
    assert torch.equal(given[:start], encode(first, VOICES)[:start])
    assert start == min(first.bar_start(keep + bool(first_pickup)) // 6, len(encode(first, VOICES)))
    tail = len(given) - end
    assert (sounding(second, len(encode(second, VOICES)))[-tail:] == shown(given[end:])).all()
    # It stands in the bar as it does in its own piece.
    from_start = len(encode(second, VOICES)) - tail
    own_offset = (16 - second_pickup // 6) % 16
    assert (end + plan.offset - (from_start + own_offset)) % 16 == 0
    assert (given[end] != HOLD).all()


def shown(codes: torch.Tensor) -> np.ndarray:
    """What codes sound at each sixteenth."""
    return sounding(decode(codes, VOICES, Score(())), len(codes))


@tries
@given(
    st.integers(0, 30),
    PICKUPS,
    st.sets(st.integers(0, 4), min_size=1),
    st.sets(st.integers(0, 3), min_size=1),
)
def test_freed_bars_leave_all_others_sounding_as_they_did(
    seed: int, pickup: int, bars: set[int], voices: set[int]
) -> None:
    piece = chorale(4, seed, pickup=pickup)
    bars = {bar for bar in bars if bar < piece.bars} or {0}
    codes = encode(piece, VOICES)
    given = drafting.freed(codes, piece, sorted(bars), sorted(voices))
    inside = torch.zeros_like(given, dtype=torch.bool)
    for step, voice in np.ndindex(*given.shape):
        inside[step, voice] = piece.bar_of(step * SIXTEENTH) in bars and voice in voices
    assert torch.equal(given == FREE, inside)
    # Whatever is written there, the rest sounds as it did.
    for fill in (REST, 40, HOLD):
        filled = torch.where(inside, fill, given)
        outside = ~inside.numpy()
        # A hold goes on with what came before it in the bar before, never with what comes after.
        assert (shown(filled) == shown(codes))[outside].all()


def test_nothing_is_freed_of_no_voices() -> None:
    piece = chorale(2)
    codes = encode(piece, VOICES)
    assert torch.equal(drafting.freed(codes, piece, [0, 1], range(0)), codes)


def test_sweeps_free_each_free_voice_in_turn() -> None:
    given = torch.tensor([[5, FREE, FREE], [6, FREE, 9]])
    found = drafting.sweeps(given, 2)
    assert [mask.tolist() for mask in found] == 2 * [
        [[False, True, False], [False, True, False]],
        [[False, False, True], [False, False, False]],
    ]
    assert drafting.sweeps(given, 0) == () == drafting.sweeps(torch.tensor([[1, 2]]), 3)


def test_a_move_frees_its_codes_of_what_was_written() -> None:
    given = torch.tensor([[5, FREE], [6, FREE]])
    draft = Draft(given, Plan(16, 0, 2), 0.8, 0.7, 3, particles=4)
    wish = Wish(draft, Score(()), drafting.sweeps(given, 2))
    written = torch.tensor([[5, 7], [6, 8]])
    for move in range(2):
        moved = wish.moved(written, move)
        assert moved.given.tolist() == [[5, FREE], [6, FREE]]
        assert moved.reference is written and moved.stream == 1 + move
        assert (moved.seed, moved.particles, moved.temperature, moved.top_p) == (3, 4, 0.8, 0.7)


@tries
@given(st.integers(1, 40), st.floats(0.05, 1.0), st.integers(0, 2**31 - 1))
def test_a_variation_changes_its_share_of_the_bars(count: int, strength: float, seed: int) -> None:
    bars = drafting.some_bars(count, strength, seed)
    assert bars == sorted(set(bars)) and set(bars) <= set(range(count))
    assert len(bars) == max(1, round(strength * count))
    assert bars == drafting.some_bars(count, strength, seed)


def test_seeds_change_different_bars() -> None:
    assert len({tuple(drafting.some_bars(16, 0.3, seed)) for seed in range(20)}) > 15


def test_passages_are_what_was_given() -> None:
    given = torch.tensor([[3, FREE], [FREE, FREE], [4, 5], [0, 0]])
    assert drafting.passages(given) == [(0, 6, 0), (12, 24, 0), (12, 24, 1)]
    assert drafting.passages(torch.full((3, 2), FREE)) == []


def test_chance_before_the_first_note_is_its_own() -> None:
    first, again, other = (drafting.source_of(seed).random() for seed in (1, 1, 2))
    assert first == again != other
    assert np.random.default_rng((1, 0)).random() != first


def test_around_keeps_what_is_given() -> None:
    given = torch.tensor([[FREE, 3]])
    draft = drafting.around(given, Plan(16, 0, 1), DIALS, 9)
    assert draft.given is given and draft.particles == 9 and draft.seed == 21
