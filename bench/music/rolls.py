"""Piano rolls with their published splits, as the ``poly_music`` files hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.io import loadmat

Roll = npt.NDArray[np.uint8]

SETS = {"jsb": "JSB_Chorales.mat", "nottingham": "Nottingham.mat"}
SPLITS = ("train", "valid", "test")
PITCHES = 88


def rolls(folder: Path, name: str) -> dict[str, list[Roll]]:
    """The pieces of each split: (T, 88) of 0 and 1, a column a key of the piano.

    Raises OSError when there is no such file and ValueError when it holds something else.
    """
    file = loadmat(folder / SETS[name])
    return {split: [_checked(roll) for roll in file[f"{split}data"][0]] for split in SPLITS}


def most_notes(pieces: Sequence[Roll]) -> int:
    """The most notes of a frame."""
    return max(int(roll.sum(axis=1).max()) for roll in pieces)


def codes_of(roll: Roll, notes: int) -> torch.Tensor:
    """(T, 88) to (T, notes): 1 + column of each note, the highest first, then 0.

    Raises ValueError when a frame has more than ``notes``: its likelihood would be 0.
    """
    if most_notes([roll]) > notes:
        raise ValueError(f"a frame has more than {notes} notes")
    columns = np.where(roll > 0, np.arange(1, roll.shape[1] + 1), 0)
    return torch.from_numpy(np.sort(columns, axis=1)[:, ::-1][:, :notes].astype(np.int64).copy())


def _checked(roll: npt.NDArray[np.generic]) -> Roll:
    found = np.asarray(roll)
    if found.ndim != 2 or found.shape[1] != PITCHES or not np.isin(found, (0, 1)).all():
        raise ValueError(f"not a piano roll of {PITCHES} pitches: {found.shape}")
    return found.astype(np.uint8)
