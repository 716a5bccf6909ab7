"""A training in memory: steps, progress, looks at unseen pictures, state and the version at its end."""

from __future__ import annotations

import copy
import time
from typing import Any

import torch

from worker.checkpoints import flatten, unflatten
from worker.data_order import DataOrder
from worker.family import Product, Snapshot, Trained, TrainerState, TrainingJob
from worker.selecting import with_label
from worker.tally import Tally

from .augment import Strength
from .checks import Checks, kept
from .finishing import Lessons, finished
from .heads_fit import fit_heads
from .labels import heads_of, targets_of
from .learning import Learner, class_weights
from .network import ArtNetwork
from .network_config import NetworkConfig
from .options import TrainOptions
from .pictures import load_pictures, middle_side
from .splitting import split_of
from .starting import base_of

_DATA_SEED = 1_000_003


class ArtTrainer:
    """One training. Nothing but ``step`` changes the network, and nothing in it depends on the clock or on
    chance that is not part of the state (but for the length, when it was asked for in minutes).
    """

    def __init__(self, job: TrainingJob, device: str) -> None:
        self.job, self.device = job, device
        only = str(job.input["only"]).strip()
        self.items = with_label(job.dataset.items, only, what="picture", code="unknown_label")
        heads = heads_of(self.items, str(job.input["labels"]))
        self.truth = targets_of(self.items, heads)
        self.split = split_of(
            self.items, self.truth, float(job.input["kept_back"]), str(job.input["together"]).strip()
        )
        base = base_of(job)
        self.options = options = TrainOptions.from_input(
            job.input,
            len(self.split.train),
            middle_side(self.items),
            None if base is None else base.network.config,
        )
        self.config = NetworkConfig(
            options.network, options.pixels, options.learned_from, options.norms, heads
        )
        self.pixels = load_pictures(self.items, self.config.pixels)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            network = ArtNetwork(self.config, learning=True)
        train, valid = self.split.train, self.split.valid
        if base is not None:
            network.begin_from(base.network)
        if base is not None or self.config.trunk == "lite0":
            # A trunk from nothing sees nothing yet that heads could be fitted to.
            fit_heads(network.to(device), self.pixels[train], self.truth[train], device)
        if base is not None:
            # Questions that the version knew keep their answers.
            network.begin_from(base.network)
        weights = class_weights(self.truth[train], network.sizes)
        self.learner = Learner(network, weights, rate=options.rate, average=options.average, device=device)
        self.strength = Strength(options.amount, options.mirror, options.rough)
        self.source = torch.Generator().manual_seed(options.seed)
        self.order = DataOrder(train, options.seed + _DATA_SEED)
        self.checks = Checks(self.pixels[valid], self.truth[valid], device, keep_last=not options.patience)
        self.tally = Tally()
        self._steps = 0
        self._seconds = 0.0

    @property
    def step_count(self) -> int:
        """Optimizer steps so far."""
        return self._steps

    @property
    def epochs(self) -> float:
        """How often every picture was shown so far."""
        return self._steps * self.options.batch / max(1, len(self.split.train))

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1: by epochs if they were asked for, else by time spent training."""
        options = self.options
        if options.patience and self.checks.since_best >= options.patience:
            return 1.0
        if options.epochs is not None:
            return min(1.0, self.epochs / options.epochs)
        return min(1.0, self._seconds / (options.minutes * 60.0))

    @property
    def done(self) -> bool:
        """Whether the asked length is reached, or no look was better for long."""
        return self.fraction >= 1.0

    def step(self) -> None:
        """One update of the network, then of its average."""
        started = time.monotonic()
        picked = self.order.next(self.options.batch)
        pictures = self.pixels[picked].to(self.device).float() / 127.5 - 1.0
        loss = self.learner.step(
            pictures, self.truth[picked], self.strength, self.source, step=self._steps, fraction=self.fraction
        )
        self._steps += 1
        spent = time.monotonic() - started
        self._seconds += spent
        self.tally.add({"loss": loss}, self.options.batch, spent)

    def progress(self) -> dict[str, float | str]:
        """Figures since the last call."""
        found = self.tally.take()
        fraction, spent = self.fraction, self._seconds
        found["step"], found["epochs"] = float(self._steps), round(self.epochs, 2)
        found["eta_seconds"] = round(spent * (1.0 - fraction) / fraction, 1) if fraction > 0 else 0.0
        return found

    def snapshot_due(self) -> bool:
        """Whether unseen pictures are to be looked at after this step."""
        every = self.options.check_every or max(1, len(self.split.train) // self.options.batch)
        return self._steps % every == 0 or self.done

    def snapshot(self) -> Snapshot:
        """The figures of this step on unseen pictures, and what was taken for what."""
        return self.checks.take(self.learner.average, self._steps)

    def state(self) -> TrainerState:
        """Everything needed to go on exactly."""
        tensors, meta = flatten(self._everything())
        return TrainerState(tensors, {"everything": meta})

    def restore(self, state: TrainerState) -> None:
        """Go on from ``state``, which a trainer of the same job gave."""
        found = unflatten(state.tensors, state.meta["everything"])
        self.learner.restore(found["learner"])
        self.source.set_state(found["source"])
        self.order.restore(found["order"])
        self.checks.restore(found["checks"])
        self._steps, self._seconds = found["steps"], found["seconds"]

    def finish(self) -> Trained:
        """The best look as a version; the present state is looked at first if it has not been."""
        products: list[Product] = []
        if self.checks.latest_step != self._steps:
            products += self.snapshot().products
        best = self.checks.best
        assert best is not None
        network = kept(copy.deepcopy(self.learner.average), best.state).folded()
        figures = {
            "steps": self._steps,
            "best_step": best.step,
            "epochs": round(self.epochs, 2),
            "seconds": round(self._seconds, 1),
            "history": self.checks.history,
            "device": self.device,
        }
        lessons = Lessons(self.job, self.items, self.pixels, self.truth, self.split)
        return finished(lessons, network, self.device, figures, products)

    def _everything(self) -> dict[str, Any]:
        return {
            "learner": self.learner.state(),
            "source": self.source.get_state(),
            "order": self.order.state(),
            "checks": self.checks.state(),
            "steps": self._steps,
            "seconds": self._seconds,
        }
