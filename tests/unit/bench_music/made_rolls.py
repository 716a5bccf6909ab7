"""Piano rolls for the benches' tests."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def made_roll(frames: Sequence[Sequence[int]]) -> npt.NDArray[np.uint8]:
    """(T, 88) with the MIDI pitches of each frame."""
    roll = np.zeros((len(frames), 88), dtype=np.uint8)
    for place, pitches in enumerate(frames):
        roll[place, [pitch - 21 for pitch in pitches]] = 1
    return roll
