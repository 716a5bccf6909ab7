"""`python -m worker.media.child WORKSPACE`: the limited process that makes a data set's files of an upload.

Leaves `items/` beside its report; `walled` says how it is asked and how it answers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from worker.media.intake import Intake
from worker.media.limits import Limits
from worker.media.walled import Source, Tell, run_walled


def take(workspace: Path, sources: list[Source], limits: Limits, tell: Tell) -> dict[str, Any]:
    """One intake. Raises BadFile when nothing can be kept."""
    return {"report": Intake(workspace, limits, tell).take(sources).to_json()}


if __name__ == "__main__":
    sys.exit(run_walled(Path(sys.argv[1]).resolve(), take))
