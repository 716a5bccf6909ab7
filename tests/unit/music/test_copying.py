"""The memorisation check: copies are found in any key, chance is not; a training set travels as arrays."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.unit.music.theory_pieces import at_random, aus_meines_herzens_grunde, line
from worker.music.copying import Corpus, Shared, bound_of
from worker.music.score import Note, Part, Score, part_of

PIECES = [at_random(seed, 50, 3) for seed in range(20)]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.of(PIECES)


def with_run(run: tuple[Note, ...], before: int, seed: int = 99) -> Score:
    """A run of notes within others at random, one part."""
    shift = before * 6 - run[0].start
    moved = [replace(note, start=note.start + shift) for note in run]
    after = moved[-1].end
    filler = at_random(seed, 200).parts[0].notes
    start = list(filler[:before])
    rest = [replace(note, start=after + at * 6) for at, note in enumerate(filler[100:140])]
    return Score((part_of("Made", [*start, *moved, *rest]),))


@pytest.mark.parametrize("length", [9, 12, 30])
def test_a_copied_run_is_found_with_its_place(corpus: Corpus, length: int) -> None:
    run = PIECES[7].parts[1].notes[10 : 10 + length]
    found = corpus.longest(with_run(run, 25))
    assert found == Shared(length, 0, 150, 150 + 6 * length, 7)


@pytest.mark.parametrize("semitones", [-12, -1, 5])
def test_a_copy_in_another_key_is_found(corpus: Corpus, semitones: int) -> None:
    found = corpus.longest(PIECES[3].transposed(semitones))
    assert (found.notes, found.source_index) == (50, 3)
    assert (found.start_tick, found.end_tick) == (0, 300)


def test_a_shorter_touch_hides_no_copy_and_another_rhythm_is_another_run(corpus: Corpus) -> None:
    part = PIECES[4].parts[0]
    staccato = tuple(replace(note, duration=2) for note in part.notes)
    assert corpus.longest(Score((Part("Staccato", staccato),))).notes == 50
    slower = tuple(replace(note, start=note.start * 2) for note in part.notes)
    assert corpus.longest(Score((Part("Slower", slower),))).notes == 0


def test_one_other_note_divides_a_run(corpus: Corpus) -> None:
    notes = list(PIECES[4].parts[0].notes)
    notes[30] = replace(notes[30], pitch=notes[30].pitch + 20)
    found = corpus.longest(Score((Part("Changed", tuple(notes)),)))
    assert (found.notes, found.start_tick, found.end_tick) == (30, 0, 180)


def test_chance_shares_little(corpus: Corpus) -> None:
    assert corpus.longest(at_random(1234, 200)).notes <= 5


def test_nothing_shared_is_zero(corpus: Corpus) -> None:
    held = Score((part_of("Held", [Note(at * 1000, 60 + at, 1000) for at in range(9)]),))
    for score in (held, Score(()), Score((part_of("One", [Note(0, 60, 24)]),))):
        assert corpus.longest(score) == Shared(0)
    assert Corpus.of([]).longest(PIECES[0]) == Shared(0)


def test_the_end_of_a_part_joins_no_other_part() -> None:
    one, other = line("60 62 64 65 67 69 71 72 74 76"), line("55 57 59 60 62 64 66 67 69 71")
    corpus = Corpus.of([Score((one, other))])
    tail = "72 74 76:24 " + "55 57 59 60"
    assert corpus.longest(Score((line(tail),))).notes == 4


def test_only_the_parts_asked_for_are_compared(corpus: Corpus) -> None:
    score = Score((PIECES[2].parts[0], *at_random(77, 50, 1).parts))
    assert corpus.longest(score).notes == 50
    assert corpus.longest(score, [1]).notes < 6
    assert corpus.longest(score, []).notes == 0
    assert corpus.longest(score, [0]).part == 0


def test_drums_are_not_compared(corpus: Corpus) -> None:
    drums = replace(PIECES[2].parts[0], drums=True)
    assert corpus.longest(Score((drums,))) == Shared(0)
    assert Corpus.of([Score((drums,))]).longest(PIECES[2]) == Shared(0)


def test_the_longest_of_several_is_told_with_its_part(corpus: Corpus) -> None:
    short, long = with_run(PIECES[1].parts[0].notes[:12], 5), with_run(PIECES[9].parts[2].notes[5:35], 8)
    found = corpus.longest(Score((short.parts[0], long.parts[0])))
    assert (found.part, found.source_index) == (1, 9)
    assert found.notes >= 30


def test_a_corpus_travels_as_arrays_in_safetensors(corpus: Corpus, tmp_path: Path) -> None:
    numpy_files = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "corpus.safetensors"
    numpy_files.save_file(corpus.to_arrays(), path)
    again = Corpus.from_arrays(numpy_files.load_file(path))
    for piece in (*PIECES[:3], at_random(5, 60)):
        assert again.longest(piece) == corpus.longest(piece)
    assert {str(array.dtype) for array in corpus.to_arrays().values()} == {"int16", "int32"}


@pytest.mark.parametrize("name", ["interval", "wait", "begin", "owner"])
def test_arrays_that_do_not_belong_together_are_refused(corpus: Corpus, name: str) -> None:
    arrays = corpus.to_arrays()
    with pytest.raises(ValueError, match="belong together"):
        Corpus.from_arrays({**arrays, name: arrays[name][:-1]})
    with pytest.raises(KeyError):
        Corpus.from_arrays({key: value for key, value in arrays.items() if key != name})
    shuffled = {**arrays, "begin": arrays["begin"][::-1].copy()}
    with pytest.raises(ValueError, match="belong together"):
        Corpus.from_arrays(shuffled)


def test_the_run_found_really_stands_there(corpus: Corpus) -> None:
    for seed in range(30):
        score = at_random(seed + 500, 80)
        found = corpus.longest(score)
        mine = [note for note in score.parts[0].notes if found.start_tick <= note.start < found.end_tick]
        steps = np.diff([note.pitch for note in mine]).tolist()
        source = PIECES[found.source_index]
        rows = [np.diff([note.pitch for note in part.notes]).tolist() for part in source.parts]
        assert len(mine) == found.notes
        assert any(row[at : at + len(steps)] == steps for row in rows for at in range(len(row)))


def brute_force(score: Score) -> int:
    """The longest run by comparing every place with every place."""
    best = 0
    for part in score.parts:
        mine = np.diff([note.pitch for note in part.notes])
        for piece in PIECES:
            for other in piece.parts:
                theirs = np.diff([note.pitch for note in other.notes])
                for shift in range(-len(mine) + 1, len(theirs)):
                    low, high = max(0, shift), min(len(theirs), len(mine) + shift)
                    run = 0
                    for same in mine[low - shift : high - shift] == theirs[low:high]:
                        run = run + 1 if same else 0
                        best = max(best, run)
    return best + 1 if best else 0


@pytest.mark.parametrize("seed", [901, 902])
def test_it_finds_what_comparing_everything_finds(corpus: Corpus, seed: int) -> None:
    score = at_random(seed, 30, 2)
    assert corpus.longest(score).notes == brute_force(score)


def test_notes_that_begin_together_follow_from_low_to_high() -> None:
    chords = part_of(
        "Piano", [Note(at * 24, pitch + at * at % 7, 24) for at in range(12) for pitch in (48, 55, 64)]
    )
    corpus = Corpus.of([Score((chords,))])
    assert corpus.longest(Score((chords,)).transposed(2)).notes == 36


def test_a_monotonous_set_stays_quick() -> None:
    """A million windows agree: nothing may be listed one by one."""
    same = Score((part_of("Same", [Note(at * 6, 60, 6) for at in range(200_000)]),))
    corpus = Corpus.of([same])
    begin = time.process_time()
    assert corpus.longest(Score((part_of("Short", list(same.parts[0].notes[:500])),))).notes == 500
    assert time.process_time() - begin < 2.0


def test_a_set_of_chorale_size_takes_milliseconds() -> None:
    corpus = Corpus.of(at_random(seed, 60, 4) for seed in range(305))
    score = at_random(1000, 64, 4)
    begin = time.process_time()
    corpus.longest(score)
    assert time.process_time() - begin < 0.5


def test_the_bound_lies_above_what_held_out_pieces_share(corpus: Corpus) -> None:
    held_out = [at_random(seed, 50, 3) for seed in range(100, 120)]
    bound = bound_of(corpus, held_out)
    shared = [corpus.longest(score).notes for score in held_out]
    assert 3 <= bound <= 8
    assert np.mean([notes > bound for notes in shared]) <= 0.1
    assert corpus.longest(PIECES[0]).notes > bound


def test_a_tune_that_the_set_has_does_not_lift_the_bound(corpus: Corpus) -> None:
    tunes = [Score((PIECES[seed].parts[0], *at_random(seed + 300, 50, 2).parts)) for seed in range(15)]
    assert bound_of(corpus, tunes) < 12
    alone = [Score((PIECES[seed].parts[0],)) for seed in range(15)]
    assert bound_of(corpus, alone) == 60


def test_without_held_out_pieces_the_bound_is_zero(corpus: Corpus) -> None:
    assert bound_of(corpus, []) == 0
    assert bound_of(corpus, [Score(())]) == 0


def test_a_chorale_against_itself() -> None:
    score = aus_meines_herzens_grunde()
    found = Corpus.of([at_random(1, 50), score]).longest(score)
    assert (found.notes, found.source_index) == (max(len(part.notes) for part in score.parts), 1)
