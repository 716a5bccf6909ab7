"""The analysis of one picture: what the network says, where it looked, what the pixels tell, a critique."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.family import Product, Request
from worker.picture.critique import critique
from worker.picture.examine import examine
from worker.picture.knowledge import catalogue

from .answers import answers_of, domain_of, originality_of
from .gradcam import heat, overlay_png
from .loaded import Levels, Seen
from .products import JSON, PNG, WEBP, plain, recipe_of
from .version import Version

KIND = "picture_analysis"
#: Longer sides of the copies that are shown.
SHOWN, THUMBNAIL = 1024, 384


def analysis_products(version: Version, request: Request, picture: Levels, seen: Seen) -> list[Product]:
    """The report with the files beside it; without ``full`` only what the network says."""
    answers = answers_of(version, seen)
    report: dict[str, Any] = {
        "kind": KIND,
        "title": "",
        "size": [picture.shape[1], picture.shape[0]],
        "heads": answers,
        "domain": domain_of(version, seen),
        "originality": originality_of(version, seen),
    }
    if request.input["full"]:
        examination = examine(picture)
        report |= examination.to_dict()
        sentences = critique(examination, version.usual, answers)
        report["critique"] = [one.to_dict() for one in sentences]
        report["titles"] = {name: [one.title, one.unit] for name, one in catalogue().items()}
    meta = {
        "kind": KIND,
        "answers": {one["name"]: one["classes"][0]["name"] for one in answers if one["sure"]},
    }
    recipe = recipe_of(request)
    made = [Product("output", "analysis.json", JSON, plain(report), recipe=recipe, meta=meta)]
    if request.input["full"]:
        made += _pictures(version, picture, seen)
    return made


def _pictures(version: Version, picture: Levels, seen: Seen) -> list[Product]:
    height, width = picture.shape[:2]
    picked = [int(likely.argmax()) for likely in seen.probabilities]
    cams = heat(version.network, seen.maps, picked)
    heads = version.network.config.heads
    overlays = [
        Product(f"overlay-{head.name}"[:32], f"where-{head.name}.png", PNG, overlay_png(cam, width, height))
        for head, cam in zip(heads, cams, strict=True)
    ]
    return [
        Product("thumbnail", "picture-small.webp", WEBP, shrunk(picture, THUMBNAIL)),
        Product("picture", "picture.webp", WEBP, shrunk(picture, SHOWN)),
        *overlays,
    ]


def shrunk(picture: NDArray[np.uint8], side: int) -> bytes:
    """The picture as WebP, at most so long."""
    image = Image.fromarray(picture)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    image.save(target, "WEBP", quality=88, method=2)
    return target.getvalue()
