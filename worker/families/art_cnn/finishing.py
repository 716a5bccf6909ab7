"""The end of a training: how the version judges, what it remembers, and its model card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from worker.advice.usual import Usual, usual_of
from worker.breathing import breathe
from worker.family import Item, Product, Trained, TrainingJob
from worker.picture.examine import examine
from worker.vision.features import Eye

from .card import card_of
from .judging import judge_heads, judgement_of
from .learning import see
from .network import ArtNetwork
from .pictures import middle_side, read_levels
from .splitting import Split
from .version import fill, halves, version_config, version_weights
from .works import Works

#: So many works are examined for what is usual in the collection: half a minute at most.
MOST_EXAMINED = 200
PNG = "image/png"


@dataclass(frozen=True)
class Lessons:
    """What a network learned from: ``pixels`` uint8 (n, 3, p, p), ``truth`` classes (n, heads)."""

    job: TrainingJob
    items: Sequence[Item]
    pixels: Tensor
    truth: Tensor
    split: Split


def finished(
    lessons: Lessons, network: ArtNetwork, device: str, figures: dict[str, Any], products: list[Product]
) -> Trained:
    """The version of a network without norms, on the CPU. ``figures`` tell the length of the training."""
    # What is measured is what is kept: half precision.
    fill(network, halves(network))
    train, valid = lessons.split.train, lessons.split.valid
    logits, _ = see(network.to(device), lessons.pixels[valid], device)
    network.to("cpu")
    eye = Eye(device)
    unseen, learned = (
        torch.from_numpy(np.concatenate([eye.looks([read_levels(lessons.items[int(n)].path)]) for n in part]))
        for part in (valid, train)
    )
    reports = judge_heads(network.by_head(logits), lessons.truth[valid])
    works = Works.of([lessons.items[int(place)] for place in train], learned)
    # Distances are those to what is remembered: a part of many pictures lies farther apart than all.
    judgement = judgement_of(reports, unseen, works.features.float())
    config = version_config(
        network, judgement, works, usual_figures(lessons.items), middle_side(lessons.items, longer=True)
    )
    card = card_of(lessons.job, lessons.truth, lessons.split, network.config, reports, figures)
    return Trained(version_weights(network, works), config, card, products)


def usual_figures(items: Sequence[Item]) -> Usual:
    """What is usual in a collection, by some of its works at even distances."""
    found = []
    for item in items[:: max(1, -(-len(items) // MOST_EXAMINED))]:
        found.append(examine(read_levels(item.path)).figures())
        breathe()
    return usual_of(found)
