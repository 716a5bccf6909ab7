"""Jobs and requests: complete, with references, or none where a family has none."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.catalogue import check_input
from shared.errors import InvalidInput
from tests.unit.families.muse.support import VERSION, Version, make_request
from tests.unit.families.music_rnn.support import chorale
from worker.families.muse import FAMILY, products, tunes
from worker.families.muse.proposals import Parent
from worker.families.muse.recipes import (
    fields_of,
    job_for,
    nth_seed,
    own_job,
    recipe_of,
    reference,
    require_maker,
)
from worker.families.muse.seeds import short_recipe, with_thumbnails
from worker.families.muse.trying import _histogram, _span
from worker.family import Product
from worker.music.midi_in import read_midi
from worker.schemas import LARGEST_SEED

FACTS = {"voices": 4, "bars": 8, "bar": 96, "low": 40, "high": 80}


def parent(digest: str = "d" * 64, **facts: int) -> Parent:
    return Parent(digest, "piece.mid", "piece", {}, np.zeros(3, np.float32), {}, (), {**FACTS, **facts})


def test_a_work_is_named_by_its_hash() -> None:
    assert reference("ab") == "sha256:ab"


def test_seeds_follow_each_other_round() -> None:
    assert [nth_seed(5, 2), nth_seed(LARGEST_SEED, 1)] == [7, 0]


def test_a_report_can_be_asked_for_again() -> None:
    request = make_request("inspire", text="sea")
    found = recipe_of(request)
    assert (found["family"], found["version"], found["operation"]) == ("muse", VERSION, "inspire")
    assert found["input"] == request.input and found["input"] is not request.input
    json.dumps(found)


def test_a_job_of_our_own_is_complete() -> None:
    job = own_job(make_request("inspire"), "inspire", {"work": reference("a" * 64), "seed": 3})
    assert check_input(FAMILY.description.operation("inspire"), job["input"]) == job["input"]


def test_a_job_of_another_is_complete_or_none(maker: Version) -> None:
    job = job_for(maker, "generate", {"count": 1, "seed": 2})
    assert job is not None and job["version"] == maker.version_id
    assert check_input(maker.description.operation("generate"), job["input"]) == job["input"]
    assert job_for(maker, "harmonise", {}) is None
    assert job_for(maker, "generate", {"count": 10**6, "seed": 2}) is None
    assert job_for(maker, "generate", {"colour": "red"}) is None


def test_fields_of_an_operation_that_is_not_there_are_none(maker: Version) -> None:
    assert "count" in fields_of(maker, "generate")
    assert fields_of(maker, "analyze") == {}


def test_a_maker_must_make_the_right_kind(maker: Version, composer: Version) -> None:
    require_maker(maker, "painting")
    require_maker(composer, "music")
    with pytest.raises(InvalidInput, match="Painting GAN makes others"):
        require_maker(maker, "music")


def test_outputs_are_paired_with_their_thumbnails() -> None:
    files = [
        Product("output", "a", "image/png", b"a", 0),
        Product("thumbnail", "b", "image/webp", b"b", 1),
        Product("output", "c", "image/png", b"c", 1),
    ]
    assert [(one.name, small.name) for one, small in with_thumbnails(files)] == [("a", "a"), ("c", "b")]


def test_a_short_recipe_has_what_submits_it() -> None:
    recipe = {
        "atelier": 1,
        "family": "f",
        "family_version": "1",
        "version": "v",
        "operation": "o",
        "input": {},
    }
    output = Product("output", "a", "image/png", b"a", recipe=recipe)
    assert set(short_recipe(output)) == {"family", "version", "operation", "input"}


def test_pieces_of_one_meter_get_a_bridge(composer: Version) -> None:
    job = tunes._bridge(composer, (parent(), parent("e" * 64)), 3)
    assert job is not None and job["operation"] == "interpolate"
    assert job["input"]["piece_a"] == reference("d" * 64)
    assert job["input"]["piece_b"] == reference("e" * 64)


@pytest.mark.parametrize(
    "other",
    [
        parent("e" * 64, bar=72),
        parent("e" * 64, voices=3),
        parent("e" * 64, low=2),
        parent("e" * 64, high=126),
    ],
    ids=["another meter", "three voices", "too low", "too high"],
)
def test_pieces_that_do_not_fit_get_none(composer: Version, other: Parent) -> None:
    assert tunes._bridge(composer, (parent(), other), 3) is None


def test_short_pieces_keep_what_they_have(composer: Version) -> None:
    job = tunes._bridge(composer, (parent(bars=2), parent("e" * 64, bars=9)), 3)
    assert job is not None and job["input"]["keep_bars"] == 2


def test_a_long_piece_is_not_continued(composer: Version) -> None:
    titles = [one.title for one in tunes._alone(composer, parent(bars=400), 1)]
    assert titles == ["Vary piece", "Harmonise the melody of piece"]
    assert tunes._alone(composer, parent(""), 1) == []


@pytest.mark.parametrize(
    ("values", "span", "bins"),
    [
        ([0.0, 0.05, 1.0], (0.0, 1.0), [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ([10.0, 20.0], (10.0, 20.0), [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ([-3.0, -3.0], (-3.0, -3.0), [2, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_bins_of_a_histogram(values: list[float], span: tuple[float, float], bins: list[int]) -> None:
    assert _span(values) == span
    assert _histogram(values, span) == bins


def test_files_beside_a_report_are_what_they_say() -> None:
    levels = np.zeros((300, 900, 3), np.uint8)
    small, shown = products.thumbnail(levels), products.webp("picture", levels)
    assert (small.width, small.height) == (384, 128)
    assert Image.open(io.BytesIO(shown.data)).size == (900, 300)
    score = chorale(2)
    assert read_midi(products.midi("preview-0", score).data).score.parts == score.parts
    assert products.roll("thumbnail", score).media_type == "image/webp"


def test_a_report_is_json_without_what_json_has_not() -> None:
    request = make_request("inspire")
    made = products.report(request, {"kind": "inspiration", "text": "Ünïcode"})
    assert (made.role, made.name, made.meta) == ("output", "inspiration.json", {"kind": "inspiration"})
    assert json.loads(made.data)["text"] == "Ünïcode"
    with pytest.raises(ValueError, match="JSON"):
        products.report(request, {"kind": "inspiration", "value": float("nan")})


def test_the_second_report_of_until_has_its_own_role(tmp_path: Path) -> None:
    made = products.report(make_request("inspire"), {"kind": "until"}, role="report")
    assert (made.role, made.name) == ("report", "until.json")
