"""Drafts are filled in: what is given stays and steers, and nobody's company counts."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.unit.families.music_rnn.support import EVENTS, LAYOUTS, VOICES, network, random_codes, tiny
from worker.breathing import breathing
from worker.families.music_rnn.composing import ANEW, FREE, Draft, _ancestors, write
from worker.families.music_rnn.events_layout import SHIFTS, starts_of
from worker.families.music_rnn.layouts import AnyLayout
from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import HOLD, VoicesLayout

every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=["voices", "events"])
every_shape = pytest.mark.parametrize("shape", [1, 3, 8])


def free(layout: AnyLayout, steps: int, seed: int = 0, length: int | None = None) -> Draft:
    """A draft in which everything is free; its plan is as long unless ``length`` is given."""
    length = length or (steps if isinstance(layout, VoicesLayout) else 1 << 20)
    given = torch.full((steps, len(layout.slots)), FREE)
    return Draft(given, Plan(16, 4, length), 1.0, 0.9, seed)


def partly(layout: AnyLayout, steps: int, seed: int, share: float = 0.5) -> Draft:
    """A draft with a share of random codes given."""
    draft = free(layout, steps, seed)
    hidden = torch.from_numpy(np.random.default_rng(seed).random(draft.given.shape) > share)
    return replace(draft, given=torch.where(hidden, FREE, random_codes(layout, steps, seed)))


def company(layout: AnyLayout) -> list[Draft]:
    """Drafts of many kinds: short and long, given and free, with particles, with a piece to move from."""
    return [
        free(layout, 12, 1),
        partly(layout, 25, 2),
        replace(partly(layout, 9, 3), particles=5),
        replace(partly(layout, 18, 4), particles=4, reference=random_codes(layout, 18, 4)),
        replace(free(layout, 12, 1), temperature=0.3, top_p=1.0, stream=2),
        replace(partly(layout, 14, 3, 0.3), particles=7),
    ]


@every_layout
@every_shape
def test_a_draft_comes_out_the_same_in_any_company(layout: AnyLayout, shape: int) -> None:
    made, drafts = network(layout), company(layout)
    together = write(made, drafts, shape, "cpu")
    turned = write(made, drafts[::-1], shape, "cpu")[::-1]
    for draft, found, other in zip(drafts, together, turned, strict=True):
        (alone,) = write(made, [draft], shape, "cpu")
        assert torch.equal(alone, found) and torch.equal(alone, other)


@every_shape
def test_events_that_end_early_come_out_the_same_in_any_company(shape: int) -> None:
    made = network(EVENTS)
    drafts = [
        replace(free(EVENTS, 40, seed, length), particles=particles)
        for seed, length, particles in ((1, 60, 1), (2, 900, 3), (3, 200, 3), (4, 5000, 1))
    ]
    # Something given late, so that the particles have different weights.
    for draft in drafts:
        draft.given[[2, 30], 2] = 7
    together = write(made, drafts, shape, "cpu")
    assert len({len(codes) for codes in together}) > 1
    for draft, found in zip(drafts, together, strict=True):
        assert torch.equal(write(made, [draft], shape, "cpu")[0], found)


@every_layout
def test_seed_and_stream_decide(layout: AnyLayout) -> None:
    made, draft = network(layout), free(layout, 16, 5)
    first, again, other, streamed = write(
        made, [draft, draft, replace(draft, seed=6), replace(draft, stream=1)], 4, "cpu"
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other) and not torch.equal(first, streamed)
    assert not torch.equal(other, streamed)


@every_layout
@pytest.mark.parametrize("particles", [1, 6])
def test_what_is_given_is_kept(layout: AnyLayout, particles: int) -> None:
    drafts = [replace(partly(layout, 20, seed), particles=particles) for seed in range(4)]
    for draft, found in zip(drafts, write(network(layout), drafts, 4, "cpu"), strict=True):
        assert found.shape == draft.given.shape
        forced = draft.given != FREE
        assert torch.equal(found[forced], draft.given[forced])
        sizes = torch.tensor([slot.size for slot in layout.slots])
        assert (found >= 0).all() and (found < sizes).all()


@every_shape
def test_what_begins_anew_is_not_held_on_and_nobody_else_is_touched(shape: int) -> None:
    made = network(VOICES)
    # So warm that every code is about as likely as any other.
    drafts = [replace(free(VOICES, 60, seed), temperature=100.0, top_p=1.0) for seed in range(8)]
    held = write(made, drafts, shape, "cpu")
    assert sum(bool((codes[8:] == HOLD).any()) for codes in held[::2]) >= 3, "else nothing is tested"
    begun = [replace(draft, given=draft.given.clone()) for draft in drafts]
    for draft in begun[::2]:
        draft.given[8:] = ANEW
    found = write(made, begun, shape, "cpu")
    assert all(bool((codes[8:] != HOLD).all()) for codes in found[::2])
    assert all(torch.equal(a, b) for a, b in zip(found[1::2], held[1::2], strict=True))
    assert all(torch.equal(a[:8], b[:8]) for a, b in zip(found, held, strict=True))


@every_layout
def test_nothing_free_leaves_nothing_to_chance(layout: AnyLayout) -> None:
    codes = random_codes(layout, 15)
    draft = replace(free(layout, 15), given=codes)
    for one in (draft, replace(draft, particles=3), replace(draft, particles=3, reference=codes)):
        assert torch.equal(write(network(layout), [one], 2, "cpu")[0], codes)


def test_events_end_where_the_plan_ends() -> None:
    drafts = [free(EVENTS, 200, seed, length) for seed, length in enumerate((48, 300, 2000, 3))]
    for draft, codes in zip(drafts, write(network(EVENTS), drafts, 4, "cpu"), strict=True):
        assert len(codes) < 200
        assert (starts_of(codes) < draft.plan.length).all()
        # They went on until then: the next one would have begun past the end.
        assert draft.plan.length <= starts_of(codes)[-1:].sum() + SHIFTS[-1]


def test_events_that_never_end_stop_where_there_is_no_more_room() -> None:
    draft = free(EVENTS, 30)
    draft.given[:, 0] = 0
    (codes,) = write(network(EVENTS), [draft], 1, "cpu")
    assert len(codes) == 30


@every_layout
def test_of_the_likeliest_codes_alone_the_likeliest_is_chosen(layout: AnyLayout) -> None:
    made = network(layout)
    draft = replace(free(layout, 8), top_p=1e-9)
    (codes,) = write(made, [draft], 1, "cpu")
    for step, slot in itertools.product((0, 3, 7), range(len(layout.slots))):
        others = codes.repeat(layout.slots[slot].size, 1, 1)
        others[:, step, slot] = torch.arange(len(others))
        clock = layout.tell(codes, draft.plan)
        fields = torch.stack([layout.read(one) for one in others])
        told = made(fields, clock.expand(len(others), -1, -1), others)[:, step, slot]
        assert told[codes[step, slot]] == told.max()


def test_others_are_let_in_and_change_nothing() -> None:
    made, drafts = network(VOICES), [free(VOICES, 40, 2)]
    alone = write(made, drafts, 1, "cpu")[0]
    visits: list[int] = []

    def visit() -> None:
        visits.append(len(visits))
        torch.manual_seed(len(visits))
        write(made, [free(VOICES, 20, 9)], 2, "cpu")

    with breathing(visit):
        assert torch.equal(write(made, drafts, 1, "cpu")[0], alone)
    assert len(visits) == 3


def test_the_global_chance_is_left_alone() -> None:
    before = torch.get_rng_state()
    write(network(VOICES).eval(), [free(VOICES, 5)], 1, "cpu")
    torch.manual_seed(0)
    network(VOICES)
    after = torch.get_rng_state()
    torch.manual_seed(0)
    made = network(VOICES)
    write(made, [replace(free(VOICES, 5), particles=3)], 1, "cpu")
    assert torch.equal(torch.get_rng_state(), after) and not torch.equal(before, after)


SMALL = VoicesLayout(1, 60, 61)
STEPS, CODES = 4, 4
PIECES = torch.tensor(list(itertools.product(range(CODES), repeat=STEPS))).unsqueeze(-1)
#: The last code is given, and one in the middle; the two others are free.
GIVEN = torch.tensor([[FREE], [3], [FREE], [2]])


def small() -> tuple[MusicNetwork, Plan]:
    """A network over four codes that has strong opinions, and its plan."""
    torch.manual_seed(9)
    return network(SMALL, tiny(layers=1), sharp=2.5), Plan(2, 0, STEPS)


def shares(made: MusicNetwork, plan: Plan, given: Tensor = GIVEN) -> Counter[tuple[int, ...]]:
    """How likely each piece is among those that have what is given: counted out, no sampling."""
    fields, clock = SMALL.read(PIECES), SMALL.tell(PIECES[0], plan).expand(len(PIECES), -1, -1)
    told = made.double()(fields, clock, PIECES).sum((1, 2)).exp()
    made.float()
    fits = ((given == FREE) | (given == PIECES)).all((1, 2))
    told = torch.where(fits, told, 0.0)
    pairs = zip(PIECES.squeeze(-1).tolist(), (told / told.sum()).tolist(), strict=True)
    return Counter({tuple(piece): share for piece, share in pairs if share})


def apart(found: list[Tensor], expected: Counter[tuple[int, ...]]) -> float:
    """The total variation between samples and what they should be shared out as."""
    counts = Counter(tuple(codes.flatten().tolist()) for codes in found)
    pieces = set(counts) | set(expected)
    return sum(abs(counts[piece] / len(found) - expected[piece]) for piece in pieces) / 2


def drafts_of(plan: Plan, count: int, particles: int) -> list[Draft]:
    return [Draft(GIVEN, plan, 1.0, 1.0, seed, particles=particles) for seed in range(count)]


def test_free_pieces_come_as_often_as_they_are_likely() -> None:
    made, plan = small()
    given = torch.full((STEPS, 1), FREE)
    drafts = [replace(one, given=given) for one in drafts_of(plan, 2000, 1)]
    assert apart(write(made, drafts, 500, "cpu"), shares(made, plan, given)) < 0.11


def test_particles_find_what_leads_to_the_given_notes() -> None:
    made, plan = small()
    expected = shares(made, plan)
    one, many = (apart(write(made, drafts_of(plan, 600, n), 600, "cpu"), expected) for n in (1, 24))
    # A single particle goes on as if nothing were to come.
    assert one > 0.2 and many < 0.07


@pytest.mark.parametrize("worth", [0.0, 1.1])
def test_it_is_the_same_how_often_particles_are_drawn_anew(
    monkeypatch: pytest.MonkeyPatch, worth: float
) -> None:
    monkeypatch.setattr("worker.families.music_rnn.composing.WORTH", worth)
    made, plan = small()
    assert apart(write(made, drafts_of(plan, 600, 16), 600, "cpu"), shares(made, plan)) < 0.08


@pytest.mark.parametrize("worth", [0.0, 1.1])
def test_a_move_from_a_reference_keeps_the_distribution(
    monkeypatch: pytest.MonkeyPatch, worth: float
) -> None:
    monkeypatch.setattr("worker.families.music_rnn.composing.WORTH", worth)
    made, plan = small()
    expected = shares(made, plan)
    pieces, likely = zip(*expected.items(), strict=True)
    drawn = np.random.default_rng(1).choice(len(pieces), 2000, p=np.array(likely) / sum(likely))
    references = [torch.tensor(pieces[n]).unsqueeze(-1) for n in drawn]
    drafts = [
        replace(draft, reference=reference)
        for draft, reference in zip(drafts_of(plan, 2000, 3), references, strict=True)
    ]
    found = write(made, drafts, 1000, "cpu")
    moved = np.mean([not torch.equal(a, b) for a, b in zip(found, references, strict=True)])
    # Few particles are enough: the reference is one of them, with a weight like any other's.
    assert moved > 0.1 and apart(found, expected) < 0.06


def test_moves_from_a_poor_piece_lead_to_likely_ones() -> None:
    made, plan = small()
    expected = shares(made, plan)
    worst = min(expected, key=lambda piece: expected[piece])
    found = [torch.tensor(worst).unsqueeze(-1)] * 500
    for stream in range(1, 8):
        drafts = [
            replace(draft, stream=stream, reference=one)
            for draft, one in zip(drafts_of(plan, 500, 4), found, strict=True)
        ]
        found = write(made, drafts, 500, "cpu")
    assert apart(found, expected) < 0.09


def test_with_one_particle_a_reference_stays() -> None:
    codes = random_codes(VOICES, 12)
    draft = replace(free(VOICES, 12), reference=codes)
    assert torch.equal(write(network(VOICES), [draft], 1, "cpu")[0], codes)


def test_what_a_move_begins_from_is_never_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bool] = []

    def watched(shares: np.ndarray, source: np.random.Generator, *, keep: bool) -> np.ndarray:
        kept.append(keep)
        return _ancestors(shares, source, keep=keep)

    monkeypatch.setattr("worker.families.music_rnn.composing._ancestors", watched)
    monkeypatch.setattr("worker.families.music_rnn.composing.WORTH", 1.1)
    made, plan = small()
    (draft,) = drafts_of(plan, 1, 3)
    write(made, [draft], 3, "cpu")
    count = len(kept)
    write(made, [replace(draft, reference=torch.tensor([[0], [3], [0], [2]]))], 3, "cpu")
    assert count > 0 and kept == [False] * count + [True] * count


def test_systematic_drawing_gives_each_its_share() -> None:
    source, weights = np.random.default_rng(0), np.array([0.5, 0.0, 0.3, 0.2])
    for _ in range(50):
        counts = np.bincount(_ancestors(weights, source, keep=False), minlength=4)
        assert counts.sum() == 4 and counts[1] == 0 and counts[0] == 2
        assert (np.abs(counts - 4 * weights) < 1).all()


def test_the_reference_goes_on_whatever_it_weighs() -> None:
    source, weights = np.random.default_rng(0), np.array([1e-12, 0.25, 0.75])
    drawn = [_ancestors(weights, source, keep=True) for _ in range(2000)]
    assert all(one[0] == 0 and len(one) == 3 for one in drawn)
    rest = np.bincount(np.concatenate([one[1:] for one in drawn]), minlength=3) / 4000
    assert rest == pytest.approx([0.0, 0.25, 0.75], abs=0.03)
