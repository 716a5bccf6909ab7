"""The rule files of pictures, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from worker.advice.catalogue import Catalogue, read_catalogue
from worker.advice.rules import Rule, read_rules

_FOLDER = Path(__file__).parent / "rules"
#: What a sentence may name besides figures: the two largest colours, the hue scheme, words of the mood.
FACTS = ("main", "second", "harmony", "mood")
KINDS = ("strength", "weakness", "observation")


@cache
def catalogue() -> Catalogue:
    """Every figure of a picture."""
    return read_catalogue(_FOLDER / "figures.toml")


@cache
def fault_rules() -> tuple[Rule, ...]:
    """From which level on something is a technical fault."""
    return read_rules(_FOLDER / "faults.toml", catalogue(), ("weakness",))


@cache
def critique_rules() -> tuple[Rule, ...]:
    """What is said of a picture; the technical faults are among it."""
    return (*fault_rules(), *read_rules(_FOLDER / "critique.toml", catalogue(), KINDS, FACTS))


@cache
def advice_rules() -> tuple[Rule, ...]:
    """What may be suggested; a rule's kind is "advice"."""
    return read_rules(_FOLDER / "advice.toml", catalogue(), ("advice",), FACTS)
