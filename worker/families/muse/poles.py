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
    """What a work is called beside others whose figure is higher or lower than its own."""

    lower: str
    higher: str

    def compared(self, *, high: bool) -> str:
        """What a work is beside another, or beside many."""
        return self.higher if high else self.lower


#: Of each medium the figures worth words.
POLES: Mapping[str, Mapping[str, Pole]] = {
    PAINTING: {
        "palette.brightness": Pole("darker", "brighter"),
        "palette.contrast": Pole("lower in contrast", "richer in contrast"),
        "palette.saturation": Pole("paler", "more saturated"),
        "palette.temperature": Pole("cooler", "warmer"),
        "palette.colourfulness": Pole("more sparing with colour", "more colourful"),
        "composition.edge_density": Pole("calmer in outline", "fuller of outlines"),
        "composition.negative_space": Pole("fuller", "emptier"),
    },
    MUSIC: {
        "tempo.bpm": Pole("slower", "faster"),
        "rhythm.onsets": Pole("less hurried", "busier"),
        "rhythm.variety": Pole("more even in rhythm", "more varied in rhythm"),
        "density.sounding": Pole("thinner", "fuller"),
        "harmony.pace": Pole("slower to change chords", "quicker to change chords"),
        "harmony.chromatic": Pole("truer to its key", "more chromatic"),
        "melody.range": Pole("narrower in melody", "wider in melody"),
        "melody.steps": Pole("more leaping", "moving more by step"),
        "range.mean": Pole("lower", "higher"),
        "repetition.share": Pole("less repeating", "more repeating"),
    },
}


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
