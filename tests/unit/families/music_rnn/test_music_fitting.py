"""Music from outside is made to fit a version, or it is told why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import InvalidInput
from tests.unit.families.music_rnn.support import (
    RANGES,
    STYLE,
    band,
    bare,
    chorale,
    load_version,
    make_request,
)
from worker.families.music_rnn.events_layout import EventsLayout
from worker.families.music_rnn.fitting import TOLERANCE, fit, melody_of, read, require_voices
from worker.families.music_rnn.loaded import LoadedMusician
from worker.families.music_rnn.voices_layout import VoicesLayout
from worker.music.score import TICKS, Key, Note, Part, Score, part_of


def line(*pitches: int) -> Score:
    """Quarters one after another."""
    return Score((part_of("Line", [Note(n * TICKS, pitch, TICKS) for n, pitch in enumerate(pitches)]),))


def refused(score: Score, loaded: LoadedMusician, *, melody: bool = False) -> tuple[str, str | None]:
    with pytest.raises(InvalidInput) as caught:
        (melody_of if melody else fit)(score, loaded.version, "it")
    assert caught.value.message.endswith(".")
    return caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("score", "code"),
    [
        (chorale(2).transposed(30), "out_of_range"),
        (chorale(2).transposed(-20), "out_of_range"),
        (replace(chorale(2), parts=chorale(2).parts[:3]), "wrong_voices"),
        (replace(chorale(2), parts=(*chorale(2).parts, part_of("Fifth", [Note(0, 60, 24)]))), "wrong_voices"),
        (replace(band(1), parts=band(1).parts[2:]), "wrong_voices"),
        (band(2), "wrong_voices"),
    ],
)
def test_what_four_voices_cannot_hold_is_refused(loaded: LoadedMusician, score: Score, code: str) -> None:
    assert refused(score, loaded) == (code, "it")


def test_voices_come_from_high_to_low_without_drums(loaded: LoadedMusician) -> None:
    whole = chorale(2)
    drums = part_of("Drums", [Note(0, 36, 6)], drums=True)
    found = fit(replace(whole, parts=(drums, *whole.parts[::-1], Part("Silent", ()))), loaded.version, "it")
    assert bare(found) == bare(whole)


def test_one_track_is_told_apart(loaded: LoadedMusician) -> None:
    whole = chorale(2, rests=0)
    found = fit(replace(whole, parts=(part_of("All", [n for _, n in whole.notes()]),)), loaded.version, "it")
    assert [part.name for part in found.parts] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert bare(found)[0] == bare(whole)[0] and bare(found)[3] == bare(whole)[3]


def test_a_single_voice_stays_one(tmp_path: Path) -> None:
    style = replace(STYLE, programs=(0,), names=("Melody",), ranges=((60, 79),))
    loaded = load_version(tmp_path, VoicesLayout(1, 30, 90), style=style)
    assert bare(fit(line(60, 62, 64), loaded.version, "it")) == bare(line(60, 62, 64))


def test_events_take_any_music_that_is_in_range(free: LoadedMusician) -> None:
    assert bare(fit(band(2), free.version, "it")) == bare(band(2))
    assert refused(chorale(2).transposed(30), free) == ("out_of_range", "it")


def test_drums_need_a_model_that_knows_some(tmp_path: Path) -> None:
    loaded = load_version(tmp_path, EventsLayout((0,), 0, 127))
    assert refused(band(1), loaded) == ("out_of_range", "it")


def test_a_piece_gets_the_key_of_its_notes(loaded: LoadedMusician) -> None:
    scale = [67, 69, 71, 72, 74, 76, 78, 79, 74, 71, 67]
    found = melody_of(replace(line(*scale), key=Key(1, "minor")), loaded.version, "it")
    assert found.key == Key(7, "major")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_melody_is_the_highest_part_wherever_it_stands(loaded: LoadedMusician, place: int) -> None:
    parts = list(chorale(2).parts)
    parts.insert(place, parts.pop(0))
    found = melody_of(replace(chorale(2), parts=tuple(parts)), loaded.version, "it")
    assert bare(found) == bare(chorale(2))[:1]


def test_of_chords_the_highest_notes_are_the_melody(loaded: LoadedMusician) -> None:
    whole = chorale(2, rests=0)
    merged = replace(whole, parts=(part_of("All", [n for _, n in whole.notes()]),))
    assert bare(melody_of(merged, loaded.version, "it")) == bare(whole)[:1]
    # More notes than voices can be told apart, each held a little into the next chord.
    columns = [(70 + n, 67, 75 - n, 60, 58) for n in range(3)]
    chords = [Note(n * TICKS, pitch, TICKS + 5) for n, column in enumerate(columns) for pitch in column]
    (tune,) = bare(melody_of(Score((part_of("Chords", chords),)), loaded.version, "it"))
    assert tune == [(0, 75, TICKS), (TICKS, 74, TICKS), (2 * TICKS, 73, TICKS + 5)]
    # What begins below a long note accompanies it.
    waltz = [Note(0, 76, 72), *(Note(n * TICKS, 60, TICKS) for n in (1, 2)), Note(72, 74, 72)]
    (tune,) = bare(melody_of(Score((part_of("Waltz", waltz),)), loaded.version, "it"))
    assert tune == [(0, 76, 72), (72, 74, 72)]


def test_a_melody_may_leave_the_range_a_little(loaded: LoadedMusician) -> None:
    low, high = RANGES[0]
    assert melody_of(line(low - TOLERANCE, high + TOLERANCE), loaded.version, "it")
    for pitch in (low - TOLERANCE - 1, high + TOLERANCE + 1):
        assert refused(line(70, pitch), loaded, melody=True) == ("out_of_range", "it")


def test_an_octave_is_recommended_where_one_helps(loaded: LoadedMusician) -> None:
    for pitches, hint in (((91, 95), "down by 2 octaves"), ((55, 60), "up by an octave")):
        with pytest.raises(InvalidInput, match=f"Moved {hint} it would fit better"):
            melody_of(line(*pitches), loaded.version, "it")
    with pytest.raises(InvalidInput) as caught:
        melody_of(line(60, 86), loaded.version, "it")
    assert "Moved" not in caught.value.message
    assert caught.value.message.startswith("The melody goes from C4 to D6; ")


def test_a_melody_beyond_the_layout_is_refused_even_within_the_tolerance(tmp_path: Path) -> None:
    # As a training without transposing makes it: nothing above the highest note.
    loaded = load_version(tmp_path, VoicesLayout(4, 36, 79))
    assert refused(line(79, 81), loaded, melody=True) == ("out_of_range", "it")


def test_drums_alone_are_no_melody(loaded: LoadedMusician) -> None:
    assert refused(replace(band(1), parts=band(1).parts[2:]), loaded, melody=True) == ("no_notes", "it")


def test_voices_are_asked_for(loaded: LoadedMusician, free: LoadedMusician) -> None:
    assert require_voices(loaded.version) is loaded.version.layout
    with pytest.raises(InvalidInput) as caught:
        require_voices(free.version)
    assert (caught.value.code, caught.value.field) == ("needs_voices", "version")


def test_a_file_is_read_by_its_field() -> None:
    request = make_request("continue", {"primer": chorale(1)})
    assert bare(read(request, "primer")) == bare(chorale(1))
    with pytest.raises(InvalidInput) as caught:
        read(request, "melody")
    assert (caught.value.code, caught.value.field) == ("missing_field", "melody")
