"""Voices: telling apart what one track has merged, and whether a score has a fixed number of them.

One track is cut into slices, within which the same notes sound. Each slice gives every sounding note to one
voice or more (a unison), and the cheapest way through all slices is found (Viterbi, 1967): voices hardly
cross or rest, move little, stay near their middle and keep the notes that go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from worker.music.score import Note, Part, Score
from worker.music.slices import Slice, slices_of
from worker.music.voice_paths import REST, best_path

NAMES = {4: ("Soprano", "Alto", "Tenor", "Bass")}
#: A score has a number of voices when at most so many sound for this share of the time it sounds ...
_AT_MOST = 0.98
#: ... and exactly so many for this share.
_EXACTLY = 0.6
#: One track is told apart into this many voices at most; the assignments grow with the factorial.
MOST_MERGED = 4
_FEWEST, _MOST = 2, 6


def separate(score: Score, count: int = 4) -> Score:
    """The score in ``count`` parts, high to low, when it has its notes in one; else its own, high to low.

    Drums come last. Where more than ``count`` notes sound at once, inner ones are left out, the shortest
    first. Parts made are named Soprano, Alto, Tenor, Bass when there are four, else Voice 1, Voice 2 ...

    Raises:
        ValueError: ``count`` is not from 2 to 4.
    """
    if not _FEWEST <= count <= MOST_MERGED:
        raise ValueError(f"one track is told apart into 2 to 4 voices, not {count}")
    pitched = [part for part in score.parts if part.notes and not part.drums]
    drums = [part for part in score.parts if part.drums]
    if len(pitched) != 1:
        return replace(score, parts=(*sorted(pitched, key=_height, reverse=True), *drums))
    merged = pitched[0].notes
    slices = slices_of(merged, count)
    held = zip(*best_path(merged, slices, count), strict=True)
    parts = [
        Part(_name(voice, count), tuple(_notes(merged, slices, places)), pitched[0].program)
        for voice, places in enumerate(held)
    ]
    return replace(score, parts=(*parts, *drums))


def apart(score: Score) -> Score:
    """The piece with its voices in parts of their own, where one track holds a fixed number of them."""
    voices = voice_count(score)
    return separate(score, voices) if voices is not None and voices <= MOST_MERGED else score


def voice_count(score: Score) -> int | None:
    """How many voices the score has, when its texture is one of voices; else None.

    Two to six parts that each sound one note at a time, or one part in which two to four notes sound together
    most of the time and more nearly never. A score with drums has no voices.
    """
    pitched = [part for part in score.parts if part.notes]
    if any(part.drums for part in pitched):
        return None
    if len(pitched) > 1:
        alone = all(is_line(part) for part in pitched)
        return len(pitched) if alone and len(pitched) <= _MOST else None
    for count in range(_FEWEST, MOST_MERGED + 1):
        if pitched and _share(pitched[0], count) >= _AT_MOST:
            exactly = _share(pitched[0], count) - _share(pitched[0], count - 1)
            return count if exactly >= _EXACTLY else None
    return None


def is_line(part: Part) -> bool:
    """Whether nearly never more than one note of the part sounds."""
    return _share(part, 1) >= _AT_MOST


def _height(part: Part) -> float:
    return float(median(note.pitch for note in part.notes))


def _name(voice: int, count: int) -> str:
    return NAMES[count][voice] if count in NAMES else f"Voice {voice + 1}"


def _share(part: Part, count: int) -> float:
    """The share of the time in which anything sounds that at most ``count`` notes do."""
    changes: dict[int, int] = {}
    for note in part.notes:
        changes[note.start] = changes.get(note.start, 0) + 1
        changes[note.end] = changes.get(note.end, 0) - 1
    sounding = within = now = before = 0
    for tick in sorted(changes):
        if now:
            sounding += tick - before
            within += (tick - before) * (now <= count)
        now, before = now + changes[tick], tick
    return within / sounding if sounding else 0.0


def _notes(merged: Sequence[Note], slices: Sequence[Slice], held: Sequence[int]) -> list[Note]:
    """The notes of one voice, which holds ``held[n]`` (a place in ``merged``, or REST) in slice n."""
    notes: list[Note] = []
    last = REST
    for piece, place in zip(slices, held, strict=True):
        if place != REST and place == last and notes[-1].end == piece.start:
            notes[-1] = replace(notes[-1], duration=piece.end - notes[-1].start)
        elif place != REST:
            note = merged[place]
            notes.append(Note(piece.start, note.pitch, piece.end - piece.start, note.velocity))
        last = place
    return notes
