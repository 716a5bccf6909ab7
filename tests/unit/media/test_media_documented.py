"""Every code that an upload can end with is explained, and so is every figure."""

from __future__ import annotations

import re
from pathlib import Path

from worker.media.limits import MIB, Limits
from worker.music.midi_limits import MidiLimits

ROOT = Path(__file__).parents[3]
NOTES = (ROOT / "docs" / "data_sets.md").read_text(encoding="utf-8")
CODE = re.compile(r'(?:\bcode=|none_code: ClassVar\[str\] = |Refused\([a-z.]+, )"([a-z_]+)"')
FOLDERS = ("worker/media/*.py", "worker/music/midi_*.py", "worker/families/collection/*.py")


def test_every_code_is_explained_and_every_explained_code_exists() -> None:
    sources = [path for folder in FOLDERS for path in ROOT.glob(folder)]
    used = {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}
    table = NOTES.split("| code |")[1].split("##")[0]
    explained = {
        code for line in table.splitlines() for code in re.findall(r"`([a-z_]+)`", line.split(" | ")[0])
    }
    assert used == explained


def test_the_figures_are_those_of_the_code() -> None:
    limits, midi = Limits(), MidiLimits()
    for figure in (
        f"{limits.pixels // 1_000_000} megapixels",
        f"{limits.side:,} pixels a side",
        f"{limits.frame_pixels // 1_000_000} megapixels over all frames",
        f"{limits.smallest_side} pixels a side",
        f"{limits.entries:,} files",
        f"{limits.entry // MIB} MiB",
        f"{limits.output_file // MIB} MiB",
        f"{limits.memory / MIB / 1024:g} GiB",
        f"{limits.output_total // MIB // 1024} GiB",
        f"up to {limits.lossless_side} pixels",
        f"{limits.stored_side} pixels",
        f"{limits.aspect:g} : 1",
        f"{midi.events:,} events in {midi.tracks} tracks",
        f"{midi.quarters:,} quarter notes",
        f"a MIDI file over {midi.nbytes // MIB} MiB",
    ):
        assert figure in NOTES.replace("\n", " "), figure
