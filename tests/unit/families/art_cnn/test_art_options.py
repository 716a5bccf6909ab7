"""What an input decides, and what the number and the size of the pictures decide where it is silent."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from shared.catalogue import check_input
from shared.errors import InvalidInput
from tests.unit.families.art_cnn.support import HEADS, config_of, train_input
from worker.families.art_cnn import FAMILY
from worker.families.art_cnn.labels import Head
from worker.families.art_cnn.network_config import BLOCKS, PIXELS, NetworkConfig
from worker.families.art_cnn.options import FEW, LAST_BLOCKS, MANY, SMALL_SIDE, TrainOptions


def options(pictures: int = 400, side: int = 512, **given: Any) -> TrainOptions:
    data = check_input(FAMILY.description.operation("train"), {"dataset": "d", **given})
    return TrainOptions.from_input(data, pictures, side)


@pytest.mark.parametrize(
    ("pictures", "first", "norms"),
    [(FEW - 1, BLOCKS + 1, False), (FEW, 0, False), (MANY - 1, 0, False), (MANY, 0, True)],
)
def test_more_pictures_teach_more_of_the_network(pictures: int, first: int, norms: bool) -> None:
    found = options(pictures)
    assert (found.learned_from, found.norms) == (first, norms)


@pytest.mark.parametrize(("learn", "first"), [("heads", BLOCKS + 1), ("last", LAST_BLOCKS), ("all", 0)])
@pytest.mark.parametrize("pictures", [20, 5000])
def test_what_is_asked_for_is_learned(learn: str, first: int, pictures: int) -> None:
    found = options(pictures, learn=learn)
    assert found.learned_from == first
    assert found.norms == (learn == "all" and pictures >= MANY)


def test_the_small_network_is_always_learned_whole() -> None:
    for learn in ("auto", "heads", "last", "all"):
        found = options(20, network="small", learn=learn)
        assert (found.network, found.learned_from, found.norms) == ("small", 0, False)


def test_small_pictures_are_looked_at_with_fewer_pixels() -> None:
    assert options(side=SMALL_SIDE).pixels == 160 and options(side=SMALL_SIDE + 1).pixels == 224
    assert options(side=SMALL_SIDE, pixels=64).pixels == 64
    assert {160, 224, 64} <= set(PIXELS)


def test_the_rate_goes_by_what_is_learned_unless_it_is_given() -> None:
    rates = {learn: options(200, learn=learn).rate for learn in ("heads", "last", "all")}
    assert rates["heads"] < rates["last"] == rates["all"] < options(MANY, learn="all").rate
    assert options(network="small").rate > rates["all"]
    assert options(learning_rate=0.004).rate == 0.004


def test_augmentation_is_none_light_or_full() -> None:
    none, light, full = (options(augmentation=name) for name in ("none", "light", "full"))
    assert (none.amount, none.rough) == (0.0, False)
    assert 0 < light.amount < full.amount <= 1.0 and not light.rough and full.rough


def test_epochs_count_only_when_they_are_given() -> None:
    assert options().epochs is None and options(epochs=3).epochs == 3.0
    assert options(only=" a=b ", together=" artist ").only == "a=b"


@pytest.mark.parametrize(
    "given",
    [
        {"minutes": 0}, {"minutes": float("nan")}, {"epochs": 0}, {"network": "resnet"}, {"learn": "some"},
        {"pixels": 65}, {"pixels": 0.5}, {"augmentation": "wild"}, {"mirror": "yes"}, {"learning_rate": 1},
        {"average": 1.0}, {"batch": 1}, {"batch": 513}, {"kept_back": 0.6}, {"kept_back": 0.01},
        {"patience": -1}, {"labels": "x" * 201}, {"labels": ["style"]}, {"surprise": 1}, {"seed": 2**31},
    ],
)  # fmt: skip
def test_what_lies_outside_is_refused_beside_its_field(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        train_input(**given)
    assert caught.value.field == next(iter(given))


def test_a_training_needs_a_data_set_and_the_other_operations_what_they_look_at() -> None:
    needed = {"train": {}, "analyze": {}, "survey": {}, "evaluate": {"dataset": "d"}}
    for name, given in needed.items():
        with pytest.raises(InvalidInput) as caught:
            check_input(FAMILY.description.operation(name), given)
        assert caught.value.code == "missing_field"


def test_the_description_is_read_without_torch() -> None:
    probe = "import sys, worker.families.art_cnn; print({'torch', 'numpy', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_network_is_described_in_plain_json_and_read_again() -> None:
    for config in (config_of(), config_of("lite0", learned_from=17), replace(config_of(), pixels=224)):
        assert NetworkConfig.from_dict(config.to_dict()) == config
    other = (Head("mood", ("calm", "wild")),)
    asked = replace(config_of("lite0"), norms=True).asked(other)
    assert (asked.heads, asked.norms, asked.trunk) == (other, False, "lite0")


@pytest.mark.parametrize(
    "change",
    [
        {"trunk": "resnet"}, {"trunk": None}, {"pixels": 65}, {"pixels": "many"}, {"pixels": float("inf")},
        {"pixels": 10**9}, {"learned_from": -1}, {"learned_from": BLOCKS + 2}, {"learned_from": None},
        {"heads": []}, {"heads": None}, {"heads": [{"name": "a"}]}, {"heads": [{"classes": ["a"]}]},
        {"heads": ["ab"]}, {"heads": [{"name": "a", "classes": []}]},
        {"heads": [{"name": "a", "classes": 3}]},
    ],
)  # fmt: skip
def test_a_damaged_description_of_a_network_is_refused(change: dict[str, Any]) -> None:
    data = config_of().to_dict() | change
    with pytest.raises(InvalidInput):
        NetworkConfig.from_dict(data)
    for name in config_of(heads=HEADS).to_dict():
        with pytest.raises(InvalidInput):
            NetworkConfig.from_dict(
                {key: value for key, value in config_of().to_dict().items() if key != name}
            )
