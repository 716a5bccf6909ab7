"""A model's pictures beside a data set's works: what a real painter makes, and what must hold for any."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.catalogue import FamilyDescription
from shared.errors import AtelierError, BadFile, Canceled
from tests.unit.families.art_cnn.support import (
    answers,
    files_of,
    make_items,
    make_request,
    planted,
    png,
    report_of,
)
from tests.unit.families.muse.support import Version, painter
from worker.families.art_cnn import evaluation
from worker.families.art_cnn.evaluation import (
    BATCH,
    FEWEST_WORKS,
    Shelf,
    _nearness,
    _sentences,
    _shares,
    _spread,
    pictures_of,
)
from worker.families.art_cnn.loaded import LoadedJudge
from worker.families.art_cnn.operations import MOST_MADE
from worker.families.painting_gan import FAMILY as PAINTING
from worker.family import Dataset, Item, Product, Request
from worker.schemas import LARGEST_SEED


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A painting GAN with random weights, as a worker hands one over."""
    return painter(tmp_path_factory.mktemp("maker"))


@pytest.fixture(autouse=True)
def few_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of four pictures of a side are enough for a report."""
    monkeypatch.setattr(evaluation, "MOST_EXAMINED", 4)


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return make_items(tmp_path_factory.mktemp("works"), 12)


def request(maker: Any, works: list[Item], hash: str = "0" * 64, **given: Any) -> Request:
    complete = {"pictures": 8, "seed": 5} | given
    return make_request(
        "evaluate",
        datasets={"dataset": Dataset("Works", hash, works)},
        companions={"maker": maker},
        **complete,
    )


@dataclass
class Copyist:
    """Makes planted pictures of the seeds it is given, as a maker with one kind only would."""

    kind: str = "ember"
    version_id: str = "d" * 64
    name: str = "Copyist"
    dataset_hash: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    asked: list[tuple[int, int]] = field(default_factory=list)
    error: AtelierError | None = None
    media_type: str = "image/png"

    @property
    def description(self) -> FamilyDescription:
        return PAINTING.description

    def make(
        self, operation: str, inputs: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, bytes]] = ()
    ) -> list[list[Product] | AtelierError]:
        (one,) = inputs
        self.asked.append((one["seed"], one["count"]))
        if self.error is not None:
            return [self.error]
        seeds = range(one["seed"], one["seed"] + one["count"])
        made = [planted(self.kind, seed).levels for seed in seeds]
        return [
            [Product("output", f"{n}.png", self.media_type, png(levels), n) for n, levels in enumerate(made)]
        ]


def test_a_real_painter_is_compared_with_works(judge: LoadedJudge, maker: Version, works: list[Item]) -> None:
    products = files_of(judge, request(maker, works))
    report = report_of(products)
    assert report["kind"] == "model_evaluation" and report["count"] == 8
    assert report["maker"] == {"version": maker.version_id, "name": "Tiny"}
    assert (report["dataset"]["name"], report["dataset"]["count"]) == ("Works", 12)
    assert report["kid"]["value"] > 5 * abs(report["kid"]["floor"]), "random weights paint no such works"
    assert 0 <= report["precision"] <= 0.5 and 0 <= report["recall"] <= 0.5
    for head in report["heads"]:
        for side in ("made", "works"):
            assert sum(head[side].values()) == pytest.approx(1.0, abs=1e-3)
        assert 0 <= head["distance"] <= 1
    for figure in report["figures"]:
        for side in ("made", "works"):
            assert figure[side] == sorted(figure[side]) and len(figure[side]) == 3
    assert len(report["text"]) == 3 + len(report["heads"])
    (sheet,) = [one for one in products if one.role == "thumbnail"]
    assert Image.open(io.BytesIO(sheet.data)).format == "WEBP"


def test_the_same_request_gives_the_same_bytes(judge: LoadedJudge, maker: Version, works: list[Item]) -> None:
    first, second = (files_of(judge, request(maker, works)) for _ in range(2))
    assert [one.data for one in first] == [one.data for one in second]
    assert first[0].recipe is not None and first[0].recipe["input"]["pictures"] == 8


def test_a_maker_of_the_works_themselves_is_near_and_one_of_a_kind_is_told(
    judge: LoadedJudge, works: list[Item]
) -> None:
    report = report_of(files_of(judge, request(Copyist(), works, pictures=12)))
    style = report["heads"][0]
    assert style["made"]["ember"] >= 0.8 and style["works"]["ember"] == pytest.approx(1 / 3, abs=0.17)
    assert style["distance"] > 0.4
    assert any("ember" in sentence and "largest difference" in sentence for sentence in report["text"])
    assert report["diversity"]["made"] < report["diversity"]["works"]


def test_a_maker_is_asked_in_batches_of_consecutive_seeds() -> None:
    copyist, heard = Copyist(), list[int]()
    made = pictures_of(copyist, BATCH + 3, 40, heard.append)
    assert copyist.asked == [(40, BATCH), (40 + BATCH, 3)] and heard == [BATCH, BATCH + 3]
    assert (made[BATCH] == planted("ember", 40 + BATCH).levels).all()


@pytest.mark.parametrize("count", [8, BATCH, MOST_MADE])
def test_no_seed_lies_beyond_the_last(count: int) -> None:
    copyist = Copyist(error=BadFile("stop here"))
    with pytest.raises(BadFile):
        pictures_of(copyist, count, LARGEST_SEED, lambda done: None)
    ((first, _),) = copyist.asked
    assert first >= 0 and first + count - 1 <= LARGEST_SEED


def test_the_largest_seed_is_taken_by_a_real_painter(maker: Version) -> None:
    assert len(pictures_of(maker, 2, LARGEST_SEED, lambda done: None)) == 2


def test_too_few_works_a_failing_maker_and_none_that_paints(judge: LoadedJudge, works: list[Item]) -> None:
    few = request(Copyist(), works[: FEWEST_WORKS - 1])
    broken = request(Copyist(error=BadFile("broken", code="wrong_weights")), works)
    silent = request(Copyist(media_type="audio/midi"), works)
    found = answers(judge, few, broken, silent)
    errors = [one for one in found if isinstance(one, AtelierError)]
    assert [one.code for one in errors] == ["too_few_pictures", "wrong_weights", "wrong_version"]
    assert [one.field for one in errors] == ["dataset", None, "maker"]
    assert "7 works" in errors[0].message and "Copyist" in errors[2].message


def test_a_work_that_is_no_picture_is_named(judge: LoadedJudge, tmp_path: Path) -> None:
    broken = make_items(tmp_path, 9)
    broken[4].path.write_bytes(b"MThd")
    (found,) = answers(judge, request(Copyist(), broken))
    assert isinstance(found, BadFile) and broken[4].name in found.message


def test_the_data_set_it_learned_from_is_told_apart(judge: LoadedJudge, works: list[Item]) -> None:
    own = report_of(files_of(judge, request(Copyist(dataset_hash="e" * 64), works, "e" * 64)))
    other = report_of(files_of(judge, request(Copyist(dataset_hash="f" * 64), works, "e" * 64)))
    assert own["dataset"]["own"] is True and other["dataset"]["own"] is False


def test_it_tells_how_far_it_is_and_stops_when_asked(judge: LoadedJudge, works: list[Item]) -> None:
    heard: list[float] = []

    def checkin(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
        heard.append(fraction)
        if len(heard) == 3:
            raise Canceled("no more")

    asked = request(Copyist(), works, pictures=40)
    object.__setattr__(asked, "checkin", checkin)
    with pytest.raises(Canceled):
        raised = answers(judge, asked)
        if isinstance(raised[0], AtelierError):
            raise raised[0]
    assert heard == sorted(heard) and heard[0] > 0 and heard[-1] <= 0.5


def test_a_shelf_reads_works_anew_and_in_order(works: list[Item]) -> None:
    shelf = Shelf([item.path for item in works])
    assert len(shelf) == 12 and len(list(shelf)) == 12 == len(list(shelf))
    some = list(shelf[::5])
    whole = list(shelf)
    assert all((a == b).all() for a, b in zip(some, whole[::5], strict=True))


def test_equal_sets_are_near_and_shifted_ones_far() -> None:
    works = torch.randn(60, 24)
    near, far = _nearness(torch.randn(60, 24), works), _nearness(torch.randn(60, 24) + 4, works)
    assert near["kid"]["value"] < far["kid"]["value"] and near["kid"]["floor"] == far["kid"]["floor"]
    assert near["precision"] > 0.4 > far["precision"] and near["recall"] > 0.4 > far["recall"]
    same = _nearness(works, works)
    assert same["precision"] == same["recall"] == 1.0
    assert same["diversity"]["made"] == same["diversity"]["works"]


@given(st.integers(2, 12), st.integers(0, 1000))
def test_the_spread_is_the_mean_cosine_distance_of_pairs(count: int, seed: int) -> None:
    rows = torch.randn(count, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    similar = torch.nn.functional.cosine_similarity
    pairs = [(a, b) for a in range(count) for b in range(count) if a != b]
    expected = sum(1.0 - float(similar(rows[a], rows[b], dim=0)) for a, b in pairs) / len(pairs)
    assert _spread(rows) == pytest.approx(expected, abs=1e-9)
    assert _spread(rows[:1]) == 0.0 and _spread(rows[:1].repeat(count, 1)) == pytest.approx(0, abs=1e-9)


def test_shares_are_of_the_likeliest_class() -> None:
    told = [[{"classes": [{"name": name}]}] for name in ("a", "b", "a", "a")]
    assert _shares(told, 0) == {"a": 0.75, "b": 0.25}


def test_sentences_name_their_figures_and_survive_works_that_are_all_alike() -> None:
    report = {
        "kid": {"value": 0.1234, "floor": 0.01}, "precision": 0.5, "recall": 0.25,
        "diversity": {"made": 0.2, "works": 0.0},
        "heads": [{"title": "Style", "made": {"a": 0.7, "b": 0.3}, "works": {"c": 1.0}}],
    }  # fmt: skip
    told = _sentences(report)
    assert "0.123" in told[0] and "50 %" in told[1] and "25 %" in told[1]
    assert told[3].startswith("Style: c is 0 %") and "100 %" in told[3]
