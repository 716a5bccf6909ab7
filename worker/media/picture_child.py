"""`python -m worker.media.picture_child WORKSPACE`: the limited process that decodes one picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from worker.media.decode import decode
from worker.media.limits import Limits
from worker.media.walled import Source, Tell, run_walled

#: Plain pixels: to take them in, nothing is decoded any more.
NAME = "picture.bmp"


def read(workspace: Path, sources: list[Source], limits: Limits, tell: Tell) -> dict[str, Any]:
    """The clean pixels of the first source, in a file of the workspace. Raises BadFile."""
    decode(sources[0].path.read_bytes(), limits).image.save(workspace / NAME, "BMP")
    return {}


if __name__ == "__main__":
    sys.exit(run_walled(Path(sys.argv[1]).resolve(), read))
