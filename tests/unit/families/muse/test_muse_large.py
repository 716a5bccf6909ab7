"""A larger collection, made of numbers alone: search stays exact and quick, reports stay short."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file

from tests.unit.families.muse.support import files_of, make_request, told
from worker.families.muse.index import Index, build, config_of, weights_of
from worker.families.muse.loaded import LoadedMuse
from worker.families.muse.searching import cosines
from worker.families.muse.traits import PAINTING, Colour, Traits

COUNT, GROUPS, WIDTH = 6000, 12, 32


@pytest.fixture(scope="module")
def index() -> Index:
    """Works in groups, each around a direction of its own, a few of them far out."""
    source = np.random.default_rng(3)
    centres = source.normal(size=(GROUPS, WIDTH))
    traits, heads = [], []
    for place in range(COUNT):
        group = place % GROUPS
        noise = source.normal(size=WIDTH) * (0.3 if place % 500 else 20.0)
        mood = np.tanh(source.normal(size=2)).tolist()
        light, contrast = source.random(2).tolist()
        figures = {"palette.brightness": light, "palette.contrast": 40.0 * contrast}
        red, green, blue = source.integers(0, 256, 3).tolist()
        vector = (centres[group] + noise).astype(np.float32)
        colours = (Colour(red, green, blue, 1.0),)
        traits.append(Traits(vector, (mood[0], mood[1]), figures, colours, (f"tone{group}",)))
        labels = {"group": f"g{group}", "artist": f"a{place % 97}"}
        heads.append((f"{place:064x}", f"work_{place}.png", labels))
    return build(PAINTING, heads, traits, 256)


@pytest.fixture(scope="module")
def large(index: Index, tmp_path_factory: pytest.TempPathFactory) -> LoadedMuse:
    path: Path = tmp_path_factory.mktemp("large") / "muse.safetensors"
    save_file(weights_of(index), path)
    return LoadedMuse(path, config_of(index), "cpu")


def test_the_nearest_is_the_nearest(index: Index) -> None:
    for place in (0, 1234, COUNT - 1):
        query = index.vectors[place].float().numpy()
        found = cosines(index.vectors, query)
        assert int(found.argmax()) == place
        exact = index.vectors.double().numpy() @ query.astype(np.float64)
        assert np.allclose(found, exact, atol=1e-5)


def test_works_of_a_group_are_near_each_other(large: LoadedMuse) -> None:
    report = told(files_of(large, make_request("inspire", text="g5 a11", works=8, far=0.25)))
    near = [one["work"]["labels"]["group"] for one in report["near"]]
    assert near[0] == "g5"
    assert all(one["work"]["labels"]["group"] != near[0] for one in report["far"])


def test_a_group_is_named_as_a_motif_with_its_size(large: LoadedMuse) -> None:
    report = told(files_of(large, make_request("inspire", text="tone3", works=10, far=0.0)))
    assert report["motifs"][0]["text"] == (
        f"10 of 10 are labelled group g3, in the whole collection {COUNT // GROUPS} of {COUNT}."
    )


def test_far_works_are_no_outliers(large: LoadedMuse) -> None:
    outliers = {f"work_{place}.png" for place in range(0, COUNT, 500)}
    for seed in range(5):
        report = told(files_of(large, make_request("inspire", works=24, far=0.75, seed=seed)))
        assert not {one["work"]["name"] for one in report["far"]} & outliers


def test_an_answer_takes_no_longer_than_a_moment_and_is_no_book(large: LoadedMuse) -> None:
    files_of(large, make_request("inspire", text="g1"))
    began = time.process_time()
    products = files_of(large, make_request("inspire", text="g1", works=48))
    assert time.process_time() - began < 2.0
    assert sum(len(one.data) for one in products) < 200_000


def test_seeds_wander_through_the_whole_collection(large: LoadedMuse) -> None:
    groups: set[str] = set()
    for seed in range(6):
        report = told(files_of(large, make_request("inspire", works=12, far=0.0, seed=seed)))
        groups |= {one["work"]["labels"]["group"] for one in report["near"]}
    assert len(groups) == GROUPS


def test_percentiles_are_those_of_the_collection(index: Index) -> None:
    column = index.figures[:, index.names.index("palette.contrast")]
    for value in (5.0, 20.0, 39.0):
        percentile = index.usual.percentile("palette.contrast", value)
        assert percentile == pytest.approx(100.0 * float((column < value).mean()), abs=1.0)
