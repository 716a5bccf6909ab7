"""What the takers of pictures and of music have in common: each keeps the good works of its kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from worker.media.candidates import Candidate
from worker.media.report import Kept, Refused, Remark, Twin


@dataclass
class Findings:
    """What one taker found; lists as in `Report`."""

    kept: list[Kept] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    duplicates: list[Twin] = field(default_factory=list)
    near_duplicates: list[Twin] = field(default_factory=list)


class Taker(Protocol):
    """One kind of work: `media` as a data set names it, `none_code` when an upload holds none of it."""

    media: ClassVar[str]
    none_code: ClassVar[str]
    found: Findings

    def wants(self, candidate: Candidate) -> bool:
        """Whether the file is of this kind, or was meant to be."""
        ...

    def take(self, candidate: Candidate) -> None:
        """Keep the work of a file, or the reason why not. Raises BadFile for a lack of room only."""
        ...

    def finish(self) -> None:
        """Look over all that was kept, once, at the end."""
        ...


class Copies:
    """The first work with each content."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def of(self, sha256: str, name: str) -> str | None:
        """The name of the earlier work with that content; None for a new one, which is remembered."""
        first = self._first.get(sha256)
        if first is None:
            self._first[sha256] = name
        return first
