"""Whether a piece was learnt by heart: the longest run of its notes that also stands in the training set.

A run is a stretch of consecutive notes of one part, compared by the interval from each note to the next and
by the time between their beginnings in sixteenths. So it is found in any key, and a rest counts as part of
the note before it: neither a shorter touch nor another key hides a copy. Where notes begin together they
follow each other from low to high. Drums are not compared.

Windows of one length are compared by a rolling hash over all of the training set at once, longer ones only
where shorter ones agreed, and the run found is compared note by note: no index is needed, a training set is
a few flat arrays, and two million notes take about a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.music.score import SIXTEENTH, Part, Score

Whole = npt.NDArray[np.int64]
Hash = npt.NDArray[np.uint64]

#: Multiplier of the rolling hash: odd, so that it has an inverse modulo 2^64.
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, 1 << 64)
_MIX = np.uint64(0xD6E8FEB86659FD93)
#: A longer wait than this many sixteenths counts as this one.
_LONGEST_WAIT = 1000
#: The length that is tried first: most of a training set shares no run so long, and drops out.
_FIRST_TRY = 8
#: So many windows whose hashes agree are compared note by note, should hashes agree by chance.
_PAIRS = 16
#: The bound lies at this share of the held-out pieces, plus this share of the run found there.
_QUANTILE, _MARGIN = 0.95, 0.2


@dataclass(frozen=True, slots=True)
class Shared:
    """The longest run of ``notes`` notes that a piece shares with a training set; 0 where there is none.

    It lies in the piece's ``part`` (its place), from ``start_tick`` to ``end_tick``, and in the training
    piece ``source_index``; all -1 without a run.
    """

    notes: int
    part: int = -1
    start_tick: int = -1
    end_tick: int = -1
    source_index: int = -1


@dataclass(frozen=True, slots=True)
class _Runs:
    """Parts one after the other, as steps from note to note: N steps in P parts.

    ``interval`` and ``wait`` (N,); ``begin`` (P + 1,) where each part's steps begin; ``owner`` (P,).
    """

    interval: npt.NDArray[np.int16]
    wait: npt.NDArray[np.int16]
    begin: npt.NDArray[np.int32]
    owner: npt.NDArray[np.int32]


class Corpus:
    """The pieces of a training set, ready to be compared with."""

    def __init__(self, runs: _Runs) -> None:
        self._runs = runs
        self._windows = _Windows(runs)

    @classmethod
    def of(cls, scores: Iterable[Score]) -> Corpus:
        """A corpus of these pieces, numbered in their order."""
        return cls(_runs_of((place, part) for place, score in enumerate(scores) for part in score.parts))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Corpus:
        """The corpus that gave these arrays.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays do not belong together.
        """
        interval, wait = arrays["interval"].astype(np.int16), arrays["wait"].astype(np.int16)
        begin, owner = arrays["begin"].astype(np.int32), arrays["owner"].astype(np.int32)
        whole = len(begin) == len(owner) + 1 and begin[0] == 0 and begin[-1] == len(interval) == len(wait)
        if not whole or (np.diff(begin) < 0).any():
            raise ValueError("the arrays of a corpus do not belong together")
        return cls(_Runs(interval, wait, begin, owner))

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Its ``interval`` and ``wait``, int16 (steps,), ``begin`` (parts + 1,), ``owner`` (parts,) int32."""
        runs = self._runs
        return {"interval": runs.interval, "wait": runs.wait, "begin": runs.begin, "owner": runs.owner}

    def longest(self, score: Score, parts: Sequence[int] | None = None) -> Shared:
        """The longest run of a piece that stands here too; only in ``parts`` (places) when they are given."""
        mine = [(place, part) for place, part in enumerate(score.parts) if parts is None or place in parts]
        runs = _runs_of(mine)
        piece = _Windows(runs)
        length, where = self._longest(piece)
        while length:
            for mine_at, here_at in where:
                if _equal(runs, mine_at, self._runs, here_at, length):
                    return self._shared(score, runs, (mine_at, here_at, length))
            length -= 1
            where = self._windows.common(piece, length, self._windows.places)[1]
        return Shared(0)

    def _longest(self, piece: _Windows) -> tuple[int, list[tuple[int, int]]]:
        """The greatest length at which windows agree, and pairs of places that do: in the piece, and here."""
        places = self._windows.places
        where: list[tuple[int, int]] = []
        low, high, trial = 0, piece.longest + 1, min(_FIRST_TRY, piece.longest)
        while high - low > 1:
            found, pairs = self._windows.common(piece, trial, places)
            if pairs:
                places, where, low = found, pairs, trial
            else:
                high = trial
            trial = min(2 * low, high - 1) if high > piece.longest else (low + high) // 2
        return low, where

    def _shared(self, score: Score, runs: _Runs, found: tuple[int, int, int]) -> Shared:
        mine, here, steps = found
        owner = int(np.searchsorted(runs.begin, mine, side="right")) - 1
        place = int(runs.owner[owner])
        first = mine - int(runs.begin[owner])
        notes = score.parts[place].notes[first : first + steps + 1]
        source = int(self._runs.owner[int(np.searchsorted(self._runs.begin, here, side="right")) - 1])
        return Shared(steps + 1, place, notes[0].start, max(note.end for note in notes), source)


def bound_of(corpus: Corpus, held_out: Iterable[Score]) -> int:
    """The longest run, in notes, that music which cannot have been copied still shares; 0 without pieces.

    Pieces of one kind share runs without any copying, so pieces that were held out of the training set are
    measured: the bound is the 95th percentile of their runs, a fifth longer. Collections hold one tune
    several times, and its runs are rightly found; therefore the part of a piece that shares most is left out
    where it has others. In JSB Chorales (229 training, 76 validation pieces) the median of those runs is 8
    notes, the 95th percentile 17.75, and so the bound 22. Of the validation chorales 16 % share more in their
    melody, up to 72 notes: they are settings of a tune that the training set has, and a made piece like them
    deserves the mark too. The median of a chorale's longest run, melody and all, is 10 notes.
    """
    lengths = []
    for score in held_out:
        each = sorted(corpus.longest(score, [place]).notes for place in range(len(score.parts)))
        lengths += each[-2:-1] if len(each) > 1 else each
    if not lengths:
        return 0
    return int(np.ceil(float(np.quantile(lengths, _QUANTILE)) * (1.0 + _MARGIN)))


class _Windows:
    """Hashes of all windows of runs: of S steps from each place."""

    def __init__(self, runs: _Runs) -> None:
        count = len(runs.interval)
        self._stop = np.repeat(runs.begin[1:], np.diff(runs.begin)).astype(np.int64)
        self.places: Whole = np.arange(count, dtype=np.int64)
        self.longest = int(np.diff(runs.begin).max(initial=0))
        steps = runs.interval.astype(np.int64) * (_LONGEST_WAIT + 1) + runs.wait
        values = steps.astype(np.uint64) * _MIX
        values ^= values >> np.uint64(29)
        self._sums = np.append(np.zeros(1, np.uint64), np.cumsum(values * _powers(_FACTOR, count)))
        self._undo = _powers(_INVERSE, count)

    def at(self, length: int, places: Whole) -> tuple[Whole, Hash]:
        """Those of the places from which so many steps lie within one part, and the hash of each window."""
        places = places[places + length <= self._stop[places]]
        return places, (self._sums[places + length] - self._sums[places]) * self._undo[places]

    def common(self, piece: _Windows, length: int, places: Whole) -> tuple[Whole, list[tuple[int, int]]]:
        """The places of these whose windows a piece has too, and the first few pairs (in the piece, here)."""
        theirs, hashes = piece.at(length, piece.places)
        mine, own = self.at(length, places)
        if not len(theirs) or not len(mine):
            return mine[:0], []
        order = np.argsort(hashes, kind="stable")
        found = np.searchsorted(hashes[order], own).clip(max=len(order) - 1)
        same = hashes[order][found] == own
        few = np.flatnonzero(same)[:_PAIRS]
        return mine[same], list(zip(theirs[order[found[few]]].tolist(), mine[few].tolist(), strict=True))


def _powers(base: int, count: int) -> Hash:
    """base^0 ... base^(count - 1) modulo 2^64."""
    factors = np.full(count, base, dtype=np.uint64)
    factors[:1] = 1
    return np.asarray(np.cumprod(factors))


def _equal(one: _Runs, at: int, other: _Runs, there: int, length: int) -> bool:
    mine, theirs = slice(at, at + length), slice(there, there + length)
    same = np.array_equal(one.interval[mine], other.interval[theirs])
    return same and np.array_equal(one.wait[mine], other.wait[theirs])


def _runs_of(parts: Iterable[tuple[int, Part]]) -> _Runs:
    """The steps of parts, each with its owner's number; parts of fewer than two notes have none."""
    intervals, waits, owners = [], [], []
    for owner, part in parts:
        if part.drums or len(part.notes) < 2:
            continue
        pitch = np.array([note.pitch for note in part.notes], dtype=np.int64)
        start = np.array([note.start for note in part.notes], dtype=np.int64)
        intervals.append(np.diff(pitch).astype(np.int16))
        sixteenths = (np.diff(start) + SIXTEENTH // 2) // SIXTEENTH
        waits.append(sixteenths.clip(0, _LONGEST_WAIT).astype(np.int16))
        owners.append(owner)
    begin = np.cumsum([0, *(len(row) for row in intervals)]).astype(np.int32)
    empty = [np.zeros(0, np.int16)]
    return _Runs(
        np.concatenate(empty + intervals), np.concatenate(empty + waits), begin, np.array(owners, np.int32)
    )
