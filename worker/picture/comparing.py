"""Which figures of a picture can be compared with those of a collection."""

from __future__ import annotations

from worker.advice.usual import Usual

#: Figures of colour, which hardly depend on how many pixels there are.
COLOUR = ("palette.", "mood.")


def comparable(usual: Usual, longest: int, collection: int) -> Usual:
    """What is usual of the figures that can be compared: beside pictures more than twice as large or small,
    those of colour only, for the detail that is there depends on the size.

    ``longest`` is the longer side of the picture, ``collection`` that of its works in pixels, 0 for
    one that is not known.
    """
    if not collection or collection / 2 <= longest <= collection * 2:
        return usual
    points = {name: row for name, row in usual.points.items() if name.startswith(COLOUR)}
    return Usual(usual.count, points)
