"""How quickly the music RNN writes and learns, beside the same network in a bare loop.

    python -m bench.music_speed [--version FOLDER]

Both sides take turns in one process with one thread of torch, so that a busy machine slows both alike. What
is bound by the clock is also told in seconds of the processor, in which waiting for others does not count.

- Sampler: ``composing.write``, as requests use it: a seed for each piece, temperature 0.95, top-p 0.95, given
  notes looked for, the look-back, the weights prepared anew at each call. The bare loop is
  bench/music/bare.py. A token is one voice at one sixteenth; seconds are of the processor.
- A chorale: one request for 16 bars through the engine at the shape that a worker would measure, until the
  codes are there, and until its files are.
- Training: the worker's own loop with lease, heartbeat, progress and metrics, a checkpoint timed by itself
  and spread over the time between two; the bare loop draws the same batches and makes the same updates.
  Scores and pieces of a check, which a bare loop does not make, are not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch

from bench.music import bare
from bench.music.learning_speed import Learning
from bench.music.versions import chosen
from bench.report import Figure, finish, median
from bench.stack import temporary_home
from shared.catalogue import check_input
from worker.families.music_rnn import FAMILY
from worker.families.music_rnn.composing import FREE, Draft, write
from worker.families.music_rnn.engine import create
from worker.families.music_rnn.loaded import LoadedMusician
from worker.families.music_rnn.plan import Plan
from worker.family import Encode, Request
from worker.music.score import Key
from worker.shapes import probe

PARTS = ("sampler", "chorale", "training")
BATCHES = (1, 16, 64)
LEAST_RATIO, LEAST_TRAINING_RATIO, MOST_SECONDS = 0.9, 0.95, 2.0
BARS, STEPS_A_BAR = 16, 16
KEY = Key(7, "major")
#: The most jobs that a worker claims at once.
MOST_JOBS = 64
T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", type=Path, help="folder of a version; the starter's is the default")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side")
    parser.add_argument("--steps", type=int, default=16, help="training steps of one turn")
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    figures: list[Figure] = []
    with temporary_home() as home:
        files = chosen(options.version, home / "untrained")
        loaded = files.load()
        loaded.shape = probe(loaded.rehearse, loaded.shapes(), MOST_JOBS, time.thread_time).shape
        for part in [options.only] if options.only else PARTS:
            if part == "sampler":
                figures += [figure for batch in BATCHES for figure in sampler(loaded, batch, options.rounds)]
            elif part == "chorale":
                figures += chorale(loaded, options.rounds)
            else:
                figures += learning(Learning(home), options.steps, options.rounds)
    finish("Speed of the music RNN", figures, [_what_is_what(files.title, loaded, options.rounds)])


def _what_is_what(title: str, loaded: LoadedMusician, rounds: int) -> str:
    return (
        f"One thread; medians of {rounds} turns, of neighbors' ratios where two sides are compared. Version: "
        f"{title}. A chorale is written in passes of the shape that a worker would measure ({loaded.shape})."
    )


def sampler(loaded: LoadedMusician, batch: int, rounds: int) -> list[Figure]:
    """Tokens a second of both sides at one batch."""
    network, steps = loaded.version.network, BARS * STEPS_A_BAR
    tokens = batch * steps * len(network.slots)
    plan = Plan(STEPS_A_BAR, 0, steps, KEY)
    given = torch.full((steps, len(network.slots)), FREE)

    def ours(turn: int) -> float:
        drafts = [Draft(given, plan, 0.95, 0.95, seed) for seed in range(turn, turn + batch)]
        began = time.process_time()
        write(network, drafts, batch, "cpu")
        return tokens / (time.process_time() - began)

    def theirs(turn: int) -> float:
        began = time.process_time()
        bare.sample(network, batch, steps, plan, turn)
        return tokens / (time.process_time() - began)

    rates, bare_rates = turns(ours, theirs, rounds)
    compared = ratio(rates, bare_rates)
    return [
        Figure(f"sampler, batch {batch}", median(rates), "tokens/s"),
        Figure(f"bare loop, batch {batch}", median(bare_rates), "tokens/s"),
        Figure(f"sampler / bare loop, batch {batch}", compared, "x", LEAST_RATIO, at_least=True),
    ]


def chorale(loaded: LoadedMusician, rounds: int) -> list[Figure]:
    """Seconds of one request for one chorale, before and after its files are made."""
    composed, whole, worked = [], [], []
    for turn in range(rounds):
        began = time.perf_counter(), time.process_time()
        encode = compose(loaded, turn)
        composed.append(time.perf_counter() - began[0])
        encode()
        whole.append(time.perf_counter() - began[0])
        worked.append(time.process_time() - began[1])
    title = f"{BARS} bars in four voices"
    return [
        Figure(f"{title}, composed", median(composed), "s"),
        Figure(f"{title}, with all files, of the processor", median(worked), "s"),
        Figure(f"{title}, with all files", median(whole), "s", MOST_SECONDS),
    ]


def compose(loaded: LoadedMusician, seed: int) -> Encode:
    """What makes the files of one chorale that has been composed."""
    wanted = check_input(FAMILY.description.operation("generate"), {"count": 1, "bars": BARS, "seed": seed})
    ((_, part),) = create().generate(loaded, [Request("bench", "generate", "0" * 64, wanted)])
    if isinstance(part, Exception):
        raise part
    return part


def learning(training: Learning, steps: int, rounds: int) -> list[Figure]:
    """Training steps a second of both sides."""
    ours, theirs = turns(lambda _: training.job(steps), lambda _: training.bare(steps), rounds)
    checkpoint = training.checkpoint()
    kept = 1.0 - checkpoint / training.place.settings.checkpoint_seconds
    by_clock = ratio([one.clock for one in ours], [one.clock for one in theirs]) * kept
    worked = ratio([one.processor for one in ours], [one.processor for one in theirs]) * kept
    title = "training job / bare loop, checkpoints included"
    return [
        Figure("training job", median([one.clock for one in ours]), "steps/s"),
        Figure("bare training loop", median([one.clock for one in theirs]), "steps/s"),
        Figure("a checkpoint", checkpoint, "s"),
        Figure(f"{title}, of the processor", worked, "x"),
        Figure(title, by_clock, "x", LEAST_TRAINING_RATIO, at_least=True),
    ]


def turns(ours: Callable[[int], T], theirs: Callable[[int], T], rounds: int) -> tuple[list[T], list[T]]:
    """What both sides gave in each turn; who goes first changes."""
    found: tuple[list[T], list[T]] = [], []
    for turn in range(rounds):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            found[side].append((ours, theirs)[side](turn))
    return found


def ratio(rates: Sequence[float], others: Sequence[float]) -> float:
    """The median of neighbors' ratios."""
    return median([ours / theirs for ours, theirs in zip(rates, others, strict=True)])


if __name__ == "__main__":
    main()
