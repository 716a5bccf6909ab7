"""From uploaded files to clean pictures and a report: the procedure that the limited child runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from shared.errors import BadFile
from worker.media import sniff
from worker.media.decode import Picture, decode
from worker.media.encode import encode, thumbnail
from worker.media.labels import LabelTable, folder_labels, is_label_file, read_table
from worker.media.likeness import Mark, mark, near_twins
from worker.media.limits import Limits
from worker.media.report import Kept, Refused, Remark, Report, Twin
from worker.media.zips import ZipReader

TELL_SECONDS = 0.2
SIDECARS = (
    ".json",
    ".txt",
    ".md",
    ".csv",
    ".tsv",
    ".xml",
    ".yaml",
    ".yml",
    ".html",
    ".htm",
    ".url",
    ".license",
    "",
)


@dataclass(frozen=True)
class Source:
    """One uploaded file: where it lies and what its sender called it."""

    path: Path
    name: str


@dataclass(frozen=True)
class Candidate:
    """One file that may be a picture, with its share of the work done so far (0 to 1)."""

    name: str
    data: bytes
    fraction: float


class Intake:
    """One run over an upload. `tell` is called a few times a second with fraction, file name and count
    kept.
    """

    def __init__(self, workspace: Path, limits: Limits, tell: Callable[[float, str, int], None]) -> None:
        self._items = workspace / "items"
        self._limits = limits
        self._tell = tell
        self._told = 0.0
        self._stored = 0
        self._marks: list[Mark] = []
        self._seen: dict[str, str] = {}
        self._tables: list[LabelTable] = []
        self._report = Report()

    def take(self, sources: list[Source]) -> Report:
        """Keep every good picture of `sources` under `items/` and tell about the rest.

        Raises:
            BadFile: when an archive is unsafe as a whole, or when not one picture is left.
        """
        self._items.mkdir()
        for candidate in self._candidates(sources):
            self._announce(candidate)
            self._take_one(candidate)
        if not self._report.kept:
            raise self._nothing_kept()
        self._find_near_twins()
        self._label()
        return self._report

    def _candidates(self, sources: list[Source]) -> Iterator[Candidate]:
        for index, source in enumerate(sorted(sources, key=lambda one: one.name)):
            with source.path.open("rb") as file:
                head = file.read(1024)
            if sniff.kind(head) == "zip":
                try:
                    yield from self._unpack(source, index, len(sources))
                except BadFile as error:
                    raise BadFile(f"{source.name}: {error.message}", code=error.code) from error
            elif source.path.stat().st_size > self._limits.entry:
                self._refuse(source.name, "file_too_large", "The file is too large for one picture.")
            elif is_label_file(source.name):
                self._read_labels(PurePosixPath(source.name).name, source.path.read_bytes())
            else:
                yield Candidate(source.name, source.path.read_bytes(), index / len(sources))

    def _unpack(self, source: Source, index: int, count: int) -> Iterator[Candidate]:
        reader = ZipReader(source.path, self._limits)
        entries = reader.entries()
        prefix = "" if count == 1 else PurePosixPath(source.name).stem + "/"
        for number, entry in enumerate(entries):
            data = reader.read(entry)
            if is_label_file(entry.name):
                self._read_labels(prefix + entry.name, data)
                continue
            fraction = (index + number / len(entries)) / count
            yield Candidate(prefix + entry.name, data, fraction)

    def _announce(self, candidate: Candidate) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            self._tell(candidate.fraction, candidate.name, len(self._report.kept))

    def _take_one(self, candidate: Candidate) -> None:
        if self._is_sidecar(candidate):
            self._report.ignored.append(
                Remark(candidate.name, "not_a_picture", "A text beside the pictures; it was left out.")
            )
            return
        try:
            picture = decode(candidate.data, self._limits)
        except BadFile as error:
            self._refuse(candidate.name, error.code, error.message)
            return
        self._keep(candidate, picture)

    def _is_sidecar(self, candidate: Candidate) -> bool:
        suffix = PurePosixPath(candidate.name).suffix.lower()
        return suffix in SIDECARS and sniff.kind(candidate.data[:1024]) in ("text", "HTML", "")

    def _refuse(self, name: str, code: str, reason: str) -> None:
        self._report.refused.append(Refused(name, code, reason))

    def _keep(self, candidate: Candidate, picture: Picture) -> None:
        found = mark(picture.image)
        first = self._seen.get(found.pixels_sha256)
        if first is not None:
            self._report.duplicates.append(Twin(candidate.name, first))
            return
        self._seen[found.pixels_sha256] = candidate.name
        data, media_type, extension = encode(picture.image, self._limits)
        small = thumbnail(picture.image)
        number = len(self._report.kept)
        path = self._store(f"{number:06d}.{extension}", data)
        if small is not None:
            self._store(f"{number:06d}.thumb.webp", small)
        width, height = picture.image.size
        sides = {"longest": picture.longest, "shortest": picture.shortest}
        original = {"format": picture.format, "bytes": len(candidate.data), **sides}
        self._marks.append(found)
        self._report.kept.append(
            Kept(candidate.name, path, media_type, width, height, found.pixels_sha256, original)
        )
        self._remark(candidate.name, picture)

    def _store(self, name: str, data: bytes) -> str:
        self._stored += len(data)
        if self._stored > self._limits.output_total:
            raise BadFile(
                "The pictures take too much room. Split them into several data sets.", code="upload_too_large"
            )
        (self._items / name).write_bytes(data)
        return f"items/{name}"

    def _remark(self, name: str, picture: Picture) -> None:
        notes = self._report.remarks
        if picture.longest > self._limits.aspect * picture.shortest:
            text = (
                f"It is {picture.longest} x {picture.shortest}; training cuts a square out of its middle "
                "and loses the rest."
            )
            notes.append(Remark(name, "odd_aspect", text))
        if picture.frames > 1:
            notes.append(Remark(name, "animated", f"Only the first of its {picture.frames} frames was kept."))
        if picture.longest > max(picture.image.size):
            text = f"Its longer side was {picture.longest} pixels; it was stored smaller."
            notes.append(Remark(name, "reduced", text))

    def _nothing_kept(self) -> BadFile:
        refused = self._report.refused
        detail = {"refused": [vars(one) for one in refused[:100]]}
        if not refused:
            return BadFile("The upload holds no picture.", code="no_pictures", detail=detail)
        codes = {one.code for one in refused}
        if len(codes) > 1:
            return BadFile("None of the files could be used.", code="no_pictures", detail=detail)
        first = refused[0]
        return BadFile(f"“{first.name}”: {first.reason}", code=first.code, detail=detail)

    def _find_near_twins(self) -> None:
        kept = self._report.kept
        for index, earlier, distance in near_twins(self._marks, self._limits):
            self._report.near_duplicates.append(Twin(kept[index].name, kept[earlier].name, distance))

    def _read_labels(self, name: str, data: bytes) -> None:
        try:
            self._tables.append(read_table(name, data, self._limits))
        except ValueError as error:
            reason = f"The labels were not used: {error}."
            self._report.ignored.append(Remark(name, "labels_unreadable", reason))

    def _label(self) -> None:
        kept = self._report.kept
        if self._tables:
            found = {one.name: next((x for t in self._tables if (x := t.find(one.name))), {}) for one in kept}
            self._report.label_source = ", ".join(table.source for table in self._tables)
        else:
            found = folder_labels([one.name for one in kept])
            self._report.label_source = "folders" if found else ""
        self._report.kept = [replace(one, labels=found.get(one.name, {})) for one in kept]
