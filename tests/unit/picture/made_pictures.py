"""Pictures made for tests: each has one trait on purpose. All are uint8 (h, w, 3)."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from worker.picture.colour import Pixels, rgb_of

SIDE = 256
Floats = npt.NDArray[np.float64]
Grid = tuple[Floats, Floats]


def grid(side: int = SIDE) -> Grid:
    """x and y from 0 to 1."""
    steps = (np.arange(side) + 0.5) / side
    return steps[None, :].repeat(side, 0), steps[:, None].repeat(side, 1)


def lab(light: npt.ArrayLike, a: npt.ArrayLike = 0.0, b: npt.ArrayLike = 0.0, side: int = SIDE) -> Pixels:
    """A picture from L*, a*, b*, each a number or (side, side)."""
    shape = (side, side)
    return rgb_of(np.stack([np.broadcast_to(np.asarray(v, np.float64), shape) for v in (light, a, b)], -1))


def polar(light: npt.ArrayLike, chroma: npt.ArrayLike, hue: npt.ArrayLike) -> Pixels:
    """A picture from L*, C* and hue in degrees."""
    angle = np.radians(np.asarray(hue, np.float64))
    return lab(light, np.asarray(chroma) * np.cos(angle), np.asarray(chroma) * np.sin(angle))


def clouds(slope: float, seed: int = 0, side: int = SIDE) -> Floats:
    """Noise with mean 0 and deviation 1 whose amplitude falls with frequency to the power of ``slope``."""
    chance = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    fall = np.maximum(np.hypot(down, across), 1 / side) ** slope
    values = np.fft.irfft2(np.fft.rfft2(chance.standard_normal((side, side))) / fall, (side, side))
    return np.asarray((values - values.mean()) / values.std())


def disc(x: float, y: float, radius: float) -> npt.NDArray[np.bool_]:
    """Where a disc is."""
    across, down = grid()
    return np.asarray(np.hypot(across - x, down - y) < radius)


def stripes(angle: float, count: float = 12.0) -> Floats:
    """Sine stripes from -1 to 1 that run at ``angle`` degrees from level, clockwise."""
    x, y = grid()
    turned = np.radians(angle)
    return np.asarray(np.sin(2 * np.pi * count * (y * np.cos(turned) - x * np.sin(turned))))


def chance(low: int = 0, high: int = 256, seed: int = 0) -> Pixels:
    """Every pixel by chance."""
    return np.random.default_rng(seed).integers(low, high, (SIDE, SIDE, 3), dtype=np.uint8)


def compressed(rgb: Pixels, quality: int) -> Pixels:
    """The picture after JPEG."""
    kept = io.BytesIO()
    Image.fromarray(rgb).save(kept, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(kept).convert("RGB"))


def blurred(rgb: Pixels, radius: float) -> Pixels:
    """The picture after a Gaussian."""
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(radius)))


def dots(light: float, ground: float, *places: tuple[float, float], radius: float = 0.05) -> Pixels:
    """Discs on an almost even ground that has a little grain, so that its border is not plain."""
    values = ground + 6.0 * clouds(0.9, 3)
    for x, y in places:
        values = np.where(disc(x, y, radius), light, values)
    return lab(values)


def landscape(sky: float = 85.0, ground: float = 25.0) -> Pixels:
    """A blue sky over a brown ground with some grain."""
    _, y = grid()
    grain = 4.0 * clouds(0.8, 5)
    below = y > 0.55
    return lab(np.where(below, ground, sky) + grain, np.where(below, 8, -4), np.where(below, 18, -18))


def _mirrored(across: bool, down: bool) -> Pixels:
    values = 55 + 18 * clouds(1.2, 4)
    if across:
        values = np.concatenate([values[:, : SIDE // 2], values[:, SIDE // 2 - 1 :: -1]], 1)
    if down:
        values = np.concatenate([values[: SIDE // 2], values[SIDE // 2 - 1 :: -1]], 0)
    return lab(values)


def _with_corners(inside: float, corners: float) -> Pixels:
    x, y = grid()
    far = np.clip((np.hypot(x - 0.5, y - 0.5) - 0.35) / 0.3, 0, 1)
    return lab(inside + (corners - inside) * far + 3 * clouds(0.8, 6))


def _busy_border() -> Pixels:
    x, y = grid()
    outer = np.maximum(np.abs(x - 0.5), np.abs(y - 0.5)) > 0.44
    return lab(55 + np.where(outer, 16.0, 2.0) * clouds(0.3, 8))


def _detail_in_one_place() -> Pixels:
    x, y = grid()
    near = np.exp(-((x - 0.4) ** 2 + (y - 0.4) ** 2) / 0.02)
    return lab(55 + 12 * clouds(2.5, 9) + 30 * near * clouds(0.2, 10))


def _warm_light(turn: float) -> Pixels:
    light = 50 + 22 * clouds(1.5, 11)
    return polar(light, 25, np.where(light > 50, 60.0 + turn, 240.0 + turn))


def _small_accent() -> Pixels:
    spot = disc(0.62, 0.4, 0.08)
    return polar(55 + 14 * clouds(1.3, 12), np.where(spot, 70, 3), 40.0)


def _wheel(chroma: float) -> Pixels:
    x, y = grid()
    angle = np.degrees(np.arctan2(y - 0.5, x - 0.5)) % 360
    return polar(60 + 10 * clouds(1.2, 13), chroma, angle)


def _halves(first: float, second: float, chroma: float, share: float = 0.5) -> Pixels:
    """Two hues, the second on the right, each with some of its neighbours."""
    x, _ = grid()
    hue = np.where(x < 1 - share, first, second) + 14 * clouds(1.0, 14)
    return polar(55 + 12 * clouds(1.3, 15), chroma, hue)


def _icon(x: float, y: float, radius: float, light: float = 35.0) -> Pixels:
    inside = disc(x, y, radius)
    return lab(np.where(inside, light, 100.0), np.where(inside, 45.0, 0.0), np.where(inside, 30.0, 0.0))


def _sharp_stripes(angle: float) -> Pixels:
    return lab(53 + 15 * np.tanh(4 * stripes(angle)) + clouds(0.8, 17))


def _brick_shadow() -> Pixels:
    """Three quarters black without drawing, the rest a lit scene."""
    x, _ = grid()
    return np.asarray(np.where((x > 0.6)[..., None], lab(55 + 15 * clouds(1.2, 18)), 0), np.uint8)


def _burnt() -> Pixels:
    x, _ = grid()
    return np.asarray(np.where((x > 0.6)[..., None], lab(55 + 15 * clouds(1.2, 18)), 255), np.uint8)


_MAKERS: dict[str, Callable[[], Pixels]] = {
    "black": lambda: np.zeros((SIDE, SIDE, 3), np.uint8),
    "white": lambda: np.full((SIDE, SIDE, 3), 255, np.uint8),
    "chance": chance,
    "middle": lambda: lab(52 + 4 * clouds(1.3, 20)),
    "nature": lambda: lab(55 + 15 * clouds(1.05, 21), 6, 14),
    "soft": lambda: lab(55 + 15 * clouds(2.4, 22), 6, 14),
    "full": lambda: lab(np.clip(50 + 48 * np.sin(2 * clouds(2.2, 23)), 2, 98)),
    "high key": lambda: lab(84 + 6 * clouds(1.2, 24), 2, 3),
    "low key": lambda: lab(16 + 7 * clouds(1.2, 25), 3, 4),
    "two values": lambda: lab(np.where(clouds(1.8, 26) > 0, 88.0, 12.0)),
    "landscape": landscape,
    "dark sky": lambda: landscape(25, 70),
    "wheel": lambda: _wheel(35),
    "loud": lambda: _wheel(60),
    "one hue": lambda: polar(55 + 12 * clouds(1.3, 30), 25, 50),
    "neighbours": lambda: polar(55 + 12 * clouds(1.3, 31), 25, 60 + 30 * clouds(1.0, 32)),
    "opposites": lambda: _halves(50, 230, 25),
    "accent": _small_accent,
    "grey": lambda: lab(50 + 20 * clouds(1.3, 33)),
    "muted": lambda: polar(50 + 15 * clouds(1.3, 34), 11, 60 + 20 * clouds(1.0, 35)),
    "warm": lambda: polar(50 + 12 * clouds(1.3, 36), 45, 60),
    "warm and many": lambda: polar(50 + 12 * clouds(1.3, 37), 35, 55 + 40 * np.sign(clouds(1.0, 38))),
    "cool": lambda: polar(50 + 12 * clouds(1.3, 39), 35, 250),
    "warm light": lambda: _warm_light(0),
    "cool light": lambda: _warm_light(180),
    "one third": lambda: dots(99, 40, (1 / 3, 1 / 3), radius=0.06),
    "middle dot": lambda: dots(95, 45, (0.53, 0.5), (0.9, 0.1), radius=0.04),
    "corner dot": lambda: dots(95, 45, (0.9, 0.88)),
    "dark dot": lambda: dots(3, 62, (0.45, 0.6), radius=0.14),
    "light dot": lambda: dots(96, 35, (0.45, 0.6), radius=0.14),
    "rivals": lambda: dots(95, 45, (0.25, 0.5), (0.75, 0.5)),
    "crowd": lambda: lab(50 + 24 * clouds(0.15, 40)),
    "formal": lambda: _mirrored(True, False),
    "reflection": lambda: _mirrored(False, True),
    "left": lambda: dots(95, 45, (0.12, 0.4), (0.2, 0.7), radius=0.12),
    "right": lambda: dots(95, 45, (0.88, 0.4), (0.8, 0.7), radius=0.12),
    "top": lambda: dots(95, 45, (0.4, 0.12), (0.6, 0.16), radius=0.12),
    "bottom": lambda: dots(95, 45, (0.4, 0.88), (0.6, 0.84), radius=0.12),
    "dark corners": lambda: _with_corners(70, 25),
    "light corners": lambda: _with_corners(35, 85),
    "busy border": _busy_border,
    "one sharp place": _detail_in_one_place,
    "icon": lambda: _icon(0.5, 0.5, 0.3),
    "icon left": lambda: _icon(0.2, 0.25, 0.12),
    "level": lambda: _sharp_stripes(0),
    "upright": lambda: _sharp_stripes(90),
    "diagonal": lambda: _sharp_stripes(45),
    "leaning": lambda: _sharp_stripes(4),
    "poster": lambda: lab(np.round(clouds(2.2, 41)).clip(-2, 2) * 20 + 52, 10, 20),
    "noise": lambda: np.asarray((120 + 14 * clouds(0.0, 42)).clip(0, 255)[..., None].repeat(3, 2), np.uint8),
    "blocks": lambda: compressed(lab(55 + 18 * clouds(1.4, 43), 8, 12), 4),
    "shadows gone": _brick_shadow,
    "lights gone": _burnt,
    "out of focus": lambda: blurred(lab(50 + 25 * clouds(0.8, 44)), 10),
    "large": lambda: np.full((1800, 1800, 3), 128, np.uint8),
    "tiny": lambda: lab(55 + 15 * clouds(1.0, 45), 6, 14)[:64, :64],
}


def _once(make: Callable[[], Pixels]) -> Callable[[], Pixels]:
    """The picture is made at its first use and then kept, read-only."""

    @cache
    def made() -> Pixels:
        picture = make().copy()
        picture.flags.writeable = False
        return picture

    return made


#: Every picture by what it is.
MADE = {name: _once(make) for name, make in _MAKERS.items()}
