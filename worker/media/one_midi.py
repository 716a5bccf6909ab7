"""One MIDI file from outside, a melody to harmonise say, read in a limited process of its own."""

from __future__ import annotations

from shared.errors import BadFile
from shared.workspaces import workspace
from worker.family import Checkin
from worker.media.limits import MIB, Limits
from worker.media.sandbox import run_limited
from worker.music.reading import Reading

#: The largest file that is read takes well under a second and under 300 MiB of address space.
LIMITS = Limits(memory=512 * MIB, cpu_seconds=10, wall_seconds=30.0, output_file=64 * MIB)
#: The names of its workspaces begin so.
WORKSPACES = "atelier-midi-"


def read_one_midi(data: bytes, checkin: Checkin | None = None, *, field: str | None = None) -> Reading:
    """What the bytes of a file hold; nothing is left behind. ``field`` is the input that named the file.

    ``checkin(0.0)`` is called about twenty times a second; what it raises ends the child and goes on.

    Raises:
        BadFile: with a code of ``worker.music.midi_in``, or too_much_memory, too_slow or damaged_file.
        StorageFull: there is no room for the workspace.
    """

    def watch(fraction: float, name: str, count: int) -> None:
        if checkin is not None:
            checkin(0.0)

    with workspace(WORKSPACES) as folder:
        source = folder / "source"
        source.write_bytes(data)
        try:
            outcome = run_limited("worker.media.midi_child", [(source, "source")], folder, LIMITS, watch)
        except BadFile as error:
            raise BadFile(error.message, code=error.code, field=field, detail=error.detail) from None
    return Reading.from_json(outcome["reading"])
