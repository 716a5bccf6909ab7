"""Nested state through safetensors and back, exactly."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from shared.errors import ArtifactDamaged
from worker.checkpoints import flatten, pack, unflatten, unpack
from worker.family import TrainerState

SCALARS = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text()
TENSORS = some.sampled_from(
    [
        torch.arange(6, dtype=torch.float32).reshape(2, 3),
        torch.tensor(3, dtype=torch.int64),
        torch.zeros(0),
        torch.tensor([True, False]),
        torch.ones(2, 2, dtype=torch.bfloat16).T,
    ]
)
KEYS = some.text(max_size=4) | some.integers(0, 9)
NESTED = some.recursive(
    SCALARS | TENSORS,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.lists(inner, max_size=3).map(tuple)
        | some.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, torch.Tensor):
        return left.dtype == right.dtype and torch.equal(left, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


@settings(max_examples=60)
@given(NESTED)
def test_nested_state_comes_back(value: Any) -> None:
    tensors, meta = flatten(value)
    state = unpack(pack("job", 7, TrainerState(tensors, {"all": meta})))
    assert same(unflatten(state.tensors, state.meta["all"]), value)


def test_names_that_look_alike_stay_apart() -> None:
    value = {"a/b": torch.tensor(1), "a": {"b": torch.tensor(2)}, 1: torch.tensor(3), "1": torch.tensor(4)}
    assert same(unflatten(*flatten(value)), value)


def test_infinities_survive() -> None:
    state = unpack(pack("job", 1, TrainerState({}, {"best": math.inf})))
    assert state.meta == {"best": math.inf}


def test_an_optimizer_comes_back() -> None:
    network = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    network(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    assert same(unflatten(*flatten(state)), state)


def test_bytes_are_the_jobs_own() -> None:
    state = TrainerState({"a": torch.ones(1)}, {})
    assert pack("one", 1, state) == pack("one", 1, state)
    assert len({pack("one", 1, state), pack("two", 1, state), pack("one", 2, state)}) == 3


def test_shared_memory_is_written_twice() -> None:
    tensor = torch.arange(4.0)
    state = unpack(pack("job", 1, TrainerState({"a": tensor, "b": tensor[:2]}, {})))
    assert torch.equal(state.tensors["b"], tensor[:2])


@pytest.mark.parametrize("value", [object(), {1.5: 2}, {"a": {object()}}, b"bytes"])
def test_what_cannot_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        flatten(value)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-4],
        lambda data: b"\xff" * 64,
        lambda data: data.replace(b'\\"format\\": 1', b'\\"format\\": 9'),
        lambda data: data.replace(b"atelier", b"somebody"[:7]),
    ],
)
def test_damage_is_noticed(damage: Any) -> None:
    data = pack("job", 1, TrainerState({"a": torch.ones(3)}, {"x": 1}))
    assert damage(data) != data
    with pytest.raises(ArtifactDamaged):
        unpack(damage(data))
