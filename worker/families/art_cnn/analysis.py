"""The analysis of one picture: what the network says, where it looked, what the pixels tell, a critique."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

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


@dataclass(frozen=True)
class Told:
    """What the network says of a picture, computed: nothing is asked of it any more."""

    answers: list[dict[str, Any]]
    domain: dict[str, Any]
    originality: dict[str, Any]
    cams: list[Tensor]


@torch.inference_mode()
def told_of(version: Version, seen: Seen, *, full: bool) -> Told:
    """Everything that needs the network or its works; with ``full`` where it looked too."""
    picked = [int(likely.argmax()) for likely in seen.probabilities]
    cams = [one.cpu().clone() for one in heat(version.network, seen.maps, picked)] if full else []
    return Told(answers_of(version, seen), domain_of(version, seen), originality_of(version, seen), cams)


def analysis_products(version: Version, request: Request, picture: Levels, told: Told) -> list[Product]:
    """The report with the files beside it; without ``full`` only what the network says."""
    answers = told.answers
    report: dict[str, Any] = {
        "kind": KIND,
        "title": "",
        "size": [picture.shape[1], picture.shape[0]],
        "heads": answers,
        "domain": told.domain,
        "originality": told.originality,
    }
    if request.input["full"]:
        examination = examine(picture)
        report |= examination.to_dict()
        sentences = critique(examination, version.usual_for(picture), answers)
        report["critique"] = [one.to_dict() for one in sentences]
        report["titles"] = {name: [one.title, one.unit] for name, one in catalogue().items()}
    meta = {
        "kind": KIND,
        "answers": {one["name"]: one["classes"][0]["name"] for one in answers if one["sure"]},
    }
    recipe = recipe_of(request)
    made = [Product("output", "analysis.json", JSON, plain(report), recipe=recipe, meta=meta)]
    if request.input["full"]:
        made += _pictures(version, picture, told)
    return made


def _pictures(version: Version, picture: Levels, told: Told) -> list[Product]:
    height, width = picture.shape[:2]
    heads = version.network.config.heads
    overlays = [
        Product(f"overlay-{place}", f"where-{head.name}.png", PNG, overlay_png(cam, width, height))
        for place, (head, cam) in enumerate(zip(heads, told.cams, strict=True))
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
