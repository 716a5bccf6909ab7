"""How a picture would look with a piece of advice followed, roughly: a sketch to decide by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from worker.picture import layouts, tints, tones
from worker.picture.colour import Array, Pixels, lab_of, rgb_of

#: A preview has this longer side at most.
LARGEST = 1024


def _in_lab(change: Callable[..., Array]) -> Callable[..., Pixels]:
    def changed(rgb: Pixels, **parameters: Any) -> Pixels:
        return rgb_of(change(lab_of(rgb), **parameters))

    changed.__signature__ = signature(change)  # type: ignore[attr-defined]
    return changed


#: What each kind does; the parameters are the functions' own.
KINDS: Mapping[str, Callable[..., Pixels]] = MappingProxyType(
    {
        "contrast": _in_lab(tones.contrast),
        "lightness": _in_lab(tones.lightness),
        "lift_shadows": _in_lab(tones.lift_shadows),
        "lower_lights": _in_lab(tones.lower_lights),
        "darken_lower_third": _in_lab(tones.darken_lower_third),
        "vignette": _in_lab(tones.vignette),
        "spotlight": _in_lab(tones.spotlight),
        "saturation": _in_lab(tints.saturation),
        "temperature": _in_lab(tints.temperature),
        "split_tone": _in_lab(tints.split_tone),
        "accent": _in_lab(tints.accent),
        "recolour": _in_lab(tints.recolour),
        "soften_surroundings": layouts.soften_surroundings,
        "soften_border": layouts.soften_border,
        "smooth": layouts.smooth_strokes,
        "sharpen": layouts.sharpen,
        "flatten": layouts.flatten,
        "crop_to_thirds": layouts.crop_to_thirds,
        "straighten": layouts.straighten,
    }
)


def preview(rgb: Pixels, kind: str, parameters: Mapping[str, Any]) -> Pixels:
    """The picture, uint8 (h, w, 3), as ``kind`` changes it; larger ones come back with a side of ``LARGEST``.

    The same picture and parameters give the same preview. Raises ValueError for an unknown kind or parameter.
    """
    check(kind, parameters)
    return np.ascontiguousarray(KINDS[kind](_reduced(rgb), **parameters))


def check(kind: str, parameters: Mapping[str, Any]) -> None:
    """Raises ValueError for an unknown kind, and for parameters that are missing or unknown."""
    if kind not in KINDS:
        raise ValueError(f"unknown preview {kind!r}; known are {', '.join(KINDS)}")
    try:
        signature(KINDS[kind]).bind(None, **parameters)
    except TypeError as error:
        raise ValueError(f"{kind}: {error}") from error


def _reduced(rgb: Pixels) -> Pixels:
    height, width = rgb.shape[:2]
    scale = LARGEST / max(height, width)
    if scale >= 1.0:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX))
