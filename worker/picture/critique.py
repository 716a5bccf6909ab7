"""A critique of a picture: sentences that each stand on figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.advice.catalogue import Figure
from worker.advice.evidence import Evidence, evidence_of
from worker.advice.finding import find
from worker.advice.usual import Usual
from worker.picture.examine import Examination
from worker.picture.facts import facts_of
from worker.picture.knowledge import catalogue, critique_rules

#: What a network says comes after what is plainly seen in the pixels.
_HEAD_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Sentence:
    """``kind`` is strength, weakness or observation; ``evidence`` is never empty."""

    id: str
    kind: str
    text: str
    evidence: tuple[Evidence, ...]
    source: str
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "evidence": [one.to_dict() for one in self.evidence],
            "source": self.source,
        }


def critique(
    examination: Examination, usual: Usual | None = None, heads: Sequence[Mapping[str, Any]] = ()
) -> list[Sentence]:
    """What the rules (``rules/critique.toml``) say of a picture, the weightiest first.

    ``heads`` are a network's readings: mappings with ``name``, ``title``, ``sure``, and ``classes``, mappings
    with ``name`` and ``probability`` by falling probability. Each gives a sentence; one without classes none.
    """
    figures, facts = examination.figures(), facts_of(examination)
    found = [find(rule, figures, catalogue(), usual, facts) for rule in critique_rules()]
    sentences = [
        Sentence(one.rule.id, one.rule.kind, one.text, one.evidence, one.rule.source, one.weight)
        for one in found
        if one is not None
    ]
    sentences += [_reading(head) for head in heads if head["classes"]]
    return sorted(sentences, key=lambda one: -one.weight)


def _reading(head: Mapping[str, Any]) -> Sentence:
    first = head["classes"][0]
    title = str(head.get("title") or head["name"])
    figure = Figure(f"heads.{head['name']}", f"{title}: {first['name']}", "%", 0)
    probability = float(first["probability"])
    shown = figure.written(probability)
    if head["sure"]:
        text = f"{title}: the network reads {first['name']}, with {shown}."
    else:
        text = f"{title}: the network is not sure; {first['name']} is its best guess, with {shown}."
    evidence = (evidence_of(figure, probability),)
    return Sentence(figure.name, "observation", text, evidence, "The version's own network", _HEAD_WEIGHT)
