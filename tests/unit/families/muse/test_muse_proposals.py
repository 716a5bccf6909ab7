"""Proposals: pairs to combine, and jobs that really make what they show."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.catalogue import check_input
from shared.errors import AtelierError
from tests.unit.families.muse.support import (
    Version,
    answer,
    files_of,
    make_request,
    musician,
    painter,
    told,
)
from worker.families.muse import FAMILY, seeds
from worker.families.muse.index import Index
from worker.families.muse.loaded import LoadedMuse
from worker.families.muse.proposals import Parent, contrast
from worker.families.muse.reading import read_made
from worker.family import Item, Product, Request


def proposals(products: list[Product]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told(products)["proposals"]
    return found


def made_again(maker: Version, recipe: dict[str, Any]) -> Product:
    """What a job of a maker gives."""
    assert recipe["version"] == maker.version_id
    (outcome,) = maker.make(recipe["operation"], [recipe["input"]])
    assert not isinstance(outcome, AtelierError)
    return next(one for one in outcome if one.role == "output")


def test_without_a_maker_pairs_are_described(pictures: LoadedMuse, works: list[Item]) -> None:
    found = proposals(files_of(pictures, make_request("inspire", {"work": works[0].path.read_bytes()})))
    combined = [one for one in found if one["title"].startswith("Combine")]
    assert combined
    for one in combined:
        assert one["recipe"] is None and one["preview"] is None
        assert len(one["from"]) == 2 and one["from"][0]["hash"] != one["from"][1]["hash"]
        assert "#" in one["text"]


def parent(index: Index, **figures: float) -> Parent:
    whole = Parent.of_index(index, 0)
    return replace(whole, figures={f"palette.{name}": value for name, value in figures.items()})


def test_what_differs_most_is_told_if_it_is_written_differently(pictures: LoadedMuse) -> None:
    index = pictures.index
    one, other = (parent(index, brightness=value, contrast=value * 10) for value in (0.2, 0.7))
    assert contrast(index, one, other) == (
        ": the first is darker (mean lightness 20 %), the second brighter (70 %)"
    )
    near = parent(index, brightness=0.2004, contrast=2.0)
    assert contrast(index, one, near) == ""
    assert contrast(index, one, one) == ""
    told = contrast(index, one, parent(index, brightness=0.2004, contrast=9.0))
    assert told.startswith(": the first is lower in contrast (")


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 60), st.floats(0, 60))
def test_no_contrast_is_written_of_equal_values(
    pictures: LoadedMuse, light: float, other_light: float, range_: float, other_range: float
) -> None:
    one = parent(pictures.index, brightness=light, contrast=range_)
    told = contrast(pictures.index, one, parent(pictures.index, brightness=other_light, contrast=other_range))
    values = re.findall(r"\((?:[a-z ]+ )?([-0-9.]+)[^)]*\)", told)
    assert told == "" or (len(values) == 2 and values[0] != values[1])


def test_one_can_go_on_from_the_farthest_with_the_same_muse(pictures: LoadedMuse) -> None:
    products = files_of(pictures, make_request("inspire", works=6))
    (on,) = [one for one in proposals(products) if one["title"].startswith("Go on from")]
    far = told(products)["far"][0]["work"]["hash"]
    assert on["recipe"]["operation"] == "inspire"
    assert on["recipe"]["input"]["work"] == f"sha256:{far}"
    complete = check_input(FAMILY.description.operation("inspire"), on["recipe"]["input"])
    assert complete == on["recipe"]["input"]


def test_a_maker_of_pictures_gives_jobs_with_previews(
    pictures: LoadedMuse, works: list[Item], maker: Version
) -> None:
    request = make_request("inspire", {"work": works[1].path.read_bytes()}, {"maker": maker}, works=6)
    products = files_of(pictures, request)
    ready = [one for one in proposals(products) if one["title"].startswith("Combine")]
    assert ready and maker.calls == 1
    shown = {one.role: one for one in products}
    for one in ready:
        picture = made_again(maker, one["recipe"])
        preview = shown[one["preview"]]
        assert preview.media_type == "image/webp"
        whole = np.asarray(Image.open(io.BytesIO(picture.data)), float)
        small = np.asarray(Image.open(io.BytesIO(preview.data)).convert("RGB").resize((32, 32)), float)
        assert np.abs(whole - small).mean() < 20.0
        first, second = (one["name"].removesuffix(".png") for one in one["from"])
        assert f"this one lies nearest to the middle of both, {first} and {second} (distances " in one["text"]
        assert "Take the" not in one["text"], "a seed takes no colours and no layout"
    assert ready[0]["text"].startswith("Of 16 pictures by Tiny this one")
    assert len({str(one["recipe"]["input"]["seed"]) for one in ready}) == len(ready), "no picture twice"


def test_the_one_shown_is_the_nearest_to_the_middle(
    pictures: LoadedMuse, works: list[Item], maker: Version
) -> None:
    request = make_request("inspire", {"work": works[1].path.read_bytes()}, {"maker": maker}, works=6)
    first = proposals(files_of(pictures, request))[0]
    index, looker = pictures.index, pictures.looker
    places = [index.places[one["hash"]] for one in first["from"]]
    halfway = index.vectors[places].float().sum(dim=0).numpy()
    (outcome,) = maker.make("generate", [{"count": seeds.CANDIDATES, "seed": 5}])
    assert not isinstance(outcome, AtelierError)
    outputs = [one for one in outcome if one.role == "output"]
    traits = looker.look([read_made(one.data, "painting") for one in outputs], index.side)
    likeness = [float(index.space.place(one.vector[None])[0] @ halfway) for one in traits]
    best = outputs[int(np.argmax(likeness))].recipe
    assert best is not None
    assert first["recipe"]["input"] == best["input"]


def test_classes_are_those_of_the_works(works: list[Item], tmp_path: Path) -> None:
    from tests.unit.families.muse.support import item_of, load, make_trainer, train

    items = [item_of(item.path, {"mood": "storm" if n % 2 else "calm"}) for n, item in enumerate(works[:12])]
    loaded = load(tmp_path, train(make_trainer(items)))
    maker = painter(tmp_path / "maker", classes=True)
    products = files_of(loaded, make_request("inspire", {}, {"maker": maker}, works=6))
    asked = {
        one["recipe"]["input"]["class_name"]
        for one in proposals(products)
        if one["title"].startswith("Combine")
    }
    assert asked <= {"calm", "storm"} and asked


def test_with_a_maker_it_is_the_same_each_time_too(pictures: LoadedMuse, maker: Version) -> None:
    request = make_request("inspire", {}, {"maker": maker}, works=4)
    assert answer(pictures, request) == answer(pictures, request)


def test_a_maker_of_another_kind_is_refused(
    pictures: LoadedMuse, music: LoadedMuse, maker: Version, composer: Version
) -> None:
    for loaded, other in ((pictures, composer), (music, maker)):
        error = answer(loaded, make_request("inspire", {}, {"maker": other}))
        assert isinstance(error, AtelierError)
        assert (error.code, error.field) == ("wrong_media", "maker")


def test_a_maker_that_fails_fails_the_request(
    pictures: LoadedMuse, tmp_path: Path, works: list[Item]
) -> None:
    class Failing(Version):
        def make(self, operation: str, inputs: Any, files: Any = ()) -> list[list[Product] | AtelierError]:
            return [AtelierError("no luck", code="no_luck") for _ in inputs]

    good = painter(tmp_path / "maker")
    bad = Failing(good.engine, good.loaded, good.description, good.config)
    error = answer(pictures, make_request("inspire", {}, {"maker": bad}))
    assert isinstance(error, AtelierError) and error.code == "no_luck"


def test_a_composer_gets_jobs_that_it_can_do(music: LoadedMuse, pieces: list[Item], tmp_path: Path) -> None:
    composer = musician(tmp_path / "composer")
    request = make_request("inspire", {"work": pieces[0].path.read_bytes()}, {"maker": composer}, works=5)
    found = [one for one in proposals(files_of(music, request)) if one["recipe"] is not None]
    jobs = {
        one["recipe"]["operation"]: one["recipe"] for one in found if one["recipe"]["family"] == "music_rnn"
    }
    assert {"variations", "continue"} <= set(jobs)
    by_hash = {item.hash: item.path.read_bytes() for item in pieces}
    for operation, recipe in jobs.items():
        described = composer.description.operation(operation)
        assert check_input(described, recipe["input"]) == recipe["input"]
        quick = {**recipe["input"], "audio": False, **({"care": 1} if "care" in recipe["input"] else {})}
        files = {
            name: by_hash[str(value).removeprefix("sha256:")]
            for name, value in quick.items()
            if str(value).startswith("sha256:")
        }
        assert files
        job = Request("job", operation, composer.version_id, quick, files)
        from tests.support.parts import gather

        (outcome,) = gather(composer.engine.generate(composer.loaded, [job]), 1)
        assert not isinstance(outcome, AtelierError), (operation, outcome)


@pytest.mark.parametrize("seed", [0, 2**31 - 1])
def test_seeds_go_round(pictures: LoadedMuse, maker: Version, seed: int) -> None:
    files_of(pictures, make_request("inspire", {}, {"maker": maker}, works=4, seed=seed))
