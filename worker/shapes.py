"""How many rows a pass has: measured when a version is first loaded on a type of device, then fixed.

docs/decisions/0014-measured-shapes.md tells why.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shared import shapes
from shared.database import Database
from worker.family import Loaded, Shaped
from worker.serving.faults import is_out_of_memory

log = logging.getLogger(__name__)

#: A request that comes alone pays for the whole pass, so twice the rows must give this much more a second.
LEAST_GAIN = 1.05
#: And no pass may take longer than this.
LONGEST_PASS_SECONDS = 0.6
#: A further shape is tried only while the probe has not taken so many seconds.
PROBE_SECONDS = 2.0
#: A shape is judged by its quickest pass of at most so many, and of no more than so many seconds.
PASSES = 4
PASSES_SECONDS = 0.06


@dataclass(frozen=True)
class Found:
    """The fastest shape, and what was seen: rows a second by shape, and what ended the probe."""

    shape: int
    measured: dict[str, Any]


def settle(db: Database, loaded: Loaded, version_id: str, device_type: str, most: int) -> None:
    """Fix the shape of a network just loaded: the one in SQL, measured now when there is none yet.

    Whoever records first decides for every worker of that type of device. ``most`` is the largest shape
    worth trying: the most jobs in one claimed batch.
    """
    if not isinstance(loaded, Shaped):
        return
    shape = shapes.known(db, version_id, device_type)
    if shape is None:
        # On a CPU other work must not count: what is decided now stays.
        clock = time.thread_time if device_type == "cpu" else time.perf_counter
        found = probe(loaded.rehearse, loaded.shapes(), most, clock)
        shape = shapes.decide(db, version_id, device_type, found.shape, found.measured)
        log.info("version %s: passes of %d on %s %s", version_id[:12], shape, device_type, found.measured)
    loaded.shape = shape


def probe(
    rehearse: Callable[[int], None],
    candidates: Sequence[int],
    most: int,
    clock: Callable[[], float],
) -> Found:
    """Try the candidates from the smallest on until a larger one is hardly faster, or memory runs out.

    Raises:
        Exception: what even the smallest shape raises.
    """
    began = clock()
    smallest = best = candidates[0]
    rates: dict[str, float] = {}
    ended = "tried all"
    for shape in candidates:
        if shape != smallest and (shape > most or clock() - began > PROBE_SECONDS):
            ended = "out of time" if shape <= most else "as large as a batch"
            break
        try:
            seconds = _quickest(rehearse, shape, clock)
        except Exception as error:
            if shape == smallest or not is_out_of_memory(error):
                raise
            ended = f"out of memory at {shape}"
            # Others will need room beside it: a training in this child, another child, a second version.
            best = max(smallest, candidates[max(0, candidates.index(best) - 1)])
            break
        rates[str(shape)] = round(shape / seconds, 2)
        if shape != smallest and (
            seconds > LONGEST_PASS_SECONDS or rates[str(shape)] < LEAST_GAIN * rates[str(best)]
        ):
            ended = "no better"
            break
        best = shape
    return Found(best, {"per_second": rates, "ended": ended, "seconds": round(clock() - began, 3)})


def _quickest(rehearse: Callable[[int], None], shape: int, clock: Callable[[], float]) -> float:
    """Seconds of the quickest of a few passes: what else runs on the machine only ever makes one slower."""
    began, quickest = clock(), float("inf")
    for number in range(PASSES):
        start = clock()
        rehearse(shape)
        end = clock()
        quickest = min(quickest, end - start)
        # The first pass of a shape also makes ready; it alone counts only where it takes very long.
        patience = PASSES_SECONDS if number else PROBE_SECONDS if shape == 1 else LONGEST_PASS_SECONDS
        if end - began > patience:
            break
    return max(quickest, 1e-9)
