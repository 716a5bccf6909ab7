"""Corrections: the fault is gone, no other came, and as little as possible has moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.music.theory_pieces import aus_meines_herzens_grunde, blocks, lines
from worker.music.advice.correcting import Correction, corrected
from worker.music.advice.passage import passage_of
from worker.music.score import Score
from worker.music.theory.analysis import Analysis, analyze
from worker.music.theory.chords import QUALITIES
from worker.music.theory.voice_leading import Fault, judge

#: C, F, G7, C with tenor and bass in parallel fifths from the first chord to the second.
FIFTHS = [(72, 64, 55, 48), (72, 69, 60, 53), (71, 65, 59, 55), (72, 64, 60, 48)]
#: The same with alto and tenor in parallel octaves.
OCTAVES = [(76, 67, 55, 48), (77, 69, 57, 53), (74, 67, 59, 55), (72, 67, 64, 48)]

voices = st.tuples(st.integers(67, 79), st.integers(60, 69), st.integers(52, 62), st.integers(40, 52))


def marks(score: Score) -> set[tuple[int, str, tuple[int, ...]]]:
    return {(fault.tick, fault.kind, fault.parts) for fault in judge(score).faults}


def applied(score: Score, correction: Correction) -> Score:
    """The whole piece with the moves of a correction."""
    from worker.music.advice.passage import with_pitch

    for move in correction.moves:
        notes = score.parts[move.part].notes
        place = next(n for n, note in enumerate(notes) if note.start == move.tick)
        assert notes[place].pitch == move.before
        score = with_pitch(score, move.part, place, move.after)
    return score


def faults_of(analysis: Analysis, kind: str) -> list[Fault]:
    return [fault for fault in analysis.voice_leading.faults if fault.kind == kind]


@pytest.mark.parametrize(("chords", "kind"), [(FIFTHS, "parallel_fifths"), (OCTAVES, "parallel_octaves")])
def test_parallels_are_mended(chords: list[tuple[int, ...]], kind: str) -> None:
    found = analyze(blocks(chords))
    (fault,) = faults_of(found, kind)
    correction = corrected(found, fault)
    assert correction is not None
    after = applied(found.score, correction)
    assert marks(after) < marks(found.score)
    assert (fault.tick, fault.kind, fault.parts) not in marks(after)


def test_only_inner_voices_move_to_tones_of_the_chord() -> None:
    found = analyze(blocks(FIFTHS))
    (fault,) = faults_of(found, "parallel_fifths")
    correction = corrected(found, fault)
    assert correction is not None
    for move in correction.moves:
        assert move.part in (1, 2)
        chord = next(one for one in found.chords if one.start <= move.tick < one.end)
        assert (move.after - chord.root) % 12 in QUALITIES[chord.quality].members
        assert abs(move.after - move.before) <= 7


def test_the_passage_is_the_bars_around_with_the_change() -> None:
    score = blocks([*FIFTHS, *FIFTHS, *FIFTHS, *FIFTHS])
    found = analyze(score)
    fault = faults_of(found, "parallel_fifths")[-1]
    correction = corrected(found, fault)
    assert correction is not None
    assert (correction.first, correction.last) == (2, 4)
    assert correction.passage.parts == passage_of(applied(score, correction), 2, 4).parts


def test_a_fault_that_is_not_there_is_not_mended() -> None:
    found = analyze(blocks(FIFTHS))
    (fault,) = faults_of(found, "parallel_fifths")
    for other in (
        replace(fault, tick=fault.tick + 24),
        replace(fault, kind="parallel_octaves"),
        replace(fault, parts=(0, 1)),
        replace(fault, tick=9999),
    ):
        assert corrected(found, other) is None


def test_notes_held_over_from_before_are_judged_too() -> None:
    """Raising the alto a fifth mends it, but is a leap from a note that it held for three bars before."""
    score = lines(
        "70:288 70:24 77:48 68 74 76:288",
        "61:288 60",
        "55:144 59:24 58:48 53 56:144 59 56:288",
        "48:24 52:288 48",
    )
    found = analyze(score)
    (fault,) = (one for one in faults_of(found, "spacing") if one.tick == 312)
    correction = corrected(found, fault)
    assert correction is None or (1, 67) not in [(move.part, move.after) for move in correction.moves]


@settings(max_examples=40)
@given(
    st.lists(voices, min_size=4, max_size=8),
    st.lists(st.sampled_from([24, 48, 144, 288]), min_size=4, max_size=4),
)
def test_no_correction_beside_longer_notes_makes_another_fault(
    chords: list[tuple[int, int, int, int]], lengths: list[int]
) -> None:
    """Voices move at their own pace, so notes are held across beats and bars."""
    texts = (
        " ".join(f"{pitch}:{length}" for pitch in voice)
        for voice, length in zip(zip(*chords, strict=True), lengths, strict=True)
    )
    found = analyze(lines(*texts))
    before = {(one.tick, one.kind, one.parts) for one in judge(found.score, found.chords).faults}
    for fault in found.voice_leading.faults[:4]:
        correction = corrected(found, fault)
        if correction is not None:
            after = judge(applied(found.score, correction), found.chords).faults
            left = {(one.tick, one.kind, one.parts) for one in after}
            assert (fault.tick, fault.kind, fault.parts) not in left
            assert left < before


def test_a_crossing_is_undone() -> None:
    found = analyze(blocks([(72, 67, 64, 48), (74, 62, 65, 55), (72, 67, 64, 48)]))
    faults = faults_of(found, "crossing")
    assert faults
    correction = corrected(found, faults[0])
    assert correction is not None
    assert not faults_of(analyze(applied(found.score, correction)), "crossing")


def test_what_only_outer_voices_do_is_left() -> None:
    found = analyze(lines("67 69", "60 62"))
    (fault,) = faults_of(found, "parallel_fifths")
    assert corrected(found, fault) is None


def test_a_piece_without_faults_has_nothing_to_mend() -> None:
    assert not analyze(aus_meines_herzens_grunde()).voice_leading.faults


def test_one_note_is_preferred_to_two() -> None:
    found = analyze(blocks(FIFTHS))
    (fault,) = faults_of(found, "parallel_fifths")
    correction = corrected(found, fault)
    assert correction is not None and len(correction.moves) == 1


def test_it_is_the_same_each_time() -> None:
    found = analyze(blocks(OCTAVES))
    (fault,) = faults_of(found, "parallel_octaves")
    assert corrected(found, fault) == corrected(found, fault)


@settings(max_examples=60)
@given(st.lists(voices, min_size=4, max_size=8))
def test_no_correction_of_anything_makes_another_fault(chords: list[tuple[int, int, int, int]]) -> None:
    found = analyze(blocks(chords))
    assume(found.voice_leading.faults)
    for fault in found.voice_leading.faults[:3]:
        correction = corrected(found, fault)
        if correction is None:
            continue
        assert 1 <= len(correction.moves) <= 2
        after = applied(found.score, correction)
        left = {(one.tick, one.kind, one.parts) for one in judge(after, found.chords).faults}
        before = {(one.tick, one.kind, one.parts) for one in judge(found.score, found.chords).faults}
        assert left < before
        assert (fault.tick, fault.kind, fault.parts) not in left
        outer = [(score.parts[0], score.parts[3]) for score in (found.score, after)]
        assert outer[0] == outer[1]
