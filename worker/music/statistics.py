"""Made pieces beside held-out ones: distributions, voice leading and chords, each with a distance.

Figures are over all pieces of a side together. The distance of two distributions is their total variation:
0 when they agree, 1 when they have nothing in common; it is the share that would have to be moved. Small
samples differ by chance: compare two halves of the held-out pieces to see by how much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import groupby
from typing import Any

from worker.music.score import SIXTEENTH, Score
from worker.music.theory.frames import Notes, notes_of
from worker.music.theory.key import find_key
from worker.music.theory.voice_leading import KINDS, judge

#: So many of the most frequent chord types of each side are compared as sets.
COMMON = 50
_DEGREES = ("1", "♭2", "2", "♭3", "3", "4", "♯4", "5", "♭6", "6", "♭7", "7")
#: Steps wider than an octave are counted together, up and down.
_WIDEST = 13
_TITLES = {
    "pitch_class": "Pitch classes, relative to the key",
    "interval": "Melodic intervals",
    "duration": "Durations of notes",
    "chord": "Chord types",
}
_FAULTS = {
    "parallel_fifths": "Parallel fifths",
    "parallel_octaves": "Parallel octaves",
    "hidden_fifths": "Hidden fifths, outer parts",
    "hidden_octaves": "Hidden octaves, outer parts",
    "crossing": "Voice crossings",
    "leap": "Leaps of a seventh or over an octave",
    "spacing": "Upper parts over an octave apart",
}


@dataclass(slots=True)
class _Side:
    """What is counted of a set of pieces; distributions are weights by name."""

    pieces: int = 0
    moments: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    shares: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in _TITLES})


def compare(made: Iterable[Score], held_out: Iterable[Score]) -> dict[str, Any]:
    """How made pieces differ from held-out ones, as plain values.

    ``distributions``: for pitch classes (degrees above the tonic, by duration), melodic intervals
    (semitones), durations (sixteenths) and chord types (semitones above the bass at each onset) the shares of
    both sides and their ``distance``. ``per_100_chords``: each fault of voice leading on both sides.
    ``chords``: the share of made chords whose type the held-out pieces have (``known``), the reverse
    (``covered``), and the Jaccard index of the 50 most frequent types (``jaccard``).
    """
    left, right = _counted(made), _counted(held_out)
    return {
        "pieces": {"made": left.pieces, "held_out": right.pieces},
        "distributions": {
            name: {
                "made": _shares(left.shares[name]),
                "held_out": _shares(right.shares[name]),
                "distance": round(distance(left.shares[name], right.shares[name]), 4),
            }
            for name in _TITLES
        },
        "per_100_chords": {kind: _rates(left, right, kind) for kind in KINDS},
        "chords": {
            "known": round(_known(left.shares["chord"], right.shares["chord"]), 4),
            "covered": round(_known(right.shares["chord"], left.shares["chord"]), 4),
            "jaccard": round(_jaccard(left.shares["chord"], right.shares["chord"]), 4),
        },
    }


def table(found: Mapping[str, Any]) -> str:
    """A comparison as a Markdown table, a line a measure."""
    pieces = found["pieces"]
    lines = [
        f"| measure | made ({pieces['made']}) | held out ({pieces['held_out']}) | distance |",
        "|---|---|---|---|",
    ]
    for name, title in _TITLES.items():
        row = found["distributions"][name]
        sides = " | ".join(_most(row[side]) for side in ("made", "held_out"))
        lines.append(f"| {title} | {sides} | {row['distance']:.3f} |")
    for kind, title in _FAULTS.items():
        row = found["per_100_chords"][kind]
        lines.append(
            f"| {title}, per 100 chords | {row['made']:.2f} | {row['held_out']:.2f} | {row['distance']:.2f} |"
        )
    chords = found["chords"]
    lines.append(
        f"| Chords of a type the other side has | {chords['known']:.1%} | {chords['covered']:.1%} | |"
    )
    lines.append(f"| The {COMMON} most frequent chord types, Jaccard index | | | {chords['jaccard']:.2f} |")
    return "\n".join(lines) + "\n"


def distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The total variation of two distributions given as weights: 0 to 1; 1 when just one of them is empty."""
    mine, theirs = sum(one.values()), sum(other.values())
    if not mine or not theirs:
        return float(bool(mine) != bool(theirs))
    names = one.keys() | other.keys()
    return 0.5 * sum(abs(one.get(name, 0.0) / mine - other.get(name, 0.0) / theirs) for name in sorted(names))


def chord_types(notes: Notes) -> Iterator[str]:
    """Semitones above the bass at each onset where two pitch classes sound: "0 4 7" is a major triad."""
    sounding: list[tuple[int, int]] = []
    rows = zip(notes.start.tolist(), notes.end.tolist(), notes.pitch.tolist(), strict=True)
    for tick, group in groupby(rows, key=lambda row: row[0]):
        while sounding and sounding[0][0] <= tick:
            heappop(sounding)
        for _, end, pitch in group:
            heappush(sounding, (end, pitch))
        bass = min(pitch for _, pitch in sounding)
        tones = sorted({(pitch - bass) % 12 for _, pitch in sounding})
        if len(tones) > 1:
            yield " ".join(map(str, tones))


def _counted(scores: Iterable[Score]) -> _Side:
    side = _Side()
    for score in scores:
        side.pieces += 1
        notes = notes_of(score)
        leading = judge(score)
        side.moments += leading.chords
        side.faults.update(leading.counts)
        side.shares["chord"].update(chord_types(notes))
        _count_notes(side, score, notes)
    return side


def _count_notes(side: _Side, score: Score, notes: Notes) -> None:
    key = find_key(notes)
    tonic = key.key.tonic if key else 0
    for part in score.parts:
        if part.drums:
            continue
        for note in part.notes:
            side.shares["pitch_class"][_DEGREES[(note.pitch - tonic) % 12]] += note.duration
            side.shares["duration"][f"{note.duration / SIXTEENTH:g}"] += 1
        for before, after in zip(part.notes, part.notes[1:], strict=False):
            step = max(-_WIDEST, min(_WIDEST, after.pitch - before.pitch))
            side.shares["interval"][f"{step:+d}" if step else "0"] += 1


def _shares(weights: Counter[str]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: round(weight / total, 5) for name, weight in weights.most_common()}


def _rates(left: _Side, right: _Side, kind: str) -> dict[str, float]:
    made, held_out = (
        100.0 * side.faults[kind] / side.moments if side.moments else 0.0 for side in (left, right)
    )
    return {
        "made": round(made, 3),
        "held_out": round(held_out, 3),
        "distance": round(abs(made - held_out), 3),
    }


def _known(one: Counter[str], other: Counter[str]) -> float:
    total = sum(one.values())
    return sum(count for name, count in one.items() if other[name]) / total if total else 0.0


def _jaccard(one: Counter[str], other: Counter[str]) -> float:
    mine, theirs = ({name for name, _ in side.most_common(COMMON)} for side in (one, other))
    either = mine | theirs
    return len(mine & theirs) / len(either) if either else 0.0


def _most(shares: Mapping[str, float]) -> str:
    """The three most frequent, as "5 (22 %)"."""
    return ", ".join(f"{name} ({share:.0%})" for name, share in list(shares.items())[:3])
