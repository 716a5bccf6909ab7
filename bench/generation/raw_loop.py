"""The bare network in a process of its own: ``python -m bench.generation.raw_loop painter --results 512``.

Prints JSON: the settings (passes of how many rows; encoded in the loop or on other threads) and the rate.
Without ``--shape`` every setting is tried and the best one kept.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from bench.generation.subjects import NAMES, Bare, prepare
from worker.serving.making import THREADS

#: How many results a setting is tried with, at the least.
SWEEP_RESULTS = 64


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subject", choices=NAMES)
    parser.add_argument("--results", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--shape", type=int)
    parser.add_argument("--encoders", type=int, default=0)
    options = parser.parse_args()
    prepare(options.threads)
    bare = Bare(options.subject)
    bare.make(range(4), 1)
    settings = (options.shape, options.encoders)
    if options.shape is None:
        settings = best(bare)
    shape, encoders = settings
    told = {"shape": shape, "encoders": encoders, "rate": rate(bare, options.results, shape, encoders)}
    print(json.dumps(told))


def best(bare: Bare) -> tuple[int, int]:
    """The quickest shape, then whether other threads help to encode."""
    shapes = bare.loaded.shapes()
    shape = max(shapes, key=lambda one: rate(bare, max(SWEEP_RESULTS, 2 * one), one, 0))
    results = max(4 * SWEEP_RESULTS, 2 * shape)
    return shape, max((0, THREADS), key=lambda encoders: rate(bare, results, shape, encoders))


def rate(bare: Bare, results: int, shape: int, encoders: int) -> float:
    """Results a second, kept in memory."""
    bare.loaded.rehearse(shape)
    with ThreadPoolExecutor(encoders) if encoders else nullcontext() as pool:
        began = time.perf_counter()
        bare.make(range(results), shape, pool)
        return results / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
