"""POST of predictions to one web process, beside the same server inserting one row and nothing else."""

from __future__ import annotations

import argparse
import itertools
import json

from bench.load import closed_loop, open_loop
from bench.noop.studio import studio
from bench.report import Figure, finish, median, percentile
from bench.web_server import atelier_web, bare_web
from shared.catalogue import announce
from worker.registry import discover

CLIENTS = 8
STEADY = 100


def main() -> None:
    """Take turns, then send at a steady rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    ours, bare, late = [], [], []
    with studio("sqlite") as place:
        announce(place.db, discover("bench.noop").descriptions())
        seeds = itertools.count()

        def predict() -> tuple[str, str]:
            return "/v1/predictions", json.dumps({"version": place.version, "input": {"seed": next(seeds)}})

        with atelier_web(place) as atelier, bare_web(place) as plain:
            closed_loop(atelier, predict, clients=CLIENTS, seconds=1.0)
            for _ in range(options.rounds):
                ours.append(closed_loop(atelier, predict, clients=CLIENTS, seconds=options.seconds))
                bare.append(
                    closed_loop(plain, lambda: ("/rows", ""), clients=CLIENTS, seconds=options.seconds)
                )
                late.append(
                    open_loop(atelier, predict, clients=STEADY, seconds=options.seconds, period=1.0)
                )
    refused = sum(turn.refused for turn in (*ours, *bare, *late))
    ratios = [mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)]
    p99 = median([percentile(turn.seconds, 0.99) for turn in late])
    finish(
        "Submitting",
        [
            Figure("POST /v1/predictions", median([turn.rate for turn in ours]), "requests/s"),
            Figure("a Flask route that inserts one row", median([turn.rate for turn in bare]), "requests/s"),
            Figure("ratio", median(ratios), "x", 0.5, at_least=True),
            Figure(f"p99 at {STEADY} requests/s", p99 * 1000, "ms", 50.0),
            Figure("requests refused", refused, "", 0.0),
            Figure("core taken by the clients, bare route", median([t.share for t in bare]) * 100, "%"),
        ],
        [f"SQLite, one web process, {CLIENTS} clients in a closed loop; medians of {options.rounds} turns."],
    )


if __name__ == "__main__":
    main()
