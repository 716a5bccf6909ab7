"""What every limited process does around its work: the walls before it, one outcome after it.

Reads `request.json` in the workspace: the files with the names their sender gave them, and the limits. Leaves
`report.json`, written last: a workspace with a report is complete. `progress.json` tells how far it is. A
refusal is an outcome too, `{"error": ...}`, and the exit status is 0; OUT_OF_MEMORY and DISK_FULL say that
there was no room to go on.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import BadFile
from worker.media.guard import raise_walls
from worker.media.limits import Limits
from worker.media.sandbox import DISK_FULL, OUT_OF_MEMORY

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Source:
    """One uploaded file: where it lies and what its sender called it."""

    path: Path
    name: str


#: Is told how far the work is: fraction, file name, count kept.
Tell = Callable[[float, str, int], None]
#: Reads the sources in a workspace under limits and gives the outcome, plain JSON.
Work = Callable[[Path, list[Source], Limits, Tell], dict[str, Any]]


def run_walled(workspace: Path, work: Work) -> int:
    """Do `work` behind the walls, which stay up, and leave its outcome; gives the exit status."""
    request = json.loads((workspace / "request.json").read_text())
    limits = Limits(**request["limits"])
    sources = [Source(Path(row["path"]), row["name"]) for row in request["sources"]]
    raise_walls(workspace, limits, [source.path for source in sources])

    def tell(fraction: float, name: str, count: int) -> None:
        _write(workspace / "progress.json", {"fraction": fraction, "name": name, "count": count})

    outcome: dict[str, Any]
    try:
        outcome = work(workspace, sources, limits, tell)
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
