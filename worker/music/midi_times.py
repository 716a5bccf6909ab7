"""Tempo and meter of a MIDI file: one of each, chosen from all its marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from shared.errors import BadFile
from worker.music.midi_limits import MidiLimits
from worker.music.midi_structure import Structure
from worker.music.score import TEMPO, TICKS

_MICROS = 60_000_000
#: Quarters a minute beyond which there is no music; the format itself has none under 3.6.
_FASTEST = 1000.0
#: A meter has at most so many beats, and no shorter ones than this part of a whole note.
_MOST_BEATS, _SHORTEST_BEAT = 64, 32


@dataclass
class Times:
    """Tempo in quarters a minute, meter, the ticks of an incomplete first bar, the seconds of the file.

    ``named`` tells whether the file names a meter at all.
    """

    tempo: float
    seconds: float
    meter: tuple[int, int] = (4, 4)
    pickup: int = 0
    named: bool = False
    remarks: list[str] = field(default_factory=list)


def times_of(found: Structure, limits: MidiLimits) -> Times:
    """The times of a file that has notes.

    Raises:
        BadFile: midi_tempo or midi_too_long.
    """
    quarters = found.end / found.division
    seconds = _seconds(found)
    if quarters > limits.quarters or seconds > limits.seconds:
        raise BadFile(
            f"The piece lasts {quarters:.0f} quarter notes, {seconds / 60:.0f} minutes; "
            f"{limits.quarters} and {limits.seconds / 60:.0f} are the most.",
            code="midi_too_long",
        )
    tempo = _tempo(found, quarters, seconds)
    if tempo > _FASTEST:
        raise BadFile(
            f"The MIDI file has a tempo of {tempo:.0f} quarter notes a minute; {_FASTEST:.0f} is the most.",
            code="midi_tempo",
        )
    times = Times(tempo, seconds)
    if len({micros for _, micros in found.tempos}) > 1:
        times.remarks.append(f"Its tempo changes; {tempo:g}, at which it lasts as long, was kept.")
    _choose_meter(found, times)
    return times


def _seconds(found: Structure) -> float:
    """Until the last note ends, every tempo for as long as it holds."""
    marks = [(0, round(_MICROS / TEMPO)), *found.tempos, (found.end, 0)]
    micros = sum(
        value * (min(until, found.end) - begin)
        for (begin, value), (until, _) in pairwise(marks)
        if begin < found.end
    )
    return micros / found.division / 1e6


def _tempo(found: Structure, quarters: float, seconds: float) -> float:
    held = {micros for tick, micros in found.tempos if tick < found.end}
    if len(held) == 1 and found.tempos[0][0] == 0:
        return round(_MICROS / held.pop(), 4)
    return round(quarters * 60 / seconds, 4) if seconds else TEMPO


def _choose_meter(found: Structure, times: Times) -> None:
    marks = [(tick, upper, 1 << lower) for tick, upper, lower in found.meters if lower < 16]
    good = [mark for mark in marks if 0 < mark[1] <= _MOST_BEATS and mark[2] <= _SHORTEST_BEAT]
    if len(good) < len(found.meters):
        times.remarks.append("It names a meter that cannot be; that was left out.")
    # Of two marks at one place the later holds.
    held = list({tick: (tick, (upper, lower)) for tick, upper, lower in good}.values())
    if not held:
        return
    times.named = True
    times.meter = held[0][1]
    if len(held) > 1 and (pickup := _pickup(found.division, held[0], held[1])):
        times.pickup, times.meter = pickup, held[1][1]
        del held[0]
    if len({meter for _, meter in held}) > 1:
        times.remarks.append("Its meter changes; the first was kept.")


def _pickup(division: int, first: tuple[int, tuple[int, int]], second: tuple[int, tuple[int, int]]) -> int:
    """The ticks of the first bar, when it is one shorter bar before the real meter; else 0."""
    (begin, (upper, lower)), (until, meter) = first, second
    short, full = Fraction(4 * upper, lower), Fraction(4 * meter[0], meter[1])
    ticks = short * TICKS
    if begin or Fraction(until, division) != short or short >= full or ticks.denominator > 1:
        return 0
    return int(ticks)
