"""The engine: nothing made, and nothing loaded unless a version says what its loading is to cost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.family import Part, Request


@dataclass
class Nothing:
    """A network of no bytes."""

    nbytes: int = 0


class NoopEngine:
    """Sleeps as long as asked, once for each request."""

    def load(self, weights: Path, config: Mapping[str, Any], device: str) -> Nothing:
        """``load_ms`` of sleep, ``nbytes`` of pretended memory, and a line in ``log`` where one is named."""
        time.sleep(int(config.get("load_ms", 0)) / 1000)
        if "log" in config:
            with Path(config["log"]).open("a", encoding="utf-8") as log:
                log.write("loaded\n")
        return Nothing(int(config.get("nbytes", 0)))

    def generate(self, loaded: Nothing, requests: Sequence[Request]) -> Iterator[Part]:
        """No products."""
        for place, request in enumerate(requests):
            time.sleep(int(request.input.get("sleep_ms", 0)) / 1000)
            yield place, list


def create() -> NoopEngine:
    """The entry point named in FAMILY."""
    return NoopEngine()
