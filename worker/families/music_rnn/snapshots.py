"""Snapshots: scores on unseen pieces, a piece to listen to, and the best network so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from worker.family import Product, Snapshot
from worker.music import copying

from .composing import write
from .corpus import Corpus, Work
from .drafting import composition, source_of
from .layouts import decode
from .learning import evaluate
from .network import MusicNetwork
from .options import TrainOptions
from .products import files_of

#: A piece comes with the first checks, then with every fourth, later ever more seldom.
_EARLY, _CHECKS_A_PIECE = 2, 4
_SEED = 1685
_BARS = 8
_FINAL_PIECES = 4
#: Unseen pieces' scores of more than so many slots would take longer than what they tell is worth.
_MOST_SLOTS = 200_000


@dataclass(frozen=True)
class Best:
    """The best network at a check: its step, metrics and weights."""

    step: int
    metrics: dict[str, float]
    weights: dict[str, Tensor]


class Snapshots:
    """Takes snapshots at fixed steps with fixed seeds; owns no randomness of the training."""

    def __init__(self, options: TrainOptions, corpus: Corpus, device: str) -> None:
        self.options, self.corpus, self.device = options, corpus, device
        self.best: Best | None = None
        self.history: list[dict[str, float]] = []
        self.latest_step = -1
        self._unseen = [work.piece for work in _bounded(corpus)]
        self._memory: tuple[copying.Corpus, int] | None = None

    @property
    def stalled(self) -> bool:
        """Whether the last ``patience`` checks brought nothing better."""
        if self.best is None or not self.options.patience:
            return False
        later = [row for row in self.history if row["step"] > self.best.step]
        return len(later) >= self.options.patience

    def due(self, step: int) -> bool:
        """Whether unseen pieces are looked at after ``step``."""
        return step % self.options.check_every == 0

    def take(self, average: MusicNetwork, step: int, last: bool) -> Snapshot:
        """Scores, and at some checks a piece."""
        score = evaluate(average, self._unseen, self.device)
        metrics = {"nll_valid": round(score.nll, 4), "perplexity": round(score.perplexity, 3)}
        self.latest_step = step
        self.history.append({"step": float(step), **metrics})
        if self.best is None or metrics["nll_valid"] < self.best.metrics["nll_valid"]:
            weights = {name: value.detach().cpu().clone() for name, value in average.state_dict().items()}
            self.best = Best(step, metrics, weights)
        check = step // self.options.check_every
        heard = last or check <= _EARLY or check % _pause(check) == 0
        products = self._pieces(average, "piece", [step], [_SEED]) if heard else []
        notes = ["stopped early: unseen pieces are not foretold any better"] if self.stalled else []
        return Snapshot(products, metrics, notes)

    def best_of(self, average: MusicNetwork) -> Best:
        """The best network; the present one while none has been scored."""
        return self.best or Best(self.latest_step, {}, dict(average.state_dict()))

    def final_products(self, network: MusicNetwork, best: Best) -> list[Product]:
        """A few pieces of the version itself."""
        seeds = [_SEED + n for n in range(_FINAL_PIECES)]
        return self._pieces(network, "sample", list(range(_FINAL_PIECES)), seeds)

    def memory(self) -> tuple[copying.Corpus, int]:
        """The music that was learned from, and the bound past which a shared run counts as copied."""
        if self._memory is None:
            corpus = copying.Corpus.of([work.score for work in self.corpus.train])
            self._memory = corpus, copying.bound_of(corpus, [work.score for work in self.corpus.held_out])
        return self._memory

    def state(self) -> dict[str, Any]:
        """What a restored training goes on with."""
        kept = None if self.best is None else dict(vars(self.best))
        return {"best": kept, "history": self.history, "latest_step": self.latest_step}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from ``state``."""
        self.best = None if state["best"] is None else Best(**state["best"])
        self.history, self.latest_step = state["history"], state["latest_step"]

    def _pieces(self, network: MusicNetwork, role: str, places: list[int], seeds: list[int]) -> list[Product]:
        style = self.corpus.style
        keys = [style.a_key(None, None, source_of(seed)) for seed in seeds]
        drafts = [
            composition(self.corpus.layout, style, bars=_BARS, seed=seed, key=key)
            for seed, key in zip(seeds, keys, strict=True)
        ]
        with torch.random.fork_rng(devices=[]):
            written = write(network, drafts, len(drafts), self.device)
        found = []
        for place, seed, key, codes in zip(places, seeds, keys, written, strict=True):
            score = decode(codes, self.corpus.layout, style.empty(key=key))
            shared = self.memory()[0].longest(score)
            found += files_of(
                score,
                role=role,
                stem=f"{role}-{place:06d}",
                position=place,
                recipe=None,
                shared=shared,
                bound=self.memory()[1],
                meta={"seed": seed},
            )
        return found


def _pause(check: int) -> int:
    """Checks from one piece to the next: ever more, as a week's training needs no thousand of them."""
    return max(_CHECKS_A_PIECE, (1 << check.bit_length()) // 8)


def _bounded(corpus: Corpus) -> list[Work]:
    kept: list[Work] = []
    slots = 0
    for work in corpus.held_out:
        slots += work.piece.codes.numel()
        if kept and slots > _MOST_SLOTS:
            break
        kept.append(work)
    return kept
