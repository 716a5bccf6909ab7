"""The chorales in four voices at sixteenths, with their published splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from worker.families.music_rnn.batches import Piece
from worker.families.music_rnn.plan import Plan
from worker.families.music_rnn.voices_layout import FIRST_PITCH, HOLD, REST, VoicesLayout

#: 229 / 76 / 77 chorales of J. S. Bach (public domain): pitches (steps, 4) int8, -1 for silence, piece after
#: piece, and the steps of each. From czhuang/JSB-Chorales-dataset@9a7f733, Jsb16thSeparated.npz.
CHORALES_FILE = Path(__file__).with_name("chorales.npz")
#: Range of all chorales (36 to 81) and room for six semitones of transposition either way.
CHORALES = VoicesLayout(voices=4, low=30, high=90)
BAR = 16


def pitches(split: str) -> list[npt.NDArray[np.int64]]:
    """The chorales of "train", "valid" or "test": (steps, 4) pitches, -1 for silence."""
    with np.load(CHORALES_FILE) as file:
        rows, lengths = file[split].astype(np.int64), file[f"{split}_lengths"]
    return np.split(rows, np.cumsum(lengths)[:-1])


def sixteenths(split: str) -> list[Piece]:
    """The chorales as codes of the voices representation.

    The file tells which pitch each voice has at each sixteenth, not where a note is struck again: equal
    pitches in a row are one held note, so codes and pitches stand for each other one to one.
    """
    rows = pitches(split)
    return [Piece(f"{split}-{place:03d}", codes_of(row), Plan(BAR)) for place, row in enumerate(rows)]


def codes_of(row: npt.NDArray[np.int64]) -> torch.Tensor:
    """(T, 4) pitches, -1 for silence, to codes."""
    codes = np.where(row < 0, REST, row - CHORALES.low + FIRST_PITCH)
    codes[1:][row[1:] == row[:-1]] = HOLD
    return torch.from_numpy(codes)
