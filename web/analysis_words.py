"""What an analysis may find, in words: cadences, faults of voice leading, moods, figures; notes by name."""

from collections.abc import Mapping
from typing import Any

from web.texts import N_

CADENCES: Mapping[str, str] = {
    "perfect_authentic": N_("perfect cadence"),
    "imperfect_authentic": N_("imperfect cadence"),
    "half": N_("half cadence"),
    "plagal": N_("plagal cadence"),
    "deceptive": N_("deceptive cadence"),
}
FAULTS: Mapping[str, str] = {
    "parallel_fifths": N_("parallel fifths"),
    "parallel_octaves": N_("parallel octaves"),
    "hidden_fifths": N_("hidden fifths"),
    "hidden_octaves": N_("hidden octaves"),
    "crossing": N_("voices cross"),
    "leap": N_("an awkward leap"),
    "spacing": N_("voices lie far apart"),
}
MOODS: Mapping[str, str] = {
    "even": N_("even"),
    "neutral": N_("neutral"),
    "bright": N_("bright"),
    "warm": N_("warm"),
    "sad": N_("sad"),
    "dark": N_("dark"),
    "joyful": N_("joyful"),
    "lively": N_("lively"),
    "tense": N_("tense"),
    "restless": N_("restless"),
    "calm": N_("calm"),
    "peaceful": N_("peaceful"),
    "mournful": N_("mournful"),
    "silent": N_("silent"),
}
FIGURES: Mapping[str, str] = {
    "per_note": N_("Nats per note"),
    "share": N_("Bars that come back"),
    "longest_bars": N_("Longest run of them, in bars"),
    "notes_per_second": N_("Notes a second"),
    "notes_per_bar": N_("Notes a bar"),
    "sounding": N_("Notes at once"),
    "length": N_("Longest run of notes also found in the training set"),
    "shared_notes": N_("Longest run of notes also found in the training set"),
    "shared_bound": N_("Bound from which it counts as copied"),
    "bound": N_("Bound from which it counts as copied"),
    "copied": N_("Copied"),
}
#: Figures that are parts of a whole.
SHARES = frozenset({"share"})
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def pitch(value: Any) -> str:
    """A note by name: MIDI 60 is C4; a name stays as it is, and nothing gives nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else ""
    number = round(value)
    return f"{_NAMES[number % 12]}{number // 12 - 1}"
