"""Previews that move, soften or merge shapes: sRGB in, sRGB out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from worker.picture.colour import Array, Pixels, lab_of, rgb_of
from worker.picture.lines import lines_of
from worker.picture.saliency import saliency_of
from worker.picture.tones import with_light
from worker.picture.view import view_of

_POWER_POINTS = tuple((x, y) for x in (1 / 3, 2 / 3) for y in (1 / 3, 2 / 3))
#: Median filters work on this longer side, where five pixels are a small brush.
_BRUSH_SIDE = 512
#: How far around the focus a picture stays sharp, in widths and heights (a deviation).
_SHARP = 0.2


def soften_surroundings(rgb: Pixels, strength: float) -> Pixels:
    """Blurred, except around the focus."""
    height, width = rgb.shape[:2]
    x, y = saliency_of(view_of(rgb).lab).focus
    across, down = ((np.arange(n, dtype=np.float32) + 0.5) / n for n in (width, height))
    squared = (across[None, :] - x) ** 2 + (down[:, None] - y) ** 2
    return _mixed(rgb, _blurred(rgb, strength), 1.0 - np.exp(-squared / (2 * _SHARP**2)))


def soften_border(rgb: Pixels, strength: float) -> Pixels:
    """Blurred and a little flatter in the outer eighth."""
    height, width = rgb.shape[:2]
    down, across = (np.abs(np.linspace(-1.0, 1.0, n, dtype=np.float32)) for n in (height, width))
    return _mixed(rgb, _blurred(rgb, strength), np.clip((np.maximum(down[:, None], across) - 0.75) * 8, 0, 1))


def smooth_strokes(rgb: Pixels, strength: float) -> Pixels:
    """Small strokes and grain taken out, edges of large shapes kept (a median, ``strength`` times over)."""
    image = Image.fromarray(rgb)
    scale = min(1.0, _BRUSH_SIDE / max(image.size))
    small = image.resize([max(1, round(side * scale)) for side in image.size], Image.Resampling.BOX)
    for _ in range(max(1, round(strength))):
        small = small.filter(ImageFilter.MedianFilter(5))
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC))


def sharpen(rgb: Pixels, strength: float) -> Pixels:
    """Unsharp masking by ``strength``."""
    mask = ImageFilter.UnsharpMask(max(1.0, max(rgb.shape) / 200), round(100 * strength), 0)
    return np.asarray(Image.fromarray(rgb).filter(mask))


def flatten(rgb: Pixels, values: float, spread: float = 0.0) -> Pixels:
    """Lightness in so many even tones, each of about as much of the picture, as in a print of few blocks.

    The tones are as light as what they stand for, or with ``spread`` evenly placed over so many L*.
    """
    lab = lab_of(smooth_strokes(rgb, 2))
    light = lab[..., 0]
    count = max(2, round(values))
    bounds = np.percentile(light, np.linspace(0, 100, count + 1)[1:-1])
    tone = np.searchsorted(bounds, light, side="right")
    if spread > 0:
        tones = 50.0 + np.linspace(-spread / 2, spread / 2, count)
    else:
        sums = np.bincount(tone.ravel(), light.ravel(), count)
        tones = sums / np.maximum(np.bincount(tone.ravel(), minlength=count), 1)
    return rgb_of(with_light(lab, tones[tone]))


def crop_to_thirds(rgb: Pixels, least: float) -> Pixels:
    """The largest crop of the same shape with the focus at a crossing of its thirds.

    It keeps ``least`` (0 to 1) of each side or more; where no crossing is reached, it comes nearest to one.
    """
    height, width = rgb.shape[:2]
    found = saliency_of(view_of(rgb).lab)
    boxes = []
    for size in np.arange(1.0, least - 1e-9, -0.02):
        for x, y in _POWER_POINTS:
            left, top = (
                min(max(0.0, focus - size * point), 1.0 - size)
                for focus, point in zip(found.focus, (x, y), strict=True)
            )
            off = np.hypot((found.focus[0] - left) / size - x, (found.focus[1] - top) / size - y)
            boxes.append((max(0.0, float(off) - 0.02), -size, left, top))
    _, size, left, top = min(boxes)
    rows, columns = max(1, round(-size * height)), max(1, round(-size * width))
    first, column = round(top * height), round(left * width)
    return rgb[first : first + rows, column : column + columns]


def straighten(rgb: Pixels) -> Pixels:
    """Turned back by the lean of its level and upright edges, cropped to what is left of the same shape."""
    tilt = lines_of(view_of(rgb).light).tilt
    height, width = rgb.shape[:2]
    turned = np.asarray(Image.fromarray(rgb).rotate(tilt, Image.Resampling.BICUBIC))
    angle = np.radians(abs(tilt))
    longer, shorter = max(height, width), min(height, width)
    scale = 1.0 / (np.cos(angle) + longer / shorter * np.sin(angle))
    rows, columns = max(1, int(height * scale)), max(1, int(width * scale))
    top, left = (height - rows) // 2, (width - columns) // 2
    return turned[top : top + rows, left : left + columns]


def _blurred(rgb: Pixels, strength: float) -> Pixels:
    radius = strength * max(rgb.shape) / 130
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(radius)))


def _mixed(one: Pixels, other: Pixels, share: npt.NDArray[np.floating]) -> Pixels:
    """``share`` of ``other`` in ``one``."""
    part: Array = share.astype(np.float32)[..., None]
    return np.asarray(np.round(one * (1 - part) + other * part), np.uint8)
