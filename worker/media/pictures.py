"""The taker of pictures: clean pixels, copies by their pixels, near copies by their look."""

from __future__ import annotations

from typing import ClassVar

from shared.errors import BadFile
from shared.media import PAINTING
from worker.media.candidates import Candidate
from worker.media.decode import Picture, decode
from worker.media.encode import encode, thumbnail
from worker.media.likeness import Mark, mark, near_twins
from worker.media.limits import Limits
from worker.media.report import Kept, Refused, Remark, Twin
from worker.media.shelf import Shelf
from worker.media.taker import Copies, Findings


class PictureTaker:
    """Takes every file that nobody else wants: what is no picture is refused as one."""

    media: ClassVar[str] = PAINTING
    none_code: ClassVar[str] = "no_pictures"

    def __init__(self, shelf: Shelf, limits: Limits) -> None:
        self._shelf = shelf
        self._limits = limits
        self._copies = Copies()
        self._marks: list[Mark] = []
        self.found = Findings()

    def wants(self, candidate: Candidate) -> bool:
        """Any file at all."""
        return True

    def take(self, candidate: Candidate) -> None:
        """Keep the picture, or the reason why not. Raises BadFile: upload_too_large."""
        try:
            picture = decode(candidate.data, self._limits)
        except BadFile as error:
            self.found.refused.append(Refused(candidate.name, error.code, error.message))
            return
        look = mark(picture.image)
        first = self._copies.of(look.pixels_sha256, candidate.name)
        if first is not None:
            self.found.duplicates.append(Twin(candidate.name, first))
            return
        data, media_type, extension = encode(picture.image, self._limits)
        path = self._shelf.put(data, extension, thumbnail(picture.image))
        width, height = picture.image.size
        original = {"format": picture.format, "bytes": len(candidate.data)}
        original |= {"longest": picture.longest, "shortest": picture.shortest}
        self._marks.append(look)
        self.found.kept.append(
            Kept(candidate.name, path, media_type, look.pixels_sha256, original, width, height)
        )
        self._remark(candidate.name, picture)

    def finish(self) -> None:
        """List the near copies."""
        kept = self.found.kept
        for index, earlier, distance in near_twins(self._marks, self._limits):
            self.found.near_duplicates.append(Twin(kept[index].name, kept[earlier].name, distance))

    def _remark(self, name: str, picture: Picture) -> None:
        remarks = self.found.remarks
        if picture.longest > self._limits.aspect * picture.shortest:
            text = (
                f"It is {picture.longest} x {picture.shortest}; training cuts a square out of its middle "
                "and loses the rest."
            )
            remarks.append(Remark(name, "odd_aspect", text))
        if picture.frames > 1:
            text = f"Only the first of its {picture.frames} frames was kept."
            remarks.append(Remark(name, "animated", text))
        if picture.longest > max(picture.image.size):
            text = f"Its longer side was {picture.longest} pixels; it was stored smaller."
            remarks.append(Remark(name, "reduced", text))
