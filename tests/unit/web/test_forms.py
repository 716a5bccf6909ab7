from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from werkzeug.datastructures import MultiDict

from shared.errors import InvalidInput
from tests.unit.web.families import COUNT, GENERATE, PSI, SEED, TRAIN
from web.forms import Choice, Field, address, draw, read, with_choices


def one(wanted: dict[str, Any], value: Any = None) -> Field:
    values = {} if value is None else {"x": value}
    return draw({"properties": {"x": wanted}}, values)[0]


def test_controls_come_in_the_order_of_the_schema() -> None:
    assert [field.name for field in draw(GENERATE.input_schema, {})] == ["count", "psi", "seed"]


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        (COUNT, "slider"),
        (PSI, "slider"),
        (SEED, "seed"),
        ({"enum": ["a", "b"]}, "select"),
        ({"type": "boolean"}, "checkbox"),
        ({"type": "string", "format": "artifact"}, "artifact"),
        ({"type": "string", "x-widget": "dataset"}, "dataset"),
        ({"type": "string"}, "text"),
        ({"type": "integer"}, "number"),
        ({"type": "number", "minimum": 0, "maximum": 1e6, "x-widget": "slider"}, "number"),
        ({"type": "number", "minimum": 0.01, "maximum": 10, "default": 1.0, "x-step": 0.5}, "number"),
        (
            {"type": "number", "minimum": 1e-05, "maximum": 0.002, "default": 0.0004, "x-step": 1e-05},
            "slider",
        ),
    ],
)
def test_each_schema_has_its_control(wanted: dict[str, Any], kind: str) -> None:
    assert one(wanted).kind == kind


def test_a_value_is_shown_with_the_decimals_of_its_step() -> None:
    assert one(PSI).shown == "0.80"
    assert one(PSI, 1).shown == "1.00"
    assert one(COUNT).shown == "4"
    fine = {"type": "number", "minimum": 1e-05, "maximum": 0.002, "default": 0.0004, "x-step": 1e-05}
    assert (one(fine).step, one(fine).shown) == ("0.00001", "0.00040")


def test_a_seed_is_empty_until_one_is_given() -> None:
    assert one(SEED).value == ""
    assert one(SEED, 7).value == 7


def test_choices_show_which_one_is_taken() -> None:
    assert one({"enum": [32, 64], "default": 64, "type": "integer"}).choices == (
        Choice("32", "32", False),
        Choice("64", "64", True),
    )


def test_an_error_stands_at_its_field_without_repeating_the_name() -> None:
    fields = draw(GENERATE.input_schema, {}, InvalidInput("seed: -1 is below 0, the least", field="seed"))
    assert {field.name: field.error for field in fields} == {
        "count": "",
        "psi": "",
        "seed": "-1 is below 0, the least",
    }


def test_choices_can_be_filled_in_later() -> None:
    fields = with_choices(draw(GENERATE.input_schema, {}), "seed", [Choice("1", "one")])
    assert [len(field.choices) for field in fields] == [0, 0, 1]


def test_a_form_becomes_an_input_of_the_right_types() -> None:
    form = MultiDict([("count", "4"), ("psi", "0.5"), ("seed", ""), ("csrf_token", "x"), ("other", "y")])
    assert read(GENERATE.input_schema, form) == {"count": 4, "psi": 0.5}


@pytest.mark.parametrize(("sent", "wanted"), [(["true", "false"], True), (["false"], False)])
def test_a_checkbox_says_no_when_it_is_empty(sent: list[str], wanted: bool) -> None:
    assert read(TRAIN.input_schema, MultiDict([("mirror", value) for value in sent])) == {"mirror": wanted}


def test_an_unset_checkbox_is_absent() -> None:
    assert read(TRAIN.input_schema, MultiDict()) == {}


@pytest.mark.parametrize("mirror", [True, False])
def test_an_input_goes_through_an_address_and_back(mirror: bool) -> None:
    given = {"mirror": mirror, "resolution": 32}
    query = urlencode(address({**given, "works": ["a", "b"]}))
    assert read(TRAIN.input_schema, MultiDict(parse_qsl(query))) == given


def test_a_choice_gets_the_type_of_its_schema() -> None:
    assert read(TRAIN.input_schema, MultiDict([("resolution", "32")])) == {"resolution": 32}
    assert read(TRAIN.input_schema, MultiDict([("resolution", "33")])) == {"resolution": "33"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("count", "four"),
        ("count", "4.5"),
        ("count", "٤"),
        ("count", "9" * 30),
        ("psi", "nan"),
        ("psi", "1e999"),
        ("psi", "x"),
    ],
)
def test_what_is_no_number_is_told_beside_its_field(name: str, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(GENERATE.input_schema, MultiDict([(name, text)]))
    assert refused.value.field == name
