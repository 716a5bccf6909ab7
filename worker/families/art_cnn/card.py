"""The model card: what an analyser was made from, how good it is, and what it is not good for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from shared.labels import in_words
from worker.family import TrainingJob

from .judging import HeadReport
from .labels import Head
from .network_config import BLOCKS, NetworkConfig
from .splitting import Split

#: Below this many unseen pictures a figure of a class is little more than a guess.
FEW_UNSEEN = 10
#: Below this F1 a class is not recognized.
WEAK = 0.5


def card_of(
    job: TrainingJob,
    truth: Tensor,
    split: Split,
    config: NetworkConfig,
    reports: Sequence[HeadReport],
    figures: dict[str, Any],
) -> dict[str, Any]:
    """Plain JSON, drawn by the model page."""
    heads = [
        _head(head, report, truth[:, place], split)
        for place, (head, report) in enumerate(zip(config.heads, reports, strict=True))
    ]
    return {
        "kind": "art_cnn",
        "dataset": {"name": job.dataset.name, "hash": job.dataset.hash},
        "pictures": {"train": len(split.train), "valid": len(split.valid)},
        "network": config.trunk,
        "learned": _learned(config),
        "pixels": config.pixels,
        "heads": heads,
        "not_good_for": [sentence for head in heads for sentence in _warnings(head)] + list(_ALWAYS),
        "recipe": {"input": dict(job.input), "from_version": job.base is not None},
        "torch": str(torch.__version__),
        **figures,
    }


_ALWAYS = (
    "Pictures of another kind than those it learned from: it says so where it can, and is then not to be "
    "believed.",
    "Telling what is good art: it repeats what the labels of its data set said.",
)


def _head(head: Head, report: HeadReport, truth: Tensor, split: Split) -> dict[str, Any]:
    after, judgement = report.after, report.judgement
    train = torch.bincount(_known(truth[split.train]), minlength=len(head.classes))
    valid = after.confusion.sum(1)
    classes = [
        {
            "name": name,
            "train": int(train[place]),
            "valid": int(valid[place]),
            "precision": round(after.precision[place], 4),
            "recall": round(after.recall[place], 4),
            "f1": round(after.f1[place], 4),
        }
        for place, name in enumerate(head.classes)
    ]
    return {
        "name": head.name,
        "title": title_of(head.name),
        "classes": classes,
        "accuracy": round(after.accuracy, 4) if int(valid.sum()) else None,
        "macro_f1": round(after.macro_f1, 4) if int(valid.sum()) else None,
        "majority": round(after.majority, 4),
        "ece_before": round(report.before.ece, 4),
        "ece_after": round(after.ece, 4),
        "temperature": round(judgement.temperature, 4),
        "threshold": round(judgement.threshold, 4),
        "coverage": round(judgement.coverage, 4),
        "accuracy_when_sure": round(judgement.accuracy, 4) if judgement.coverage else None,
        "confusion": after.confusion.tolist(),
    }


def title_of(name: str) -> str:
    """A label as people read it."""
    return in_words(name).capitalize()


def _known(classes: Tensor) -> Tensor:
    return classes[classes >= 0]


def _learned(config: NetworkConfig) -> str:
    if config.trunk == "small":
        return "all"
    if config.learned_from > BLOCKS:
        return "heads"
    return "all" if config.learned_from == 0 else "last"


def _warnings(head: dict[str, Any]) -> list[str]:
    found = []
    tested = [one for one in head["classes"] if one["valid"] >= FEW_UNSEEN]
    weak = [in_words(one["name"]) for one in tested if one["f1"] < WEAK]
    if weak:
        found.append(f"{head['title']}: {', '.join(weak)} are wrong more often than right.")
    rare = [in_words(one["name"]) for one in head["classes"] if one["valid"] < FEW_UNSEEN]
    if rare:
        found.append(
            f"{head['title']}: {', '.join(rare)} had fewer than {FEW_UNSEEN} unseen pictures, so how "
            "well they are told is not known."
        )
    if head["accuracy"] is not None and head["accuracy"] <= head["majority"]:
        found.append(f"{head['title']}: no better than always naming the most frequent class.")
    return found
