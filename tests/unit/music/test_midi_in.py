"""Good MIDI files read as they are meant; bad ones refused with their code, in bounded time."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import BadFile
from tests.hostile import midi
from worker.music.midi_in import read_midi
from worker.music.midi_limits import MidiLimits
from worker.music.midi_out import write_midi
from worker.music.midi_structure import examine
from worker.music.reading import Reading
from worker.music.score import Key, Note, Part, Score

BAD = midi.bad_files()
BODY = midi.note(60, 96) + midi.note(62, 96)


def code(data: bytes, limits: MidiLimits | None = None) -> str:
    with pytest.raises(BadFile) as caught:
        read_midi(data, limits)
    assert caught.value.message.endswith(".")
    return caught.value.code


def starts(reading: Reading, part: int = 0) -> list[tuple[int, int, int]]:
    return [(note.start, note.pitch, note.duration) for note in reading.score.parts[part].notes]


@pytest.mark.parametrize("which", BAD)
def test_a_bad_file_is_refused_with_its_code_and_quickly(which: str) -> None:
    data, wanted = BAD[which]
    began = time.process_time()
    assert code(data) == wanted
    assert time.process_time() - began < 2.0


def test_a_recording_is_named() -> None:
    for data, name in ((midi.WAV, "WAV"), (midi.MP3, "MP3"), (b"OggS" + bytes(60), "Ogg")):
        with pytest.raises(BadFile, match=f"{name} sound"):
            read_midi(data)


def test_events_at_the_cap_are_read_and_one_more_is_not() -> None:
    limits = MidiLimits(events=20)
    pair = midi.note(60, 96)
    assert len(read_midi(midi.midi(midi.track(pair * 9)), limits).score.parts[0].notes) == 9
    assert code(midi.midi(midi.track(pair * 10)), limits) == "midi_too_many_events"
    # The cap holds over all tracks.
    assert code(midi.midi(midi.track(pair * 5), midi.track(pair * 5)), limits) == "midi_too_many_events"


def test_a_file_over_the_cap_of_bytes_is_refused_unread() -> None:
    data = midi.melody(60, 62)
    assert code(data, MidiLimits(nbytes=len(data) - 1)) == "file_too_large"
    assert read_midi(data, MidiLimits(nbytes=len(data))).score.parts


def test_a_piece_at_the_cap_of_time_is_read_and_a_longer_one_is_not() -> None:
    data = midi.midi(midi.track(midi.note(60, 96 * 4)))
    assert read_midi(data, MidiLimits(quarters=4, seconds=2.0)).original["seconds"] == 2.0
    assert code(data, MidiLimits(quarters=3)) == "midi_too_long"
    assert code(data, MidiLimits(seconds=1.9)) == "midi_too_long"


def test_silence_behind_the_last_note_does_not_count() -> None:
    late = midi.meta(0x01, b"far away", 0x0FFFFFF)
    reading = read_midi(midi.midi(midi.track(midi.note(60, 96) + late)))
    assert reading.score.end == 24 and reading.original["seconds"] == 0.5


def test_tracks_names_programs_and_drums_are_kept() -> None:
    head = midi.track(midi.named("Suite") + midi.tempo(500_000) + midi.meter(3, 4) + midi.key(-2, minor=True))
    flute = midi.track(midi.named("Flute") + b"\x00\xc1\x49" + midi.note(72, 96, channel=1))
    kit = midi.track(midi.named("Kit") + midi.note(36, 48, channel=9))
    reading = read_midi(midi.midi(head, flute, kit))
    score = reading.score
    assert [(part.name, part.program, part.drums) for part in score.parts] == [
        ("Flute", 73, False),
        ("Kit", 0, True),
    ]
    assert (score.title, score.meter, score.key, score.tempo) == ("Suite", (3, 4), Key(7, "minor"), 120.0)
    assert reading.original == {
        "format": 1,
        "division": 96,
        "tracks": 3,
        "notes": 2,
        "tempo": 120.0,
        "tempos": 1,
        "meter": "3/4",
        "key": "G minor",
        "seconds": 0.5,
    }
    assert reading.remarks == []


def test_channels_of_one_track_become_parts() -> None:
    body = b"\x00\xc1\x20" + midi.on(60) + midi.on(40, 0, 1) + midi.off(60, 96) + midi.off(40, 0, 1)
    reading = read_midi(midi.midi(midi.track(midi.named("Both") + body)))
    assert [(part.name, part.program) for part in reading.score.parts] == [("Both", 0), ("Both", 32)]


def test_nameless_parts_are_numbered_and_names_are_made_readable() -> None:
    tracks = (
        midi.track(midi.note(72, 96)),
        midi.track(midi.named(b"Fl\xf6te\x00\n") + midi.note(60, 96, channel=1)),
        midi.track(midi.named("钢琴") + midi.note(48, 96, channel=2)),
        midi.track(midi.named("x" * 500) + midi.note(48, 96, channel=3)),
    )
    names = [part.name for part in read_midi(midi.midi(*tracks)).score.parts]
    assert names == ["Part 1", "Flöte", "钢琴", "x" * 100]


def test_a_name_that_looks_like_a_place_stays_a_name() -> None:
    tracks = [
        midi.track(midi.named(name) + midi.note(60, 96, channel=at))
        for at, name in enumerate(("2", "0", "1"))
    ]
    assert [part.name for part in read_midi(midi.midi(*tracks)).score.parts] == ["2", "0", "1"]


def test_running_status_and_system_messages_are_followed() -> None:
    body = b"\x00\xf0\x03\x7e\x7f\xf7" + b"\x00\x90\x3c\x40\x60\x3c\x00\x00\x3e\x40\x60\x3e\x00"
    assert starts(read_midi(midi.midi(midi.track(body)))) == [(0, 60, 24), (24, 62, 24)]


@pytest.mark.parametrize("division", (1, 24, 96, 120, 480, 960, 1024, 32767))
def test_every_division_comes_out_on_the_same_grid(division: int) -> None:
    data = midi.midi(midi.track(midi.note(60, division) + midi.note(62, 2 * division)), division=division)
    reading = read_midi(data)
    assert starts(reading) == [(0, 60, 24), (24, 62, 48)]
    assert set(reading.quantisation.values()) == {0.0}


def test_the_error_of_the_grid_is_measured() -> None:
    # 96 ticks a quarter, 4 a grid tick: a start one tick late is a quarter of a grid tick away.
    reading = read_midi(midi.midi(midi.track(midi.note(60, 95, 1) + midi.note(62, 96))))
    assert starts(reading) == [(0, 60, 24), (24, 62, 24)]
    assert reading.quantisation == {
        "mean_ticks": 0.0625,
        "max_ticks": 0.25,
        "mean_ms": round(0.0625 * 500 / 24, 4),
        "max_ms": round(0.25 * 500 / 24, 4),
        "moved": 0.5,
        "off_sixteenths": 0.0,
    }


def test_triplets_are_on_the_grid_and_off_the_sixteenths() -> None:
    reading = read_midi(midi.melody(60, 62, 64, length=32))
    assert starts(reading) == [(0, 60, 8), (8, 62, 8), (16, 64, 8)]
    assert reading.quantisation["moved"] == 0.0
    assert reading.quantisation["off_sixteenths"] == 1.0


def test_notes_without_length_get_one_tick_and_are_told() -> None:
    reading = read_midi(midi.midi(midi.track(midi.note(60, 0) + midi.note(62, 96, 96))))
    assert starts(reading) == [(0, 60, 1), (24, 62, 24)]
    assert any("no length" in remark for remark in reading.remarks)


def test_notes_of_one_pitch_that_overlap_are_cut() -> None:
    body = midi.on(60) + midi.on(60, 48) + midi.off(60, 96) + midi.off(60, 48)
    reading = read_midi(midi.midi(midi.track(body)))
    assert starts(reading) == [(0, 60, 12), (12, 60, 36)]
    assert any("cut" in remark for remark in reading.remarks)


def test_a_pitch_struck_twice_at_once_is_kept_once_and_long() -> None:
    body = midi.on(60) + midi.on(60) + midi.off(60, 48) + midi.off(60, 48)
    reading = read_midi(midi.midi(midi.track(body)))
    assert starts(reading) == [(0, 60, 24)]
    assert any("struck already" in remark for remark in reading.remarks)


def test_the_same_pitch_in_two_parts_is_left_alone() -> None:
    reading = read_midi(midi.midi(midi.track(midi.note(60, 96)), midi.track(midi.note(60, 192, channel=1))))
    assert [starts(reading, part) for part in (0, 1)] == [[(0, 60, 24)], [(0, 60, 48)]]
    assert reading.remarks == []


def test_notes_that_never_end_are_left_out_and_told() -> None:
    reading = read_midi(midi.midi(midi.track(midi.on(70) + midi.note(60, 96))))
    assert starts(reading) == [(0, 60, 24)]
    assert reading.remarks == ["1 of its notes never end and were left out."]


@pytest.mark.parametrize(
    ("rest", "begins"), [(0, 0), (96, 24), (96 * 3, 72), (96 * 4, 0), (96 * 5, 24), (96 * 8, 0)]
)
def test_whole_bars_of_silence_at_the_beginning_go(rest: int, begins: int) -> None:
    assert starts(read_midi(midi.midi(midi.track(midi.note(60, 96, rest)))))[0][0] == begins


def test_a_bar_of_silence_is_one_of_the_meter() -> None:
    data = midi.midi(midi.track(midi.meter(3, 4) + midi.note(60, 96, 96 * 4)))
    assert starts(read_midi(data)) == [(24, 60, 24)]


def test_several_tempi_become_the_one_of_the_same_length() -> None:
    # A quarter at 120 and a quarter at 60: one and a half seconds for two.
    body = midi.tempo(500_000) + midi.note(60, 96) + midi.tempo(1_000_000) + midi.note(62, 96)
    reading = read_midi(midi.midi(midi.track(body)))
    assert reading.score.tempo == 80.0
    assert reading.score.seconds == pytest.approx(1.5) and reading.original["seconds"] == 1.5
    assert any("tempo changes" in remark for remark in reading.remarks)


def test_a_tempo_behind_the_last_note_counts_for_nothing() -> None:
    body = midi.tempo(600_000) + midi.note(60, 96) + midi.tempo(900_000, 96)
    assert read_midi(midi.midi(midi.track(body))).score.tempo == 100.0


def test_a_file_without_a_tempo_has_that_of_the_standard() -> None:
    reading = read_midi(midi.melody(60))
    assert (reading.score.tempo, reading.original["tempos"]) == (120.0, 0)


def test_of_several_meters_and_keys_the_first_is_kept() -> None:
    body = midi.meter(3, 4) + midi.key(1) + midi.note(60, 96 * 6)
    body += midi.meter(4, 4) + midi.key(-3, minor=True) + midi.note(62, 96 * 4)
    reading = read_midi(midi.midi(midi.track(body)))
    assert (reading.score.meter, reading.score.key, reading.score.pickup) == ((3, 4), Key(7, "major"), 0)
    assert len(reading.remarks) == 2


@pytest.mark.parametrize(
    ("sharps", "minor", "name"),
    [(0, False, "C major"), (0, True, "A minor"), (-7, False, "B major"), (7, True, "B♭ minor")],
)
def test_keys_are_those_of_their_signatures(sharps: int, minor: bool, name: str) -> None:
    reading = read_midi(midi.midi(midi.track(midi.key(sharps, minor) + BODY)))
    if name != "B major":
        assert reading.score.key is not None and reading.score.key.name == name
    else:
        assert reading.score.key == Key(11, "major")  # C flat


@pytest.mark.parametrize("event", (midi.meta(0x59, b"\x09\x00"), midi.meta(0x59, b"\x00\x07")))
def test_a_key_that_cannot_be_is_none(event: bytes) -> None:
    assert read_midi(midi.midi(midi.track(event + BODY))).score.key is None


@pytest.mark.parametrize(
    "event", (midi.meta(0x58, bytes((0, 2, 24, 8))), midi.meta(0x58, bytes((4, 200, 24, 8))))
)
def test_a_meter_that_cannot_be_is_left_out_and_told(event: bytes) -> None:
    reading = read_midi(midi.midi(midi.track(event + BODY)))
    assert reading.score.meter == (4, 4) and reading.original["meter"] is None
    assert any("cannot be" in remark for remark in reading.remarks)


def test_one_short_bar_before_the_meter_is_a_pickup() -> None:
    body = midi.meter(1, 4) + midi.note(60, 96) + midi.meter(4, 4) + midi.note(62, 384)
    reading = read_midi(midi.midi(midi.track(body)))
    assert (reading.score.pickup, reading.score.meter, reading.score.bars) == (24, (4, 4), 2)
    assert reading.remarks == []


def test_a_track_without_an_end_or_with_more_behind_it_is_read_and_told() -> None:
    for data in (
        midi.midi(midi.track(BODY, end=b"")),
        midi.midi(midi.track(BODY, end=midi.END + bytes(5))),
        midi.midi(midi.track(BODY), style=1, stated=3),
    ):
        reading = read_midi(data)
        assert len(reading.score.parts[0].notes) == 2 and len(reading.remarks) == 1


def test_other_chunks_a_longer_header_and_bytes_at_the_end_are_skipped() -> None:
    good = midi.melody(60, 62)
    other = b"XFIH" + struct.pack(">I", 4) + b"what"
    long_header = good[:4] + struct.pack(">I", 8) + good[8:14] + b"\x00\x00" + good[14:]
    for data in (good[:14] + other + good[14:], good + other, long_header, good + b"\x00\xff\x00" * 4):
        assert read_midi(data).score == read_midi(good).score


def test_a_score_comes_back_from_the_file_that_it_was_written_to() -> None:
    notes = tuple(Note(start * 12, 60 + start, 12, 70) for start in range(16))
    score = Score(
        (Part("Violin", notes, 40), Part("Kit", (Note(0, 36, 6), Note(24, 38, 6)), 0, True)),
        tempo=96.0,
        meter=(3, 4),
        pickup=24,
        key=Key(2, "minor"),
        title="Étude",
    )
    assert read_midi(write_midi(score)).score == score


def test_a_reading_survives_json() -> None:
    reading = read_midi(midi.midi(midi.track(midi.named("A") + midi.key(2) + BODY)))
    assert Reading.from_json(reading.to_json()) == reading


def test_what_is_handed_to_the_library_is_a_whole_file() -> None:
    data = midi.midi(midi.track(midi.named("Long name") + BODY, end=b""), style=1, stated=5)
    again = examine(examine(data, MidiLimits()).clean, MidiLimits())
    assert again.remarks == [] and again.names == ["0"] and again.strikes == 2


def broken(seed: int) -> bytes:
    """A good file with some bytes changed, dropped or repeated."""
    chance = random.Random(seed)
    good = midi.midi(
        midi.track(midi.tempo(400_000) + midi.meter(3, 4) + midi.key(2)),
        midi.track(midi.named("A") + b"".join(midi.note(60 + n % 12, 48) for n in range(20))),
    )
    data = bytearray(good)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        change: Callable[[], None] = chance.choice(
            (
                lambda at=at: data.__setitem__(at, chance.randrange(256)),
                lambda at=at: data.__delitem__(at),
                lambda at=at: data.__setitem__(slice(at, at), data[at : at + 9]),
            )
        )
        change()
    return bytes(data)


def test_broken_files_are_read_or_refused_and_nothing_else() -> None:
    limits = replace(MidiLimits(), events=5000)
    refused = set()
    for seed in range(1500):
        try:
            score = read_midi(broken(seed), limits).score
        except BadFile as error:
            refused.add(error.code)
            continue
        assert all(0 <= n.pitch < 128 and n.duration > 0 and n.start >= 0 for _, n in score.notes())
        assert all(part.notes == tuple(sorted(part.notes)) for part in score.parts)
    assert {"damaged_midi", "midi_lying_length", "not_midi", "midi_truncated"} <= refused
