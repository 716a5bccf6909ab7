"""The words that a sentence on a picture may name besides its figures."""

from __future__ import annotations

from worker.picture.examine import Examination


def facts_of(examination: Examination) -> dict[str, str]:
    """``main`` and ``second``, the names of the largest colours, ``harmony`` (hue scheme), ``mood`` (words).

    A picture of one colour has no ``second``.
    """
    colours = [one.name for one in examination.palette.colours[:2]]
    return {
        **dict(zip(("main", "second"), colours, strict=False)),
        "harmony": examination.palette.harmony.name,
        "mood": " and ".join(examination.mood.words),
    }
