"""`python -m worker.media.midi_child WORKSPACE`: the limited process that reads one MIDI file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from worker.media.limits import Limits
from worker.media.walled import Source, Tell, run_walled
from worker.music.midi_in import read_midi


def read(workspace: Path, sources: list[Source], limits: Limits, tell: Tell) -> dict[str, Any]:
    """The reading of the first source. Raises BadFile."""
    return {"reading": read_midi(sources[0].path.read_bytes()).to_json()}


if __name__ == "__main__":
    sys.exit(run_walled(Path(sys.argv[1]).resolve(), read))
