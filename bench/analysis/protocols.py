"""The sets, how each is split and trained on, and what is measured."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from bench.analysis.chance import chance_error
from bench.analysis.data import FOLDS, folds, items_of, unseen_groups
from bench.analysis.frozen import PENALTIES, features, regression
from bench.analysis.judged import Judged, judged, taught, together
from worker.families.art_cnn.loaded import Levels
from worker.families.art_cnn.measures import Measures, calibration_error, measure, risk_and_coverage
from worker.families.art_cnn.pictures import read_levels
from worker.family import Item

COVERAGES = (1.0, 0.9, 0.8, 0.6)


@dataclass(frozen=True)
class Protocol:
    """``labels`` are learned from the pictures of ``folder`` that are ``kept``; ``given`` is the training's
    input. One part in five is tested with, or with ``folded`` each in turn; pictures with one value of the
    label ``group`` lie on one side.
    """

    folder: str
    labels: tuple[str, ...]
    given: Mapping[str, Any]
    group: str = ""
    folded: bool = False
    columns: tuple[str, ...] = ()
    kept: Callable[[Item], bool] = lambda item: True


PROTOCOLS = {
    "emoji": Protocol(
        "emoji_styles",
        ("style", "theme", "emotion"),
        {
            "labels": "style, theme, emotion",
            "together": "unified",
            "epochs": 20,
            "pixels": 160,
            "augmentation": "none",
            "mirror": False,
            "average": 0.998,
            "kept_back": 0.18,
        },
        group="unified",
        columns=("unified",),
    ),
    "emoji-faces": Protocol(
        "emoji_styles",
        ("emotion",),
        {
            "labels": "emotion",
            "together": "unified",
            "epochs": 40,
            "augmentation": "light",
        },
        group="unified",
        folded=True,
        columns=("unified",),
        kept=lambda item: "emotion" in item.labels,
    ),
    "faces": Protocol(
        "faces64",
        ("emotion",),
        {
            "labels": "emotion",
            "epochs": 60,
            "network": "small",
            "pixels": 64,
            "mirror": False,
            "average": 0.995,
            "patience": 0,
        },
        columns=("style",),
        kept=lambda item: item.labels["style"] == "openPeeps",
    ),
    "paintings": Protocol(
        "paintings128",
        ("style",),
        {"labels": "style", "epochs": 30, "patience": 0, "kept_back": 0.06},
        folded=True,
    ),
}


@dataclass(frozen=True)
class Row:
    """A label's figures on unseen pictures, beside those of the frozen baseline. ``chance`` is the
    mean calibration error of a judge without fault on as many pictures.
    """

    label: str
    count: int
    measured: Measures
    ece: float
    chance: float
    frozen: Measures
    curve: list[tuple[float, float]]
    sure: tuple[float, float]


def run(name: str, data: Path, scratch: Path, device: str, changes: Mapping[str, Any]) -> Iterator[Row | str]:
    """The rows of a protocol, and remarks."""
    protocol = PROTOCOLS[name]
    columns = (*protocol.labels, *protocol.columns)
    items = [one for one in items_of(data / protocol.folder, columns, scratch) if protocol.kept(one)]
    pictures = [read_levels(item.path) for item in items]
    splits = _splits(protocol, items)
    answers: dict[str, list[Judged]] = {label: [] for label in protocol.labels}
    altered: dict[str, list[Judged]] = {}
    for train, test in splits:
        judge, card = taught([items[n] for n in train], {**protocol.given, **changes}, device)
        length = f"best at step {card['best_step']} of {card['steps']}, {card['seconds']} s"
        yield f"trained on {len(train)}: {length}"
        asked, shown = [items[n] for n in test], [pictures[n] for n in test]
        for label in protocol.labels:
            answers[label].append(judged(judge, asked, shown, label))
        for change, alter in ALTERED.items():
            changed = [alter(one) for one in shown]
            altered.setdefault(change, []).append(judged(judge, asked, changed, protocol.labels[0]))
    seen = features(pictures, device)
    for label in protocol.labels:
        yield _row(label, together(answers[label]), _frozen(items, seen, splits, label))
    for change, parts in altered.items():
        one = together(parts)
        found = measure(one.probabilities, one.truth)
        yield f"{protocol.labels[0]}, {change}: accuracy {found.accuracy:.3f}, macro-F1 {found.macro_f1:.3f}"


def _splits(protocol: Protocol, items: Sequence[Item]) -> list[tuple[list[int], list[int]]]:
    if protocol.folded:
        fold_of = folds(items, protocol.labels[0], protocol.group)
        tests = [[fold == number for fold in fold_of] for number in range(FOLDS)]
    else:
        tests = [unseen_groups(items, protocol.group)]
    return [
        ([n for n, out in enumerate(test) if not out], [n for n, out in enumerate(test) if out])
        for test in tests
    ]


def _frozen(
    items: Sequence[Item], seen: Tensor, splits: Sequence[tuple[list[int], list[int]]], label: str
) -> Measures:
    classes = sorted({value for item in items if (value := item.labels.get(label))})
    truth = torch.tensor([classes.index(value) if (value := one.labels.get(label)) else -1 for one in items])
    found = []
    for penalty in PENALTIES:
        told, true = [], []
        for train, test in splits:
            a = torch.tensor([n for n in train if truth[n] >= 0])
            b = torch.tensor([n for n in test if truth[n] >= 0])
            told.append(regression(seen[a], truth[a], seen[b], len(classes), penalty))
            true.append(truth[b])
        found.append(measure(torch.cat(told), torch.cat(true)))
    return max(found, key=lambda one: one.macro_f1)


def _row(label: str, one: Judged, frozen: Measures) -> Row:
    curve = risk_and_coverage(one.probabilities, one.truth)
    points = [curve[max(0, round(share * len(curve)) - 1)][1:] for share in COVERAGES]
    right = one.probabilities.argmax(1) == one.truth
    sure = float(one.sure.double().mean()), float(right[one.sure].double().mean()) if one.sure.any() else 0.0
    return Row(
        label,
        len(one.truth),
        measure(one.probabilities, one.truth),
        calibration_error(one.probabilities, one.truth),
        chance_error(one.probabilities),
        frozen,
        points,
        sure,
    )


def _encoded(picture: Levels) -> Levels:
    target = io.BytesIO()
    Image.fromarray(picture).save(target, "JPEG", quality=40)
    return np.array(Image.open(target))


def _cropped(picture: Levels) -> Levels:
    height, width = picture.shape[:2]
    return picture[height // 10 : height - height // 10, width // 10 : width - width // 10]


def _halved(picture: Levels) -> Levels:
    image = Image.fromarray(picture)
    return np.array(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS))


def _bordered(picture: Levels) -> Levels:
    return np.pad(picture, ((8, 8), (8, 8), (0, 0)), constant_values=255)


ALTERED: Mapping[str, Callable[[Levels], Levels]] = {
    "as JPEG at quality 40": _encoded,
    "a tenth cropped off each side": _cropped,
    "at half the size": _halved,
    "with a white border": _bordered,
}
