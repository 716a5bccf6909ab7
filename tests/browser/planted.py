"""Small pictures whose kind is known because it was planted: strokes by style, colours by emotion."""

import csv
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tests.hostile.zips import zipped

STYLES = ("stripes", "dots", "rings")
#: Ground and strokes in RGB.
EMOTIONS = {"calm": ((198, 214, 224), (64, 104, 140)), "fierce": ((120, 14, 10), (250, 150, 30))}
PIXELS = 64


def picture(style: str, emotion: str, seed: int, pixels: int = PIXELS) -> Image.Image:
    """One picture, another for every seed: place, width and turn of its strokes are drawn by chance."""
    draw = np.random.Generator(np.random.PCG64(seed))
    mask = _strokes(style, draw, pixels)[..., None]
    ground, ink = (np.array(one, np.float64) for one in EMOTIONS[emotion])
    light = draw.uniform(0.85, 1.1)
    painted = (ground + (ink - ground) * mask) * light + draw.normal(0, 5, (pixels, pixels, 3))
    image = Image.fromarray(painted.clip(0, 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(pixels / 200))


def _strokes(style: str, draw: np.random.Generator, pixels: int) -> NDArray[np.float64]:
    """Where there is ink, 0 or 1, as an array (pixels, pixels)."""
    y, x = np.mgrid[:pixels, :pixels] / pixels
    count = draw.uniform(3.5, 6.0)
    if style == "stripes":
        turn = draw.uniform(-0.5, 0.5)
        wave = np.sin(2 * np.pi * count * (x * np.cos(turn) + y * np.sin(turn)) + draw.uniform(0, 6))
    elif style == "dots":
        shift = draw.uniform(0, 6, 2)
        wave = np.sin(2 * np.pi * count * x + shift[0]) * np.sin(2 * np.pi * count * y + shift[1]) - 0.4
    else:
        middle = draw.uniform(0.3, 0.7, 2)
        wave = np.sin(2 * np.pi * count * 1.5 * np.hypot(x - middle[0], y - middle[1]))
    return np.asarray(wave > 0, np.float64)


def png(image: Image.Image) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def collection(each: int) -> bytes:
    """A zip with ``each`` pictures of every style in every emotion, and their labels.csv."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["file", "style", "emotion"])
    files: list[tuple[str, bytes]] = []
    for style in STYLES:
        for emotion in EMOTIONS:
            for number in range(each):
                name = f"{style}-{emotion}-{number + 1:02d}.png"
                files.append((name, png(picture(style, emotion, len(files)))))
                rows.writerow([name, style, emotion])
    return zipped([*files, ("labels.csv", table.getvalue().encode())])
