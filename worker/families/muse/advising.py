"""Advice on a work in progress: what its figures say against an aim, and previews of what would change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.errors import InvalidInput
from shared.labels import same_label
from worker.advice.aim import Aim
from worker.advice.usual import FEW, Usual
from worker.family import Product, Request
from worker.music.advice.advice import advise_on
from worker.music.score import Score
from worker.music.theory.analysis import analyze
from worker.music.voices import apart
from worker.picture.advice import advise as advise_picture
from worker.picture.comparing import comparable
from worker.picture.examine import examine
from worker.picture.previews import preview as picture_preview

from .loaded import LoadedMuse
from .pictures import Levels, reduced
from .poles import called
from .products import midi, report, roll, thumbnail, webp
from .reading import Work, media_of, read_work
from .starts import FIELD

#: Suggestions shown, and how many of them are drawn or written out.
MOST, PREVIEWS = 8, 4
#: Previews are drawn with their longer side at most so many pixels.
SHOWN = 1024
_HINTS = 12
#: Names of the figures that hardly depend on how large a picture is begin so.


@dataclass(frozen=True)
class Comparison:
    """With which works a work is compared, and what is usual among them."""

    usual: Usual
    count: int
    style: str

    @property
    def text(self) -> str:
        """As a summary says it."""
        works = f"{self.count} works labelled {self.style}" if self.style else f"{self.count} works"
        if self.count < FEW:
            return f"{works} are too few to say what is usual"
        return f"it was compared with {works}"


def advise(loaded: LoadedMuse, request: Request) -> list[Product]:
    """The files of one request. Raises InvalidInput or BadFile, naming the field."""
    index, data = loaded.index, request.input
    work = read_work(request, FIELD)
    if media_of(request.files[FIELD]) != index.media:
        raise InvalidInput(
            f"This muse knows {called(index.media)}; the work is of another kind.",
            field=FIELD,
            code="wrong_media",
        )
    aim = Aim(str(data["mood"]), str(data["style"]).strip(), str(data["audience"]).strip())
    compared = _compared(loaded, aim.style)
    advised = _piece if isinstance(work, Score) else _picture
    mood, count, told, beside = advised(work, aim, _comparable(compared.usual, work, index.side))
    document = {
        "kind": "advice",
        "media": index.media,
        "aim": aim.to_dict(),
        "summary": _summary(mood, aim, compared, count),
        "mood": mood,
        "compared_with": {"works": compared.count, "style": compared.style},
        "suggestions": told,
    }
    return [report(request, document), *beside]


def _compared(loaded: LoadedMuse, style: str) -> Comparison:
    index = loaded.index
    if not style:
        return Comparison(index.usual, len(index), "")
    found = {value: places for values in index.labels.values() for value, places in values.items() if places}
    if style not in found:
        style = next((value for value in found if same_label(value, style)), style)
    if style not in found:
        most = sorted(found, key=lambda value: (-len(found[value]), value))[:_HINTS]
        hint = f" It knows: {', '.join(most)}." if most else " Its works have no labels."
        raise InvalidInput(
            f"No work of this collection is labelled {style!r}.{hint}", field="style", code="no_such_style"
        )
    return Comparison(index.usual_among(found[style]), len(found[style]), style)


#: The mood, how many suggestions there are, those shown, and the files beside them.
Advised = tuple[dict[str, Any], int, list[dict[str, Any]], list[Product]]


def _comparable(usual: Usual, work: Work, side: int) -> Usual:
    """What is usual of the figures in which a work can be compared with those of the index."""
    return usual if isinstance(work, Score) else comparable(usual, max(reduced(work).shape[:2]), side)


def _picture(work: Work, aim: Aim, usual: Usual) -> Advised:
    assert isinstance(work, np.ndarray)
    picture: Levels = work
    found = examine(reduced(picture))
    advice = [one.to_dict() for one in advise_picture(found, aim, usual)]
    told, beside = _told(
        advice,
        lambda role, place: [webp(role, _changed(picture, advice[place]))],
    )
    shown = [thumbnail(picture), webp("picture", picture)]
    return found.to_dict()["mood"], len(advice), told, [*shown, *beside]


def _piece(work: Work, aim: Aim, usual: Usual) -> Advised:
    assert isinstance(work, Score)
    score = apart(work)
    found = analyze(score)
    advice = advise_on(found, aim, usual)

    def written(role: str, place: int) -> list[Product]:
        passage = advice[place].passage
        assert passage is not None, "what has a preview can be heard"
        return [midi(role, passage), roll(f"{role}-roll", passage)]

    told, beside = _told([one.to_dict() for one in advice], written)
    return found.to_dict()["mood"], len(advice), told, [roll("thumbnail", score), *beside]


def _changed(picture: Levels, suggestion: dict[str, Any]) -> Levels:
    """The picture as it would be, at the size at which it is shown."""
    preview = suggestion["preview"]
    return picture_preview(reduced(picture, SHOWN), preview["kind"], preview["parameters"])


def _told(
    suggestions: list[dict[str, Any]], make: Callable[[str, int], list[Product]]
) -> tuple[list[dict[str, Any]], list[Product]]:
    """The suggestions shown, each with the role of its preview, and the previews."""
    told: list[dict[str, Any]] = []
    beside: list[Product] = []
    drawn = 0
    for place, one in enumerate(suggestions[:MOST]):
        role = None
        if one["preview"] is not None and drawn < PREVIEWS:
            role = f"preview-{drawn}"
            beside += make(role, place)
            drawn += 1
        told.append({**one, "preview_role": role})
    return told, beside


def _summary(mood: dict[str, Any], aim: Aim, compared: Comparison, count: int) -> str:
    words = " and ".join(mood["words"][:2])
    found = (
        f"By its figures the work is {words} (valence {mood['valence']:+.2f}, arousal {mood['arousal']:+.2f})"
    )
    if aim.place is not None:
        found += f"; {aim.mood} lies at {aim.place[0]:+.2f} and {aim.place[1]:+.2f}"
    many = {0: "Nothing stands out", 1: "One thing stands out"}.get(count, f"{count} things stand out")
    return f"{found}. {many}; {compared.text}."
