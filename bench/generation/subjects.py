"""The two networks that are measured, and how one makes its results with nothing around it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from bench.noop.studio import Stock
from worker.app.child import SWITCH_SECONDS
from worker.family import Generator, Product, Request, Shaped
from worker.registry import discover

STARTER = Path(__file__).parents[2] / "worker" / "starter" / "models" / "edo-prints"


@dataclass(frozen=True)
class Subject:
    """One network: its name in the report, its version, and the input of each job but the seed."""

    title: str
    stock: Stock
    given: dict[str, Any]

    def input(self, seed: int) -> dict[str, Any]:
        """A complete input."""
        return {**self.given, "seed": seed}


def subject(name: str) -> Subject:
    """``painter``: the starter's generator of 64 pixels; ``recurrent``: the sampler of 256 steps."""
    if name == "painter":
        config = json.loads((STARTER / "config.json").read_text(encoding="utf-8"))
        weights = (STARTER / "weights.safetensors").read_bytes()
        given = {"count": 1, "psi": 0.7, "class_name": ""}
        return Subject("the painter", Stock("painting_gan", "", weights, config), given)
    from bench.recurrent.engine import weights_file

    return Subject("the recurrent sampler", Stock("recurrent", "bench.recurrent", weights_file()), {})


NAMES = ("painter", "recurrent")


class Bare:
    """The network in this process, without queue, database and store."""

    def __init__(self, name: str) -> None:
        self._subject = subject(name)

    @cached_property
    def _engine(self) -> Generator:
        engine = discover(self._subject.stock.module).engine(self._subject.stock.family)
        assert isinstance(engine, Generator)
        return engine

    @cached_property
    def loaded(self) -> Shaped:
        """The network, ready to generate."""
        with NamedTemporaryFile(suffix=".safetensors") as file:
            file.write(self._subject.stock.weights)
            file.flush()
            loaded = self._engine.load(Path(file.name), self._subject.stock.config, "cpu")
        assert isinstance(loaded, Shaped)
        return loaded

    def make(
        self, seeds: Sequence[int], shape: int, pool: ThreadPoolExecutor | None = None
    ) -> list[list[Product]]:
        """One job's products for each seed, encoded here or on ``pool`` while later passes are computed."""
        self.loaded.shape = shape
        requests = [
            Request(str(seed), "generate", "0" * 64, self._subject.input(seed)) for seed in seeds
        ]
        made: list[Any] = []
        for _, part in self._engine.generate(self.loaded, requests):
            assert not isinstance(part, Exception)
            made.append(pool.submit(part) if pool else part())
        return [one.result() for one in made] if pool else made


def prepare(threads: int) -> None:
    """Let torch compute with so many threads, and give other threads their turn as our worker does."""
    import torch

    torch.set_num_threads(threads)
    sys.setswitchinterval(SWITCH_SECONDS)
