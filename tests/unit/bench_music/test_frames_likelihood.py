"""The joint likelihood of a frame is a distribution over sets, and looks at nothing but the past."""

import itertools
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from bench.music.frames_layout import SEEN, FramesLayout
from bench.music.frames_network import FramesNetwork
from bench.music.joint import Recipe, frame_nll, score, train
from tests.unit.bench_music.counting import counting
from tests.unit.bench_music.made_rolls import made_roll
from worker.families.music_rnn.batches import Piece, whole
from worker.families.music_rnn.network_config import NetworkConfig
from worker.families.music_rnn.plan import Plan

LOW, HIGH, PITCHES = 60, 63, 4
SMALL = NetworkConfig(hidden=8, layers=1, heads=1, head_width=4, slot_width=8)


def sets(pitches: int, most: int) -> Iterator[list[int]]:
    """Every set of at most ``most`` of the codes 1 to ``pitches``, spelled: descending, then 0."""
    for size in range(most + 1):
        for chosen in itertools.combinations(range(pitches, 0, -1), size):
            yield [*chosen, *[0] * (most - size)]


def network(layout: FramesLayout, seed: int = 0) -> FramesNetwork:
    """Untrained, with weights so large that nothing is nearly uniform."""
    torch.manual_seed(seed)
    made = FramesNetwork(layout, SMALL).eval()
    with torch.no_grad():
        for weights in made.parameters():
            weights.mul_(3.0)
    return made


def told(made: FramesNetwork, codes: Tensor) -> Tensor:
    """The log-likelihood of each slot of one piece: (T, notes)."""
    batch = whole(made.layout, Piece("a", codes, Plan(4)))
    with torch.no_grad():
        return torch.as_tensor(made(batch.fields, batch.clock, batch.codes)[0].double())


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_the_probabilities_of_all_sets_are_one(most: int) -> None:
    layout = FramesLayout(most, LOW, HIGH)
    made = network(layout)
    past = [[3] + [0] * (most - 1), [0] * most, list(range(most, 0, -1))]
    ends = torch.tensor([[*past, last] for last in sets(PITCHES, most)])
    shares = torch.stack([told(made, codes)[-1].sum().exp() for codes in ends])
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-5)
    assert float(shares.max()) > 1.5 * float(shares.min()), "weights that say nothing prove nothing"


def test_the_probabilities_of_all_pieces_of_two_frames_are_one() -> None:
    made = network(FramesLayout(2, LOW, HIGH), seed=1)
    every = list(sets(PITCHES, 2))
    total = sum(
        float(told(made, torch.tensor([a, b])).sum().exp()) for a, b in itertools.product(every, repeat=2)
    )
    assert total == pytest.approx(1.0, abs=1e-5)


def test_more_notes_than_are_seen_are_a_distribution_too() -> None:
    most = SEEN + 2
    made = network(FramesLayout(most, 60, 60 + most))
    past = [list(range(most, 0, -1)), list(range(most + 1, 1, -1))]
    total = sum(
        float(told(made, torch.tensor([*past, last]))[-1].sum().exp()) for last in sets(most + 1, most)
    )
    assert total == pytest.approx(1.0, abs=1e-5)


def test_the_mean_over_networks_and_transpositions_is_no_more_than_a_distribution() -> None:
    layout = FramesLayout(2, 60, 69)
    many = [network(layout, seed) for seed in (0, 1)]
    past = [[6, 4], [5, 0]]

    def total(shifts: list[int]) -> float:
        found = 0.0
        for last in sets(layout.pitches, 2):
            # Moved off the keyboard, a set has no spelling: those the bench never meets.
            if all(0 < code + shift <= layout.pitches for shift in shifts for code in last if code):
                piece = Piece("a", torch.tensor([*past, last]), Plan(4))
                with torch.no_grad():
                    found += float((-frame_nll(many, piece, shifts)[-1]).exp())
        return found

    assert total([0]) == pytest.approx(1.0, abs=1e-5)
    assert 0.2 < total([-1, 0, 1]) < 1.0


def test_the_mean_of_one_network_is_that_network() -> None:
    made = network(FramesLayout(3, LOW, HIGH))
    codes = torch.tensor([[4, 2, 1], [3, 0, 0], [0, 0, 0], [4, 3, 0]])
    piece = Piece("a", codes, Plan(4))
    with torch.no_grad():
        assert torch.allclose(frame_nll([made], piece, [0]), -told(made, codes).sum(-1))


@pytest.mark.parametrize("at", range(1, 6))
def test_a_frame_is_told_from_earlier_frames_and_higher_notes_only(at: int) -> None:
    made = network(FramesLayout(3, 48, 72), seed=2)
    torch.manual_seed(3)
    codes = torch.stack([torch.randperm(25)[:3].add(1).sort(descending=True).values for _ in range(6)])
    before = told(made, codes)
    changed = codes.clone()
    changed[at, 2] = 0
    after = told(made, changed)
    assert torch.equal(after[:at], before[:at])
    assert torch.equal(after[at, :2], before[at, :2])
    assert after[at, 2] != before[at, 2]
    assert (after[at + 1 :] != before[at + 1 :]).any(dim=-1).all()


def test_what_stands_after_the_stop_is_certain() -> None:
    made = network(FramesLayout(4, 48, 72))
    codes = torch.tensor([[9, 5, 0, 0], [0, 0, 0, 0], [20, 10, 5, 2]])
    found = told(made, codes)
    assert (found[0, 3], *found[1, 1:]) == (0.0, 0.0, 0.0, 0.0)
    assert (found[2] < 0).all()
    assert (found[:, 0] < 0).all()


def test_the_lowest_pitch_can_only_be_followed_by_the_stop() -> None:
    made = network(FramesLayout(3, LOW, HIGH))
    found = told(made, torch.tensor([[4, 1, 0]]))
    assert float(found[0, 2]) == pytest.approx(0.0, abs=1e-6)


def test_a_piece_is_scored_alike_alone_and_in_a_batch_with_a_longer_one() -> None:
    made = network(FramesLayout(2, LOW, HIGH))
    short, long = torch.tensor([[4, 1], [3, 0]]), torch.tensor([[2, 1], [0, 0], [4, 3], [1, 0]])
    batches = [whole(made.layout, Piece("a", codes, Plan(4))) for codes in (short, long)]
    fields, clock, codes = (
        torch.stack([torch.nn.functional.pad(a[0], (0, 0, 0, 2)), b[0]])
        for a, b in zip(*(list(vars(batch).values())[:3] for batch in batches), strict=True)
    )
    with torch.no_grad():
        found = made(fields, clock, codes)
    assert torch.allclose(found[0, :2].double(), told(made, short), atol=1e-5)
    assert torch.allclose(found[1].double(), told(made, long), atol=1e-5)


def test_a_training_learns_a_tune_that_comes_again() -> None:
    tune = made_roll([[60, 64], [62, 65], [64, 67], [65]] * 6)
    layout = FramesLayout(2)
    torch.manual_seed(0)
    seen: list[float] = []
    untrained = score([FramesNetwork(layout, NetworkConfig()).eval()], [tune])
    made = train(
        layout,
        [tune],
        Recipe(batch=2, crop=32),
        60.0,
        seed=0,
        look=lambda spent, network: seen.append(spent),
        clock=counting(),
    )
    trained = score([made], [tune])
    assert untrained.later > 7.0
    assert trained.later < 1.5
    assert seen == [15.0, 30.0, 45.0]
    assert trained.frames == 24
