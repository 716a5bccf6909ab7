"""A judge of pictures for tests: two heads that read the brightness and the red of a picture."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image

from shared.catalogue import FamilyDescription, OperationDescription
from shared.errors import BadFile
from tests.unit.families.muse.support import Version
from worker.family import Part, Product, Request
from worker.schemas import operation_schema

CARD = {
    "kind": "art_cnn",
    "heads": [
        {"name": "light", "title": "Light", "classes": [{"name": "day"}, {"name": "night"}]},
        {"name": "feeling", "title": "Feeling", "classes": [{"name": "calm"}, {"name": "rosy"}]},
    ],
}
_PICTURE = {
    "type": "string",
    "format": "artifact",
    "x-accept": ["image/png", "image/jpeg", "image/webp"],
    "title": "Picture",
    "description": "The picture to judge.",
}
ANALYZE = OperationDescription(
    "analyze", "Analyze", "Judges.", "interactive", operation_schema({"picture": _PICTURE}, ("picture",))
)


class Engine:
    """Judges each picture by itself."""

    def generate(self, loaded: Any, requests: Sequence[Request]) -> Iterator[Part]:
        """A report for each request."""
        for place, request in enumerate(requests):
            try:
                levels = np.asarray(Image.open(io.BytesIO(request.files["picture"])).convert("RGB")) / 255.0
            except OSError:
                yield place, BadFile("no picture", code="not_an_image")
                continue
            yield place, lambda levels=levels: [_report(levels)]  # type: ignore[misc]


def _report(levels: np.ndarray[Any, np.dtype[np.float64]]) -> Product:
    light, red = float(levels.mean()), float(levels[..., 0].mean())
    heads = [
        {"name": "light", "probabilities": {"day": light, "night": 1 - light}},
        {"name": "feeling", "probabilities": {"calm": 1 - red, "rosy": red}},
    ]
    data = json.dumps({"kind": "picture_analysis", "heads": heads}).encode()
    return Product("output", "analysis.json", "application/json", data)


def judge() -> Version:
    """The judge as a worker hands it over."""
    description = FamilyDescription("art_cnn", "1", "Judge", "Judges.", "painting", (ANALYZE,))
    return Version(Engine(), None, description, {}, CARD, version_id="b" * 64)
