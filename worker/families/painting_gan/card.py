"""The model card: what a version was made from, how, and how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from worker.family import TrainingJob

from .evaluation import COLLAPSE_BOUND, COPY_BOUND
from .options import TrainOptions
from .pictures import Pictures
from .snapshots import Best


def model_card(
    job: TrainingJob,
    options: TrainOptions,
    pictures: Pictures,
    best: Best,
    history: Sequence[dict[str, float]],
    figures: dict[str, float],
    device: str,
) -> dict[str, Any]:
    """Plain JSON. ``history`` holds every scored snapshot, ``figures`` the whole training's length."""
    return {
        "dataset": {
            "name": job.dataset.name,
            "hash": job.dataset.hash,
            "pictures": len(pictures.names),
            "trained_on": len(pictures.train),
            "held_out": len(pictures.held_out),
            "only": options.only,
        },
        "classes": list(pictures.classes),
        "recipe": {
            "input": dict(job.input),
            "options": asdict(options),
            "from_version": job.base is not None,
        },
        "training": {**figures, "device": device, "torch": str(torch.__version__)},
        "best_step": best.step,
        "metrics": best.metrics,
        "history": list(history),
        "about_metrics": {
            "kid_lite1": "Kernel inception distance on EfficientNet-Lite1 features against pictures the "
            "training never "
            "saw; lower is better. It is no Inception KID and compares only with other figures of this kind.",
            "kid_lite1_floor": "The same between unseen and training pictures: what perfect samples would "
            "reach.",
            "nearest_share": "Distance of samples to their nearest training picture, as a share of what "
            "unseen "
            f"pictures keep; below {COPY_BOUND} the network copies.",
            "spread_share": f"How much samples differ, as a share of real pictures; below {COLLAPSE_BOUND} "
            f"the "
            "network has collapsed to few kinds of picture.",
        },
    }
