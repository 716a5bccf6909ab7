"""What the names in a wish mean, and their values for a work: classes of a judge, moods, figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from shared.errors import AtelierError, BadFile, InvalidInput
from shared.labels import same_label
from worker.advice.aim import MOODS
from worker.family import Companion, Product

from .recipes import fields_of
from .starts import closeness
from .traits import Traits
from .wishes import Term, bad

MOOD = "mood"
_HINTS = 14


@dataclass(frozen=True)
class Class:
    """A class of one of the judge's heads."""

    head: str
    name: str


@dataclass(frozen=True)
class Measure:
    """What a term's name means: a mood, a figure, or a class of the judge."""

    term: Term
    mood: str = ""
    figure: str = ""
    judged: Class | None = None

    def value(self, traits: Traits, probabilities: Mapping[Class, float]) -> float:
        """The value of a work, rounded as it is told."""
        if self.mood:
            found = float(closeness(np.array([traits.mood], np.float32), self.mood)[0])
        elif self.judged is not None:
            found = probabilities.get(self.judged, 0.0)
        else:
            found = traits.figures[self.figure]
        return round(found, 4)


def measures_of(terms: Sequence[Term], figures: Sequence[str], judge: Companion | None) -> list[Measure]:
    """What each term means.

    Raises:
        InvalidInput: (``bad_wish``) a name is unknown, or means two things.
    """
    classes = [] if judge is None else classes_of(judge)
    return [_measure(term, figures, classes) for term in terms]


def classes_of(judge: Companion) -> list[Class]:
    """The classes of a judge, as its model card tells them."""
    heads = judge.card.get("heads", [])
    return [Class(str(head["name"]), str(one["name"])) for head in heads for one in head["classes"]]


def _measure(term: Term, figures: Sequence[str], classes: Sequence[Class]) -> Measure:
    name = term.name.strip()
    head, equals, value = name.partition("=")
    if equals:
        if head == MOOD and value in MOODS:
            return Measure(term, mood=value)
        found = [one for one in classes if one.head == head and same_label(one.name, value)]
        if found:
            return Measure(term, judged=found[0])
        raise bad(_unknown(name, figures, classes))
    meanings = [Measure(term, judged=one) for one in classes if same_label(one.name, name)]
    if name in MOODS:
        meanings.append(Measure(term, mood=name))
    meanings += [Measure(term, figure=one) for one in figures if name in (one, one.partition(".")[2])]
    if not meanings:
        raise bad(_unknown(name, figures, classes))
    if len(meanings) > 1:
        ways = " or ".join(_called(one) for one in meanings)
        raise bad(f"“{name}” means more than one thing: write {ways}.")
    return meanings[0]


def _called(one: Measure) -> str:
    if one.judged is not None:
        return f"{one.judged.head}={one.judged.name}"
    return f"{MOOD}={one.mood}" if one.mood else one.figure


def _unknown(name: str, figures: Sequence[str], classes: Sequence[Class]) -> str:
    short = [one.partition(".")[2] for one in figures]
    judged = [f"{one.head}={one.name}" for one in classes]
    known = [*MOODS, *judged, *short]
    shown = name if len(name) <= 40 else name[:37] + "..."
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    lists = [f"moods ({', '.join(MOODS)})"]
    if judged:
        lists.append(
            f"classes of the judge ({', '.join(judged[:_HINTS])}{', ...' if judged[_HINTS:] else ''})"
        )
    lists.append(f"figures ({', '.join(short[:_HINTS])}{', ...' if short[_HINTS:] else ''})")
    without = "" if judged else " With a judge, its classes can be wished for too."
    return f"“{shown}” is not known.{meant} Known are {'; '.join(lists)}.{without}"


def judged(judge: Companion, works: Sequence[bytes]) -> list[dict[Class, float]]:
    """The probabilities that a judge gives to each work's classes, asked for in one batch.

    Raises:
        InvalidInput: (``wrong_judge``) the judge takes no picture. BadFile: its answer cannot be read.
        AtelierError: what it fails with.
    """
    fields = fields_of(judge, "analyze")
    taken = [name for name, one in fields.items() if "image/png" in one.get("x-accept", [])]
    if not taken:
        raise InvalidInput("This judge analyses no pictures.", field="judge", code="wrong_judge")
    # Where it can, it says only what its network says: critique and heat maps would be thrown away.
    brief = {"full": False} if "full" in fields else {}
    inputs: list[dict[str, Any]] = [{taken[0]: "made", **brief} for _ in works]
    outcomes = judge.make("analyze", inputs, [{taken[0]: data} for data in works])
    return [_probabilities(outcome) for outcome in outcomes]


def _probabilities(outcome: list[Product] | AtelierError) -> dict[Class, float]:
    if isinstance(outcome, AtelierError):
        raise outcome
    try:
        (report,) = [one for one in outcome if one.role == "output" and one.media_type == "application/json"]
        found: dict[str, Any] = json.loads(report.data)
        return {
            Class(str(head["name"]), str(name)): float(probability)
            for head in found["heads"]
            for name, probability in head["probabilities"].items()
        }
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile("The judge's answer cannot be read.", field="judge", code="wrong_judge") from error
