"""One MIDI file read in a process of its own: its reading comes back, or the code of its refusal."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from shared.errors import BadFile, Canceled
from tests.hostile import midi
from worker.media import one_midi
from worker.media.limits import MIB
from worker.media.one_midi import read_one_midi
from worker.music.midi_in import read_midi

SONG = midi.melody(60, 62, 64, head=midi.named("Song") + midi.key(-3, minor=True) + midi.meter(3, 4))


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all workspaces; nothing may be left in it."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_reading_is_that_of_the_same_bytes_read_here(scratch: Path) -> None:
    assert read_one_midi(SONG) == read_midi(SONG)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("which", ("empty", "a WAV", "division 0", "tempo 0", "track of 4 GiB", "no notes"))
def test_a_bad_file_is_refused_with_its_code_and_field(which: str, scratch: Path) -> None:
    data, code = midi.bad_files()[which]
    with pytest.raises(BadFile) as caught:
        read_one_midi(data, field="melody")
    assert (caught.value.code, caught.value.field, caught.value.retryable) == (code, "melody", False)
    assert list(scratch.iterdir()) == []
    assert read_one_midi(SONG).score.title == "Song"


def test_two_million_events_cost_little() -> None:
    data = midi.many_events(2_000_000)
    before = psutil.Process().cpu_times()
    with pytest.raises(BadFile) as caught:
        read_one_midi(data)
    after = psutil.Process().cpu_times()
    assert caught.value.code == "midi_too_many_events"
    assert sum(after[2:4]) - sum(before[2:4]) < 3.0, "processor seconds of the child"


def test_the_largest_file_that_is_read_stays_within_the_limits() -> None:
    reading = read_one_midi(midi.many_events(199_000))
    assert reading.original["notes"] == 99_500


def test_what_the_check_in_raises_ends_it(scratch: Path) -> None:
    def checkin(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
        raise Canceled("no more")

    with pytest.raises(Canceled):
        read_one_midi(SONG, checkin)
    assert list(scratch.iterdir()) == []
    assert not [child for child in psutil.Process().children() if "midi_child" in " ".join(child.cmdline())]


def test_a_child_over_its_limits_is_a_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_midi, "LIMITS", replace(one_midi.LIMITS, wall_seconds=0.0))
    with pytest.raises(BadFile) as caught:
        read_one_midi(SONG, field="primer")
    assert (caught.value.code, caught.value.field) == ("too_slow", "primer")


def test_the_child_is_given_seconds_and_little_memory() -> None:
    assert one_midi.LIMITS.cpu_seconds <= 10 and one_midi.LIMITS.memory <= 512 * MIB


def test_the_child_starts_fast() -> None:
    """Processor time, which another's load does not change: start, imports, walls, reading."""
    before = psutil.Process().cpu_times()
    read_one_midi(SONG)
    after = psutil.Process().cpu_times()
    assert sum(after[2:4]) - sum(before[2:4]) < 1.0


def test_the_parent_loads_no_midi_library() -> None:
    probe = (
        "import sys, worker.media.one_midi; print({'symusic', 'numpy', 'torch', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
