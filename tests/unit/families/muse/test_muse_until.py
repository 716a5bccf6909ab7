"""Making until it fits: what is kept is as wished, it ends early, and the report counts right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import AtelierError, Canceled, HandBack, LeaseLost
from tests.support.parts import gather
from tests.unit.families.muse.judge import judge
from tests.unit.families.muse.support import VERSION, Version, answer, files_of, make_request, told
from worker.families.muse.engine import MuseEngine
from worker.families.muse.loaded import SHAPES, LoadedMuse
from worker.families.muse.reading import read_made
from worker.families.muse.starts import closeness
from worker.family import Product

ANY = "valence > -2"
NEVER = "valence > 2"


def kept(products: list[Product]) -> list[Product]:
    return [one for one in products if one.role == "output"]


def median_of(loaded: LoadedMuse, maker: Version, name: str, seed: int = 5, count: int = 16) -> float:
    """A bound that half of a maker's works pass."""
    report = told(
        files_of(
            loaded, make_request("until", {}, {"maker": maker}, wish=f"{name} < -1e9", tries=count, seed=seed)
        ),
        "report",
    )
    values = sorted(one["values"][name] for one in report["scores"])
    return float(values[count // 2])


def test_it_ends_as_soon_as_enough_are_kept(pictures: LoadedMuse, maker: Version) -> None:
    products = files_of(pictures, make_request("until", {}, {"maker": maker}, wish=ANY, keep=3, tries=50))
    report = told(products, "report")
    assert [one.position for one in kept(products)] == [0, 1, 2]
    assert (report["tried"], report["kept"], report["ended"], report["yield"]) == (3, 3, "kept_enough", 1.0)
    assert maker.calls == 1


def test_it_ends_at_the_limit(pictures: LoadedMuse, maker: Version) -> None:
    products = files_of(pictures, make_request("until", {}, {"maker": maker}, wish=NEVER, keep=1, tries=6))
    report = told(products, "report")
    assert kept(products) == []
    assert (report["tried"], report["kept"], report["ended"], report["yield"]) == (6, 0, "limit", 0.0)


def test_what_is_kept_is_as_wished_and_nothing_else(pictures: LoadedMuse, maker: Version) -> None:
    bound = median_of(pictures, maker, "calm")
    request = make_request("until", {}, {"maker": maker}, wish=f"calm >= {bound}", keep=4, tries=16)
    products = files_of(pictures, request)
    report = told(products, "report")
    for one in report["scores"]:
        assert one["kept"] == (one["values"]["calm"] >= bound) == (one["position"] is not None)
    assert [one["seed"] for one in report["scores"]] == list(range(5, 5 + report["tried"]))
    for output in kept(products):
        (traits,) = pictures.looker.look([read_made(output.data, "painting")], pictures.index.side)
        assert round(float(closeness(_row(traits.mood), "calm")[0]), 4) >= bound


def _row(mood: tuple[float, float]) -> Any:
    import numpy as np

    return np.array([mood], np.float32)


def test_each_work_comes_with_its_makers_own_recipe(pictures: LoadedMuse, maker: Version) -> None:
    products = files_of(pictures, make_request("until", {}, {"maker": maker}, wish=ANY, keep=2, seed=9))
    for place, output in enumerate(kept(products)):
        recipe = output.recipe
        assert recipe is not None
        assert (recipe["family"], recipe["version"]) == ("painting_gan", maker.version_id)
        assert recipe["input"]["seed"] == 9 + place
        (again,) = maker.make("generate", [recipe["input"]])
        assert not isinstance(again, AtelierError)
        assert output.data in [one.data for one in again]
    assert {one.role for one in products} == {"output", "thumbnail", "latent", "report"}
    (report,) = [one for one in products if one.role == "report"]
    assert report.recipe is not None and report.recipe["version"] == VERSION


def test_parts_come_as_soon_as_they_are_found(pictures: LoadedMuse, maker: Version) -> None:
    request = make_request("until", {}, {"maker": maker}, wish=ANY, keep=2 * SHAPES[0])
    parts = MuseEngine().generate(pictures, [request])
    _, first = next(parts)
    assert not isinstance(first, AtelierError)
    assert first()[0].position == 0
    assert maker.calls == 1, "the second batch has not been asked for"
    assert len(list(parts)) == 2 * SHAPES[0]


def test_it_tells_how_far_it_is_before_each_batch(pictures: LoadedMuse, maker: Version) -> None:
    told_so_far: list[tuple[float, Any]] = []

    def checkin(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
        told_so_far.append((fraction, dict(detail or {})))

    request = make_request("until", {}, {"maker": maker}, wish=NEVER, keep=4, tries=3 * SHAPES[0])
    files_of(pictures, replace(request, checkin=checkin))
    assert told_so_far == [(n / 3, {"tried": n * SHAPES[0], "kept": 0}) for n in range(3)]
    told_so_far.clear()
    wish = make_request("until", {}, {"maker": maker}, wish=ANY, keep=2 * SHAPES[0], tries=100)
    files_of(pictures, replace(wish, checkin=checkin))
    assert told_so_far == [(0.0, {"tried": 0, "kept": 0}), (0.5, {"tried": SHAPES[0], "kept": SHAPES[0]})]


@pytest.mark.parametrize("kind", [Canceled, LeaseLost, HandBack])
def test_it_ends_in_the_middle_when_it_must(
    pictures: LoadedMuse, maker: Version, kind: type[AtelierError]
) -> None:
    def checkin(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
        if fraction:
            raise kind("stop")

    request = make_request("until", {}, {"maker": maker}, wish=NEVER, tries=5 * SHAPES[0])
    with pytest.raises(kind):
        answer(pictures, replace(request, checkin=checkin))
    assert maker.calls == 1


@pytest.mark.parametrize("shape", [1, 3, 16])
def test_the_size_of_a_batch_changes_nothing(pictures: LoadedMuse, maker: Version, shape: int) -> None:
    bound = median_of(pictures, maker, "contrast")
    request = make_request("until", {}, {"maker": maker}, wish=f"contrast > {bound}", keep=3, tries=11)
    usual = answer(pictures, request)
    before, pictures.shape = pictures.shape, shape
    try:
        assert answer(pictures, request) == usual
    finally:
        pictures.shape = before


def test_together_as_alone(pictures: LoadedMuse, maker: Version) -> None:
    requests = [
        make_request("until", {}, {"maker": maker}, wish=ANY, keep=2, seed=3),
        make_request("until", {}, {"maker": maker}, wish="foo > 1"),
        make_request("inspire", works=3),
    ]
    together = gather(MuseEngine().generate(pictures, requests), 3)
    assert together[0] == answer(pictures, requests[0])
    assert isinstance(together[1], AtelierError) and together[1].code == "bad_wish"
    assert together[2] == answer(pictures, requests[2])


def test_a_judge_is_asked_batch_by_batch(pictures: LoadedMuse, maker: Version) -> None:
    critic = judge()
    wish = "light=day >= 0.3, feeling=rosy < 1"
    products = files_of(
        pictures, make_request("until", {}, {"maker": maker, "judge": critic}, wish=wish, keep=4, tries=8)
    )
    report = told(products, "report")
    assert critic.calls == -(-report["tried"] // SHAPES[0])
    assert all(0.0 <= one["values"]["light=day"] <= 1.0 for one in report["scores"])
    assert sum(report["histogram"]["light=day"]) == report["tried"]


def test_a_judge_that_is_not_wished_for_is_left_alone(pictures: LoadedMuse, maker: Version) -> None:
    critic = judge()
    files_of(pictures, make_request("until", {}, {"maker": maker, "judge": critic}, wish=ANY, keep=1))
    assert critic.calls == 0


def test_the_report_counts_in_bins(pictures: LoadedMuse, maker: Version) -> None:
    wish = "contrast < -1, calm < -1"
    report = told(
        files_of(pictures, make_request("until", {}, {"maker": maker}, wish=wish, tries=9)), "report"
    )
    for name in ("contrast", "calm"):
        assert len(report["histogram"][name]) == 10
        assert sum(report["histogram"][name]) == 9
        low, high = report["spans"][name]
        assert low <= min(one["values"][name] for one in report["scores"]) <= high
    assert report["spans"]["calm"] == [0.0, 1.0]
    assert report["wish"][0] == {"name": "contrast", "comparison": "<", "value": -1.0}


def test_seeds_go_round(pictures: LoadedMuse, maker: Version) -> None:
    request = make_request("until", {}, {"maker": maker}, wish=ANY, keep=2, seed=2**31 - 1)
    report = told(files_of(pictures, request), "report")
    assert [one["seed"] for one in report["scores"]] == [2**31 - 1, 0]


def test_music_is_made_until_it_fits_and_kept_with_its_sound(music: LoadedMuse, composer: Version) -> None:
    request = make_request("until", {}, {"maker": composer}, wish="bpm < 300", keep=1, tries=2)
    products = files_of(music, request)
    assert {"output", "audio", "notes", "thumbnail", "report"} <= {one.role for one in products}
    (output,) = kept(products)
    assert output.recipe is not None and output.recipe["input"]["audio"] is True


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"wish": "foo > 1"}, "bad_wish", "wish"),
        ({"wish": ""}, "bad_wish", "wish"),
        ({"class_name": "storm"}, "invalid_input", "class_name"),
    ],
)
def test_what_cannot_be_done_is_refused(
    pictures: LoadedMuse, maker: Version, given: dict[str, Any], code: str, field: str
) -> None:
    error = answer(pictures, make_request("until", {}, {"maker": maker}, **given))
    assert isinstance(error, AtelierError)
    assert (error.code, error.field) == (code, field)


def test_versions_that_do_not_fit_are_refused(
    pictures: LoadedMuse, music: LoadedMuse, maker: Version, composer: Version
) -> None:
    wrong = answer(pictures, make_request("until", {}, {"maker": composer}))
    assert isinstance(wrong, AtelierError) and (wrong.code, wrong.field) == ("wrong_media", "maker")
    deaf = answer(music, make_request("until", {}, {"maker": composer, "judge": judge()}))
    assert isinstance(deaf, AtelierError) and deaf.field == "judge"
    nobody = answer(pictures, make_request("until", maker="gone"))
    assert isinstance(nobody, AtelierError) and nobody.field == "maker"
