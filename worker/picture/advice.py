"""Advice on a picture in progress, against an aim."""

from __future__ import annotations

from worker.advice.aim import Aim
from worker.advice.suggestion import Suggestion, suggest
from worker.advice.usual import Usual
from worker.picture.examine import Examination
from worker.picture.facts import facts_of
from worker.picture.knowledge import advice_rules, catalogue


def advise(examination: Examination, aim: Aim, usual: Usual | None = None) -> list[Suggestion]:
    """What ``rules/advice.toml`` suggests for ``aim``, the most urgent first.

    A suggestion's preview is for ``worker.picture.previews.preview``.
    """
    return suggest(advice_rules(), examination.figures(), catalogue(), aim, usual, facts_of(examination))
