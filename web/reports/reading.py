"""A report and the files beside it, read from the store. Our own worker wrote it; its size is bounded."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import ArtifactDamaged
from shared.files import Artifact, job_artifacts
from web.context import services
from web.pieces import REPORT

log = logging.getLogger(__name__)

PICTURE, SURVEY, EVALUATION = "picture_analysis", "picture_survey", "model_evaluation"
INSPIRATION, ADVICE, UNTIL = "inspiration", "advice", "until"
#: Kinds that are a page of their own.
PAGES = frozenset({PICTURE, SURVEY, EVALUATION, INSPIRATION, ADVICE})
MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says, its kind, and the files around it by role."""

    kind: str
    data: Mapping[str, Any]
    around: Mapping[str, Artifact]

    def file(self, role: str) -> Artifact | None:
        """The picture of that role beside the report; None where there is none that can be shown."""
        found = self.around.get(role)
        return found if found is not None and found.media_type.startswith("image/") else None


def is_page(artifact: Artifact) -> bool:
    """Whether the file is a report that is a page to read."""
    return artifact.media_type == REPORT and artifact.meta.get("kind") in PAGES


def read(artifact: Artifact) -> Report | None:
    """The report that the file holds; None for another kind of file, and for one that cannot be read."""
    kind = artifact.meta.get("kind")
    if artifact.media_type != REPORT or kind not in PAGES | {UNTIL} or artifact.size > MOST_BYTES:
        return None
    try:
        data = json.loads(services().store.read(artifact.hash))
    except (ArtifactDamaged, ValueError, RecursionError) as error:
        log.warning("the report %s cannot be read: %s", artifact.id, error)
        return None
    return Report(str(kind), data, _around(artifact)) if isinstance(data, dict) else None


def _around(artifact: Artifact) -> dict[str, Artifact]:
    if artifact.job_id is None:
        return {}
    files = job_artifacts(services().db, artifact.job_id)
    return {
        file.role: file for file in files if file.position == artifact.position and file.id != artifact.id
    }
