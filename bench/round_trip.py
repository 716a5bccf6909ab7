"""Submit to succeeded over HTTP, idle worker and hot model, beside the bare forward pass and PNG."""

import argparse
import time
from pathlib import Path

import torch

from bench.painter import version_of
from bench.report import Figure, finish, median, percentile
from bench.stack import running, temporary_home
from shared.artifacts import open_store
from shared.library import get_version
from shared.migrate import open_database
from shared.settings import load_settings
from worker.families.painting_gan.encode import png
from worker.families.painting_gan.engine import PaintingEngine
from worker.families.painting_gan.painter import LoadedPainter
from worker.families.painting_gan.sampling import draft
from worker.family import Request

WARM_UP = 10
FACTOR = 3.0
ALLOWANCE_SECONDS = 0.060


def main() -> None:
    """Take turns between the service and the bare work, so that both see the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=0, help="threads of torch on both sides; 0: all cores")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    bare, served = [], []
    with temporary_home() as home, running(home, options.threads) as stack:
        version = version_of(stack)
        painter = load(home, version)
        for seed in range(WARM_UP + options.rounds):
            began = time.perf_counter()
            paint(painter, seed)
            middle = time.perf_counter()
            stack.predict(version, seed)
            bare.append(middle - began)
            served.append(time.perf_counter() - middle)
    bare, served = bare[WARM_UP:], served[WARM_UP:]
    bound = FACTOR * median(bare) + ALLOWANCE_SECONDS
    finish(
        "Round trip",
        [
            Figure("submit to succeeded, p50", median(served) * 1000, "ms", bound * 1000),
            Figure("submit to succeeded, p95", percentile(served, 0.95) * 1000, "ms"),
            Figure("bare forward pass and PNG, p50", median(bare) * 1000, "ms"),
            Figure("bare forward pass and PNG, p95", percentile(bare, 0.95) * 1000, "ms"),
            Figure("what the service adds, p50", (median(served) - median(bare)) * 1000, "ms"),
        ],
        [f"Bound: {FACTOR:g} x bare p50 + {ALLOWANCE_SECONDS * 1000:g} ms; {options.rounds} turns of each."],
    )


def load(home: Path, version_id: str) -> LoadedPainter:
    """The same network in this process."""
    settings = load_settings(home=home)
    db = open_database(settings)
    version = get_version(db, version_id)
    return PaintingEngine().load(open_store(settings.store_url).path(version_id), version.config, "cpu")


@torch.inference_mode()
def paint(painter: LoadedPainter, seed: int) -> bytes:
    """One picture as PNG, without anything around it."""
    request = Request("bench", "generate", None, {"seed": seed, "count": 1, "psi": 0.7, "class_name": ""})
    (levels,) = painter.paint(draft(painter.generator, request))
    return png(levels.permute(1, 2, 0).numpy(), {})


if __name__ == "__main__":
    main()
