"""The family as the catalogue gets it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from shared.catalogue import OperationDescription, check_input, check_schema
from shared.errors import InvalidInput
from worker.families.music_rnn import FAMILY
from worker.families.music_rnn.engine import MusicEngine
from worker.families.music_rnn.operations import TONICS
from worker.families.music_rnn.options import TrainOptions
from worker.families.music_rnn.requests import _WISHERS
from worker.families.music_rnn.requests import TONICS as KNOWN
from worker.music.instruments import INSTRUMENTS
from worker.registry import discover

OPERATIONS = FAMILY.description.operations
BY_NAME = {operation.name: operation for operation in OPERATIONS}
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)


def files_of(operation: OperationDescription) -> list[str]:
    fields = operation.input_schema["properties"].items()
    return [name for name, field in fields if field.get("format") == "artifact"]


def test_reading_the_description_does_not_import_torch() -> None:
    heavy = "{'torch', 'numpy', 'PIL', 'symusic'}"
    code = f"import sys, worker.families.music_rnn; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_operations() -> None:
    assert list(BY_NAME) == [
        "generate", "continue", "harmonise", "inpaint", "variations", "interpolate", "analyze", "train",
    ]  # fmt: skip
    assert {one.lane for one in OPERATIONS if one.name != "train"} == {"interactive"}
    assert BY_NAME["train"].lane == "training" and BY_NAME["train"].needs == "dataset"
    assert set(_WISHERS) | {"analyze", "train"} == set(BY_NAME)


def test_the_registry_finds_it() -> None:
    registry = discover()
    assert registry.specs["music_rnn"].description.media == "music"
    assert isinstance(registry.engine("music_rnn"), MusicEngine)


@every_operation
def test_forms_can_be_drawn(operation: OperationDescription) -> None:
    check_schema("music_rnn", operation)
    properties: dict[str, dict[str, Any]] = operation.input_schema["properties"]
    assert [field["x-order"] for field in properties.values()] == list(range(1, len(properties) + 1))
    for name, field in properties.items():
        assert field["title"] and len(field["description"]) > 10, name
        assert field["description"].endswith("."), name
        if "default" in field and "minimum" in field:
            assert field["minimum"] <= field["default"] <= field["maximum"], name
        if "default" in field and "enum" in field:
            assert field["default"] in field["enum"], name
    assert operation.cost and set(operation.cost) == {"cpu", "cuda"}


@every_operation
def test_files_are_asked_for_and_are_midi(operation: OperationDescription) -> None:
    for name in files_of(operation):
        field = operation.input_schema["properties"][name]
        assert field["x-accept"] == ["audio/midi"] and field["x-widget"] == "artifact"
    required = {"dataset"} if operation.name == "train" else set(files_of(operation))
    assert set(operation.input_schema["required"]) == required


@every_operation
def test_a_form_with_nothing_but_files_is_complete(operation: OperationDescription) -> None:
    complete = check_input(operation, dict.fromkeys(operation.input_schema["required"], "d"))
    assert check_input(operation, complete) == complete
    # What has no usual value: a tempo as in the music, and a training's length in steps.
    assert set(operation.input_schema["properties"]) - set(complete) <= {"tempo", "steps", "only"}


@pytest.mark.parametrize(
    ("operation", "given", "field"),
    [
        ("generate", {"count": 17}, "count"),
        ("generate", {"count": 0}, "count"),
        ("generate", {"bars": 0}, "bars"),
        ("generate", {"bars": 129}, "bars"),
        ("generate", {"tonic": "H"}, "tonic"),
        ("generate", {"mode": "dorian"}, "mode"),
        ("generate", {"tempo": 19}, "tempo"),
        ("generate", {"tempo": 301}, "tempo"),
        ("generate", {"temperature": 0}, "temperature"),
        ("generate", {"top_p": 0}, "top_p"),
        ("generate", {"top_p": 1.01}, "top_p"),
        ("generate", {"seed": -1}, "seed"),
        ("generate", {"seed": 2**31}, "seed"),
        ("generate", {"instruments": "kazoo"}, "instruments"),
        ("generate", {"audio": "yes"}, "audio"),
        ("continue", {}, "primer"),
        ("continue", {"primer": "a", "keep_bars": -1}, "keep_bars"),
        ("harmonise", {}, "melody"),
        ("harmonise", {"melody": "a", "care": 65}, "care"),
        ("harmonise", {"melody": "a", "rounds": 9}, "rounds"),
        ("inpaint", {"piece": "a", "from_bar": 0}, "from_bar"),
        ("inpaint", {"piece": "a", "keep_melody": 1}, "keep_melody"),
        ("variations", {"piece": "a", "strength": 0}, "strength"),
        ("interpolate", {"piece_a": "a"}, "piece_b"),
        ("interpolate", {"piece_a": "a", "piece_b": "b", "bars": 0}, "bars"),
        ("analyze", {}, "piece"),
        ("train", {}, "dataset"),
        ("train", {"dataset": "d", "hidden": 100}, "hidden"),
        ("train", {"dataset": "d", "cell": "transformer"}, "cell"),
        ("train", {"dataset": "d", "layers": 5}, "layers"),
        ("train", {"dataset": "d", "crop": 8}, "crop"),
        ("train", {"dataset": "d", "dropout": 0.9}, "dropout"),
        ("train", {"dataset": "d", "steps": 0}, "steps"),
        ("train", {"dataset": "d", "minutes": 0}, "minutes"),
        ("train", {"dataset": "d", "representation": "abc"}, "representation"),
        ("train", {"dataset": "d", "transpose": 13}, "transpose"),
    ],
)
def test_what_does_not_fit_names_its_field(operation: str, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(BY_NAME[operation], given)
    assert caught.value.field == field


def test_tonics_and_instruments_are_those_that_are_known() -> None:
    assert list(TONICS) == ["any", *KNOWN] and len(KNOWN) == 12
    fields = BY_NAME["generate"].input_schema["properties"]
    assert fields["tonic"]["enum"] == list(TONICS)
    assert set(fields["instruments"]["enum"]) == {"written", *INSTRUMENTS}


def test_the_options_of_a_training_are_those_of_its_form() -> None:
    complete = check_input(BY_NAME["train"], {"dataset": "d", "only": " folder=a ", "lookback": False})
    options = TrainOptions.from_input(complete)
    assert options.steps is None and options.only == "folder=a" and options.network().heads == 0
    assert (options.network().cell, options.network().hidden) == (complete["cell"], complete["hidden"])
    assert TrainOptions.from_input(complete | {"steps": 5, "lookback": True}).network().heads > 0
    told = {name for name in vars(options) if name not in ("only", "steps")}
    assert told == set(complete) - {"dataset", "only"}


def test_what_to_expect_is_told_for_every_device() -> None:
    expect = FAMILY.description.expect
    assert expect is not None
    for device in ("cpu", "cuda"):
        assert expect["notes_per_second"][device] > 0 and len(expect["text"][device]) > 20
