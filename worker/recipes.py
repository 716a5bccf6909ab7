"""What makes a result again when it is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.catalogue import FamilyDescription
from worker.family import Request


def recipe(family: FamilyDescription, request: Request, data: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe of a result that an operation of ``family`` made from the complete input ``data``."""
    return {
        "atelier": 1,
        "family": family.name,
        "family_version": family.version,
        "version": request.version_id,
        "operation": request.operation,
        "input": dict(data),
    }
