"""MIDI files as other libraries read them, and the recipe inside."""

import io
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pretty_midi
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from symusic.core import ScoreTick

from tests.unit.music.made_pieces import RECIPE, VOICES, chorale, lines, scores, tone
from worker.music.midi_bytes import meta, texts, variable
from worker.music.midi_out import DIVISION, recipe_in_midi, sounding, write_midi
from worker.music.score import Key, Note, Part, Score, part_of

SCALE = DIVISION // 24


def opened(data: bytes) -> pretty_midi.PrettyMIDI:
    return pretty_midi.PrettyMIDI(io.BytesIO(data))


def test_pretty_midi_reads_what_was_written() -> None:
    score = chorale()
    found = opened(write_midi(score, RECIPE))
    assert [one.name for one in found.instruments] == list(VOICES)
    assert [one.program for one in found.instruments] == [52] * 4
    for part, one in zip(score.parts, found.instruments, strict=True):
        notes = sorted((note.start, note.pitch, note.end, note.velocity) for note in one.notes)
        seconds = 60 / 80 / 24
        for note, (start, pitch, end, velocity) in zip(part.notes, notes, strict=True):
            assert (pitch, velocity) == (note.pitch, note.velocity)
            assert start == pytest.approx(note.start * seconds)
            assert end == pytest.approx(note.end * seconds)
    assert found.get_tempo_changes()[1].tolist() == [80.0]
    assert pretty_midi.key_number_to_key_name(found.key_signature_changes[0].key_number) == "G minor"


def test_symusic_reads_what_was_written() -> None:
    found = ScoreTick.from_midi(write_midi(chorale(), RECIPE))
    assert found.tpq == DIVISION
    assert [track.name for track in found.tracks] == list(VOICES)
    assert [tempo.qpm for tempo in found.tempos] == [80.0]
    assert [(key.key, key.tonality) for key in found.key_signatures] == [(-2, 1)]


def test_an_upbeat_is_a_short_first_bar() -> None:
    data = write_midi(chorale(bars=3))
    meters = [(m.time, m.numerator, m.denominator) for m in ScoreTick.from_midi(data).time_signatures]
    assert meters == [(0, 1, 4), (DIVISION, 4, 4)]
    # The bar lines that other programs draw: one quarter, then whole bars, at 0.75 s a quarter.
    assert opened(data).get_downbeats().tolist() == pytest.approx([0.0, 0.75, 3.75, 6.75])


@pytest.mark.parametrize(
    ("pickup", "meter", "short"),
    [
        (12, (4, 4), (1, 8)),
        (36, (6, 8), (3, 8)),
        (3, (4, 4), (1, 32)),
        (48, (3, 4), (2, 4)),
        (8, (4, 4), None),
    ],
)
def test_short_bars_have_a_meter_where_there_is_one(
    pickup: int, meter: tuple[int, int], short: tuple[int, int] | None
) -> None:
    score = replace(chorale(), pickup=pickup, meter=meter)
    found = ScoreTick.from_midi(write_midi(score)).time_signatures
    assert (found[0].numerator, found[0].denominator) == (short or meter)
    assert (found[-1].numerator, found[-1].denominator) == meter
    assert len(found) == (2 if short else 1)
    assert found[-1].time == (pickup * SCALE if short else 0)


@settings(max_examples=60)
@given(scores())
def test_any_piece_comes_back_from_symusic(score: Score) -> None:
    found = ScoreTick.from_midi(write_midi(score))
    assert len(found.tracks) == len(score.parts)
    for part, track in zip(score.parts, found.tracks, strict=True):
        back = [Note(n.time // SCALE, n.pitch, n.duration // SCALE, n.velocity) for n in track.notes]
        assert all(n.time % SCALE == 0 and n.duration % SCALE == 0 for n in track.notes)
        assert tuple(sorted(back)) == part.notes
        assert (track.name, track.program, track.is_drum) == (part.name, part.program, part.drums)
    assert found.tempos[0].qpm == pytest.approx(score.tempo, rel=1e-5)
    last = found.time_signatures[-1]
    assert (last.numerator, last.denominator) == score.meter


@settings(max_examples=25)
@given(scores())
def test_any_piece_comes_back_from_pretty_midi(score: Score) -> None:
    found = opened(write_midi(score))
    for part, one in zip(score.parts, found.instruments, strict=True):
        assert sorted(note.pitch for note in one.notes) == sorted(note.pitch for note in part.notes)
        assert one.is_drum == part.drums
    assert found.get_end_time() == pytest.approx(score.seconds, rel=1e-4)
    if score.key is not None:
        number = score.key.tonic + (12 if score.key.mode == "minor" else 0)
        assert [key.key_number for key in found.key_signature_changes] == [number]


@settings(max_examples=40)
@given(st.lists(lines(longest=40), min_size=1, max_size=3))
def test_a_channel_has_each_pitch_once(drawn: list[list[Note]]) -> None:
    notes = [replace(note, pitch=60 + note.pitch % 2) for line in drawn for note in line]
    played = sounding(notes)
    for pitch in (60, 61):
        mine = [note for note in played if note.pitch == pitch]
        assert all(a.end <= b.start for a, b in pairwise(mine))
        # Every attack is still heard, and nothing rings longer than it was meant to.
        assert {n.start for n in mine} == {n.start for n in notes if n.pitch == pitch}
        assert max((n.end for n in mine), default=0) <= max(
            (n.end for n in notes if n.pitch == pitch), default=0
        )


def test_of_equals_the_longest_stays_and_an_attack_cuts() -> None:
    notes = [Note(0, 60, 10), Note(0, 60, 40), Note(24, 60, 6), Note(30, 61, 0)]
    assert sounding(notes) == [Note(0, 60, 24), Note(24, 60, 6)]


def test_the_same_score_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; from tests.unit.music.made_pieces import chorale, RECIPE;"
        "from worker.music.midi_out import write_midi; sys.stdout.buffer.write(write_midi(chorale(), RECIPE))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert other.stdout == write_midi(chorale(), dict(reversed(RECIPE.items())))


def test_the_recipe_is_found_and_stands_as_text() -> None:
    data = write_midi(chorale(), RECIPE)
    assert recipe_in_midi(data) == RECIPE
    assert b'atelier:{"input":{"bars":16,"p":0.9},"operation":"generate"' in data
    assert recipe_in_midi(write_midi(chorale())) is None


def test_the_recipe_survives_running_status_and_foreign_events() -> None:
    recipe = meta(0x01, b"atelier:" + b'{"seed":1}')
    # A note with running status, a system exclusive event, another text, then the recipe.
    body = b"\x00\x90\x3c\x40\x10\x3c\x00" + b"\x00\xf0\x02\x7e\xf7" + b"\x00" + meta(1, b"hello")
    body += b"\x00" + recipe + b"\x00\xff\x2f\x00"
    data = (
        b"MThd" + b"\0\0\0\6\0\0\0\1\1\xe0" + b"what" + b"\0\0\0\2ab" + b"MTrk" + len(body).to_bytes(4) + body
    )
    assert recipe_in_midi(data) == {"seed": 1}
    assert list(texts(data)) == [b"hello", b'atelier:{"seed":1}']


@settings(max_examples=200)
@given(st.binary(max_size=200), st.integers(0, 400))
@example(b"", 0)
def test_broken_files_have_no_recipe(noise: bytes, cut: int) -> None:
    assert recipe_in_midi(noise) is None
    whole = write_midi(chorale(bars=1), RECIPE)
    assert recipe_in_midi(whole[:cut]) in (None, RECIPE)
    recipe_in_midi(whole[: 14 + cut % 60] + noise + whole[14 + cut % 60 :])


@pytest.mark.parametrize("text", [b"[1]", b"{", b"\xff", b"[" * 100_000, b"1" * 10_000])
def test_a_recipe_that_is_none_is_none(text: bytes) -> None:
    body = b"\x00" + meta(1, b"atelier:" + text)
    data = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk" + len(body).to_bytes(4) + body
    assert recipe_in_midi(data) is None


def test_a_quantity_without_an_end_is_refused_at_once() -> None:
    data = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk" + (5_000_000).to_bytes(4) + b"\xff" * 5_000_000
    assert recipe_in_midi(data) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "00"), (0x7F, "7f"), (0x80, "8100"), (0x3FFF, "ff7f"), (0x4000, "818000"), (0x0FFFFFFF, "ffffff7f")],
)
def test_quantities_are_as_in_the_standard(value: int, written: str) -> None:
    assert variable(value).hex() == written


@pytest.mark.parametrize("value", [-1, 0x10000000])
def test_quantities_end(value: int) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        variable(value)


def test_fifteen_parts_have_channels_of_their_own() -> None:
    parts = tuple(part_of(str(n), [Note(0, 60, 24)], n) for n in range(15))
    drums = part_of("Drums", [Note(0, 36, 24)], drums=True)
    data = write_midi(Score((*parts[:7], drums, *parts[7:])))
    begun = [
        data[at] & 0x0F for at in range(len(data) - 2) if data[at] >> 4 == 0x9 and data[at + 1] in (60, 36)
    ]
    assert begun == [0, 1, 2, 3, 4, 5, 6, 9, 7, 8, 10, 11, 12, 13, 14, 15]


def test_more_parts_share_channels_by_program() -> None:
    parts = tuple(part_of(str(n), [Note(24 * n, 60, 24)], n % 5) for n in range(20))
    found = opened(write_midi(Score(parts))).instruments
    assert [one.program for one in found] == [n % 5 for n in range(20)]
    many = tuple(part_of(str(n), [Note(24 * n, 60, 24)], n) for n in range(128))
    tracks = ScoreTick.from_midi(write_midi(Score(many))).tracks
    assert [track.program for track in tracks] == list(range(128))
    assert not any(track.is_drum for track in tracks)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_key_is_written(tonic: int, mode: str) -> None:
    key = Key(tonic, "minor" if mode == "minor" else "major")
    found = opened(write_midi(replace(chorale(), key=key))).key_signature_changes
    assert found[0].key_number == tonic + (12 if mode == "minor" else 0)


def test_what_midi_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="no tempo"):
        write_midi(replace(chorale(), tempo=3.0))
    for meter in ((4, 3), (4, 0), (0, 4), (300, 4)):
        with pytest.raises(ValueError, match="no meter"):
            write_midi(replace(chorale(), meter=meter, pickup=0))


def test_a_score_of_nothing_is_still_a_file() -> None:
    found = ScoreTick.from_midi(write_midi(Score((), title="Silence"), RECIPE))
    assert found.note_num() == 0
    assert recipe_in_midi(write_midi(Score((Part("", ()),)), RECIPE)) == RECIPE


def test_velocities_stay_audible_and_in_range() -> None:
    data = write_midi(Score((part_of("p", [Note(0, 60, 24, 0), Note(24, 62, 24, 200)]),)))
    assert [note.velocity for note in ScoreTick.from_midi(data).tracks[0].notes] == [1, 127]


def test_the_title_is_the_name_of_the_first_track() -> None:
    assert (
        b"\xff\x03" + bytes([len("Chorale ♭".encode())]) + "Chorale ♭".encode() in write_midi(chorale())[:60]
    )
    assert b"\xff\x03" not in write_midi(replace(tone(60), parts=(Part("", ()),)))
