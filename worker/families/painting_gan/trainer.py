"""A training in memory: steps, progress, snapshots, state and the version at its end."""

from __future__ import annotations

import time
import weakref
from typing import Any

import torch
from torch import Tensor

from worker.checkpoints import flatten, unflatten
from worker.data_order import DataOrder
from worker.distributed.share import here
from worker.family import Product, Snapshot, Trained, TrainerState, TrainingJob
from worker.tally import Tally

from .adversary import Deal
from .augment import GROUP
from .averaging import ema_decay, update_average
from .card import model_card
from .heap import give_back_freed_memory, keep_freed_memory
from .network_config import GeneratorConfig, default_config
from .options import TrainOptions
from .pictures import load_pictures, to_float
from .snapshots import Best, Snapshots
from .training_networks import build_networks, check_base
from .weights import generator_weights

_DATA_SEED = 1_000_003
#: A version comes without its discriminator. A fresh one gives bad advice, so it learns alone for so many
#: steps.
_STEPS_OF_REST = 60


class PaintingTrainer:
    """One training. Nothing but ``step`` changes the networks, and nothing in it depends on the clock or on
    chance that is not part of the state."""

    def __init__(self, job: TrainingJob, device: str) -> None:
        self.job, self.device = job, device
        if device == "cpu" and keep_freed_memory():
            weakref.finalize(self, give_back_freed_memory)
        self.options = options = TrainOptions.from_input(job.input)
        self.pictures = load_pictures(job.dataset.items, options.resolution, options.label, options.only)
        wanted = default_config(options.resolution, self.pictures.classes, options.width)
        if job.base is not None:
            self.config = GeneratorConfig.from_dict(job.base_config or {})
            check_base(self.config, wanted)
        else:
            self.config = wanted
        self.source = torch.Generator().manual_seed(options.seed)
        self.networks = build_networks(options, self.config, job.base, self.source, device)
        self.order = DataOrder(self.pictures.train, options.seed + _DATA_SEED)
        self.snapshots = Snapshots(options, self.pictures, self.config, device)
        self.tally = Tally()
        self._rest = _STEPS_OF_REST if job.base is not None else 0
        self._steps = 0
        self._seconds = 0.0

    @property
    def step_count(self) -> int:
        """Optimizer steps so far."""
        return self._steps

    @property
    def images(self) -> int:
        """Real pictures shown so far."""
        return self._steps * self.options.batch

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1: by pictures if ``kimg`` was asked for, else by time spent training."""
        if self.options.kimg is not None:
            return min(1.0, self.images / (self.options.kimg * 1000.0))
        return min(1.0, self._seconds / (self.options.minutes * 60.0))

    @property
    def done(self) -> bool:
        """Whether the asked length is reached."""
        return self.fraction >= 1.0

    def step(self) -> None:
        """One update of D and one of G, then the average."""
        started = time.monotonic()
        options, networks = self.options, self.networks
        figures = networks.adversary.play(self._deal(), maker_rests=self._steps < self._rest)
        figures = here().mean_figures(figures)
        self._steps += 1
        decay = ema_decay(options.batch, self.images, options.ema_kimg * 1000.0)
        update_average(networks.average, networks.generator, decay)
        spent = time.monotonic() - started
        self._seconds += spent
        self.tally.add(figures, options.batch, spent)

    def progress(self) -> dict[str, float | str]:
        """Figures since the last call."""
        found = self.tally.take()
        fraction, spent = self.fraction, self._seconds
        found["step"], found["kimg"] = float(self._steps), round(self.images / 1000.0, 3)
        found["eta_seconds"] = round(spent * (1.0 - fraction) / fraction, 1) if fraction > 0 else 0.0
        return found

    def snapshot_due(self) -> bool:
        """Whether this step ends with a sample grid."""
        return self.done or self.snapshots.due(self._steps)

    def snapshot(self) -> Snapshot:
        """The sample grid of this step and, at scored ones, its figures."""
        return self.snapshots.take(self.networks.average, self._steps, last=self.done)

    def state(self) -> TrainerState:
        """Everything needed to go on exactly."""
        tensors, meta = flatten(self._everything())
        return TrainerState(tensors, {"everything": meta})

    def restore(self, state: TrainerState) -> None:
        """Go on from ``state``, which a trainer of the same job gave."""
        found = unflatten(state.tensors, state.meta["everything"])
        networks = self.networks
        networks.generator.load_state_dict(found["generator"])
        networks.average.load_state_dict(found["average"])
        networks.discriminator.load_state_dict(found["discriminator"], strict=False)
        networks.maker.load_state_dict(found["maker"])
        networks.critic.load_state_dict(found["critic"])
        self.source.set_state(found["source"])
        self.order.restore(found["order"])
        self.snapshots.restore(found["snapshots"])
        self._steps, self._seconds = found["steps"], found["seconds"]

    def finish(self) -> Trained:
        """The best snapshot as a version; the present state is scored first if it has not been."""
        products: list[Product] = []
        if self.snapshots.latest_step != self._steps:
            products += self.snapshots.take(self.networks.average, self._steps, last=True).products
        best = self.snapshots.best or Best(self._steps, {}, generator_weights(self.networks.average))
        figures = {"steps": self._steps, "kimg": self.images / 1000.0, "seconds": round(self._seconds, 1)}
        card = model_card(
            self.job, self.options, self.pictures, best, self.snapshots.history, figures, self.device
        )
        products += self.snapshots.final_products(best)
        return Trained(best.weights, self.config.to_dict(), card, products)

    def _deal(self) -> Deal:
        options, count = self.options, self.options.batch
        chosen = self.order.next(count)
        real = to_float(self.pictures.pixels[chosen])
        if options.mirror:
            turned = torch.rand(count, 1, 1, 1, generator=self.source) < 0.5
            real = torch.where(turned, real.flip(3), real)
        z = torch.randn(count, self.config.z_dim, generator=self.source)
        noise = self.networks.generator.draw_noise(count, self.source)
        labels = None if self.pictures.labels is None else self._own(self.pictures.labels[chosen])
        return Deal(self._own(real), self._own(z), [self._own(x) for x in noise], labels)

    def _own(self, whole: Tensor) -> Tensor:
        """This process's share of a batch, on its device."""
        return here().own(whole, GROUP).to(self.device)

    def _everything(self) -> dict[str, Any]:
        networks = self.networks
        return {
            "generator": dict(networks.generator.state_dict()),
            "average": dict(networks.average.state_dict()),
            "discriminator": _trained_only(dict(networks.discriminator.state_dict())),
            "maker": networks.maker.state_dict(),
            "critic": networks.critic.state_dict(),
            "source": self.source.get_state(),
            "order": self.order.state(),
            "snapshots": self.snapshots.state(),
            "steps": self._steps,
            "seconds": self._seconds,
        }


def _trained_only(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the frozen projector, which its seed and the package's weights give back."""
    return {name: value for name, value in state.items() if not name.startswith("projector.")}
