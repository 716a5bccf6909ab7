"""What the requests of one moment share, read from SQL once for all of them.

Only what is about no single job is shared, and never for longer than a moment, or two while another request
reads it anew: who works, what runs, who is at the limit, what jobs took, what families there are. What never
changes, a version and its model, is remembered while there is room.
"""

from collections.abc import Callable, Sequence
from math import inf
from time import monotonic
from typing import TypeVar, cast

from shared import library
from shared.catalogue import FamilyDescription, get_family
from shared.database import Database
from shared.forecast import InService, Surroundings
from shared.library import Model, Version
from shared.speeds import Learned
from shared.views import model_names
from shared.workers import Worker

SECONDS = 0.25
#: So many answers are kept; when there are more, all are let go.
MOST = 4096

T = TypeVar("T")


class Moment(Surroundings):
    """Answers as they were about ``seconds`` ago at most; one for each process."""

    def __init__(self, db: Database, seconds: float = SECONDS) -> None:
        super().__init__(db)
        self._seconds = seconds
        self._lately: dict[tuple[str, ...], tuple[float, object]] = {}
        self._being_read: set[tuple[str, ...]] = set()
        self._always: dict[tuple[str, ...], object] = {}

    def workers(self) -> list[Worker]:
        """The workers that are there."""
        return self._recent(("workers",), super().workers)

    def in_service(self, lane: str) -> InService:
        """What runs in the lane."""
        answer = super().in_service
        return self._recent(("in service", lane), lambda: answer(lane))

    def at_limit(self, owner_id: str) -> bool:
        """Whether as many of the owner's jobs run as may at a time."""
        answer = super().at_limit
        return self._recent(("limit", owner_id), lambda: answer(owner_id))

    def learned(self, subject: str, operation: str) -> Learned | None:
        """What jobs of that kind were measured to take."""
        answer = super().learned
        return self._recent(("learned", subject, operation), lambda: answer(subject, operation))

    def family(self, name: str) -> FamilyDescription:
        """The announced family of that name. Raises NotFound."""
        return self._recent(("family", name), lambda: get_family(self.db, name))

    def version(self, version_id: str) -> Version:
        """The version with that id. Raises NotFound."""
        return self._fixed(("version", version_id), lambda: library.get_version(self.db, version_id))

    def model(self, model_id: str) -> Model:
        """The model with that id. Raises NotFound."""
        return self._fixed(("model", model_id), lambda: library.model_by_id(self.db, model_id))

    def model_names(self, model_ids: Sequence[str]) -> dict[str, str]:
        """``owner/name`` of models, by id."""
        known = {id: self._always.get(("name", id)) for id in model_ids}
        if None in known.values():
            found = model_names(self.db, [id for id, name in known.items() if name is None])
            self._keep({("name", id): name for id, name in found.items()})
            known |= found
        return {id: str(name) for id, name in known.items() if name is not None}

    def _recent(self, key: tuple[str, ...], read: Callable[[], T]) -> T:
        read_at, answer = self._lately.get(key, (-inf, None))
        age = monotonic() - read_at
        # One request reads; the others of this moment are content with the last answer.
        if age < self._seconds or (age < 2 * self._seconds and key in self._being_read):
            return cast(T, answer)
        self._being_read.add(key)
        try:
            # As old as the question: what changes while it is answered counts as later.
            asked_at = monotonic()
            fresh = read()
        finally:
            self._being_read.discard(key)
        if len(self._lately) >= MOST:
            self._lately.clear()
        self._lately[key] = (asked_at, fresh)
        return fresh

    def _fixed(self, key: tuple[str, ...], read: Callable[[], T]) -> T:
        answer = self._always.get(key)
        if answer is None:
            answer = read()
            self._keep({key: answer})
        return cast(T, answer)

    def _keep(self, answers: dict[tuple[str, ...], object]) -> None:
        if len(self._always) + len(answers) > MOST:
            self._always.clear()
        self._always |= answers
