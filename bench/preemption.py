"""What people wait for a picture while the only worker trains, beside the idle worker plus one step.

Started as people start it, with the starter's pictures and a training as the form offers it (64 pixels,
projected critic): its grids, its first scoring and its checkpoints fall into the time that is measured. A
request comes at a random moment, one at a time, and its latency is what an HTTP client sees from the submit
to the recorded success.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from bench.painter import FAMILY, version_of
from bench.report import Figure, finish, median, percentile
from bench.stack import Stack, running, temporary_home, wait
from shared.migrate import OWNER

GOAL = 1.5
BATCH = 16
WARM_UP = 10
#: Half of the form's default: so the first scoring, at the fourth grid, falls into the visit.
SNAPSHOT_KIMG = 0.5
SCORED_AT = round(4 * SNAPSHOT_KIMG * 1000 / BATCH)
#: The longest pause between two requests; the mean is half of it.
PAUSE_SECONDS = 0.8
FIRST_STEPS = 3
ENDED = ("canceled", "failed", "succeeded")


@dataclass
class Round:
    """The seconds of each request on the idle worker, of each in the training, and of each step told."""

    idle: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    reached: int = 0

    @property
    def bound(self) -> float:
        """The idle worker's p95 and one optimizer step."""
        return percentile(self.idle, 0.95) + median(self.steps)


class Visitor:
    """Somebody who asks for one picture after another, each with a seed of its own."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._version = version_of(stack)
        self._seeds = count()
        self._chance = random.Random(0)

    def ask(self) -> float:
        """Seconds of one request."""
        began = time.perf_counter()
        self._stack.predict(self._version, next(self._seeds))
        return time.perf_counter() - began

    def come(self, seconds: float) -> Iterator[float]:
        """Requests at random moments for so long."""
        over = time.perf_counter() + seconds
        while time.perf_counter() < over:
            time.sleep(self._chance.uniform(0.0, PAUSE_SECONDS))
            yield self.ask()


def main() -> None:
    """Idle worker and training take turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=110.0, help="how long each training is visited")
    options = parser.parse_args()
    with temporary_home() as home, running(home) as stack:
        visitor = Visitor(stack)
        for _ in range(WARM_UP):
            visitor.ask()
        turns = [turn(stack, visitor, number, options.seconds) for number in range(options.rounds)]
    report(turns, options.seconds)


def turn(stack: Stack, visitor: Visitor, number: int, seconds: float) -> Round:
    """The idle worker for a fifth of the time, then the same in the middle of a fresh training."""
    found = Round(idle=list(visitor.come(seconds / 5)))
    with training(stack, number) as job_id:
        for latency in visitor.come(seconds):
            found.busy.append(latency)
            told = status(stack, job_id)
            found.steps.append(BATCH / float(told["images_per_second"]))
            found.reached = int(told["step"])
    return found


@contextmanager
def training(stack: Stack, number: int) -> Iterator[str]:
    """A training of the defaults on the largest of the starter's data sets, in its first steps."""
    datasets = stack.http.get("/v1/datasets").raise_for_status().json()["results"]
    largest = max(datasets, key=lambda dataset: int(dataset["item_count"]))
    wanted = {"dataset": largest["id"], "resolution": 64, "batch": BATCH, "seed": number}
    wanted["snapshot_kimg"] = SNAPSHOT_KIMG
    body = {"family": FAMILY, "destination": f"{OWNER}/preemption-{number}", "input": wanted}
    job_id = str(accepted(stack.http.post("/v1/trainings", json=body))["id"])
    wait(lambda: status(stack, job_id).get("step", 0) >= FIRST_STEPS)
    try:
        yield job_id
    finally:
        stack.http.post(f"/v1/trainings/{job_id}/cancel").raise_for_status()
        wait(lambda: document(stack, job_id)["status"] in ENDED)


def accepted(answer: httpx.Response) -> dict[str, Any]:
    """The job in an answer. Raises RuntimeError with the reason when it was refused."""
    if not answer.is_success:
        raise RuntimeError(answer.text)
    return dict(answer.json())


def document(stack: Stack, job_id: str) -> dict[str, Any]:
    """The training as the API tells it."""
    return dict(stack.http.get(f"/v1/trainings/{job_id}").raise_for_status().json())


def status(stack: Stack, job_id: str) -> dict[str, Any]:
    """The training's own figures. Raises RuntimeError when it does not run."""
    job = document(stack, job_id)
    if job["status"] in ENDED:
        raise RuntimeError(f"the training is {job['status']}: {job['error']}")
    return dict(job["progress"]["detail"])


def report(turns: list[Round], seconds: float) -> None:
    """Medians of the rounds."""
    busy = [percentile(turn.busy, 0.95) for turn in turns]
    ratios = [p95 / turn.bound for p95, turn in zip(busy, turns, strict=True)]
    reached = min(turn.reached for turn in turns)
    asked = sum(len(turn.busy) for turn in turns)
    finish(
        "People in the middle of a training",
        [
            Figure("idle worker, p50", median([median(turn.idle) for turn in turns]) * 1000, "ms"),
            Figure("idle worker, p95", median([percentile(t.idle, 0.95) for t in turns]) * 1000, "ms"),
            Figure("one optimizer step", median([median(turn.steps) for turn in turns]) * 1000, "ms"),
            Figure("while it trains, p50", median([median(turn.busy) for turn in turns]) * 1000, "ms"),
            Figure("while it trains, p95", median(busy) * 1000, "ms"),
            Figure("while it trains, the longest", max(max(turn.busy) for turn in turns) * 1000, "ms"),
            Figure("p95 / (idle p95 + one step)", median(ratios), "x", GOAL),
        ],
        [
            f"{len(turns)} trainings of {seconds:g} s (to step {reached} or more, "
            f"scored at step {SCORED_AT}), {asked} requests in them at random "
            "moments; medians of the trainings."
        ],
    )


if __name__ == "__main__":
    main()
