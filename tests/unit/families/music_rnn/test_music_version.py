"""Versions are written down, read again, and refused when they do not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from shared.errors import AtelierError, BadFile, InvalidInput
from tests.unit.families.music_rnn.support import (
    EVENTS,
    STYLE,
    VOICES,
    chorales,
    load_version,
    make_request,
    make_version,
    network,
    outcomes,
    tiny,
)
from worker.families.music_rnn.engine import MusicEngine
from worker.families.music_rnn.layouts import AnyLayout
from worker.families.music_rnn.loaded import LoadedMusician
from worker.families.music_rnn.network_config import CELLS
from worker.families.music_rnn.style import Style
from worker.families.music_rnn.version import Version, version_config, version_weights
from worker.music import copying


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layout", [VOICES, EVENTS])
def test_a_version_comes_back_as_it_was(tmp_path: Path, layout: AnyLayout, cell: str) -> None:
    made, memory = network(layout, tiny(cell)), copying.Corpus.of(chorales(3))
    config = version_config(layout, tiny(cell), STYLE, memory, 17, 1.25)
    assert json.loads(json.dumps(config)) == config
    save_file(version_weights(made, memory), tmp_path / "v.safetensors")
    version = Version(tmp_path / "v.safetensors", json.loads(json.dumps(config)))
    assert (version.layout, version.style, version.bound, version.usual_nll) == (layout, STYLE, 17, 1.25)
    again = version.network.state_dict()
    assert all(torch.equal(value, again[name]) for name, value in made.state_dict().items())
    arrays = memory.to_arrays()
    assert all(np.array_equal(arrays[name], one) for name, one in version.corpus.to_arrays().items())
    assert version.corpus.longest(chorales(1)[0]).notes > 4
    assert not any(value.requires_grad for value in version.network.parameters())


def test_a_version_without_music_to_compare_with_loads(tmp_path: Path) -> None:
    memory = copying.Corpus.of([])
    config = version_config(VOICES, tiny(), STYLE, memory, 0, None)
    save_file(version_weights(network(VOICES), memory), tmp_path / "v.safetensors")
    version = Version(tmp_path / "v.safetensors", config)
    assert version.usual_nll is None and version.corpus.longest(chorales(1)[0]).notes == 0


def test_weights_are_copies(tmp_path: Path) -> None:
    made = network(VOICES)
    weights = version_weights(made, copying.Corpus.of([]))
    before = {name: value.clone() for name, value in weights.items()}
    for value in made.parameters():
        value.zero_()
    assert all(torch.equal(value, before[name]) for name, value in weights.items())


def test_a_loaded_version_knows_its_size_and_shapes(loaded: LoadedMusician) -> None:
    held = sum(value.numel() * 4 for value in loaded.version.network.state_dict().values())
    corpus = sum(array.nbytes for array in loaded.version.corpus.to_arrays().values())
    assert loaded.nbytes == held + corpus > 10_000
    tried = list(loaded.shapes())
    assert tried == sorted(set(tried)) and loaded.shape in tried
    loaded.rehearse(2)


def test_events_can_be_rehearsed(free: LoadedMusician) -> None:
    free.rehearse(1)


def test_more_rows_than_a_table_has_room_for(loaded: LoadedMusician, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [make_request("generate", None, count=2, bars=n, seed=n) for n in (2, 1)]
    expected = outcomes(loaded, requests)
    for most in (1, 4):
        monkeypatch.setattr("worker.families.music_rnn.loaded.MOST_ROWS", most)
        assert outcomes(loaded, requests) == expected


@pytest.mark.parametrize("change", ["missing", "extra", "shape", "type", "not finite", "corpus", "no corpus"])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, change: str) -> None:
    path, description = make_version(tmp_path)
    weights = load_file(path)
    name = "heads.0.absolute.bias"
    if change == "missing":
        del weights[name]
    elif change == "extra":
        weights["surplus"] = torch.zeros(2)
    elif change == "shape":
        weights[name] = weights[name][:-1]
    elif change == "type":
        weights[name] = weights[name].double()
    elif change == "not finite":
        weights[name][0] = float("nan")
    elif change == "corpus":
        weights["corpus.begin"] = weights["corpus.begin"].flip(0)
    elif change == "no corpus":
        del weights["corpus.owner"]
    save_file({name: value.contiguous() for name, value in weights.items()}, path)
    with pytest.raises(BadFile) as caught:
        MusicEngine().load(path, description, "cpu")
    assert caught.value.code == "wrong_weights"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.",
        (1 << 40).to_bytes(8, "little") + b"{}",
        b"PK\x03\x04",
    ],
    ids=["empty", "pickle", "lying header", "zip"],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, data: bytes) -> None:
    path, description = make_version(tmp_path)
    path.write_bytes(data)
    with pytest.raises(BadFile):
        MusicEngine().load(path, description, "cpu")


def with_(description: dict[str, Any], where: str, value: object) -> dict[str, Any]:
    """The description with something else at ``where``."""
    changed: dict[str, Any] = json.loads(json.dumps(description))
    part = changed
    *path, last = where.split(".")
    for name in path:
        part = part[name]
    part[last] = value
    return changed


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("layout", None),
        ("layout", []),
        ("layout", "voices"),
        ("layout.representation", "pixels"),
        ("layout.voices", 1000),
        ("network", None),
        ("network.cell", "transformer"),
        ("network.hidden", 10**12),
        ("network.hidden", float("inf")),
        ("network.layers", "x"),
        ("style", None),
        ("style.tempo", 0),
        ("style.tempo", 1),
        ("style.tempo", "fast"),
        ("style.tempo", float("nan")),
        ("style.tempo", float("inf")),
        ("style.meter", [0, 4]),
        ("style.meter", [4, 3]),
        ("style.meter", [4]),
        ("style.meter", [float("inf"), 4]),
        ("style.programs", []),
        ("style.programs", [52]),
        ("style.programs", [52, 52, 52, 128]),
        ("style.ranges", [[0, 1]] * 3),
        ("style.ranges", [[0, 1, 2]] * 4),
        ("style.ranges", [[0, 128]] * 4),
        ("style.keys", [[12, "major", 1]]),
        ("style.keys", [[0, "major", 0]]),
        ("style.keys", 7),
        ("corpus", None),
        ("corpus", []),
        ("corpus", {}),
        ("corpus.begin", -1),
        ("corpus.begin", 1 << 60),
        ("corpus.begin", float("inf")),
        ("corpus.surplus", 1),
        ("shared_bound", None),
        ("shared_bound", float("inf")),
        ("usual_nll", "low"),
    ],
)  # fmt: skip
def test_hostile_descriptions_are_refused(tmp_path: Path, where: str, value: object) -> None:
    path, description = make_version(tmp_path)
    with pytest.raises(InvalidInput):
        MusicEngine().load(path, with_(description, where, value), "cpu")


@pytest.mark.parametrize("missing", ["layout", "network", "style", "corpus", "shared_bound"])
def test_a_description_that_misses_something_is_refused(tmp_path: Path, missing: str) -> None:
    path, description = make_version(tmp_path)
    with pytest.raises(InvalidInput):
        MusicEngine().load(path, {n: one for n, one in description.items() if n != missing}, "cpu")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("network.hidden", 32),
        ("network.cell", "lstm"),
        ("network.layers", 1),
        ("network.heads", 0),
        ("layout.voices", 3),
        ("layout.high", 91),
        ("corpus.interval", 3),
    ],
)
def test_a_description_that_lies_is_refused(tmp_path: Path, where: str, value: object) -> None:
    path, description = make_version(tmp_path)
    with pytest.raises(AtelierError):
        MusicEngine().load(path, with_(description, where, value), "cpu")


def test_a_style_comes_back() -> None:
    for style in (STYLE, replace(STYLE, keys=()), replace(STYLE, tempo=3.6, meter=(12, 8))):
        assert Style.from_dict(json.loads(json.dumps(style.to_dict()))) == style


def test_an_empty_piece_of_a_style() -> None:
    score = STYLE.empty(tempo=50.0, title="New")
    assert (score.tempo, score.meter, score.title, score.end) == (50.0, (4, 4), "New", 0)
    assert [part.name for part in score.parts] == list(STYLE.names)
    assert STYLE.empty().tempo == 96.0


def test_versions_with_other_weights_write_other_music(tmp_path: Path) -> None:
    found = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        torch.manual_seed(seed)
        found += outcomes(load_version(folder), [make_request("generate", None, count=1, bars=2, seed=1)])
    assert found[0] != found[1]
