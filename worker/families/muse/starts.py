"""Where an inspiration starts: a work, words, a mood or nothing; and how well every work answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.errors import InvalidInput
from worker.advice.aim import MOODS
from worker.family import Request

from .index import Index
from .looking import Looker
from .poles import called
from .reading import media_of, read_work
from .searching import cosines
from .tags import Tags
from .traits import Real, Traits

_WIDTH_OF_PLANE = 2.0
_HINTS = 8
FIELD = "work"


@dataclass(frozen=True)
class Given:
    """The work a request came with: ``place`` in the index when it is one of its works, else None."""

    hash: str
    name: str
    traits: Traits
    vector: Real
    place: int | None

    def told(self, index: Index) -> dict[str, Any]:
        """As reports name it."""
        if self.place is not None:
            return index.entries[self.place].told()
        return {"hash": self.hash, "name": self.name, "labels": {}}


@dataclass(frozen=True)
class Start:
    """What was asked. ``relevance`` (n,) is the higher the better a work answers; ``near`` (n,) are cosines
    with the given work. Only works ``allowed`` (n,) are shown as near.
    """

    given: Given | None
    text: str
    mood: str
    near: Real | None
    relevance: Real
    allowed: np.ndarray[tuple[int], np.dtype[np.bool_]]


def given_work(index: Index, looker: Looker, request: Request) -> Given | None:
    """The work of a request, looked at, or None. Raises InvalidInput (``wrong_media``) or BadFile."""
    data = request.files.get(FIELD)
    if data is None:
        return None
    if media_of(data) != index.media:
        raise InvalidInput(
            f"This muse knows {called(index.media)}; the work is of another kind.",
            field=FIELD,
            code="wrong_media",
        )
    (traits,) = looker.look([read_work(request, FIELD)], index.side)
    digest = hashlib.sha256(data).hexdigest()
    vector = index.space.place(traits.vector[None])[0]
    return Given(digest, "your work", traits, vector, index.places.get(digest))


def start_of(index: Index, tags: Tags, given: Given | None, data: dict[str, Any]) -> Start:
    """How well each work answers a request's input. Raises InvalidInput (``no_such_word``)."""
    text, mood = str(data["text"]).strip(), str(data["mood"])
    scores: list[Real] = []
    allowed = np.ones(len(index), dtype=np.bool_)
    near = None
    if given is not None:
        near = cosines(index.vectors, given.vector)
        scores.append(np.asarray((near + 1.0) / 2.0))
        if given.place is not None:
            allowed[given.place] = False
    if text:
        found = tags.scores(text)
        if not found.any():
            known = ", ".join(tags.known(_HINTS))
            hint = f" Some that are: {known}." if known else ""
            raise InvalidInput(
                f"None of these words is known of any work.{hint}", field="text", code="no_such_word"
            )
        allowed &= found > 0
        scores.append(found)
    if mood:
        scores.append(closeness(index.mood, mood))
    if not scores:
        return _anywhere(index, int(data["seed"]))
    relevance = np.mean(scores, axis=0).astype(np.float32)
    return Start(given, text, mood, near, relevance, allowed)


def closeness(moods: Real, mood: str) -> Real:
    """How near places (n, 2) in the plane of moods lie to a mood, (n,): 1 there, 0 two units away."""
    apart = np.linalg.norm(moods - np.array(MOODS[mood], np.float32), axis=1)
    return np.asarray(np.maximum(0.0, 1.0 - apart / _WIDTH_OF_PLANE), dtype=np.float32)


def _anywhere(index: Index, seed: int) -> Start:
    """Any place: the works in an order that the seed draws."""
    drawn = np.random.Generator(np.random.PCG64(seed)).permutation(len(index))
    relevance = np.zeros(len(index), np.float32)
    relevance[drawn] = np.linspace(1.0, 0.0, len(index), dtype=np.float32)
    return Start(None, "", "", None, relevance, np.ones(len(index), dtype=np.bool_))
