"""What may be technically wrong: noise, blocks of compression, clipping, blur, too few pixels.

From which level on it is called a fault says ``rules/faults.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from worker.advice.finding import find
from worker.picture.colour import Array
from worker.picture.knowledge import catalogue, fault_rules
from worker.picture.parts import scalars
from worker.picture.view import View, tiles_of

_BLOCK = 8
#: Of pure noise the calmest fifth of the blocks has this share of the true deviation (measured).
_CALM, _CALM_BIAS = 0.2, 0.79
_BLACK, _WHITE = 2, 253
#: A border that is even (within ``_PAPER`` levels) to this share is the ground that a thing was put on.
_GROUND, _PAPER = 0.7, 6


@dataclass(frozen=True, slots=True)
class Faults:
    """Noise in levels of 255, blocking as a ratio minus 1, clipping as shares, blur 0 to 1, pixels."""

    noise: float
    blocking: float
    clipped_shadows: float
    clipped_highlights: float
    blur: float
    tiny: float

    def figures(self) -> dict[str, float]:
        """All levels by code, whether they are faults or not."""
        return scalars(self)

    def to_list(self) -> list[dict[str, Any]]:
        """Those past their bound, as {code, level, bound, text}."""
        figures = {f"faults.{code}": level for code, level in self.figures().items()}
        found = [find(rule, figures, catalogue()) for rule in fault_rules()]
        return [
            {
                "code": one.rule.id,
                "level": figures[one.rule.when[0].figure],
                "bound": one.rule.when[0].bound,
                "text": one.text,
            }
            for one in found
            if one is not None
        ]


def faults_of(view: View) -> Faults:
    """The faults of a picture, looked for among its own pixels, not in a smaller copy."""
    tiles = tiles_of(view.rgb)
    shadows, highlights = _clipped(view)
    return Faults(
        noise=float(np.median([noise_of(tile) for tile in tiles])),
        blocking=float(np.median([blocking_of(tile) for tile in tiles])),
        clipped_shadows=shadows,
        clipped_highlights=highlights,
        blur=min(blur_of(tile) for tile in tiles),
        tiny=float(min(view.size)),
    )


def noise_of(luma: Array) -> float:
    """The deviation of noise in levels: Immerkaer's operator on the calmest fifth of the blocks.

    Immerkaer, "Fast noise variance estimation", Computer Vision and Image Understanding 64, 1996. Texture
    would count as noise; so only the blocks (8 pixels) where the operator answers least are taken. 0 for a
    picture of fewer than 64 pixels a side, which has no calm place of that size.
    """
    if min(luma.shape) < 8 * _BLOCK:
        return 0.0
    across = luma[:, :-2] - 2 * luma[:, 1:-1] + luma[:, 2:]
    answer = np.abs(across[:-2] - 2 * across[1:-1] + across[2:])
    rows, columns = (length // _BLOCK for length in answer.shape)
    grid = answer[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    means = np.sort(grid.mean((1, 3)).ravel())
    calm = means[: max(1, round(_CALM * len(means)))]
    return float(np.median(calm) * np.sqrt(np.pi / 2) / 6.0 / _CALM_BIAS)


def blocking_of(luma: Array) -> float:
    """How much larger steps are at the borders of 8-pixel blocks than inside them, minus 1; 0 or more.

    The idea of Wang, Bovik & Evans, "Blind measurement of blocking artifacts in images", ICIP 2000. Steps of
    more than 32 levels are edges of what is shown and count as 32.
    """
    ratios = []
    for turned in (luma, luma.T):
        if turned.shape[1] < 8 * _BLOCK:
            return 0.0
        steps = np.minimum(np.abs(np.diff(turned, axis=1)), 32.0).mean(0)
        at = np.arange(_BLOCK - 1, len(steps) - 2, _BLOCK)
        border, beside = float(steps[at].mean()), float((steps[at - 2] + steps[at + 2]).mean()) / 2
        ratios.append((border + 0.1) / (beside + 0.1) - 1.0)
    return max(0.0, min(ratios))


def blur_of(luma: Array) -> float:
    """How little a picture changes when it is blurred, 0 to 1, in the sharpest tenth of its blocks.

    Crete, Dolmiere, Ladret & Nicolas, "The blur effect", Proc. SPIE 6492, 2007, with a blur of 9 pixels.
    Pictures (or tiles) in which nothing changes are not blurred: 0.
    """
    if min(luma.shape) < 2 * _BLOCK:
        return 0.0
    least = 1.0
    image = Image.fromarray(luma.astype(np.uint8))
    soft = np.asarray(image.filter(ImageFilter.BoxBlur(4)), np.float32)
    for axis in (0, 1):
        change = np.abs(np.diff(luma, axis=axis))
        lost = np.maximum(0.0, change - np.abs(np.diff(soft, axis=axis)))
        sums = [_block_sums(part) for part in (change, lost)]
        if float(sums[0].max()) < 64.0:
            return 0.0
        sharp = sums[1] >= np.quantile(sums[1], 0.9)
        least = min(least, 1.0 - float(sums[1][sharp].sum() / sums[0][sharp].sum()))
    return least


def _block_sums(values: Array) -> Array:
    side = 2 * _BLOCK
    rows, columns = (max(1, length // side) for length in values.shape)
    down = np.add.reduceat(values, np.arange(0, rows * side, side), 0)
    return np.asarray(np.add.reduceat(down, np.arange(0, columns * side, side), 1))


def _clipped(view: View) -> tuple[float, float]:
    """The shares of pixels that are black or white in all channels; 0 for a thing on a plain ground.

    A drawing on plain paper is not badly exposed: its black is ink, its white is paper.
    """
    edge = np.concatenate([view.small[0], view.small[-1], view.small[:, 0], view.small[:, -1]])
    off = np.abs(edge.astype(np.int16) - np.median(edge, 0).astype(np.int16)).max(-1)
    if float((off <= _PAPER).mean()) > _GROUND:
        return 0.0, 0.0
    bands = Image.fromarray(np.ascontiguousarray(view.rgb)).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).histogram()
    least = ImageChops.darker(ImageChops.darker(bands[0], bands[1]), bands[2]).histogram()
    count = view.rgb.shape[0] * view.rgb.shape[1]
    return sum(most[: _BLACK + 1]) / count, sum(least[_WHITE:]) / count
