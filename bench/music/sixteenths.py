"""Chorales at sixteenths, four voices: joint NLL of a note given all earlier steps and the voices above.

    python -m bench.music.sixteenths train --seed 0 --minutes 20 --keep a.safetensors
    python -m bench.music.sixteenths score a.safetensors b.safetensors c.safetensors

``score`` prints each network and all of them as one: the mean of their probabilities for every note, which is
a joint distribution as each of theirs is.

Protocol: the published splits (229 / 76 / 77); every sixteenth of every voice counts; no chord, key, length
or future note is given, only the place in a bar of sixteen; pieces are scored whole, each alone, "per piece"
is the mean over pieces of a piece's mean. The minutes are processor time of the training process with one
thread, scoring included. The weights are those of the last step: nothing is chosen by validation or test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from bench.music.data import CHORALES, sixteenths
from worker.families.music_rnn.batches import Batches, Piece, whole
from worker.families.music_rnn.learning import Learner, Score, evaluate
from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.network_config import NetworkConfig

GOAL = 0.395
PUBLISHED = "TonicNet's joint bound 0.396 (validation); Music Transformer 0.335, Coconet chronological 0.436"
SCORE_SECONDS = 300.0


def train(minutes: float, seed: int, keep: Path, cell: str = "gru") -> None:
    """Train one network for so many processor minutes and write its averaged weights."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    pieces, unseen = sixteenths("train"), sixteenths("valid")
    learner = Learner(new_network(cell), rate=3e-3, average=0.99, seed=seed, device="cpu")
    batches = Batches(CHORALES, pieces, batch=8, crop=320, transpose=6, seed=seed, evenly=True)
    began = time.process_time()
    steps, told = 0, 0.0
    while (seconds := time.process_time() - began) < minutes * 60.0:
        loss = learner.step(batches.draw(steps), steps, seconds / (minutes * 60.0))
        steps += 1
        if seconds - told >= SCORE_SECONDS:
            told = seconds
            score = evaluate(learner.average, unseen, "cpu")
            print(
                f"  {seconds / 60:5.1f} min, step {steps}: train {float(loss):.3f}, "
                f"validation {score.nll:.4f}, per piece {score.nll_per_piece:.4f}",
                flush=True,
            )
    spent = {"minutes": f"{(time.process_time() - began) / 60:.2f}", "steps": str(steps), "cell": cell}
    save_file(dict(learner.average.state_dict()), keep, spent)


def new_network(cell: str) -> MusicNetwork:
    """The family's default network for four voices, of one kind of cell."""
    return MusicNetwork(CHORALES, NetworkConfig(cell=cell), dropout=0.4)


@torch.no_grad()
def score_together(networks: Sequence[MusicNetwork], pieces: Sequence[Piece]) -> Score:
    """How well the mean of the networks' probabilities foretells whole pieces."""
    total, count, means = 0.0, 0, []
    for piece in pieces:
        batch = whole(CHORALES, piece)
        told = torch.stack([one(batch.fields, batch.clock, batch.codes).double() for one in networks])
        nll = -float((told.logsumexp(dim=0) - torch.tensor(len(networks)).log()).sum())
        total, count = total + nll, count + batch.codes.numel()
        means.append(nll / batch.codes.numel())
    return Score(total / count, sum(means) / len(means))


def report(files: Sequence[Path]) -> None:
    """Print the table."""
    networks, minutes = [], 0.0
    print("| network | processor minutes | steps | validation | per piece | test | per piece |")
    print("|---|---|---|---|---|---|---|")
    for path in files:
        with safe_open(path, framework="pt") as file:
            about = file.metadata()
        network = new_network(about["cell"]).eval()
        network.load_state_dict(load_file(path))
        networks.append(network)
        minutes += float(about["minutes"])
        print(_row(path.stem, about["minutes"], about["steps"], [network]))
    if len(networks) > 1:
        print(_row(f"{len(networks)} together", f"{minutes:.2f}", "", networks))
    print(f"goal: validation per piece <= {GOAL} in 60 processor minutes. Published: {PUBLISHED}")


def _row(name: str, minutes: str, steps: str, networks: Sequence[MusicNetwork]) -> str:
    valid, test = (score_together(networks, sixteenths(split)) for split in ("valid", "test"))
    figures = (valid.nll, valid.nll_per_piece, test.nll, test.nll_per_piece)
    return f"| {name} | {minutes} | {steps} | " + " | ".join(f"{figure:.4f}" for figure in figures) + " |"


def main() -> None:
    """Train a network, or score some."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--minutes", type=float, default=20.0)
    training.add_argument("--cell", default="gru")
    training.add_argument("--keep", type=Path, required=True)
    commands.add_parser("score").add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    if options.command == "train":
        train(options.minutes, options.seed, options.keep, options.cell)
    else:
        report(options.files)


if __name__ == "__main__":
    main()
