"""The engine: nothing to load, nothing made."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import AtelierError
from worker.family import Product, Request


@dataclass
class Nothing:
    """A network of no bytes."""

    nbytes: int = 0


class NoopEngine:
    """Sleeps as long as asked, once for each request."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> Nothing:
        """Nothing."""
        return Nothing()

    def generate(self, loaded: Nothing, requests: Sequence[Request]) -> list[list[Product] | AtelierError]:
        """No products."""
        for request in requests:
            time.sleep(int(request.input.get("sleep_ms", 0)) / 1000)
        return [[] for _ in requests]


def create() -> NoopEngine:
    """The entry point named in FAMILY."""
    return NoopEngine()
