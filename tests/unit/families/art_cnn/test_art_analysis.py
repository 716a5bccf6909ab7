"""One picture judged: probabilities, what is withheld, neighbours, heat maps; alone as in a batch."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch.nn.functional import normalize as unit

from shared.errors import AtelierError
from tests.unit.families.art_cnn.support import (
    HEADS,
    VERSION,
    Levels,
    answers,
    config_of,
    even_judgement,
    files_of,
    labelled,
    make_request,
    make_version,
    planted,
    png,
    report_of,
)
from worker.families.art_cnn.analysis import shrunk
from worker.families.art_cnn.answers import (
    MOST_CLASSES,
    MOST_NEIGHBOURS,
    _sentence,
    answers_of,
    originality_of,
)
from worker.families.art_cnn.card import title_of
from worker.families.art_cnn.confusion import confusion_product
from worker.families.art_cnn.engine import ArtEngine
from worker.families.art_cnn.labels import Head
from worker.families.art_cnn.loaded import LoadedJudge, Seen
from worker.families.art_cnn.works import Works
from worker.family import Item, Product, Request
from worker.vision.features import LOOK

PICTURE = planted("moss", 950).levels


def analyze(levels: Levels = PICTURE, *, full: bool = True, foreign: bool = False) -> Request:
    named = frozenset({"picture"} if foreign else ())
    return make_request("analyze", {"picture": png(levels)}, foreign=named, full=full)


def seen_as(*probabilities: list[float], inside: bool = True) -> Seen:
    likely = tuple(torch.tensor(one, dtype=torch.float64) for one in probabilities)
    return Seen(likely, torch.zeros(256, 2, 2), unit(torch.ones(1, LOOK))[0], 0.1, inside)


def test_a_picture_is_told_with_everything_around_it(judge: LoadedJudge) -> None:
    products = files_of(judge, analyze())
    report = report_of(products)
    assert report["kind"] == "picture_analysis" and report["size"] == [64, 64]
    style = report["heads"][0]
    assert style["classes"][0]["name"] == "moss" and style["classes"][0]["probability"] > 0.5
    for key in ("palette", "composition", "texture", "faults", "mood", "critique", "originality", "domain"):
        assert key in report
    media = {one.role: one.media_type for one in products}
    assert media == {
        "output": "application/json", "thumbnail": "image/webp", "picture": "image/webp",
        "overlay-0": "image/png", "overlay-1": "image/png",
    }  # fmt: skip
    assert {one.position for one in products} == {0}
    for sentence in report["critique"]:
        assert sentence["evidence"], sentence["text"]


def test_probabilities_fall_and_add_up(judge: LoadedJudge) -> None:
    for head in report_of(files_of(judge, analyze()))["heads"]:
        told = [one["probability"] for one in head["classes"]]
        assert told == sorted(told, reverse=True) and len(told) <= MOST_CLASSES
        assert sum(head["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
        assert head["probabilities"][head["classes"][0]["name"]] == told[0]


def test_without_everything_only_the_network_is_asked(judge: LoadedJudge) -> None:
    (product,) = files_of(judge, analyze(full=False))
    report, whole = report_of([product]), report_of(files_of(judge, analyze()))
    assert "palette" not in report and "critique" not in report
    for key in ("heads", "domain", "originality"):
        assert report[key] == whole[key]
    assert product.recipe is not None and product.recipe["input"]["full"] is False
    assert product.recipe["version"] == VERSION


@pytest.mark.parametrize("shape", [1, 2, 8])
def test_alone_or_together_the_bytes_are_the_same(judge: LoadedJudge, shape: int) -> None:
    pictures = [
        planted(kind, place).levels for place, kind in enumerate(("ember", "tide", "moss", "tide", "ember"))
    ]
    requests = [analyze(levels, full=False) for levels in pictures]
    before = judge.shape
    judge.shape = shape
    try:
        together = answers(judge, *requests)
        alone = [answers(judge, request)[0] for request in requests]
    finally:
        judge.shape = before

    def bytes_of(found: list[list[Product] | AtelierError]) -> list[list[bytes]]:
        return [[one.data for one in files] for files in found if isinstance(files, list)]

    assert bytes_of(together) == bytes_of(alone) and len(bytes_of(alone)) == 5
    assert set(judge.shapes()) >= {1, 2, 8}
    judge.rehearse(shape)


def test_what_is_no_picture_fails_alone_and_names_its_field(judge: LoadedJudge) -> None:
    bad = make_request("analyze", {"picture": b"MThd no picture"}, full=False)
    first, failed, last = answers(judge, analyze(full=False), bad, analyze(full=False))
    assert isinstance(failed, AtelierError)
    assert (failed.field, failed.retryable) == ("picture", False)
    assert isinstance(first, list) and isinstance(last, list) and first[0].data == last[0].data


def test_a_file_from_outside_is_seen_as_one_of_ours(judge: LoadedJudge) -> None:
    ours, theirs = answers(judge, analyze(full=False), analyze(full=False, foreign=True))
    assert isinstance(ours, list) and isinstance(theirs, list) and ours[0].data == theirs[0].data


def test_a_work_learned_from_is_found_again(judge: LoadedJudge, items: list[Item]) -> None:
    known = {entry["hash"] for entry in judge.version.works.entries}
    item = next(one for one in items if one.hash in known)
    levels = np.array(Image.open(item.path))
    told = report_of(files_of(judge, analyze(levels, full=False)))["originality"]
    assert told["neighbours"][0]["work"]["hash"] == item.hash and len(told["neighbours"]) == MOST_NEIGHBOURS
    assert 0 <= told["distance"] < 0.005 and told["percentile"] <= 5 and "same picture" in told["text"]
    distances = [one["distance"] for one in told["neighbours"]]
    assert distances == sorted(distances) and told["distance"] == distances[0]


def test_a_stranger_is_told_from_what_was_learned_and_nothing_is_sure(judge: LoadedJudge) -> None:
    rows, columns = np.mgrid[0:300, 0:300]
    board = np.where((rows // 10 + columns // 10) % 2, 255, 0).astype(np.uint8)
    (output,) = files_of(judge, analyze(np.dstack([board] * 3), full=False))
    report = report_of([output])
    assert not report["domain"]["inside"] and report["domain"]["distance"] > report["domain"]["bound"]
    assert "not to be believed" in report["domain"]["text"]
    assert not any(head["sure"] for head in report["heads"])
    assert output.meta is not None and output.meta["answers"] == {}
    inside = report_of(files_of(judge, analyze(planted("tide", 955).levels, full=False)))
    assert inside["domain"]["distance"] < report["domain"]["distance"]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (700, 9)])
def test_pictures_of_odd_shapes_are_judged(stranger: LoadedJudge, size: tuple[int, int]) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    products = files_of(stranger, analyze(levels))
    report = report_of(products)
    assert report["size"] == [size[1], size[0]]
    assert report["originality"] == {"distance": None, "percentile": None, "neighbours": [], "text": ""}


def test_an_answer_below_the_threshold_or_outside_is_withheld(tmp_path: Path) -> None:
    path, config = make_version(tmp_path, judgement=even_judgement(2, bound=0.2, threshold=0.6))
    version = ArtEngine().load(path, config, "cpu").version

    def sure(*given: list[float], inside: bool = True) -> list[bool]:
        return [one["sure"] for one in answers_of(version, seen_as(*given, inside=inside))]

    assert sure([0.7, 0.2, 0.1], [0.5, 0.5]) == [True, False]
    assert sure([0.6, 0.2, 0.2], [0.2, 0.8]) == [True, True]
    assert sure([0.9, 0.1, 0.0], [1.0, 0.0], inside=False) == [False, False]


def test_at_most_five_classes_are_told_and_all_probabilities(tmp_path: Path) -> None:
    head = Head("kind", tuple(f"k{place}" for place in range(9)))
    path, config = make_version(tmp_path, config_of(heads=(head,)))
    version = ArtEngine().load(path, config, "cpu").version
    (told,) = answers_of(version, seen_as([place / 36 for place in range(9)]))
    assert [one["name"] for one in told["classes"]] == ["k8", "k7", "k6", "k5", "k4"]
    assert len(told["probabilities"]) == 9


@pytest.mark.parametrize(
    ("distance", "percentile", "words"),
    [
        (0.001, 0.0, "same picture"), (0.01, 4.0, "nearer"), (0.3, 50.0, "50 in 100"), (0.9, 99.0, "farther"),
    ],
)  # fmt: skip
def test_how_original_it_is_is_told_in_words(distance: float, percentile: float, words: str) -> None:
    told = _sentence(distance, percentile, "Great Wave")
    assert words in told and told.endswith(".") and ("Great Wave" in told or "every work" in told)


def test_originality_is_beside_what_is_usual(tmp_path: Path) -> None:
    works = Works.of(labelled({"kind": "a"}, {}), torch.eye(LOOK)[:2])
    path, config = make_version(tmp_path, works=works)
    version = ArtEngine().load(path, config, "cpu").version
    told = originality_of(version, seen_as([1, 0, 0], [1, 0]))
    assert told["distance"] == pytest.approx(1 - LOOK**-0.5, abs=1e-3) and told["percentile"] == 100.0
    assert told["neighbours"][0]["work"]["name"] == "0.png"


@given(st.integers(1, 1500), st.integers(1, 1500))
def test_copies_that_are_shown_are_at_most_so_long_and_never_larger(width: int, height: int) -> None:
    image = Image.open(io.BytesIO(shrunk(np.zeros((height, width, 3), np.uint8), 384)))
    assert max(image.size) == min(384, max(width, height))
    assert image.width / image.height == pytest.approx(width / height, rel=0.6) or min(image.size) <= 2


@pytest.mark.parametrize("classes", [2, 16, 17, 60])
def test_confusions_are_drawn_darker_where_more_lies(classes: int) -> None:
    heads = [
        Head("雨 style", tuple(f"class {place} with a very long name" for place in range(classes))),
        HEADS[1],
    ]
    right = torch.eye(classes, dtype=torch.int64) * 5
    product = confusion_product(heads, [right, torch.zeros(2, 2, dtype=torch.int64)], 40)
    image = Image.open(io.BytesIO(product.data))
    assert image.size == (product.width, product.height)
    assert product.role == "grid" and product.meta is not None and product.meta["step"] == 40
    levels = np.asarray(image.convert("L"))
    empty = confusion_product(heads, [torch.zeros_like(right), torch.zeros(2, 2, dtype=torch.int64)], 40)
    assert levels.mean() < np.asarray(Image.open(io.BytesIO(empty.data)).convert("L")).mean()


@pytest.mark.parametrize(
    ("name", "title"), [("style", "Style"), ("art_style", "Art style"), ("雨", "雨"), ("_", "_"), ("", "")]
)
def test_labels_are_written_as_people_read_them(name: str, title: str) -> None:
    assert title_of(name) == title


def test_a_long_label_has_a_role_that_fits(tmp_path: Path) -> None:
    head = Head("a label whose name is longer than a role", ("a", "b"))
    path, config = make_version(tmp_path, config_of(heads=(head,)))
    products = files_of(ArtEngine().load(path, config, "cpu"), analyze())
    assert max(len(one.role) for one in products) <= 32 and all(len(one.name) <= 255 for one in products)
