"""What a set of pieces is like."""

from __future__ import annotations

import pytest

from bench.music.facts import ends_on_tonic, facts_of, table
from tests.unit.music.made_pieces import chorale
from worker.music.score import Note, Part, Score, part_of
from worker.music.theory.analysis import analyze


def closing(final: int) -> Score:
    """Two bars of I – IV – V – I in C, the last bass note ``final``."""
    chords = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)] * 2
    lines: list[list[Note]] = [[] for _ in range(4)]
    for place, chord in enumerate(chords):
        for line, pitch in zip(lines, chord, strict=True):
            line.append(Note(place * 24, pitch, 24))
    lines[3][-1] = Note(7 * 24, final, 24)
    names = ("Soprano", "Alto", "Tenor", "Bass")
    return Score(tuple(part_of(name, line) for name, line in zip(names, lines, strict=True)))


def test_a_piece_ends_on_its_keynote_or_not() -> None:
    assert ends_on_tonic(analyze(closing(48))) and ends_on_tonic(analyze(closing(36)))
    assert not ends_on_tonic(analyze(closing(52)))


def test_a_bass_that_is_silent_ends_on_nothing() -> None:
    piece = closing(48)
    silent = Score((*piece.parts[:3], Part("Bass", ())))
    assert not ends_on_tonic(analyze(silent))


def test_shares_are_means_over_pieces() -> None:
    facts = facts_of([closing(48), closing(48), closing(52)])
    assert facts.pieces == 3
    assert facts.tonic == pytest.approx(2 / 3)
    assert facts.length == pytest.approx(4.0)
    assert facts.rests == pytest.approx(0.0)
    assert 0.0 <= facts.close <= 1.0 and facts.clearness > 0.0


def test_a_full_close_is_seen() -> None:
    assert facts_of([closing(48)]).close == 1.0


def test_ranges_are_lowest_median_highest_of_each_voice() -> None:
    assert facts_of([closing(48)]).ranges == ((71, 72, 72), (67, 67, 69), (62, 64, 65), (48, 50, 55))


def test_silence_counts_against_the_whole_piece() -> None:
    piece = closing(48)
    half = part_of("Alto", [note for note in piece.parts[1].notes if note.start < 96])
    parts = (piece.parts[0], half, *piece.parts[2:])
    assert facts_of([Score(parts)]).rests == pytest.approx(0.5 / 4)


def test_the_table_has_a_column_a_side_and_counts_pieces() -> None:
    sides = [("one", facts_of([closing(48)])), ("other", facts_of([chorale(), chorale()]))]
    lines = table(sides).splitlines()
    assert lines[0] == "| measure | one (1) | other (2) |"
    assert all(line.count("|") == 4 for line in lines)
    assert any(line.startswith("| Bass: lowest, median, highest | 48 50 55 | 43 ") for line in lines)
