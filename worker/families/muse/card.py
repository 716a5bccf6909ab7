"""The model card: which collection a version knows."""

from __future__ import annotations

from typing import Any

from worker.family import TrainingJob

from .index import Index
from .poles import catalogue_of

#: Labels with more values than this are names rather than kinds.
_MOST_VALUES = 60


def card_of(job: TrainingJob, index: Index, left_out: int, seconds: float) -> dict[str, Any]:
    """Plain JSON. ``left_out`` works were of another kind, or too long."""
    labels = {name: values for name, values in index.labels.items() if len(values) <= _MOST_VALUES}
    titles = catalogue_of(index.media)
    return {
        "kind": "muse",
        "media": index.media,
        "works": len(index),
        "left_out": left_out,
        "gallery": len(job.gallery),
        "dataset": {"name": job.dataset.name, "hash": job.dataset.hash, "only": str(job.input["only"])},
        "figures": {
            name: [_short(index.usual.points[name][step]) for step in (2, 10, 18)] for name in index.names
        },
        "titles": {name: [titles[name].title, titles[name].unit] for name in index.names if name in titles},
        "labels": {
            column: {value: len(places) for value, places in sorted(values.items())}
            for column, values in sorted(labels.items())
        },
        "seconds": seconds,
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")
