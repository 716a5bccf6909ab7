"""Chorales at sixteenths, four voices: joint NLL of a note given all earlier steps and the voices above.

    python -m bench.music.sixteenths [--minutes 60]

Protocol: the published splits (229 / 76 / 77); every sixteenth of every voice counts; no chord, key, length
or future note is given, only the place in a bar of sixteen; pieces are scored whole, each alone, "per piece"
is the mean over pieces of a piece's mean. The minutes are processor time of this process with one thread,
scoring included. The weights are those of the last step: nothing is chosen by validation or test.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from bench.music.data import CHORALES, sixteenths
from worker.families.music_rnn.batches import Batches
from worker.families.music_rnn.learning import Learner, Score, evaluate
from worker.families.music_rnn.network import MusicNetwork
from worker.families.music_rnn.network_config import NetworkConfig

PUBLISHED = "TonicNet's joint bound 0.396 (validation); Music Transformer 0.335, Coconet chronological 0.436"
SCORE_SECONDS = 300.0


@dataclass(frozen=True)
class Outcome:
    """The scores at the end of ``seconds`` of processor time and ``steps`` steps."""

    valid: Score
    test: Score
    steps: int
    seconds: float


def run(minutes: float, *, cell: str = "gru", seed: int = 0, keep: Path | None = None) -> Outcome:
    """Train and score."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    pieces = {split: sixteenths(split) for split in ("train", "valid", "test")}
    network = MusicNetwork(CHORALES, NetworkConfig(cell=cell), dropout=0.4)
    learner = Learner(network, rate=3e-3, average=0.99, seed=seed, device="cpu")
    batches = Batches(CHORALES, pieces["train"], batch=8, crop=320, transpose=6, seed=seed)
    began = time.process_time()
    steps, told = 0, 0.0
    while (seconds := time.process_time() - began) < minutes * 60.0:
        loss = learner.step(batches.draw(steps), steps, seconds / (minutes * 60.0))
        steps += 1
        if seconds - told >= SCORE_SECONDS:
            told = seconds
            score = evaluate(learner.average, pieces["valid"], "cpu")
            print(
                f"  {seconds / 60:5.1f} min, step {steps}: train {float(loss):.3f}, "
                f"validation {score.nll:.4f}, per piece {score.nll_per_piece:.4f}",
                flush=True,
            )
    valid, test = (evaluate(learner.average, pieces[split], "cpu") for split in ("valid", "test"))
    if keep is not None:
        save_file(dict(learner.average.state_dict()), keep)
    return Outcome(valid, test, steps, time.process_time() - began)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--cell", default="gru")
    parser.add_argument("--keep", type=Path, help="where the weights are written")
    options = parser.parse_args()
    found = run(options.minutes, cell=options.cell, keep=options.keep)
    print(f"{options.cell}, {found.seconds / 60:.1f} processor minutes, {found.steps} steps")
    print("| split | nats per note | per piece |")
    print("|---|---|---|")
    print(f"| validation | {found.valid.nll:.4f} | {found.valid.nll_per_piece:.4f} |")
    print(f"| test | {found.test.nll:.4f} | {found.test.nll_per_piece:.4f} |")
    print(f"goal: validation per piece <= 0.395. Published: {PUBLISHED}")


if __name__ == "__main__":
    main()
