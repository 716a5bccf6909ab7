"""Colour spaces: sRGB, CIELAB (D65, 2 degrees) and the difference of two colours as it is seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float32]

_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
# IEC 61966-2-1.
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    np.float32,
)
_FROM_XYZ = np.linalg.inv(_TO_XYZ.astype(np.float64)).astype(np.float32)
_STEPS = np.arange(256) / 255.0
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_EPSILON, _KAPPA = 216.0 / 24389.0, 24389.0 / 27.0


def lab_of(rgb: Pixels) -> Array:
    """CIELAB of sRGB pixels, (..., 3): L* 0 to 100, a* and b*."""
    xyz = _LINEAR[rgb] @ (_TO_XYZ.T / _WHITE)
    bent = np.where(xyz > _EPSILON, np.cbrt(xyz), (_KAPPA * xyz + 16.0) / 116.0)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], -1).astype(np.float32)


def rgb_of(lab: npt.NDArray[np.floating]) -> Pixels:
    """sRGB pixels of CIELAB colours, (..., 3); what lies outside sRGB is clipped."""
    y = (lab[..., 0] + 16.0) / 116.0
    bent = np.stack([y + lab[..., 1] / 500.0, y, y - lab[..., 2] / 200.0], -1)
    xyz = np.where(bent**3 > _EPSILON, bent**3, (116.0 * bent - 16.0) / _KAPPA) * _WHITE
    linear = np.clip(xyz @ _FROM_XYZ.T, 0.0, 1.0)
    curved = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(curved * 255.0), np.uint8)


def chroma_of(lab: npt.NDArray[np.floating]) -> Array:
    """C*, how far a colour lies from grey."""
    return np.asarray(np.hypot(lab[..., 1], lab[..., 2]), np.float32)


def hue_of(lab: npt.NDArray[np.floating]) -> Array:
    """The hue angle in CIELAB, degrees 0 to 360 (red 40, yellow 103, green 136, blue 306)."""
    return np.asarray(np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360.0, np.float32)


def hex_of(lab: npt.NDArray[np.floating]) -> str:
    """A colour, (3,), as #rrggbb."""
    return "#" + "".join(f"{int(value):02x}" for value in rgb_of(np.asarray(lab)))


def difference(first: npt.ArrayLike, second: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """CIEDE2000 of two arrays of CIELAB colours, (..., 3), that broadcast: 1 is just seen, 6 another shade.

    Sharma, Wu & Dalal, "The CIEDE2000 color-difference formula: implementation notes", Color Research and
    Application 30, 2005; the names are theirs.
    """
    one, two = np.asarray(first, np.float64), np.asarray(second, np.float64)
    mean_c7 = ((np.hypot(one[..., 1], one[..., 2]) + np.hypot(two[..., 1], two[..., 2])) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(mean_c7 / (mean_c7 + 25.0**7)))
    a1, a2 = one[..., 1] * (1 + g), two[..., 1] * (1 + g)
    c1, c2 = np.hypot(a1, one[..., 2]), np.hypot(a2, two[..., 2])
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for b, a in ((one[..., 2], a1), (two[..., 2], a2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    d_l, d_c = two[..., 0] - one[..., 0], c2 - c1
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c = (one[..., 0] + two[..., 0]) / 2, (c1 + c2) / 2
    mean_h = np.where(grey, h1 + h2, (h1 + turn / 2) % 360)
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    r_c = 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    r_t = -r_c * np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2))))
    l_part, c_part, h_part = d_l / s_l, d_c / s_c, d_h / s_h
    return np.asarray(np.sqrt(l_part**2 + c_part**2 + h_part**2 + r_t * c_part * h_part))
