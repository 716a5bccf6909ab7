"""How long somebody with one job waits behind somebody with ten thousand, and whether weights are kept."""

from __future__ import annotations

import argparse
from collections import Counter

from bench.noop.studio import STORES, Studio, studio
from bench.report import Figure, finish, median
from shared import jobs
from shared.jobs import Job, Result

BATCH = 32
BOUND_BATCHES = 2
WEIGHTS = {"light": 1.0, "middle": 2.0, "heavy": 5.0}
SERVED = 800


def main() -> None:
    """Queue, then serve batch after batch as one worker does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--behind", type=int, default=10_000, help="jobs of the other owner")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    figures: list[Figure] = []
    for store in STORES:
        waits = [batches_before(store, options.behind) for _ in range(options.rounds)]
        name = f"{store}: batches before the one job, {options.behind:,} of another owner queued"
        figures.append(Figure(name, median(waits), "batches", BOUND_BATCHES))
        name = f"{store}: largest share off its weight, {SERVED} jobs of 3 owners"
        figures.append(Figure(name, off_weight(store), "%", 5.0))
    note = f"Batches of {BATCH}. First in, first out would be {options.behind // BATCH} batches."
    finish("Fairness", figures, [note])


def batches_before(store: str, behind: int) -> int:
    """The batches that are served between the submit of the one job and its own, that in hand included."""
    with studio(store) as place:
        many, few = place.owner("many"), place.owner("few")
        for seed in range(behind):
            place.submit(seed, owner=many, batch_key="many")
        in_hand = take(place, BATCH)
        place.submit(0, owner=few, batch_key="few")
        batches = 0
        while in_hand[0].owner_id != few:
            jobs.succeed(place.db, [(job.lease, Result()) for job in in_hand])
            in_hand = take(place, BATCH)
            batches += 1
        return batches


def off_weight(store: str) -> float:
    """By how many percent the owner served worst or best is off the share that its weight gives."""
    with studio(store) as place:
        for name, weight in WEIGHTS.items():
            place.owner(name, weight)
            for seed in range(SERVED):
                place.submit(seed, owner=name, batch_key=None)
        served: Counter[str] = Counter()
        while served.total() < SERVED:
            batch = take(place, 1)
            served.update(job.owner_id for job in batch)
            jobs.succeed(place.db, [(job.lease, Result()) for job in batch])
        whole = sum(WEIGHTS.values())
        shares = {name: SERVED * weight / whole for name, weight in WEIGHTS.items()}
        return max(abs(served[name] / share - 1) for name, share in shares.items()) * 100


def take(place: Studio, limit: int) -> list[Job]:
    """The next batch."""
    return jobs.claim(
        place.db,
        worker_id="bench",
        lanes=("interactive",),
        families=("noop",),
        limit=limit,
        lease_seconds=600.0,
    )


if __name__ == "__main__":
    main()
