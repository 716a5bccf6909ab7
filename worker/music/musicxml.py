"""Pieces as sheet music: MusicXML 4.0, score-partwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any
from xml.etree import ElementTree as ET

from worker.music.notation import PLAIN, TRIPLET, VOICES, Written, bars, chords, silence
from worker.music.recipe_text import recipe_text
from worker.music.score import TICKS, Key, Part, Score
from worker.music.spelling import fifths, spell

#: More parts than this do not fit on a page.
PARTS = 8
#: The name of the field of ``identification`` that holds a recipe.
FIELD = "atelier:recipe"

_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    b'"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"
#: Below this median a part stands in the bass clef.
_BASS = 60
#: Positions that can be read: thirty-seconds and triplets of sixteenths.
_GRIDS = (TICKS // 8, TICKS // 6)
#: What XML 1.0 has no character for.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(score: Score) -> bool:
    """Whether a piece makes sense as a score.

    It has one to eight parts with notes in them, no drums, at most four voices a part, and everything begins
    and ends on a thirty-second or on a triplet of a sixteenth: a performance as played is not for reading.
    """
    if not 1 <= len(score.parts) <= PARTS or not score.end or any(part.drums for part in score.parts):
        return False
    lower = score.meter[1]
    if lower not in (1, 2, 4, 8, 16, 32) or score.bar == 0:
        return False
    ticks = {tick for _, note in score.notes() for tick in (note.start, note.end)}
    if any(all(tick % grid for grid in _GRIDS) for tick in ticks):
        return False
    return all(len(chords(part.notes)) <= VOICES for part in score.parts)


def write_musicxml(score: Score, recipe: Mapping[str, Any] | None = None) -> bytes:
    """A piece as MusicXML, the same bytes each time: every pitch at its tick and for its length.

    Durations that no value has are tied together; spelling and accidentals follow the key. ``recipe`` is JSON
    in a field of ``identification``.
    """
    root = ET.Element("score-partwise", version="4.0")
    if score.title:
        _text(_sub(root, "work"), "work-title", score.title)
    identification = _sub(root, "identification")
    _text(_sub(identification, "encoding"), "software", "Atelier")
    if recipe is not None:
        field = _sub(_sub(identification, "miscellaneous"), "miscellaneous-field", name=FIELD)
        field.text = recipe_text(recipe).decode("ascii")
    names = _sub(root, "part-list")
    for place, part in enumerate(score.parts):
        _named(names, place, part)
    for place, part in enumerate(score.parts):
        element = _sub(root, "part", id=f"P{place + 1}")
        lines = [bars(score, line) for line in chords(part.notes)]
        for bar in range(max(1, score.bars)):
            _measure(element, score, place, bar, [line[bar] for line in lines])
    ET.indent(root, "")
    body: bytes = ET.tostring(root, encoding="utf-8")
    return _HEAD + body + b"\n"


def _named(names: ET.Element, place: int, part: Part) -> None:
    entry = _sub(names, "score-part", id=f"P{place + 1}")
    _text(entry, "part-name", part.name or f"Part {place + 1}")
    _text(_sub(entry, "score-instrument", id=f"P{place + 1}-I1"), "instrument-name", part.name or "Part")
    midi = _sub(entry, "midi-instrument", id=f"P{place + 1}-I1")
    _text(midi, "midi-channel", str(place % 9 + 1))
    _text(midi, "midi-program", str(part.program + 1))


def _measure(element: ET.Element, score: Score, place: int, bar: int, lines: list[list[Written]]) -> None:
    upbeat = bar == 0 and score.pickup > 0
    number = bar if score.pickup else bar + 1
    measure = _sub(element, "measure", number=str(number))
    if upbeat:
        measure.set("implicit", "yes")
    if bar == 0:
        _attributes(measure, score, score.parts[place])
        if place == 0:
            _tempo(measure, score.tempo)
    length = score.bar_start(bar + 1) - score.bar_start(bar)
    seen = _Accidentals(score.key)
    sounding = [(voice, line) for voice, line in enumerate(lines, 1) if line]
    if not sounding and upbeat:
        # Readers take a bar's rest for a full bar's.
        sounding = [(1, silence(score, bar))]
    if not sounding:
        note = _sub(measure, "note")
        _sub(note, "rest", measure="yes")
        _text(note, "duration", str(length))
        _text(note, "voice", "1")
    for n, (voice, line) in enumerate(sounding):
        if n:
            _text(_sub(measure, "backup"), "duration", str(length))
        for written in line:
            _notes(measure, written, voice, seen)


def _attributes(measure: ET.Element, score: Score, part: Part) -> None:
    attributes = _sub(measure, "attributes")
    _text(attributes, "divisions", str(TICKS))
    key = _sub(attributes, "key")
    _text(key, "fifths", str(fifths(score.key)))
    if score.key is not None:
        _text(key, "mode", score.key.mode)
    time = _sub(attributes, "time")
    _text(time, "beats", str(score.meter[0]))
    _text(time, "beat-type", str(score.meter[1]))
    low = median([note.pitch for note in part.notes] or [_BASS]) < _BASS
    clef = _sub(attributes, "clef")
    _text(clef, "sign", "F" if low else "G")
    _text(clef, "line", "4" if low else "2")


def _tempo(measure: ET.Element, tempo: float) -> None:
    direction = _sub(measure, "direction", placement="above")
    mark = _sub(_sub(direction, "direction-type"), "metronome")
    _text(mark, "beat-unit", "quarter")
    _text(mark, "per-minute", f"{round(tempo, 2):g}")
    _sub(direction, "sound", tempo=f"{round(tempo, 3):g}")


class _Accidentals:
    """Which accidentals are in force in a bar: those of the key, then those written."""

    def __init__(self, key: Key | None) -> None:
        self.key = key
        count = fifths(key)
        self._signature = dict.fromkeys(_SHARPS[: max(0, count)], 1) | dict.fromkeys(
            _FLATS[: max(0, -count)], -1
        )
        self._written: dict[tuple[str, int], int] = {}

    def signed(self, letter: str) -> bool:
        """Whether the key has a sharp or a flat for this letter."""
        return letter in self._signature

    def needed(self, letter: str, alter: int, octave: int) -> bool:
        """Whether a note wants its accidental written; from then on it is in force."""
        before = self._written.get((letter, octave), self._signature.get(letter, 0))
        self._written[letter, octave] = alter
        return alter != before


def _notes(measure: ET.Element, written: Written, voice: int, seen: _Accidentals) -> None:
    """A written value: a rest, or a note for each pitch."""
    pitches: Sequence[int | None] = written.pitches or (None,)
    for n, pitch in enumerate(pitches):
        note = _sub(measure, "note")
        accidental = ""
        if n:
            _sub(note, "chord")
        if pitch is None:
            _sub(note, "rest")
        else:
            accidental = _pitch(note, pitch, seen, written)
        _text(note, "duration", str(written.duration))
        ties = [kind for kind, tied in (("stop", written.before), ("start", written.after)) if tied]
        for kind in ties:
            _sub(note, "tie", type=kind)
        _text(note, "voice", str(voice))
        kind, dots = (TRIPLET if written.triplet else PLAIN)[written.duration]
        _text(note, "type", kind)
        for _ in range(dots):
            _sub(note, "dot")
        if accidental:
            _text(note, "accidental", accidental)
        if written.triplet:
            change = _sub(note, "time-modification")
            _text(change, "actual-notes", "3")
            _text(change, "normal-notes", "2")
        bracket = written.bracket if n == 0 else ""
        if ties or bracket:
            notations = _sub(note, "notations")
            for tie in ties:
                _sub(notations, "tied", type=tie)
            if bracket:
                _sub(notations, "tuplet", type=bracket)


def _pitch(note: ET.Element, pitch: int, seen: _Accidentals, written: Written) -> str:
    """Writes a pitch; gives the accidental to show, "" for none."""
    letter, alter, octave = spell(pitch, seen.key)
    element = _sub(note, "pitch")
    _text(element, "step", letter)
    if alter or seen.signed(letter) or written.before or written.after:
        # A natural against the key says so too, and a tied one: some readers hold a natural that shows its
        # accidental for another pitch than the one that it is tied to, which shows none.
        _text(element, "alter", str(alter))
    _text(element, "octave", str(octave))
    # Over a bar line a tie carries its accidental along, for that note only.
    return _ACCIDENTALS[alter] if not written.before and seen.needed(letter, alter, octave) else ""


def _sub(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, attributes)


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _UNWRITABLE.sub("", text)
