"""512 queued jobs of one result each: Atelier beside the bare network, stock Celery and LitServe."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.generation import litserve_side
from bench.generation.atelier import Atelier, atelier
from bench.generation.litserve_side import Best
from bench.generation.stock_celery import celery_rate
from bench.generation.subjects import NAMES, subject
from bench.report import Figure, finish, median

ROOT = Path(__file__).parents[2]
GOALS = {"bare": 0.85, "celery": 3.0, "litserve": 1.0}
TITLES = {"bare": "the bare loop", "celery": "stock Celery", "litserve": "LitServe"}


@dataclass
class Rates:
    """What each side gave in each round, for one network."""

    ours: list[float] = field(default_factory=list)
    others: dict[str, list[float]] = field(default_factory=dict)

    def figures(self, title: str) -> list[Figure]:
        """The medians, and the medians of the rounds' ratios."""
        found = [Figure(f"{title}: Atelier", median(self.ours), "results/s")]
        for side, rates in self.others.items():
            name = TITLES[side]
            ratios = [ours / theirs for ours, theirs in zip(self.ours, rates, strict=True)]
            found.append(Figure(f"{title}: {name}", median(rates), "results/s"))
            ratio = f"{title}: Atelier / {name}"
            found.append(Figure(ratio, median(ratios), "x", GOALS[side], at_least=True))
        return found


def main() -> None:
    """Take turns, so that all see the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=512)
    parser.add_argument("--tasks", type=int, default=128, help="of stock Celery; more give the same rate")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of torch, on every side")
    parser.add_argument("--only", choices=NAMES)
    options = parser.parse_args()
    figures: list[Figure] = []
    notes = [_what_is_what(options)]
    for name in [options.only] if options.only else NAMES:
        rates, note = measure(name, options)
        figures += rates.figures(subject(name).title)
        notes.append(note)
    finish("Generation", figures, notes)


def measure(name: str, options: argparse.Namespace) -> tuple[Rates, str]:
    """Every round of one network, and what settings each side used."""
    rates = Rates()
    lit: Best | None = None
    if litserve_side.installed():
        lit = litserve_side.best_settings(name, options.threads)
    bare = raw_loop(name, options.threads, options.jobs, None)
    with atelier(subject(name), options.threads) as place:
        for _ in range(options.rounds):
            rates.ours.append(place.rate(options.jobs))
            others = {"bare": raw_loop(name, options.threads, options.jobs, bare)["rate"]}
            if name == "recurrent":
                others["celery"] = celery_rate(options.tasks, options.threads)
            if lit is not None:
                others["litserve"] = litserve_side.rate(name, lit, options.jobs, options.threads)
            for side, rate in others.items():
                rates.others.setdefault(side, []).append(rate)
        return rates, _settings(name, place, bare, lit)


def raw_loop(name: str, threads: int, results: int, best: dict[str, Any] | None) -> dict[str, Any]:
    """One run of the bare loop in its own process, with the settings of ``best`` or the best it finds."""
    command = [sys.executable, "-m", "bench.generation.raw_loop", name, "--results", str(results)]
    command += ["--threads", str(threads)]
    if best is not None:
        command += ["--shape", str(best["shape"]), "--encoders", str(best["encoders"])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _settings(name: str, place: Atelier, bare: dict[str, Any], lit: Best | None) -> str:
    where = f"encoded on {bare['encoders']} threads" if bare["encoders"] else "encoded in the loop"
    theirs = (
        f"LitServe max_batch_size {lit.batch}, batch_timeout {lit.timeout:g} s"
        if lit
        else "LitServe is not installed (pip install 'atelier[bench]')"
    )
    return (
        f"{subject(name).title}: Atelier measured passes of {place.shape}; the bare loop is best with passes "
        f"of {bare['shape']}, {where}; {theirs}."
    )


def _what_is_what(options: argparse.Namespace) -> str:
    return (
        f"{options.jobs} results, one a job; one computing process and {options.threads} thread(s) of torch "
        f"on each side, models warm; medians of {options.rounds} turns. Atelier: jobs queued in SQLite, a "
        "real worker; every file (picture, thumbnail and latent; or tokens) is flushed to the disk and every "
        "result recorded, from the moment the jobs may be taken to the last record. The bare loop: the same "
        "network and the same encoding in one process, the best of several sizes of a pass and of encoding "
        "in the loop or beside it, results dropped. Stock Celery: one task, one forward pass, results in "
        f"Redis, all tasks queued beforehand ({options.tasks} of them). LitServe: its best of several batch "
        "sizes and timeouts, every request outstanding at once over HTTP, the same files made, the first "
        "one answered in base64, nothing kept."
    )


if __name__ == "__main__":
    main()
