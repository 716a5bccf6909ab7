"""A training as a worker makes it, and what its version says of pictures it never saw."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from shared.catalogue import check_input
from worker.families.art_cnn import FAMILY
from worker.families.art_cnn.engine import create
from worker.families.art_cnn.loaded import Levels, LoadedJudge
from worker.family import Dataset, Item, TrainingJob


@dataclass(frozen=True)
class Judged:
    """Probabilities (n, classes) and classes (n,) of the pictures that have a label of the head; whether the
    version was sure; the version itself.
    """

    probabilities: Tensor
    truth: Tensor
    sure: Tensor
    classes: tuple[str, ...]


def taught(
    items: Sequence[Item], given: Mapping[str, Any], device: str
) -> tuple[LoadedJudge, dict[str, Any]]:
    """Train on ``items`` to the end and load the version; gives its card too."""
    described = FAMILY.description.operation("train")
    complete = check_input(described, {"dataset": "bench", "seed": 1, **given})
    digest = hashlib.sha256("".join(item.name for item in items).encode()).hexdigest()
    trainer = create().trainer(TrainingJob("bench", complete, Dataset("bench", digest, list(items))), device)
    while not trainer.done:
        trainer.step()
        if trainer.snapshot_due():
            trainer.snapshot()
    trained = trainer.finish()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "version.safetensors"
        save_file({name: value.contiguous() for name, value in trained.weights.items()}, path)
        return create().load(path, trained.config, device), trained.card


def judged(judge: LoadedJudge, items: Sequence[Item], pictures: Sequence[Levels], head: str) -> Judged:
    """What a version says of pictures whose labels are known."""
    heads = judge.version.network.config.heads
    place = next(number for number, one in enumerate(heads) if one.name == head)
    classes = heads[place].classes
    known = [
        (item, one) for item, one in zip(items, pictures, strict=True) if item.labels.get(head) in classes
    ]
    seen = list(judge.look(one for _, one in known))
    likely = torch.stack([one.probabilities[place] for one in seen])
    how = judge.version.judgement.heads[place]
    inside = torch.tensor([one.inside for one in seen])
    truth = torch.tensor([classes.index(item.labels[head]) for item, _ in known])
    return Judged(likely, truth, inside & (likely.max(1).values >= how.threshold), classes)


def together(parts: Sequence[Judged]) -> Judged:
    """The answers of several folds as one."""
    return Judged(
        torch.cat([one.probabilities for one in parts]),
        torch.cat([one.truth for one in parts]),
        torch.cat([one.sure for one in parts]),
        parts[0].classes,
    )
