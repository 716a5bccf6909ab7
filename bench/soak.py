"""Half an hour at about 70 % of what the workers can do, with faults at random moments; nothing may be lost.

Two workers and the web are left alone, so that their memory and open files tell something; the faults hit two
more workers, the bell and the database's connections.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.report import Figure, finish, percentile
from bench.soaking.load import Accepted, Load
from bench.soaking.mischief import Mischief
from bench.soaking.place import Place, place
from bench.soaking.samples import Samples
from bench.soaking.verdict import Verdict, finishes, judge, open_jobs
from bench.stack import temporary_home, wait
from shared.errors import Unavailable

MINUTES = 30.0
LONGEST_MINUTES = 24 * 60.0
LOAD = 0.7
#: Jobs that load what is loaded once, and then jobs enough to see how many a second the workers end.
WARMING, CALIBRATION = 60, 300
SAMPLE_SECONDS = 5.0
TELL_SECONDS = 15.0
#: After the last fault everything must have ended within this time.
DRAIN_SECONDS = 300.0
#: The slope of the memory of any process that was left alone, and how many more files it may hold open.
MOST_MB_PER_HOUR = 20.0
MOST_MORE_FILES = 8.0
#: In a shorter run the slope is told, but a megabyte in a minute is no leak.
MINUTES_FOR_A_SLOPE = 20.0


def main() -> None:
    """Calibrate, load, let things settle, and judge."""
    options = parser().parse_args()
    minutes = min(options.minutes, LONGEST_MINUTES)
    with temporary_home() as folder, place(folder, options.store) as here:
        load, samples = Load(here, options.seed), Samples()
        mischief = Mischief(here, options.seed)
        with tended(here):
            rate = calibrate(here, load)
            tell(f"{rate:.1f} jobs a second; {minutes:g} minutes at {LOAD:.0%} of it begin")
            mischief.start()
            try:
                run(here, load, samples, mischief, LOAD * rate, minutes * 60)
            finally:
                mischief.stop()
            settled = settle(here)
        verdict = judge(here.rig, load.accepted)
        load.close()
    if mischief.surprise is not None:
        raise mischief.surprise
    figures = [
        *counts(load.accepted, verdict, settled),
        *resources(samples, minutes),
        *waits(verdict),
        Figure("what the workers can do", rate, "jobs/s"),
    ]
    finish(f"Soak on {options.store}", figures, notes(options, load.accepted, verdict, mischief))


def calibrate(here: Place, load: Load) -> float:
    """Jobs a second of all four workers, from the same mix, while all of them have work."""
    for count in (WARMING, CALIBRATION):
        known = len(load.accepted.jobs)
        load.burst(count)
        wait(lambda: open_jobs(here.rig) == 0, DRAIN_SECONDS)
    ends = finishes(here.rig, load.accepted.jobs[known:])
    load.accepted.calibration = len(load.accepted.jobs)
    # Not the first, which are submitted while others are, and not the last, when some workers have none left.
    first, last = len(ends) // 5, len(ends) * 4 // 5
    return (last - first) / (ends[last] - ends[first])


def run(
    here: Place, load: Load, samples: Samples, mischief: Mischief, rate: float, seconds: float
) -> None:
    """Submit in a thread; look and tell in this one."""
    began = time.monotonic()
    over = began + seconds
    submitter = threading.Thread(target=load.run, args=(rate, over), daemon=True)
    submitter.start()
    told = began
    while submitter.is_alive() and time.monotonic() < over + DRAIN_SECONDS:
        submitter.join(SAMPLE_SECONDS)
        samples.take(here.watched(), time.monotonic() - began)
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            tell(progress(here, load, samples, mischief, told - began))


def settle(here: Place) -> bool:
    """Whether everything ends once the faults have."""

    def ended() -> bool:
        try:
            return open_jobs(here.rig) == 0
        except Unavailable:
            return False

    try:
        wait(ended, DRAIN_SECONDS)
    except TimeoutError:
        return False
    return True


@contextmanager
def tended(here: Place) -> Iterator[None]:
    """Workers whose parent ends are started again meanwhile."""
    over = threading.Event()

    def tend() -> None:
        while not over.wait(0.5):
            here.tend()

    thread = threading.Thread(target=tend, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def counts(accepted: Accepted, verdict: Verdict, settled: bool) -> list[Figure]:
    """What became of the jobs."""
    zero = {
        "lost": verdict.lost,
        "not ended after the last fault": float(not settled),
        "duplicate effects": verdict.duplicates,
        "stale writes accepted": verdict.stale,
        "trainings that end otherwise than undisturbed": verdict.inexact,
        "files that are missing or damaged": verdict.damaged,
    }
    return [
        Figure("accepted", len(accepted.jobs), "jobs"),
        *(Figure(f"ended as {state}", count, "jobs") for state, count in sorted(verdict.states.items())),
        *(Figure(name, count, "", 0.0) for name, count in zero.items()),
        Figure("trainings", len(accepted.trainings), ""),
        Figure("trainings that were interrupted", verdict.trainings_interrupted, ""),
        Figure("attempts that were interrupted", sum(verdict.interrupted.values()), ""),
        Figure("requests refused, to be tried again", sum(accepted.refused.values()), ""),
    ]


def waits(verdict: Verdict) -> list[Figure]:
    """How long jobs waited for their first try."""
    return [
        Figure(f"wait in the {lane} lane, p{share * 100:.0f}", percentile(seconds, share), "s")
        for lane, seconds in sorted(verdict.waits.items())
        for share in (0.5, 0.99)
    ]


def resources(samples: Samples, minutes: float) -> list[Figure]:
    """Memory and open files of what was left alone."""
    figures = [Figure("processes left alone that were replaced", samples.replaced, "", 0.0)]
    for name, series in sorted(samples.series.items()):
        warm = series.warm(minutes * 60)
        if not warm.seconds:
            continue
        bound = MOST_MB_PER_HOUR if minutes >= MINUTES_FOR_A_SLOPE else None
        first, last = warm.edges
        figures += [
            Figure(f"{name}: RSS at the end", warm.megabytes[-1], "MB"),
            Figure(f"{name}: RSS slope", warm.slope, "MB/h", bound),
            Figure(f"{name}: open files, first", first, ""),
            Figure(f"{name}: open files, last", last, "", first + MOST_MORE_FILES),
        ]
    return figures


def notes(
    options: argparse.Namespace, accepted: Accepted, verdict: Verdict, mischief: Mischief
) -> list[str]:
    """What the figures do not say."""
    said = [
        f"{options.minutes:g} minutes, seed {options.seed}.",
        f"Faults: {listed(mischief.done)}. Found nobody to be done to: {listed(mischief.missed)}.",
        f"Jobs by kind: {listed(accepted.kinds)}. Attempts interrupted: {listed(verdict.interrupted)}.",
        f"Refused: {listed(accepted.refused)}.",
    ]
    return said + verdict.told


def listed(counted: dict[str, int]) -> str:
    """The counts in words."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items())) or "none"


def progress(here: Place, load: Load, samples: Samples, mischief: Mischief, seconds: float) -> str:
    """One line about a run that is not over."""
    try:
        waiting = str(open_jobs(here.rig))
    except Unavailable:
        waiting = "?"
    sizes = {name: f"{s.megabytes[-1]:.0f} MB, {s.files[-1]} files" for name, s in samples.series.items()}
    return (
        f"{seconds:5.0f} s: {len(load.accepted.jobs)} accepted, {waiting} open, "
        f"{sum(mischief.done.values())} faults, {sum(load.accepted.refused.values())} refused; {sizes}"
    )


def tell(line: str) -> None:
    """Say how far it is, at once."""
    print(line, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    made.add_argument("--minutes", type=float, default=MINUTES, help="how long (default 30)")
    made.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    made.add_argument("--seed", type=int, default=1, help="of the requests and the faults (default 1)")
    return made


if __name__ == "__main__":
    main()
