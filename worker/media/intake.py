"""From uploaded files to clean works and a report: the procedure that the limited child runs.

Each file goes to the taker of its kind. A data set holds one kind: of a mixed upload the kind with more good
works is kept, pictures when there are as many, and the good works of the other are refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from shared.errors import BadFile
from shared.media import MUSIC, PAINTING
from worker.media.candidates import Candidate, Candidates
from worker.media.labels import folder_labels
from worker.media.limits import Limits
from worker.media.music import MusicTaker
from worker.media.pictures import PictureTaker
from worker.media.report import Kept, Refused, Remark, Report
from worker.media.shelf import Shelf
from worker.media.taker import Taker
from worker.media.walled import Source

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
_MIXED = {
    PAINTING: "It is a picture among pieces of music; a data set holds one kind.",
    MUSIC: "It is music among pictures; a data set holds one kind.",
}


class Intake:
    """One run over an upload. `tell` is called a few times a second with fraction, file name and count
    kept.
    """

    def __init__(self, workspace: Path, limits: Limits, tell: Callable[[float, str, int], None]) -> None:
        self._workspace = workspace
        self._limits = limits
        self._tell = tell
        self._told = 0.0

    def take(self, sources: list[Source]) -> Report:
        """Keep every good work of `sources` under `items/` and tell about the rest.

        Raises:
            BadFile: when an archive is unsafe as a whole, or when not one work is left.
        """
        shelf = Shelf(self._workspace, self._limits)
        candidates = Candidates(self._limits)
        pictures, music = PictureTaker(shelf, self._limits), MusicTaker(shelf)
        takers: tuple[Taker, Taker] = (music, pictures)
        for candidate in candidates.of(sources):
            self._announce(candidate, sum(len(taker.found.kept) for taker in takers))
            if _is_sidecar(candidate):
                reason = "A text beside the works; it was left out."
                candidates.ignored.append(Remark(candidate.name, "not_a_work", reason))
                continue
            next(taker for taker in takers if taker.wants(candidate)).take(candidate)
        return _concluded(shelf, candidates, takers)

    def _announce(self, candidate: Candidate, count: int) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            self._tell(candidate.fraction, candidate.name, count)


def _is_sidecar(candidate: Candidate) -> bool:
    return candidate.suffix in SIDECARS and candidate.kind in ("text", "HTML", "")


def _concluded(shelf: Shelf, candidates: Candidates, takers: tuple[Taker, Taker]) -> Report:
    music, pictures = takers
    more = len(music.found.kept) > len(pictures.found.kept)
    chosen, other = (music, pictures) if more else (pictures, music)
    refused = [*candidates.refused, *chosen.found.refused, *other.found.refused]
    if not chosen.found.kept:
        meant = chosen if len(chosen.found.refused) >= len(other.found.refused) else other
        raise _nothing_kept(refused, meant)
    chosen.finish()
    for one in other.found.kept:
        shelf.remove(one.path)
    mixed = [*(one.name for one in other.found.kept), *(one.name for one in other.found.duplicates)]
    refused += [Refused(name, "mixed_media", _MIXED[other.media]) for name in mixed]
    kept, source = _labeled(chosen.found.kept, candidates)
    return Report(
        media=chosen.media,
        kept=kept,
        refused=refused,
        ignored=candidates.ignored,
        remarks=chosen.found.remarks,
        duplicates=chosen.found.duplicates,
        near_duplicates=chosen.found.near_duplicates,
        label_source=source,
    )


def _nothing_kept(refused: list[Refused], meant: Taker) -> BadFile:
    detail = {"refused": [vars(one) for one in refused[:100]]}
    if not refused:
        message = "The upload holds neither a picture nor a MIDI file."
        return BadFile(message, code=meant.none_code, detail=detail)
    codes = {one.code for one in refused}
    if len(codes) > 1:
        return BadFile("None of the files could be used.", code=meant.none_code, detail=detail)
    first = refused[0]
    return BadFile(f"“{first.name}”: {first.reason}", code=first.code, detail=detail)


def _labeled(kept: list[Kept], candidates: Candidates) -> tuple[list[Kept], str]:
    """The works with their labels, and where these come from."""
    if candidates.tables:
        tables = candidates.tables
        found = {one.name: next((x for t in tables if (x := t.find(one.name))), {}) for one in kept}
        source = ", ".join(table.source for table in tables)
    else:
        found = folder_labels([one.name for one in kept])
        source = "folders" if found else ""
    return [replace(one, labels=found.get(one.name, {})) for one in kept], source
