"""Rules of advice on music: each fires where its figures say so and nowhere else, and says what is so."""

from __future__ import annotations

import re

import pytest

from tests.unit.music.theory_pieces import aus_meines_herzens_grunde
from worker.advice.aim import MOODS, Aim
from worker.advice.catalogue import Catalogue
from worker.advice.conditions import Condition
from worker.advice.finding import find
from worker.advice.rules import Rule
from worker.advice.usual import Usual, usual_of
from worker.music.advice import advice
from worker.music.advice.figures import catalogue, figures_of
from worker.music.advice.previews import KINDS, preview
from worker.music.theory.analysis import analyze

TITLES: Catalogue = catalogue()
RULES = advice.rules()
by_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
FACTS = {
    "upper": "Alto",
    "lower": "Bass",
    "bar": "7",
    "correction": "move Alto from C4 to D4",
    "what": "It leaps",
}


def base() -> dict[str, float]:
    found = figures_of(analyze(aus_meines_herzens_grunde()))
    return {**found, "aim.valence_gap": 0.0, "aim.arousal_gap": 0.0}


def usual() -> Usual:
    """Twenty works whose figures all run from 0 to 19."""
    return usual_of([dict.fromkeys(TITLES, float(place)) for place in range(20)])


def bound(one: Condition) -> float:
    found = usual().at(one.figure, one.bound) if one.relative else one.bound
    assert found is not None
    return found


def meeting(rule: Rule) -> dict[str, float]:
    """Figures for which all conditions hold: each between its bounds."""
    found = base()
    wanted = [*rule.when, *rule.any]
    for name in {one.figure for one in wanted}:
        low = max(
            (bound(one) for one in wanted if one.figure == name and ">" in one.comparison), default=None
        )
        high = min(
            (bound(one) for one in wanted if one.figure == name and "<" in one.comparison), default=None
        )
        half = 0.5 * TITLES[name].spread
        if low is not None and high is not None:
            assert low < high, f"{rule.id}: no {name} is over {low} and under {high}"
            found[name] = (low + high) / 2
        elif low is not None:
            found[name] = low + half
        elif high is not None:
            found[name] = high - half
    return found


@by_rule
def test_it_fires_where_its_figures_say_so(rule: Rule) -> None:
    found = find(rule, meeting(rule), TITLES, usual())
    assert found is not None
    assert "{" not in found.text and found.text.endswith(".")
    assert found.evidence
    assert {one.figure for one in rule.when} <= {one.figure for one in found.evidence}


@by_rule
def test_it_is_silent_as_soon_as_one_figure_does_not(rule: Rule) -> None:
    for one in rule.when:
        figures = meeting(rule)
        figures[one.figure] = (
            bound(one) + (-1.0 if ">" in one.comparison else 1.0) * TITLES[one.figure].spread
        )
        assert find(rule, figures, TITLES, usual()) is None, one


@by_rule
def test_every_number_it_says_is_a_figure(rule: Rule) -> None:
    figures = meeting(rule)
    found = find(rule, figures, TITLES, usual())
    assert found is not None
    told = re.findall(r"-?\d+(?:\.\d+)?", re.sub(r"in 100 chords|of 100 works|in a hundred", "", found.text))
    known = {f"{TITLES[name].shown(value):.{TITLES[name].digits}f}" for name, value in figures.items()}
    ranks = {str(min(99, int(one.percentile))) for one in found.evidence if one.percentile is not None}
    assert set(told) <= known | ranks


@by_rule
def test_what_compares_with_a_collection_is_silent_without_one(rule: Rule) -> None:
    relative = any(one.relative for one in (*rule.when, *rule.any))
    assert (find(rule, meeting(rule), TITLES, None) is None) == relative


@by_rule
def test_a_preview_can_be_heard(rule: Rule) -> None:
    if rule.preview is not None:
        assert rule.preview["kind"] in KINDS
        heard = preview(
            analyze(aus_meines_herzens_grunde()), rule.preview["kind"], rule.preview["parameters"]
        )
        assert heard.parts[0].notes


def test_rules_towards_a_mood_name_moods_and_others_do_not() -> None:
    for rule in RULES:
        assert bool(rule.moods) == (rule.kind == "mood"), rule.id
        assert bool(rule.audiences) == (rule.kind == "audience"), rule.id
        if rule.kind == "collection":
            assert any(one.relative for one in rule.when), rule.id


def test_no_rule_asks_a_mood_for_the_opposite_of_what_it_is() -> None:
    """A rule that wants more arousal is for moods that some piece can lie below, and so on."""
    for rule in RULES:
        for one in rule.when:
            if one.figure == "aim.arousal_gap":
                sign = 1 if one.comparison == ">" else -1
                assert all(MOODS[mood][1] * sign > -0.2 for mood in rule.moods), rule.id
            if one.figure == "aim.valence_gap":
                sign = 1 if one.comparison == ">" else -1
                assert all(MOODS[mood][0] * sign > 0 for mood in rule.moods), rule.id


def test_every_mood_is_served() -> None:
    for mood in MOODS:
        assert sum(mood in rule.moods for rule in RULES) >= 3, mood


@pytest.mark.parametrize("kind", list(advice.fault_rules()))
def test_a_fault_is_told_with_voices_bar_and_what_to_do(kind: str) -> None:
    rule = advice.fault_rules()[kind]
    found = find(rule, meeting(rule), TITLES, None, FACTS)
    assert found is not None
    assert "bar 7" in found.text and "move Alto from C4 to D4" in found.text
    assert find(rule, meeting(rule), TITLES, None, {}) is None, "without facts nothing is said"


def test_audiences_are_heard_in_any_case() -> None:
    singing = next(rule for rule in RULES if rule.id == "children_range")
    assert singing.suits(Aim("", "", "Children of six"))
    assert not singing.suits(Aim("", "", "experts"))
