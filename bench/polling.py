"""Asking for a job's status: a thousand clients once a second, and as fast as one web process can."""

from __future__ import annotations

import argparse

from bench.load import closed_loop, open_loop
from bench.noop.studio import studio
from bench.report import Figure, finish, median, percentile
from bench.web_server import atelier_web, bare_web
from shared.catalogue import announce
from worker.registry import discover

CLIENTS = 8
WATCHERS = 1000
WAITING = 50


def main() -> None:
    """Take turns, then let the watchers come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    ours, bare, watched = [], [], []
    with studio("sqlite") as place:
        announce(place.db, discover("bench.noop").descriptions())
        jobs = [place.submit(seed).id for seed in range(WAITING)]
        last = f"/v1/predictions/{jobs[-1]}"
        with atelier_web(place) as atelier, bare_web(place) as plain:
            closed_loop(atelier, lambda: (last, None), clients=CLIENTS, seconds=1.0)
            for _ in range(options.rounds):
                ours.append(
                    closed_loop(atelier, lambda: (last, None), clients=CLIENTS, seconds=options.seconds)
                )
                bare.append(
                    closed_loop(plain, lambda: ("/healthz", None), clients=CLIENTS, seconds=options.seconds)
                )
                watched.append(
                    open_loop(
                        atelier,
                        lambda: (last, None),
                        clients=WATCHERS,
                        seconds=options.seconds * 2,
                        period=1.0,
                    )
                )
    refused = sum(turn.refused for turn in (*ours, *bare, *watched))
    ratios = [mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)]
    p99 = median([percentile(turn.seconds, 0.99) for turn in watched])
    finish(
        "Polling",
        [
            Figure("GET of a waiting job's status", median([turn.rate for turn in ours]), "requests/s"),
            Figure("a Flask route that returns a constant", median([t.rate for t in bare]), "requests/s"),
            Figure("ratio", median(ratios), "x", 0.4, at_least=True),
            Figure(f"p99, {WATCHERS} clients at 1 Hz", p99 * 1000, "ms", 100.0),
            Figure("requests refused", refused, "", 0.0),
            Figure("core taken by the clients, bare route", median([t.share for t in bare]) * 100, "%"),
            Figure(f"core taken by {WATCHERS} clients", median([t.share for t in watched]) * 100, "%"),
        ],
        [
            f"SQLite, one web process; the job is the last of {WAITING} that wait. {CLIENTS} clients in a "
            f"closed loop; medians of {options.rounds} turns."
        ],
    )


if __name__ == "__main__":
    main()
