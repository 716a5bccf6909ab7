"""Rule files: what is read, and every mistake that is refused with the rule named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.advice.made_rules import LARGE, large, read
from worker.advice.aim import Aim
from worker.advice.problems import RuleError


def test_a_rule_is_read_with_all_its_fields(tmp_path: Path) -> None:
    text = large(
        any='["work.lean > 1", "work.lean < -1"]',
        evidence='["work.share"]',
        technique='"cut it"',
        moods='["calm"]',
        except_moods='["joyful"]',
        styles='["cubis"]',
        audiences='["child"]',
        weight="0.5",
        preview='{kind = "cut", parameters = {by = 2}}',
    )
    (rule,) = read(tmp_path, text)
    assert rule.id == "large"
    assert [one.figure for one in rule.any] == ["work.lean", "work.lean"]
    assert rule.tells() == ("work.size", "work.share")
    assert rule.weight == 0.5
    assert rule.preview == {"kind": "cut", "parameters": {"by": 2}}


def test_rules_keep_the_order_of_the_file(tmp_path: Path) -> None:
    rules = read(tmp_path, LARGE + large(id='"larger"') + large(id='"largest"'))
    assert [rule.id for rule in rules] == ["large", "larger", "largest"]


def test_a_file_without_rules_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, "# nothing yet\n") == ()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": '""'}, "id must be a text"),
        ({"source": '""'}, "source must be a text"),
        ({"text": "3"}, "text must be a text"),
        ({"kind": '"rumour"'}, "kind 'rumour'"),
        ({"when": "[]"}, "no condition"),
        ({"when": '["work.weight > 3"]'}, "unknown figure 'work.weight'"),
        ({"when": '["work.size bigger 3"]'}, "no condition"),
        ({"where": '["work.weight > 3"]'}, "unknown figure 'work.weight'"),
        ({"when": "[]", "where": '["work.size > 3"]'}, "no condition"),
        ({"text": '"It weighs {work.weight}."'}, "unknown figure 'work.weight'"),
        ({"text": '"It is {name}, {work.size}."'}, "unknown fact 'name'"),
        ({"text": '"It is {work.size."'}, "brace"),
        ({"text": '"{work.size:percentile} of all"'}, "not compared with a collection"),
        ({"evidence": '["work.weight"]'}, "unknown figure 'work.weight'"),
        ({"moods": '["gloomy"]'}, "unknown mood 'gloomy'"),
        ({"except_moods": '["gloomy"]'}, "unknown mood 'gloomy'"),
        ({"weight": "0"}, "weight"),
        ({"preview": '{kind = "cut"}'}, "preview"),
        ({"colour": '"red"'}, "unknown keys"),
    ],
)
def test_a_broken_rule_is_refused(tmp_path: Path, fields: dict[str, str], problem: str) -> None:
    with pytest.raises(RuleError, match=problem):
        read(tmp_path, large(**fields))


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="large: comes twice"):
        read(tmp_path, LARGE + LARGE)


def test_a_fact_that_the_medium_gives_may_be_named(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(text='"{name} measures {work.size}."'), facts=("name",))
    assert rule.tells() == ("work.size",)


def test_all_conditions_must_hold_and_one_of_any(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(any='["work.lean > 1", "work.lean < -1"]'))
    assert rule.holds({"work.size": 60.0, "work.lean": -2.0})
    assert rule.holds({"work.size": 60.0, "work.lean": 2.0})
    assert not rule.holds({"work.size": 60.0, "work.lean": 0.0})
    assert not rule.holds({"work.size": 40.0, "work.lean": 2.0})


def test_where_a_rule_makes_no_sense_it_does_not_hold(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(where='["work.share < 0.5"]'))
    assert rule.holds({"work.size": 60.0, "work.share": 0.4})
    assert not rule.holds({"work.size": 60.0, "work.share": 0.6})
    assert not rule.holds({"work.size": 60.0})


def test_a_rule_holds_only_where_all_it_tells_is_known(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, large(evidence='["work.share"]'))
    assert not rule.holds({"work.size": 60.0})
    assert rule.holds({"work.size": 60.0, "work.share": 0.1})


@pytest.mark.parametrize(
    ("fields", "aim", "suits"),
    [
        ({}, Aim(), True),
        ({}, Aim("calm", "cubism", "children"), True),
        ({"moods": '["calm"]'}, Aim("calm"), True),
        ({"moods": '["calm"]'}, Aim("joyful"), False),
        ({"moods": '["calm"]'}, Aim(), False),
        ({"except_moods": '["calm"]'}, Aim(), True),
        ({"except_moods": '["calm"]'}, Aim("calm"), False),
        ({"styles": '["cubis"]'}, Aim(style="late Cubism"), True),
        ({"styles": '["cubis"]'}, Aim(style="baroque"), False),
        ({"audiences": '["child"]'}, Aim(audience="Children of six"), True),
        ({"audiences": '["child"]'}, Aim(), False),
    ],
)
def test_whom_a_rule_suits(tmp_path: Path, fields: dict[str, str], aim: Aim, suits: bool) -> None:
    (rule,) = read(tmp_path, large(**fields))
    assert rule.suits(aim) is suits
