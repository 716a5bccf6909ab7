"""Every answer of an analyser and a muse is shown in words, however its class was named."""

from typing import Any

import pytest
from flask import Flask

from web.reports import bars, cards, evaluation, named, survey
from web.reports.reading import Report

RAW, SHOWN = "ukiyo_e", "ukiyo e"
TOLD = {"name": RAW, "probability": 0.9, "sure": True}
HEAD: dict[str, Any] = {"name": "style", "classes": [TOLD], "sure": True}
COUNTS = {RAW: 3}


def of_an_analysis() -> list[str]:
    (head,) = bars.heads([HEAD], {})
    return [head.bars[0].name, head.verdict]


def of_a_survey() -> list[str]:
    rows = [{"work": {"hash": "0" * 64, "name": "a"}, "style": TOLD}]
    told = {"count": 3, "heads": [{"name": "style", "counts": COUNTS}], "rows": rows}
    found = survey.of(Report("picture_survey", told, {}))
    return [found.questions[0].bars[0].name, found.rows[0].cells[0].name]


def of_an_evaluation() -> list[str]:
    told = {"heads": [{"name": "style", "made": {RAW: 0.5}, "works": {RAW: 0.4}}]}
    found = evaluation.of(Report("model_evaluation", told, {}))
    return [found.heads[0].pairs[0].name]


def of_cards() -> list[str]:
    judge = cards.judge({"kind": "art_cnn", "heads": [{"name": "style", "classes": [{"name": RAW}]}]})
    muse = cards.knowledge({"kind": "muse", "labels": {"style": COUNTS}})
    assert judge is not None and muse is not None
    return [judge.heads[0].classes[0].name, muse.labels[0][1][0].name]


def of_a_neighbour() -> list[str]:
    given = {"hash": "0" * 64, "name": "a", "labels": {"style": RAW}}
    return [named.Names([{"work": given}]).of(given).labels]


@pytest.mark.parametrize("shown", [of_an_analysis, of_a_survey, of_an_evaluation, of_cards, of_a_neighbour])
def test_classes_are_shown_in_words(app: Flask, shown: Any) -> None:
    with app.test_request_context():
        assert set(shown()) == {SHOWN}
