"""How long it takes to examine a picture of one megapixel on one core, in seconds of the processor.

    python -m bench.analysis_examine [--picture FILE] [--rounds N]

Without a file the picture is made: coloured noise whose amplitude falls with frequency as in paintings, so
that every measure has something to measure. Decoding a file and waiting for other processes do not count.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image

from bench.report import Figure, finish, median
from worker.picture.colour import Pixels
from worker.picture.examine import examine

SIDE = 1000
MOST_MILLISECONDS = 150.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, help="an image file; it is resized to one megapixel")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    picture = made() if options.picture is None else read(options.picture)
    examine(picture)
    spent = []
    for _ in range(options.rounds):
        begin = time.process_time()
        examine(picture)
        spent.append(1000.0 * (time.process_time() - begin))
    height, width = picture.shape[:2]
    name = f"examine {width} x {height} pixels, processor time"
    finish(
        "Figures of a picture",
        [Figure(name, median(spent), "ms", MOST_MILLISECONDS)],
        [f"Median of {options.rounds}; the slowest took {max(spent):.0f} ms, the quickest {min(spent):.0f}."],
    )


def made() -> Pixels:
    """Noise of three channels, amplitude falling as frequency to the power of 1.3, always the same."""
    chance = np.random.default_rng(1)
    fall = np.maximum(
        np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.rfftfreq(SIDE), indexing="ij")), 1 / SIDE
    )
    channels = []
    for _ in range(3):
        spectrum = np.fft.rfft2(chance.standard_normal((SIDE, SIDE))) / fall**1.3
        values = np.fft.irfft2(spectrum, (SIDE, SIDE))
        channels.append((values - values.mean()) / values.std() * 45 + 125)
    return np.asarray(np.clip(np.stack(channels, -1), 0, 255), np.uint8)


def read(path: Path) -> Pixels:
    """The picture of a file at one megapixel, its shape kept."""
    image = Image.open(path).convert("RGB")
    scale = SIDE / (image.width * image.height) ** 0.5
    return np.asarray(image.resize((round(image.width * scale), round(image.height * scale))))


if __name__ == "__main__":
    main()
