"""What chance alone puts into a calibration error: on few pictures a judge without fault shows one too."""

from __future__ import annotations

import torch
from torch import Tensor

from worker.families.art_cnn.measures import calibration_error

DRAWS = 200


def chance_error(probabilities: Tensor, draws: int = DRAWS, seed: int = 0) -> float:
    """The mean calibration error if every answer were exactly as sure as it should be.

    (n, classes) of probabilities; the truth of each picture is drawn from its own row, so pictures that stand
    or fall together, as a subject in several styles does, have more of it than this.
    """
    if not len(probabilities):
        return 0.0
    source = torch.Generator().manual_seed(seed)
    told = probabilities.double().cpu()
    truths = torch.multinomial(told, draws, replacement=True, generator=source)
    return sum(calibration_error(told, truth) for truth in truths.T) / draws
