"""Works that a report names by their content: with a picture and a link while they are still here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from shared.contents import Found, works_by_content
from web.context import OWNER, services
from web.reports.values import label, mapping, text

#: So many different works of one page are looked up.
MOST = 300


@dataclass(frozen=True, slots=True)
class Named:
    """A work by name; ``url`` and ``thumbnail`` (an artifact's id) are empty when it is gone.

    ``reference`` is what a form takes for it.
    """

    name: str
    labels: str
    url: str = ""
    thumbnail: str = ""
    reference: str = ""

    @property
    def alt(self) -> str:
        """What it is called for those who cannot see it."""
        return ", ".join(part for part in (self.name, self.labels) if part)


class Names:
    """The works of one report, looked up together."""

    def __init__(self, *told: Any) -> None:
        hashes = [found for one in told for found in _hashes(one)]
        self._found = works_by_content(services().db, list(dict.fromkeys(hashes))[:MOST], OWNER)

    def of(self, work: Any) -> Named:
        """The work that ``{"hash", "name", "labels"}`` names."""
        given = mapping(work)
        name = text(given.get("name")).rsplit("/", 1)[-1] or text(given.get("hash"))[:8]
        labels = ", ".join(label(str(value)) for value in mapping(given.get("labels")).values())[:200]
        found = self._found.get(text(given.get("hash")))
        if found is None:
            return Named(name, labels)
        return Named(name, labels, _address(found), found.thumbnail_id, found.artifact.id)


def _address(found: Found) -> str:
    if found.dataset_id is None:
        return url_for("works.page", artifact_id=found.artifact.id)
    if found.artifact.media_type.startswith("image/"):
        return url_for("files.artifact", artifact_id=found.artifact.id, inline=1)
    return url_for("collections.page", dataset_id=found.dataset_id)


def _hashes(told: Any) -> Iterator[str]:
    """Every hash that stands in a report, however deep."""
    if isinstance(told, Mapping):
        if isinstance(told.get("hash"), str):
            yield told["hash"]
        for value in told.values():
            yield from _hashes(value)
    elif isinstance(told, list):
        for value in told:
            yield from _hashes(value)
