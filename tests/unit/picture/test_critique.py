"""The critique: every sentence stands on figures, tells them as they are, and comes when it should."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from tests.unit.picture.made_pictures import MADE
from worker.advice.usual import Usual, usual_of
from worker.picture.critique import Sentence, critique
from worker.picture.examine import Examination, examine
from worker.picture.knowledge import KINDS, catalogue, critique_rules, fault_rules

#: These hold of any picture, by intent.
ALWAYS = {"mood"}
RELATIVE = [rule for rule in critique_rules() if any(one.relative for one in rule.when)]


@cache
def examined(name: str) -> Examination:
    """The examination of a made picture, made once."""
    return examine(MADE[name]())


def around(figure: str, value: float, step: float) -> Usual:
    """A collection of twenty whose ``figure`` runs from ``value`` on in steps, value itself left out."""
    return usual_of([{figure: value + step * i} for i in range(1, 21)])


@cache
def said(name: str) -> dict[str, Sentence]:
    """What is said of a made picture, by rule."""
    return {one.id: one for one in critique(examined(name))}


@pytest.mark.parametrize(
    "rule", [one for one in critique_rules() if one not in RELATIVE], ids=lambda one: one.id
)
def test_every_rule_speaks_of_some_picture_and_is_silent_of_another(rule: Any) -> None:
    speaks = [name for name in MADE if rule.holds(examined(name).figures())]
    assert speaks, "no picture has what it speaks of"
    if rule.id not in ALWAYS:
        assert len(speaks) < len(MADE), "it speaks of every picture"


@pytest.mark.parametrize("rule", RELATIVE, ids=lambda one: one.id)
def test_every_rule_on_a_collection_needs_one_and_minds_it(rule: Any) -> None:
    (condition,) = rule.when
    figures = examined("landscape").figures()
    value = figures[condition.figure]
    above, below = around(condition.figure, value, 0.1), around(condition.figure, value, -0.1)
    small = condition.comparison == "<"
    assert rule.holds(figures, above if small else below)
    assert not rule.holds(figures, below if small else above)
    assert not rule.holds(figures)


@pytest.mark.parametrize("name", MADE)
def test_every_sentence_has_evidence_and_names_its_figure(name: str) -> None:
    figures = examined(name).figures()
    for sentence in critique(examined(name)):
        assert sentence.kind in KINDS
        assert sentence.source
        assert sentence.evidence
        assert "{" not in sentence.text
        for one in sentence.evidence:
            assert one.value == catalogue()[one.figure].shown(figures[one.figure])
        written = [catalogue()[one.figure].written(figures[one.figure]) for one in sentence.evidence]
        assert any(text in sentence.text for text in written), sentence.text


@pytest.mark.parametrize("rule", critique_rules(), ids=lambda one: one.id)
def test_every_rule_names_a_figure_in_its_sentence(rule: Any) -> None:
    assert re.search(r"\{[a-z_]+\.[a-z_]+", rule.text)
    assert rule.text.endswith(".")
    assert rule.kind in KINDS


def test_there_are_plenty_of_rules_of_each_kind() -> None:
    rules = critique_rules()
    assert len(rules) >= 60
    assert all(sum(rule.kind == kind for rule in rules) >= 10 for kind in KINDS)
    assert len({rule.id for rule in rules}) == len(rules)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("middle", {"weak_contrast", "narrow_range", "middle_values"}),
        ("full", {"full_range", "strong_contrast"}),
        ("high key", {"high_key"}),
        ("low key", {"low_key"}),
        ("landscape", {"dark_ground"}),
        ("dark sky", {"dark_above"}),
        ("one third", {"on_a_third", "one_focus"}),
        ("formal", {"formal"}),
        ("left", {"leans_left"}),
        ("right", {"leans_right"}),
        ("top", {"top_heavy"}),
        ("bottom", {"grounded"}),
        ("wheel", {"many_hues"}),
        ("one hue", {"one_hue"}),
        ("neighbours", {"close_harmony"}),
        ("warm light", {"warm_light"}),
        ("cool light", {"cool_light"}),
        ("icon", {"on_plain_ground"}),
        ("level", {"level_lines"}),
        ("upright", {"upright_lines"}),
        ("diagonal", {"diagonal_lines"}),
        ("poster", {"flat_areas"}),
        ("noise", {"noise"}),
        ("tiny", {"tiny"}),
    ],
)
def test_what_was_painted_is_what_is_said(name: str, wanted: set[str]) -> None:
    assert wanted <= set(said(name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("high_key", "low_key"),
        ("strong_contrast", "weak_contrast"),
        ("full_range", "narrow_range"),
        ("warm", "cool"),
        ("warm_light", "cool_light"),
        ("leans_left", "leans_right"),
        ("leans_left", "formal"),
        ("top_heavy", "grounded"),
        ("balanced", "leans_left"),
        ("balanced", "leans_right"),
        ("balanced", "top_heavy"),
        ("on_a_third", "centred"),
        ("one_focus", "no_focus"),
        ("one_focus", "rival_focus"),
        ("subject_lighter", "subject_darker"),
        ("dark_corners", "light_corners"),
        ("dark_ground", "dark_above"),
        ("crowded", "room"),
        ("rough", "smooth"),
        ("detail_kept", "detail_everywhere"),
        ("like_nature", "large_forms"),
        ("nearly_grey", "very_colourful"),
        ("muted", "very_colourful"),
        ("accent", "all_strong"),
        ("one_hue", "many_hues"),
        ("one_hue", "close_harmony"),
    ],
)
def test_no_picture_is_told_both_of_two_opposites(one: str, other: str) -> None:
    for name in MADE:
        assert not {one, other} <= set(said(name)), name


@pytest.mark.parametrize(
    ("name", "rule", "word"), [("warm light", "warm_light", "warmer"), ("cool light", "cool_light", "cooler")]
)
def test_lights_and_shades_are_compared_and_nothing_more(name: str, rule: str, word: str) -> None:
    """Both may be warm, or both cool: the figure is their difference."""
    text = said(name)[rule].text
    assert text.startswith(f"The lightest third is {word} than the darkest")
    assert not re.search(r"(?:warm|cool)\b", text)


@pytest.mark.parametrize("name", MADE)
def test_the_weightiest_come_first(name: str) -> None:
    weights = [one.weight for one in critique(examined(name))]
    assert weights == sorted(weights, reverse=True)


def test_every_fault_is_a_weakness_with_the_words_of_the_report() -> None:
    for name in ("noise", "blocks", "tiny", "shadows gone"):
        faults = {one["code"]: one["text"] for one in examined(name).to_dict()["faults"]}
        sentences = said(name)
        assert faults
        for code, text in faults.items():
            assert sentences[code].text == text
            assert sentences[code].kind == "weakness"
    assert {rule.id for rule in fault_rules()} == {
        "noise",
        "blocking",
        "clipped_shadows",
        "clipped_highlights",
        "blur",
        "tiny",
    }


def test_a_collection_adds_percentiles_to_the_evidence() -> None:
    usual = usual_of([examined(name).figures() for name in MADE])
    for sentence in critique(examined("landscape"), usual):
        for one in sentence.evidence:
            assert one.percentile is not None and 0 <= one.percentile <= 100
            assert one.usual is not None and one.usual[0] <= one.usual[1]


def head(**changes: Any) -> dict[str, Any]:
    first = {"name": "ukiyo-e", "probability": 0.934}
    return {"name": "style", "title": "Style", "sure": True, "classes": [first], **changes}


def test_a_network_that_is_sure_is_quoted() -> None:
    sentence = {one.id: one for one in critique(examined("landscape"), None, [head()])}["heads.style"]
    assert sentence.text == "Style: the network reads ukiyo-e, with 93 %."
    assert sentence.evidence[0].value == 93.0
    assert sentence.kind == "observation"


def test_a_network_that_is_not_sure_says_so() -> None:
    sentence = {one.id: one for one in critique(examined("landscape"), None, [head(sure=False)])}[
        "heads.style"
    ]
    assert "not sure" in sentence.text and "ukiyo-e" in sentence.text


def test_a_network_without_classes_says_nothing() -> None:
    ids = [one.id for one in critique(examined("landscape"), None, [head(classes=[])])]
    assert "heads.style" not in ids


def test_a_head_without_a_title_goes_by_its_name() -> None:
    found = [one.text for one in critique(examined("landscape"), None, [head(title="")])]
    assert any(text.startswith("style: the network") for text in found)


def test_a_sentence_is_plain_json() -> None:
    for sentence in critique(examined("landscape")):
        plain = json.loads(json.dumps(sentence.to_dict(), allow_nan=False))
        assert set(plain) == {"id", "kind", "text", "evidence", "source"}
        for one in plain["evidence"]:
            assert set(one) == {"figure", "title", "value", "unit", "percentile", "usual"}
