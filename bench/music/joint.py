"""The joint likelihood of a frame's set of pitches: the family's network and its training, on frames."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.music.frames_layout import FramesLayout
from bench.music.frames_network import FramesNetwork
from bench.music.rolls import Roll, codes_of
from bench.music.tally import Tally
from worker.families.music_rnn.batches import Batches, Piece, whole
from worker.families.music_rnn.learning import Learner
from worker.families.music_rnn.network_config import NetworkConfig
from worker.families.music_rnn.plan import Plan

RATE = 3e-3
AVERAGE = 0.99
TRANSPOSE = 6
BAR = 4
#: Shares of a training's time at which it is validated.
LOOKS = 3


@dataclass(frozen=True)
class Recipe:
    """How a network of frames is trained: on ``batch`` crops of ``crop`` frames at a step."""

    cell: str = "gru"
    dropout: float = 0.5
    batch: int = 8
    crop: int = 128


def pieces(rolls: Sequence[Roll], notes: int) -> list[Piece]:
    """Rolls as the network reads them."""
    return [Piece(f"{place:03d}", codes_of(roll, notes), Plan(BAR)) for place, roll in enumerate(rolls)]


def train(
    layout: FramesLayout,
    rolls: Sequence[Roll],
    recipe: Recipe,
    seconds: float,
    *,
    seed: int,
    look: Callable[[float, FramesNetwork], None] = lambda spent, network: None,
    clock: Callable[[], float] = time.process_time,
) -> FramesNetwork:
    """Train for so many ``seconds`` of the ``clock``; the weights are the running average of the last step.

    ``look`` is called with the seconds that are over and that average, ``LOOKS`` times; its time counts.
    """
    torch.manual_seed(seed)
    network = FramesNetwork(layout, NetworkConfig(cell=recipe.cell), dropout=recipe.dropout)
    learner = Learner(network, rate=RATE, average=AVERAGE, seed=seed, device="cpu")
    batches = Batches(
        layout,
        pieces(rolls, layout.notes),
        batch=recipe.batch,
        crop=recipe.crop,
        transpose=TRANSPOSE,
        seed=seed,
    )
    began, step, looks = clock(), 0, 1
    while (spent := clock() - began) < seconds:
        learner.step(batches.draw(step), step, spent / seconds)
        step += 1
        if spent >= seconds * looks / (LOOKS + 1):
            looks += 1
            look(spent, _of_frames(learner))
    return _of_frames(learner)


@torch.no_grad()
def score(networks: Sequence[FramesNetwork], rolls: Sequence[Roll], shifts: Sequence[int] = (0,)) -> Tally:
    """Whole pieces, each alone, under the mean of the probabilities that every network gives to every
    transposition; a mean of joint distributions is one.
    """
    layout = networks[0].layout
    assert isinstance(layout, FramesLayout)
    return Tally.of(frame_nll(networks, piece, shifts) for piece in pieces(rolls, layout.notes))


def frame_nll(networks: Sequence[FramesNetwork], piece: Piece, shifts: Sequence[int]) -> Tensor:
    """The NLL of each frame of a piece under that mean: (T,), in nats.

    What a network gives to the frame moved by s, after a past moved by s, is a distribution of the frame.
    The part of it that the move takes off the keyboard is lost, which only makes the figure worse.
    """
    told = []
    for shift in shifts:
        layout = networks[0].layout
        moved = Piece(piece.name, layout.transposed(piece.codes, shift), piece.plan)
        batch = whole(layout, moved)
        told += [one(batch.fields, batch.clock, batch.codes)[0].double() for one in networks]
    slots = torch.stack(told).logsumexp(dim=0) - math.log(len(told))
    return -slots.sum(dim=-1)


def _of_frames(learner: Learner) -> FramesNetwork:
    network = learner.average
    assert isinstance(network, FramesNetwork)
    return network
