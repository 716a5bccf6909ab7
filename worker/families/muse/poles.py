"""Words for the ends of figures that people see or hear. Other figures are measured, not talked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.advice.catalogue import Catalogue
from worker.music.advice.figures import catalogue as music_catalogue
from worker.picture.knowledge import catalogue as picture_catalogue

from .traits import MUSIC, PAINTING


@dataclass(frozen=True)
class Pole:
    """What a work is called whose figure is low or high, and one whose figure is lower or higher."""

    low: str
    high: str
    lower: str
    higher: str

    def named(self, *, high: bool) -> str:
        """What a work is."""
        return self.high if high else self.low

    def compared(self, *, high: bool) -> str:
        """What a work is beside another."""
        return self.higher if high else self.lower


#: Of each medium the figures worth words.
POLES: Mapping[str, Mapping[str, Pole]] = {
    PAINTING: {
        "palette.brightness": Pole("dark", "bright", "darker", "brighter"),
        "palette.contrast": Pole(
            "low in contrast", "rich in contrast", "lower in contrast", "richer in contrast"
        ),
        "palette.saturation": Pole("pale", "saturated", "paler", "more saturated"),
        "palette.temperature": Pole("cool", "warm", "cooler", "warmer"),
        "palette.colourfulness": Pole(
            "sparing with colour", "colourful", "more sparing with colour", "more colourful"
        ),
        "composition.edge_density": Pole(
            "calm in outline", "full of outlines", "calmer in outline", "fuller of outlines"
        ),
        "composition.negative_space": Pole("filled", "empty", "fuller", "emptier"),
    },
    MUSIC: {
        "tempo.bpm": Pole("slow", "fast", "slower", "faster"),
        "rhythm.onsets": Pole("unhurried", "busy", "less hurried", "busier"),
        "rhythm.variety": Pole(
            "even in rhythm", "varied in rhythm", "more even in rhythm", "more varied in rhythm"
        ),
        "density.sounding": Pole("thin", "full", "thinner", "fuller"),
        "harmony.pace": Pole(
            "slow to change chords", "quick to change chords", "slower to change chords",
            "quicker to change chords",
        ),
        "harmony.chromatic": Pole("true to its key", "chromatic", "truer to its key", "more chromatic"),
        "melody.range": Pole("narrow in melody", "wide in melody", "narrower in melody", "wider in melody"),
        "melody.steps": Pole("leaping", "moving by step", "more leaping", "moving more by step"),
        "range.mean": Pole("low-lying", "high-lying", "lower", "higher"),
        "repetition.share": Pole("ever new", "repeating", "less repeating", "more repeating"),
    },
}  # fmt: skip


def catalogue_of(media: str) -> Catalogue:
    """Titles and units of the figures of a medium."""
    return music_catalogue() if media == MUSIC else picture_catalogue()


def named(media: str, name: str) -> str:
    """A figure within a sentence: its title without what stands in brackets."""
    title = catalogue_of(media)[name].title.partition(" (")[0]
    return title[:1].lower() + title[1:]


def called(media: str) -> str:
    """What works of a medium are, in a sentence."""
    return "music" if media == MUSIC else "pictures"
