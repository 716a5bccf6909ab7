"""Advice on pictures: it suits the aim, stands on figures, and its previews show what it says."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from tests.unit.picture.made_pictures import MADE
from tests.unit.picture.test_critique import around, examined
from worker.advice.aim import MOODS, Aim
from worker.advice.finding import with_gaps
from worker.advice.rules import Rule
from worker.picture.advice import advise
from worker.picture.examine import examine
from worker.picture.knowledge import advice_rules, catalogue
from worker.picture.previews import check, preview

RULES = advice_rules()
RELATIVE = [rule for rule in RULES if any(one.relative for one in rule.when)]
ABSOLUTE = [rule for rule in RULES if rule not in RELATIVE]
#: Rules on a figure that lies within two bounds: advice pushes it out of them, to the far side of the first.
OUTWARDS = {"dramatic_spotlight", "dramatic_temperature", "set_subject_off", "straighten"}


def aim_for(rule: Rule, mood: str | None = None) -> Aim:
    """An aim that the rule suits."""
    style = rule.styles[0] if rule.styles else ""
    audience = rule.audiences[0] if rule.audiences else ""
    return Aim(mood or (rule.moods[0] if rule.moods else ""), style, audience)


@cache
def advised(name: str, mood: str) -> frozenset[str]:
    """What a made picture is advised for a mood."""
    return frozenset(one.id for one in advise(examined(name), Aim(mood)))


def holds(rule: Rule, name: str, aim: Aim) -> bool:
    return rule.suits(aim) and rule.holds(with_gaps(examined(name).figures(), aim))


@pytest.mark.parametrize("rule", ABSOLUTE, ids=lambda one: one.id)
def test_every_rule_advises_some_picture_and_not_another(rule: Rule) -> None:
    for mood in rule.moods or ("",):
        needing = [name for name in MADE if holds(rule, name, aim_for(rule, mood))]
        assert needing, f"no picture needs it for {mood!r}"
        assert len(needing) < len(MADE), f"every picture is told it for {mood!r}"


@pytest.mark.parametrize("rule", RELATIVE, ids=lambda one: one.id)
def test_every_rule_on_a_collection_needs_one_and_minds_it(rule: Rule) -> None:
    (condition,) = rule.when
    figures = examined("landscape").figures()
    value = figures[condition.figure]
    above, below = around(condition.figure, value, 0.1), around(condition.figure, value, -0.1)
    small = condition.comparison == "<"
    assert rule.holds(figures, above if small else below)
    assert not rule.holds(figures, below if small else above)
    assert not rule.holds(figures)


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.id)
def test_every_rule_is_whole(rule: Rule) -> None:
    assert rule.technique and rule.source
    assert re.search(r"\{[a-z_]+\.[a-z_]+", rule.text), "it names no figure"
    assert rule.text.endswith(".")
    if rule.preview is not None:
        check(rule.preview["kind"], rule.preview["parameters"])


def test_every_mood_has_advice_of_its_own() -> None:
    assert len(RULES) >= 60
    for mood in MOODS:
        assert sum(mood in rule.moods for rule in RULES) >= 5, mood
    assert sum(not rule.moods for rule in RULES) >= 20


@pytest.mark.parametrize("mood", ["", *MOODS])
@pytest.mark.parametrize("name", ["landscape", "icon", "wheel", "low key", "crowd", "white", "nature"])
def test_suggestions_are_ranked_and_stand_on_figures(name: str, mood: str) -> None:
    aim = Aim(mood)
    figures = with_gaps(examined(name).figures(), aim)
    found = advise(examined(name), aim)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    for one in found:
        assert one.evidence and "{" not in one.text
        assert one.aim in ("", mood)
        for evidence in one.evidence:
            assert evidence.value == catalogue()[evidence.figure].shown(figures[evidence.figure])
        json.dumps(one.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "aim", "wanted"),
    [
        ("middle", Aim("dramatic"), "dramatic_contrast"),
        ("middle", Aim(), "widen_values"),
        ("dark sky", Aim("dramatic"), "dramatic_ground"),
        ("low key", Aim("joyful"), "valence_up"),
        ("low key", Aim("joyful"), "joyful_light"),
        ("loud", Aim("calm"), "arousal_down"),
        ("loud", Aim("melancholic"), "melancholic_muted"),
        ("high key", Aim("mysterious"), "mysterious_dark"),
        ("grey", Aim("energetic"), "arousal_up"),
        ("left", Aim(), "counterweight_right"),
        ("right", Aim(), "counterweight_left"),
        ("leaning", Aim(), "straighten"),
        ("wheel", Aim(), "order_hues"),
        ("nature", Aim(style="Ukiyo-e"), "ukiyoe_flat"),
        ("grey", Aim(audience="children"), "children_colour"),
        ("noise", Aim(), "less_noise"),
    ],
)
def test_the_advice_that_a_teacher_would_give(name: str, aim: Aim, wanted: str) -> None:
    assert wanted in [one.id for one in advise(examined(name), aim)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("valence_up", "valence_down"),
        ("arousal_up", "arousal_down"),
        ("widen_values", "calm_contrast"),
        ("joyful_warm", "answer_the_warm"),
        ("counterweight_left", "counterweight_right"),
        ("calm_the_strong", "joyful_chroma"),
        ("calm_the_strong", "place_accent"),
        ("calm_the_strong", "arousal_up"),
        ("crop_to_third", "crop_from_edge"),
        ("mysterious_haze", "mysterious_dark"),
    ],
)
def test_no_aim_is_served_with_two_that_contradict(one: str, other: str) -> None:
    for mood in ("", *MOODS):
        for name in MADE:
            assert not {one, other} <= advised(name, mood), f"{name} for {mood!r}"


def moved(rule: Rule, name: str, aim: Aim) -> float:
    """How far the preview moves the figure of the first condition the way that the advice says."""
    assert rule.preview is not None
    after_picture = preview(MADE[name](), rule.preview["kind"], rule.preview["parameters"])
    before = with_gaps(examined(name).figures(), aim)
    after = with_gaps(examine(after_picture).figures(), aim)
    if rule.id == "straighten":
        return abs(before["composition.tilt"]) - abs(after["composition.tilt"])
    condition = rule.when[0]
    change = after[condition.figure] - before[condition.figure]
    down = condition.comparison in (">", ">=") and rule.id not in OUTWARDS
    return -change if down else change


@pytest.mark.parametrize("rule", [one for one in ABSOLUTE if one.preview is not None], ids=lambda one: one.id)
def test_a_preview_shows_what_its_advice_says(rule: Rule) -> None:
    aim = aim_for(rule)
    names = [name for name in MADE if name not in ("black", "white", "large") and holds(rule, name, aim)]
    changes: list[Any] = [moved(rule, name, aim) for name in names[:4]]
    assert changes
    assert max(changes) > 0
    assert sum(change > -1e-3 for change in changes) >= 0.6 * len(changes), dict(
        zip(names, changes, strict=False)
    )
