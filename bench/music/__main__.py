"""Everything that is measured of the music RNN's music, each figure beside the published one or its goal.

    python -m bench.music [--data FOLDER] [--version FOLDER]

An hour of training for sixteenths, then the starter's chorales and harmonisations; with ``--data`` (see
bench/music/quarters.py) three quarters of an hour more for quarters. Each part runs in a process of its
own and can be run alone. How quick the family is, bench/music_speed.py tells.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import machine

ROOT = Path(__file__).parents[2]
SEEDS = (0, 1, 2)


def main() -> None:
    """Run all parts; exit code 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of JSB_Chorales.mat and Nottingham.mat")
    parser.add_argument("--version", type=Path, help="folder of a version; the starter's is the default")
    parser.add_argument("--minutes", type=float, default=60.0, help="of training for sixteenths, in all")
    options = parser.parse_args()
    print(f"## Music\n\n{machine()}\n", flush=True)
    with TemporaryDirectory() as keep:
        parts = commands(Path(keep), options.minutes, options.version, options.data)
        failed = [part for part in parts if run(part)]
    sys.exit(1 if failed else 0)


def commands(
    keep: Path, minutes: float, version: Path | None = None, data: Path | None = None
) -> Iterator[list[str]]:
    """The arguments of each part; trained networks are put into ``keep``."""
    networks = [str(keep / f"seed-{seed}.safetensors") for seed in SEEDS]
    each = str(minutes / len(SEEDS))
    for seed, network in zip(SEEDS, networks, strict=True):
        yield ["bench.music.sixteenths", "train", "--seed", str(seed), "--minutes", each, "--keep", network]
    yield ["bench.music.sixteenths", "score", *networks]
    chosen = [] if version is None else ["--version", str(version)]
    yield ["bench.music.likeness", *chosen]
    yield ["bench.music.harmonisation", *chosen]
    if data is not None:
        for name in ("jsb", "nottingham"):
            for output in ("joint", "independent"):
                yield ["bench.music.quarters", "--data", str(data), "--set", name, "--output", output]


def run(part: Sequence[str]) -> int:
    """The exit code of a part, which prints for itself."""
    print(f"\n$ python -m {' '.join(part)}", flush=True)
    return subprocess.run([sys.executable, "-m", *part], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    main()
