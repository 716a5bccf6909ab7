"""Getting to know a collection, as a training: steps, progress, snapshots, state, the version at its end."""

from __future__ import annotations

import time
from functools import cached_property
from statistics import median

import torch

from worker.family import Item, Snapshot, Trained, TrainerState, TrainingJob
from worker.music.score import Score
from worker.vision.features import Eye

from . import pictures, pieces
from .board import board
from .card import card_of
from .index import build, config_of, weights_of
from .keeping import packed, unpacked
from .options import TrainOptions, chosen, require_enough
from .reading import media_of, read_item
from .traits import PAINTING, Traits

#: People look at a board of what was taken in so far, so many times.
_BOARDS = 4


class MuseTrainer:
    """Looks at each work once, a batch a step. Without chance: an index depends on its works alone."""

    def __init__(self, job: TrainingJob, device: str) -> None:
        self.job, self.device = job, device
        self.options = options = TrainOptions.from_input(job.input)
        self.works = chosen(job.dataset.items, job.gallery, options.only)
        self.media = _media_of(self.works[0].item)
        self._steps, self._seconds = 0, 0.0
        self._traits: list[Traits] = []
        self._places: list[int] = []
        self._sides: list[int] = []
        self._told = (0, 0.0)

    @cached_property
    def eye(self) -> Eye:
        """The network that looks at pictures."""
        return Eye(self.device)

    @property
    def total(self) -> int:
        """Steps until every work has been looked at."""
        return -(-len(self.works) // self.options.batch)

    @property
    def step_count(self) -> int:
        """Batches so far."""
        return self._steps

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1."""
        return self._steps / self.total

    @property
    def done(self) -> bool:
        """Whether every work has been looked at."""
        return self._steps >= self.total

    def step(self) -> None:
        """Look at the next works. Raises BadFile when one cannot be read."""
        began = time.monotonic()
        start = self._steps * self.options.batch
        batch = list(enumerate(self.works[start : start + self.options.batch], start))
        read = [(place, read_item(one.item.path, self.media, spare=one.spare)) for place, one in batch]
        kept = [(place, work) for place, work in read if work is not None]
        if self.media == PAINTING:
            levels = [work for _, work in kept if not isinstance(work, Score)]
            self._traits += pictures.traits_of(levels, self.eye)
            self._sides += [min(pictures.LARGEST_SIDE, max(one.shape[:2])) for one in levels]
        else:
            self._traits += [pieces.traits_of(work) for _, work in kept if isinstance(work, Score)]
        self._places += [place for place, _ in kept]
        self._steps += 1
        self._seconds += time.monotonic() - began

    def progress(self) -> dict[str, float | str]:
        """Works so far, works a second since the last call, step, ETA."""
        works, seconds = self._told
        now = len(self._traits), self._seconds
        self._told = now
        rate = (now[0] - works) / max(1e-9, now[1] - seconds) if now[0] > works else 0.0
        left = self._seconds * (1.0 - self.fraction) / self.fraction if self.fraction else 0.0
        return {
            "step": float(self._steps),
            "works": float(now[0]),
            "works_per_second": round(rate, 2),
            "eta_seconds": round(left, 1),
        }

    def snapshot_due(self) -> bool:
        """Whether this step ends with a board of the works so far."""
        return self.done or self._steps % max(1, -(-self.total // _BOARDS)) == 0

    def snapshot(self) -> Snapshot:
        """A board of works from all that were taken in."""
        return Snapshot(board(self._items, self.media, self._steps), {"works": float(len(self._traits))})

    def state(self) -> TrainerState:
        """Everything needed to go on exactly."""
        tensors = packed(self._traits)
        tensors["places"] = torch.tensor(self._places, dtype=torch.int64)
        tensors["sides"] = torch.tensor(self._sides, dtype=torch.int64)
        return TrainerState(tensors, {"steps": self._steps, "seconds": self._seconds})

    def restore(self, state: TrainerState) -> None:
        """Go on from ``state``, which a trainer of the same job gave."""
        self._traits = unpacked(state.tensors)
        self._places, self._sides = state.tensors["places"].tolist(), state.tensors["sides"].tolist()
        self._steps, self._seconds = state.meta["steps"], state.meta["seconds"]

    def finish(self) -> Trained:
        """The index as a version. Raises InvalidInput when too few works of the medium were there."""
        require_enough(len(self._traits))
        heads = [(item.hash, item.name, item.labels) for item in self._items]
        side = round(median(self._sides)) if self._sides else 1
        index = build(self.media, heads, self._traits, side)
        left_out = len(self.works[: self._steps * self.options.batch]) - len(self._traits)
        card = card_of(self.job, index, left_out, round(self._seconds, 1))
        return Trained(weights_of(index), config_of(index), card, [])

    @property
    def _items(self) -> list[Item]:
        """The works that were taken in, in order."""
        return [self.works[place].item for place in self._places]


def _media_of(item: Item) -> str:
    with item.path.open("rb") as file:
        return media_of(file.read(16))
