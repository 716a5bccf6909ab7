"""`python -m worker.media.child WORKSPACE`: the limited process that parses what came from outside.

Reads `request.json` in the workspace: the files with the names their sender gave them, and the limits.
Leaves `items/`, then `report.json`, written last: a workspace with a report is complete. `progress.json`
tells how far it is. A refusal of the whole upload is a report too, `{"error": ...}`, and the exit status is
0; OUT_OF_MEMORY and DISK_FULL say that there was no room to go on.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

from shared.errors import BadFile
from worker.media.guard import raise_walls
from worker.media.intake import Intake, Source
from worker.media.limits import Limits
from worker.media.sandbox import DISK_FULL, OUT_OF_MEMORY

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def main(arguments: list[str]) -> int:
    """Run one intake in the workspace named by the only argument."""
    workspace = Path(arguments[0]).resolve()
    request = json.loads((workspace / "request.json").read_text())
    limits = Limits(**request["limits"])
    sources = [Source(Path(row["path"]), row["name"]) for row in request["sources"]]
    raise_walls(workspace, limits, [source.path for source in sources])

    def progress(fraction: float, name: str, count: int) -> None:
        _write(workspace / "progress.json", {"fraction": fraction, "name": name, "count": count})

    outcome: dict[str, Any]
    try:
        outcome = {"report": Intake(workspace, limits, progress).take(sources).to_json()}
    except BadFile as error:
        outcome = {"error": {"code": error.code, "message": error.message, "detail": error.detail}}
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError as error:
        if error.errno in NO_ROOM:
            return DISK_FULL
        raise
    _write(workspace / "report.json", outcome)
    return 0


def _write(path: Path, value: dict[str, Any]) -> None:
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(value))
    os.replace(draft, path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
