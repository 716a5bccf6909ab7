"""A training in memory: steps, progress, snapshots, state and the version at its end."""

from __future__ import annotations

import time
from typing import Any

import torch

from worker.checkpoints import flatten, unflatten
from worker.family import Product, Snapshot, Trained, TrainerState, TrainingJob

from .base import require_same
from .batches import Batches
from .card import model_card
from .corpus import load_corpus
from .learning import Learner
from .network import MusicNetwork
from .options import TrainOptions
from .snapshots import Snapshots
from .version import Version, version_config, version_weights


class MusicTrainer:
    """One training. Chance comes from the seed and the number of the step alone, so an interrupted training
    of so many ``steps`` gives the weights of one that was not; by ``minutes`` the clock decides the rate too.
    """

    def __init__(self, job: TrainingJob, device: str) -> None:
        self.job, self.device = job, device
        self.options = options = TrainOptions.from_input(job.input)
        base = None if job.base is None else Version(job.base, job.base_config or {})
        if base is not None:
            require_same(options, base)
        self.corpus = load_corpus(
            job.dataset.items,
            representation=options.representation,
            only=options.only,
            transpose=options.transpose,
            layout=None if base is None else base.layout,
        )
        self.config = options.network() if base is None else base.network.config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            network = MusicNetwork(self.corpus.layout, self.config, options.dropout)
        if base is not None:
            network.load_state_dict(base.network.state_dict())
        self.learner = Learner(
            network, rate=options.learning_rate, average=options.average, seed=options.seed, device=device
        )
        self.batches = Batches(
            self.corpus.layout,
            [work.piece for work in self.corpus.train],
            batch=options.batch,
            crop=options.crop,
            transpose=options.transpose,
            seed=options.seed,
        )
        self.snapshots = Snapshots(options, self.corpus, device)
        self._steps, self._seconds = 0, 0.0
        self._told: list[tuple[float, int, float]] = []
        self._last: dict[str, float | str] = {}

    @property
    def step_count(self) -> int:
        """Optimizer steps so far."""
        return self._steps

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1: by steps if they were asked for, else by time spent training."""
        if self.options.steps is not None:
            return min(1.0, self._steps / self.options.steps)
        return min(1.0, self._seconds / (self.options.minutes * 60.0))

    @property
    def done(self) -> bool:
        """Whether the asked length is reached, or unseen pieces have long stopped to be foretold better."""
        return self.fraction >= 1.0 or self.snapshots.stalled

    def step(self) -> None:
        """One update and the average."""
        began = time.monotonic()
        batch = self.batches.draw(self._steps)
        loss = float(self.learner.step(batch, self._steps, self.fraction))
        self._steps += 1
        seconds = time.monotonic() - began
        self._seconds += seconds
        self._told.append((loss, int(batch.mask.sum()) * batch.codes.shape[-1], seconds))

    def progress(self) -> dict[str, float | str]:
        """Means since the last call: ``nll_train`` in nats a note, notes a second, step, epoch, ETA."""
        if self._told:
            losses, notes, seconds = zip(*self._told, strict=True)
            self._last = {
                "nll_train": round(sum(losses) / len(losses), 4),
                "notes_per_second": round(sum(notes) / max(1e-9, sum(seconds)), 1),
            }
            self._told = []
        fraction = self.fraction
        left = self._seconds * (1.0 - fraction) / fraction if fraction else 0.0
        return {
            **self._last,
            "step": float(self._steps),
            "epoch": round(self._steps / self.steps_an_epoch, 2),
            "eta_seconds": round(left, 1),
        }

    @property
    def steps_an_epoch(self) -> float:
        """Steps in which as many notes pass as the training pieces have."""
        notes = sum(len(work.piece.codes) for work in self.corpus.train)
        return max(1.0, notes / (self.options.batch * self.options.crop))

    def snapshot_due(self) -> bool:
        """Whether this step ends with a look at unseen pieces."""
        return self.done or self.snapshots.due(self._steps)

    def snapshot(self) -> Snapshot:
        """Scores on unseen pieces and, at some, a short piece composed."""
        return self.snapshots.take(self.learner.average, self._steps, last=self.done)

    def state(self) -> TrainerState:
        """Everything needed to go on exactly."""
        whole = {
            **self.learner.state(),
            "snapshots": self.snapshots.state(),
            "steps": self._steps,
            "seconds": self._seconds,
        }
        tensors, meta = flatten(whole)
        return TrainerState(tensors, {"everything": meta})

    def restore(self, state: TrainerState) -> None:
        """Go on from ``state``, which a trainer of the same job gave."""
        found: dict[str, Any] = unflatten(state.tensors, state.meta["everything"])
        self.learner.restore(found)
        self.snapshots.restore(found["snapshots"])
        self._steps, self._seconds = found["steps"], found["seconds"]

    def finish(self) -> Trained:
        """The best snapshot as a version; the present state is scored first if it has not been."""
        products: list[Product] = []
        if self.snapshots.latest_step != self._steps:
            products += self.snapshots.take(self.learner.average, self._steps, last=True).products
        network = MusicNetwork(self.corpus.layout, self.config).to(self.device).eval().requires_grad_(False)
        best = self.snapshots.best_of(self.learner.average)
        network.load_state_dict(best.weights)
        memory, bound = self.snapshots.memory()
        config = version_config(
            self.corpus.layout, self.config, self.corpus.style, memory, bound, best.metrics.get("nll_valid")
        )
        figures = {
            "steps": self._steps,
            "epochs": round(self._steps / self.steps_an_epoch, 2),
            "seconds": round(self._seconds, 1),
        }
        card = model_card(
            self.job, self.options, self.corpus, best, self.snapshots.history, figures, self.device
        )
        products += self.snapshots.final_products(network, best)
        return Trained(version_weights(network, memory), config, card, products)
