"""Chords as people write them: roman numerals with figures, and names with the bass.

"V65" is a dominant seventh over its third, "viio7/V" the diminished seventh that leads to the dominant,
"D7/F♯" a D seventh over F sharp. Numerals are relative to the key that the music is in at that place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.music.score import TICKS, Key, Score
from worker.music.spelling import spell
from worker.music.theory.chords import QUALITIES, SUS4, chord_at, fit_of
from worker.music.theory.chords import place as chord_place
from worker.music.theory.frames import Frames
from worker.music.theory.functions import GERMAN, Function, functions, numeral
from worker.music.theory.harmony import Span

Real = npt.NDArray[np.float64]

_LETTERS = "CDEFGAB"
_NATURAL = (0, 2, 4, 5, 7, 9, 11)
_FIGURES = ("", "6", "64"), ("7", "65", "43", "42")
#: Letter steps and accidental of a root outside the functions, by semitones above the tonic.
_CHROMATIC = {
    "major": ("I", "♭II", "II", "♭III", "III", "IV", "♯IV", "V", "♭VI", "VI", "♭VII", "VII"),
    "minor": ("I", "♭II", "II", "III", "♯III", "IV", "♯IV", "V", "VI", "♯VI", "VII", "♯VII"),
}
_STEPS = ("I", "II", "III", "IV", "V", "VI", "VII")
#: Another chord takes the place of a function that fits worse by this much.
_CLEARLY = 0.35
#: A pitch class counts as sounding from this share on; a chord needs this share of all that sounds.
_PRESENT, _ENOUGH = 0.06, 0.5


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord from ``start`` to ``end`` in ticks: its key there, function, inversion (0 is root position).

    ``root`` and ``bass`` are pitch classes; ``roman`` and ``name`` as people write them.
    """

    start: int
    end: int
    key: Key
    function: Function
    inversion: int
    root: int
    bass: int
    roman: str
    name: str

    @property
    def quality(self) -> int:
        """Its place among the qualities of chords."""
        return self.function.quality


def chords_of(score: Score, frames: Frames, spans: list[Span]) -> list[Chord]:
    """The chords that are really heard in the spans: split where the bass changes on a beat, named."""
    found: list[Chord] = []
    if not spans:
        return found
    firsts = [span.first for span in spans]
    heard = np.add.reduceat(frames.weights, firsts, axis=0)
    fits = fit_of(heard, frames.bass[firsts])
    for place, span in enumerate(spans):
        function = _function(frames, span, heard[place], fits[place])
        if function is None:
            continue
        for first, stop, member in _basses(score, frames, span, function):
            chord = _chord(frames, span.key, function, (first, stop, member))
            if found and _same(found[-1], chord):
                chord = _joined(found.pop(), chord)
            elif found and _resolves(found[-1], chord):
                chord = _joined(chord, chord, start=found.pop().start)
            found.append(chord)
    return found


def _function(frames: Frames, span: Span, heard: Real, fit: Real) -> Function | None:
    """The function of a span, another chord where that fits clearly better, None where there is none.

    ``heard`` is the weight of each pitch class in it (12,), ``fit`` how well each chord fits that.
    """
    total = heard.sum()
    if total <= 0:
        return None
    chosen = span.function
    best = int(fit.argmax())
    if fit[best] > fit[chord_place(span.key.tonic + chosen.semitones, chosen.quality)] + _CLEARLY:
        root, quality = chord_at(best)
        chosen = function_of((root - span.key.tonic) % 12, quality, span.key)
    tones = [(span.key.tonic + chosen.semitones + one) % 12 for one in QUALITIES[chosen.quality].members]
    shares = heard[tones] / total
    present = int((shares >= _PRESENT).sum())
    alone = frames.voices[span.first : span.stop].max() <= 1.0
    enough = present >= (3 if alone else 2) and shares.sum() >= _ENOUGH
    return chosen if enough else None


def function_of(semitones: int, quality: int, key: Key) -> Function:
    """A chord by its root above the tonic: the function that it is in the key, else a color of it."""
    for one in functions(key.mode):
        if (one.semitones, one.quality) == (semitones, quality):
            return one
    degree = _CHROMATIC[key.mode][semitones]
    accidental = degree[0] if degree[0] in "♭♯" else ""
    step = _STEPS.index(degree.removeprefix(accidental))
    return Function(semitones, step, quality, numeral(step, quality, accidental), "C")


def _basses(score: Score, frames: Frames, span: Span, function: Function) -> list[tuple[int, int, int]]:
    """The span cut where the bass moves to another member on a beat: first, stop, the member in the bass."""
    root = span.key.tonic + function.semitones
    tones = [(root + one) % 12 for one in QUALITIES[function.quality].members]
    inside = slice(span.first, span.stop)
    if frames.voices[inside].mean() < 2.5:
        sounding = frames.bass[inside][frames.bass[inside] >= 0] % 12
        lowest = int(frames.bass[inside][frames.bass[inside] >= 0].min()) % 12 if len(sounding) else root
        return [(span.first, span.stop, tones.index(lowest) if lowest in tones else 0)]
    cuts: list[tuple[int, int]] = []
    for frame in range(span.first, span.stop):
        tone = int(frames.bass[frame]) % 12
        if frames.bass[frame] < 0 or tone not in tones:
            continue
        on_beat = (int(frames.start[frame]) - score.pickup) % TICKS == 0
        if not cuts:
            cuts.append((span.first, tones.index(tone)))
        elif on_beat and tones.index(tone) != cuts[-1][1]:
            cuts.append((frame, tones.index(tone)))
    cuts = cuts or [(span.first, 0)]
    stops = [first for first, _ in cuts[1:]] + [span.stop]
    return [(first, stop, member) for (first, member), stop in zip(cuts, stops, strict=True)]


def _chord(frames: Frames, key: Key, function: Function, where: tuple[int, int, int]) -> Chord:
    first, stop, member = where
    root = (key.tonic + function.semitones) % 12
    bass = (root + QUALITIES[function.quality].members[member]) % 12
    return Chord(
        int(frames.start[first]),
        int(frames.end[stop - 1]),
        key,
        function,
        member,
        root,
        bass,
        roman_of(function, member),
        name_of(key, function, member),
    )


def roman_of(function: Function, inversion: int) -> str:
    """The numeral with its figures: the figure stands before the slash of an applied chord."""
    head, slash, tail = function.numeral.partition("/")
    if function.quality == SUS4:
        return head + "sus4"
    if head == GERMAN:  # its root is, by its letters, the raised fourth: what sounds as the seventh
        return head + _FIGURES[1][(inversion + 1) % 4]
    return head + _FIGURES[function.seventh][inversion] + slash + tail


def name_of(key: Key, function: Function, inversion: int) -> str:
    """The name by letters: root, kind, and the bass after a slash when it is not the root."""
    tonic = _LETTERS.index(spell(60 + key.tonic, key)[0])
    root = _letter(tonic + function.step, key.tonic + function.semitones)
    quality = QUALITIES[function.quality]
    name = root + quality.suffix
    if not inversion:
        return name
    steps = 3 if function.quality == SUS4 and inversion == 1 else 2 * inversion
    bass = key.tonic + function.semitones + quality.members[inversion]
    return f"{name}/{_letter(tonic + function.step + steps, bass)}"


def _letter(step: int, tone: int) -> str:
    """A letter with the accidentals that bring it to a pitch class."""
    alter = (tone - _NATURAL[step % 7] + 6) % 12 - 6
    return _LETTERS[step % 7] + ("♯" * alter if alter > 0 else "♭" * -alter)


def _same(before: Chord, after: Chord) -> bool:
    return before.end == after.start and (before.key, before.roman) == (after.key, after.roman)


def _resolves(before: Chord, after: Chord) -> bool:
    """A suspended fourth that falls to the third of the same chord is part of it."""
    same = before.root == after.root and before.end == after.start
    return same and before.quality == SUS4 and after.quality != SUS4


def _joined(first: Chord, second: Chord, start: int | None = None) -> Chord:
    return Chord(
        first.start if start is None else start,
        second.end,
        second.key,
        second.function,
        second.inversion,
        second.root,
        second.bass,
        second.roman,
        second.name,
    )
