"""The files of an upload, one after another: loose ones, and those in its zips. Label files go aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.errors import BadFile
from worker.media import sniff
from worker.media.labels import LabelTable, is_label_file, read_table
from worker.media.limits import Limits
from worker.media.report import Refused, Remark
from worker.media.walled import Source
from worker.media.zips import ZipReader


@dataclass(frozen=True)
class Candidate:
    """One file that may be a work, with its share of the work done so far (0 to 1).

    `kind` is what its first bytes are, as `sniff` names it.
    """

    name: str
    data: bytes
    fraction: float
    kind: str

    @property
    def suffix(self) -> str:
        """The end of its name, in lower case, with the dot."""
        return PurePosixPath(self.name).suffix.lower()


class Candidates:
    """The files of one upload. What is no candidate is in `tables`, `ignored` and `refused` afterwards."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.tables: list[LabelTable] = []
        self.ignored: list[Remark] = []
        self.refused: list[Refused] = []

    def of(self, sources: list[Source]) -> Iterator[Candidate]:
        """Each file, in the order of names. Raises BadFile when an archive is unsafe as a whole."""
        for index, source in enumerate(sorted(sources, key=lambda one: one.name)):
            with source.path.open("rb") as file:
                head = file.read(1024)
            if sniff.kind(head) == "zip":
                try:
                    yield from self._unpack(source, index, len(sources))
                except BadFile as error:
                    raise BadFile(f"{source.name}: {error.message}", code=error.code) from error
            elif source.path.stat().st_size > self._limits.entry:
                reason = "The file is too large for one work."
                self.refused.append(Refused(source.name, "file_too_large", reason))
            else:
                yield from self._one(source.name, source.path.read_bytes(), index / len(sources))

    def _unpack(self, source: Source, index: int, count: int) -> Iterator[Candidate]:
        reader = ZipReader(source.path, self._limits)
        entries = reader.entries()
        prefix = "" if count == 1 else PurePosixPath(source.name).stem + "/"
        for number, entry in enumerate(entries):
            fraction = (index + number / len(entries)) / count
            yield from self._one(prefix + entry.name, reader.read(entry), fraction)

    def _one(self, name: str, data: bytes, fraction: float) -> Iterator[Candidate]:
        if is_label_file(name):
            self._read_labels(name, data)
        else:
            yield Candidate(name, data, fraction, sniff.kind(data[:1024]))

    def _read_labels(self, name: str, data: bytes) -> None:
        try:
            self.tables.append(read_table(name, data, self._limits))
        except ValueError as error:
            reason = f"The labels were not used: {error}."
            self.ignored.append(Remark(name, "labels_unreadable", reason))
