"""Findings and suggestions: sentences filled in, evidence, urgency, order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.advice.made_rules import CATALOGUE, LARGE, large, read
from worker.advice.aim import Aim
from worker.advice.catalogue import Catalogue, Figure
from worker.advice.finding import find, with_gaps
from worker.advice.suggestion import suggest
from worker.advice.usual import usual_of

USUAL = usual_of([{"work.size": float(value)} for value in range(101)])


def test_a_sentence_is_filled_in_with_units(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(text='"{name}: {work.size}, {work.share}, {work.lean}."'), facts=("name",))
    figures = {"work.size": 61.0, "work.share": 0.33, "work.lean": 2.0}
    found = find(rule, figures, CATALOGUE, facts={"name": "The cube"})
    assert found is not None
    assert found.text == "The cube: 61.0 cm, 33 %, 2.0°."
    assert [one.figure for one in found.evidence] == ["work.size", "work.share", "work.lean"]


def test_a_rule_that_does_not_hold_finds_nothing(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, LARGE)
    assert find(rule, {"work.size": 50.0}, CATALOGUE) is None


def test_a_rule_without_its_fact_finds_nothing(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(text='"{name}: {work.size}."'), facts=("name",))
    assert find(rule, {"work.size": 60.0}, CATALOGUE) is None


def test_conditions_that_hold_are_evidence_and_others_are_not(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(any='["work.lean > 1", "work.share > 0.5"]'))
    found = find(rule, {"work.size": 60.0, "work.lean": 2.0, "work.share": 0.1}, CATALOGUE)
    assert found is not None
    assert [one.figure for one in found.evidence] == ["work.size", "work.lean"]


def test_where_a_rule_makes_sense_is_neither_evidence_nor_weight(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(where='["work.share < 0.5"]'))
    found = find(rule, {"work.size": 60.0, "work.share": 0.0}, CATALOGUE)
    assert found is not None
    assert [one.figure for one in found.evidence] == ["work.size"]
    assert found.weight == 1.0


def test_a_percentile_is_told_of_a_collection(tmp_path: Path) -> None:
    text = large(
        when='["work.size < p20"]', text='"Only {work.size:percentile} % are smaller than {work.size}."'
    )
    (rule,) = read(tmp_path, text)
    assert find(rule, {"work.size": 7.0}, CATALOGUE) is None
    found = find(rule, {"work.size": 7.0}, CATALOGUE, USUAL)
    assert found is not None
    assert found.text == "Only 7 % are smaller than 7.0 cm."
    assert found.evidence[0].percentile == pytest.approx(7.0)
    assert found.evidence[0].usual == (10.0, 90.0)


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (-5.0, "Less than 1 % are smaller."),
        (0.9, "Less than 1 % are smaller."),
        (4.9, "Only 4 % are smaller."),
        (10.0, "Only 10 % are smaller."),
    ],
)
def test_a_small_percentile_is_rounded_down_and_never_nought(tmp_path: Path, size: float, told: str) -> None:
    (rule,) = read(
        tmp_path, large(when='["work.size < p20"]', text='"Only {work.size:percentile} % are smaller."')
    )
    found = find(rule, {"work.size": size}, CATALOGUE, USUAL)
    assert found is not None and found.text == told


@pytest.mark.parametrize(("size", "told"), [(95.9, "95"), (99.6, "99"), (100.0, "99"), (1e9, "99")])
def test_a_large_percentile_is_rounded_down_and_never_all(tmp_path: Path, size: float, told: str) -> None:
    (rule,) = read(
        tmp_path, large(when='["work.size > p80"]', text='"Larger than {work.size:percentile} of 100."')
    )
    found = find(rule, {"work.size": size}, CATALOGUE, USUAL)
    assert found is not None and found.text == f"Larger than {told} of 100."


@pytest.mark.parametrize(
    ("digits", "share", "told"),
    [
        (0, 0.0, "Less than 1 % is dark."),
        (0, 0.004, "Less than 1 % is dark."),
        (0, 0.1, "Only 10 % is dark."),
        (1, 0.0004, "Less than 0.1 % is dark."),
        (2, 0.0, "Less than 0.01 % is dark."),
        (1, 0.005, "Only 0.5 % is dark."),
    ],
)
def test_nought_is_not_said_to_be_some(tmp_path: Path, digits: int, share: float, told: str) -> None:
    catalogue = Catalogue({**CATALOGUE, "work.share": Figure("work.share", "Share", "%", digits, 0.2)})
    (rule,) = read(tmp_path, large(text='"Only {work.share} is dark."'))
    found = find(rule, {"work.size": 60.0, "work.share": share}, catalogue)
    assert found is not None and found.text == told


def test_the_further_past_its_bound_the_weightier(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(weight="0.8"))
    weights = []
    for size in (50.01, 55.0, 60.0, 500.0):
        found = find(rule, {"work.size": size}, CATALOGUE)
        assert found is not None
        weights.append(found.weight)
    assert weights == [pytest.approx(value, abs=1e-3) for value in (0.4, 0.6, 0.8, 0.8)]


def test_the_gap_between_the_mood_wanted_and_found() -> None:
    found = with_gaps({"mood.valence": 0.1, "mood.arousal": 0.1}, Aim("joyful"))
    assert found["aim.valence_gap"] == pytest.approx(0.5)
    assert found["aim.arousal_gap"] == pytest.approx(0.4)
    assert "aim.valence_gap" not in with_gaps({"mood.valence": 0.1, "mood.arousal": 0.1}, Aim())
    assert "aim.valence_gap" not in with_gaps({"work.size": 0.1}, Aim("joyful"))


def test_suggestions_come_by_falling_weight_and_suit_the_aim(tmp_path: Path) -> None:
    text = (
        large(id='"light"', weight="0.5")
        + large(id='"heavy"', weight="2.0")
        + large(id='"other"', moods='["calm"]')
        + large(id='"same"', weight="0.5")
        + large(id='"mood"', moods='["joyful"]', weight="1.0")
    )
    found = suggest(read(tmp_path, text), {"work.size": 60.0}, CATALOGUE, Aim("joyful"))
    assert [one.id for one in found] == ["heavy", "mood", "light", "same"]
    assert [one.aim for one in found] == ["", "joyful", "", ""]


def test_a_suggestion_may_stand_on_a_gap(tmp_path: Path) -> None:
    text = large(when='["aim.valence_gap > 0.3"]', text='"Raise it by {aim.valence_gap}."')
    rules = read(tmp_path, text)
    figures = {"mood.valence": 0.0, "mood.arousal": 0.0}
    (found,) = suggest(rules, figures, CATALOGUE, Aim("joyful"))
    assert found.text == "Raise it by 0.60."
    assert suggest(rules, figures, CATALOGUE, Aim()) == []


def test_a_suggestion_is_plain_json(tmp_path: Path) -> None:
    text = large(preview='{kind = "cut", parameters = {by = 2}}', technique='"cut it"')
    (found,) = suggest(read(tmp_path, text), {"work.size": 60.0}, CATALOGUE, Aim(), USUAL)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain == {
        "id": "large",
        "text": "It measures 60.0 cm.",
        "technique": "cut it",
        "aim": "",
        "weight": 1.0,
        "evidence": [
            {
                "figure": "work.size",
                "title": "Size",
                "value": 60.0,
                "unit": "cm",
                "percentile": 60.0,
                "usual": [10.0, 90.0],
            }
        ],
        "source": "A ruler",
        "preview": {"kind": "cut", "parameters": {"by": 2}},
    }
