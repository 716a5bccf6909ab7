"""What the catalogue learns of the family."""

from __future__ import annotations

import pytest

from shared.catalogue import check_input
from shared.errors import InvalidInput
from tests.unit.families.muse.support import make_request, train_input
from worker.advice.aim import MOODS
from worker.families.muse import FAMILY
from worker.families.muse.operations import MOST_TRIES


def test_it_has_its_operations_and_learns_from_any_medium() -> None:
    names = [one.name for one in FAMILY.description.operations]
    assert names == ["inspire", "advise", "until", "train"]
    assert FAMILY.description.media == "any"


@pytest.mark.parametrize("operation", ["inspire", "advise", "until"])
def test_requests_share_no_pass_so_none_waits_for_another(operation: str) -> None:
    assert not FAMILY.description.operation(operation).batchable


def test_nothing_needs_to_be_asked_to_be_inspired() -> None:
    data = check_input(FAMILY.description.operation("inspire"), {})
    assert {name: data[name] for name in ("text", "mood", "works", "far")} == {
        "text": "",
        "mood": "",
        "works": 12,
        "far": 0.25,
    }
    assert "work" not in data and "maker" not in data


@pytest.mark.parametrize("operation", ["inspire", "advise"])
def test_every_mood_can_be_chosen(operation: str) -> None:
    mood = FAMILY.description.operation(operation).input_schema["properties"]["mood"]
    assert set(mood["enum"]) == {"", *MOODS}


@pytest.mark.parametrize(
    ("operation", "given", "field"),
    [
        ("until", {"maker": "m", "tries": MOST_TRIES + 1}, "tries"),
        ("until", {"maker": "m", "keep": 0}, "keep"),
        ("until", {"maker": "m", "wish": "x" * 201}, "wish"),
        ("until", {}, "maker"),
        ("inspire", {"far": 1.5}, "far"),
        ("inspire", {"works": 1}, "works"),
        ("advise", {}, "work"),
        ("advise", {"work": "w", "mood": "angry"}, "mood"),
        ("train", {}, "dataset"),
        ("train", {"dataset": "d", "gallery": -1}, "gallery"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(operation: str, given: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(FAMILY.description.operation(operation), given)
    assert caught.value.field == field


def test_versions_are_asked_for_by_what_they_can_do() -> None:
    fields = FAMILY.description.operation("until").input_schema["properties"]
    assert (fields["maker"]["format"], fields["maker"]["x-operation"]) == ("version", "generate")
    assert (fields["judge"]["format"], fields["judge"]["x-families"]) == ("version", ["art_cnn"])


def test_requests_of_these_tests_are_complete() -> None:
    assert train_input()["gallery"] == 0
    assert make_request("inspire").input["seed"] == 5
