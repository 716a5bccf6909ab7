"""The model card: what a version was made from, how, and how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from worker.family import TrainingJob

from .corpus import Corpus
from .options import TrainOptions

if TYPE_CHECKING:
    from .snapshots import Best

_MOST_NAMES = 20


def model_card(
    job: TrainingJob,
    options: TrainOptions,
    corpus: Corpus,
    best: Best,
    history: Sequence[dict[str, float]],
    figures: dict[str, float],
    device: str,
) -> dict[str, Any]:
    """Plain JSON. ``history`` holds every check, ``figures`` the whole training's length."""
    return {
        "dataset": {
            "name": job.dataset.name,
            "hash": job.dataset.hash,
            "trained_on": len(corpus.train),
            "held_out": len(corpus.held_out),
            "left_out": len(corpus.left_out),
            "left_out_names": corpus.left_out[:_MOST_NAMES],
            "only": options.only,
        },
        "recipe": {
            "input": dict(job.input),
            "options": asdict(options),
            "from_version": job.base is not None,
        },
        "training": {**figures, "device": device, "torch": str(torch.__version__)},
        "representation": corpus.layout.to_dict(),
        "best_step": best.step,
        "metrics": best.metrics,
        "history": list(history),
        "about_metrics": {
            "nll_valid": "Negative log-likelihood of pieces that the training never saw, in nats for "
            "each note "
            "value: voices count every sixteenth of every voice, events the five values of a note. Lower is "
            "better; it compares only within one data set and representation.",
            "perplexity": "e to that: among how many equally likely values the network hesitates on average.",
        },
    }
