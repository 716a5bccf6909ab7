"""A version written down and read again; what is damaged or does not belong together is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize as unit

from shared.errors import AtelierError, BadFile, InvalidInput
from tests.unit.families.art_cnn.support import (
    config_of,
    even_judgement,
    labelled,
    make_version,
    random_network,
    save,
)
from worker.families.art_cnn import works as works_module
from worker.families.art_cnn.version import Version, fill, halves, version_weights
from worker.families.art_cnn.works import ENTRIES, FEATURES, MOST_REMEMBERED, Works
from worker.family import Trained
from worker.vision.features import LOOK


def some_works(count: int = 6, channels: int = LOOK) -> Works:
    items = labelled(*({"kind": "ab"[place % 2], "雨": "ü"} for place in range(count)))
    return Works.of(items, unit(torch.randn(count, channels)))


@pytest.mark.parametrize(("trunk", "first"), [("small", 0), ("lite0", 0), ("lite0", 11), ("lite0", 17)])
def test_a_version_goes_through_its_file_unchanged(tmp_path: Path, trunk: str, first: int) -> None:
    config, judgement = config_of(trunk, learned_from=first), even_judgement(2, 0.3, 0.5)
    works = some_works()
    path, description = make_version(tmp_path, config, works, judgement)
    found = Version(path, description)
    assert found.network.config == config and found.judgement == judgement
    assert found.works.entries == works.entries and torch.equal(found.works.features, works.features)
    expected = random_network(config, learning=True).folded()
    fill(expected, halves(expected))
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.equal(found.network(pictures), expected(pictures))
    assert not found.network.training
    assert version_weights(found.network, found.works).keys() == load_file(path).keys()


def test_a_trained_version_is_half_precision_and_heads_alone_are_small(
    trained: Trained, tmp_path: Path
) -> None:
    types = {value.dtype for value in trained.weights.values()}
    assert types == {torch.float16, torch.uint8}
    path, config = save(tmp_path, trained)
    assert path.stat().st_size < 400_000, "the backbone is not in it"
    again = version_weights(Version(path, config).network, Version(path, config).works)
    assert all(torch.equal(value, again[name]) for name, value in trained.weights.items())


DAMAGE: list[dict[str, Any]] = [
    {"network": None}, {"network": {"trunk": "small"}}, {"network": "small"}, {"judgement": None},
    {"judgement": {"heads": []}}, {"works": None}, {"works": {}}, {"usual": None}, {"usual": {"count": 3}},
    {"side": None}, {"side": "long"}, {"side": float("inf")},
    {"works": {FEATURES: [6, LOOK]}}, {"works": {FEATURES: [], ENTRIES: [10]}},
    {"works": {FEATURES: [6, LOOK], ENTRIES: []}}, {"works": {FEATURES: [6, LOOK], ENTRIES: [1, 2]}},
    {"works": {FEATURES: [6, LOOK - 1], ENTRIES: [400]}}, {"works": {FEATURES: [6, -1], ENTRIES: [400]}},
    {"works": {FEATURES: [-6, LOOK], ENTRIES: [400]}}, {"works": {FEATURES: [6], ENTRIES: [400]}},
    {"works": {FEATURES: [MOST_REMEMBERED + 1, LOOK], ENTRIES: [400]}},
    {"works": {FEATURES: [6, LOOK], ENTRIES: [-1]}}, {"works": {FEATURES: [6, LOOK], ENTRIES: [1 << 40]}},
    {"works": {FEATURES: ["many", LOOK], ENTRIES: [400]}},
    {"works": {FEATURES: [10**400, LOOK], ENTRIES: [4]}},
    {"works": {FEATURES: [float("inf"), LOOK], ENTRIES: [400]}}, {"works": [6, LOOK]},
    {"judgement": even_judgement(1).to_dict()}, {"judgement": even_judgement(3).to_dict()},
    {"judgement": even_judgement().to_dict() | {"heads": [[0.0, 0, 0, 0], [1.0, 0, 0, 0]]}},
    {"usual": {"count": "x", "points": {}}}, {"usual": {"count": 3, "points": {"a": [1, 2]}}},
]  # fmt: skip


@pytest.mark.parametrize("change", DAMAGE)
def test_a_damaged_description_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path, config = make_version(tmp_path, works=some_works())
    assert Version(path, config)
    with pytest.raises(InvalidInput):
        Version(path, config | change)


@pytest.mark.parametrize("missing", ["network", "judgement", "works", "usual", "side"])
def test_a_description_with_something_missing_is_refused(tmp_path: Path, missing: str) -> None:
    path, config = make_version(tmp_path)
    del config[missing]
    with pytest.raises(InvalidInput):
        Version(path, config)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path, config = make_version(tmp_path, works=some_works())
    for heads in (
        config["network"]["heads"][:1],
        [*config["network"]["heads"][:1], {"name": "x", "classes": "abc"}],
    ):
        other = config | {"network": config["network"] | {"heads": heads}}
        other["judgement"] = even_judgement(len(heads)).to_dict()
        with pytest.raises(BadFile) as caught:
            Version(path, other)
        assert caught.value.code == "wrong_weights"


def test_weights_that_are_not_finite_cut_or_absent_are_refused(tmp_path: Path) -> None:
    path, config = make_version(tmp_path, works=some_works())
    state = load_file(path)
    state["heads.weight"][0, 0] = float("nan")
    save_file(state, tmp_path / "nan.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:-100])
    (tmp_path / "text.safetensors").write_text("no weights")
    for name in ("nan", "cut", "text", "absent"):
        with pytest.raises(BadFile) as caught:
            Version(tmp_path / f"{name}.safetensors", config)
        assert caught.value.code == "wrong_weights"


@pytest.mark.parametrize("text", [b"{}", b"[]", b"no json", b"\xff\xfe", b"[1,2,3,4,5,6]", b"3", b""])
def test_a_list_of_works_that_does_not_belong_is_refused(text: bytes) -> None:
    entries = torch.tensor(list(text), dtype=torch.uint8)
    with pytest.raises(AtelierError) as caught:
        Works.from_tensors(torch.zeros(6, 8, dtype=torch.float16), entries)
    assert caught.value.code == "wrong_weights"


def test_works_are_remembered_by_content_name_and_labels() -> None:
    works = some_works(3)
    assert works.entries[1] == {"hash": f"{1:064x}", "name": "1.png", "labels": {"kind": "b", "雨": "ü"}}
    tensors = works.tensors()
    again = Works.from_tensors(tensors[FEATURES], tensors[ENTRIES])
    assert again.entries == works.entries
    assert (
        Works.from_tensors(torch.zeros(0, 8), Works.of([], torch.zeros(0, 8)).tensors()[ENTRIES]).entries
        == []
    )


def test_the_nearest_come_first_and_none_is_nearer_than_nothing() -> None:
    works = Works.of(labelled({}, {}, {}, {}), torch.eye(4))
    feature = unit(torch.tensor([[0.0, 3.0, 1.0, 2.0]]))[0]
    found = works.nearest(feature, 3)
    assert [place for place, _ in found] == [1, 3, 2]
    assert [distance for _, distance in found] == sorted(distance for _, distance in found)
    assert found[0][1] == pytest.approx(1 - 3 / 14**0.5, abs=1e-4)
    many = some_works(200)
    for place in range(0, 200, 17):
        (nearest,) = many.nearest(many.features[place].float(), 1)
        assert nearest[0] == place and 0.0 <= nearest[1] < 2e-3
    assert Works.of([], torch.zeros(0, 4)).nearest(feature, 3) == []
    assert len(works.nearest(feature, 99)) == 4


@pytest.mark.parametrize("count", [9, 10, 11, 25, 30, 31])
def test_of_many_works_some_at_even_distances_are_remembered(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(works_module, "MOST_REMEMBERED", 10)
    features = torch.arange(float(count))[:, None]
    works = Works.of(labelled(*[{}] * count), features)
    assert len(works.entries) == len(works.features) <= 10
    assert [entry["name"] for entry in works.entries] == [f"{int(one)}.png" for one in works.features[:, 0]]
    steps = {int(b - a) for a, b in zip(works.features[:-1, 0], works.features[1:, 0], strict=True)}
    assert len(steps) == 1
