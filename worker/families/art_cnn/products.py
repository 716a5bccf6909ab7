"""What all files of this family share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from worker.family import Request

from . import FAMILY_VERSION

JSON, PNG, WEBP, CSV = "application/json", "image/png", "image/webp", "text/csv"


def plain(report: Mapping[str, Any]) -> bytes:
    """A report as it is stored."""
    return json.dumps(report, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def recipe_of(request: Request) -> dict[str, Any]:
    """What makes the same report again when it is submitted."""
    return {
        "atelier": 1,
        "family": "art_cnn",
        "family_version": FAMILY_VERSION,
        "version": request.version_id,
        "operation": request.operation,
        "input": dict(request.input),
    }
