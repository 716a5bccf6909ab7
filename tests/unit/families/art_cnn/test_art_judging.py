"""How a version judges: fitted to unseen pictures, written down, and refused when it is damaged."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch.nn.functional import normalize as unit

from shared.errors import InvalidInput
from tests.unit.families.art_cnn.support import even_judgement
from tests.unit.families.art_cnn.test_art_measures import drawn, some_logits
from worker.families.art_cnn.judging import (
    INSIDE,
    HeadJudgement,
    Judgement,
    distances,
    judge_heads,
    judgement_of,
)
from worker.families.art_cnn.labels import UNKNOWN


def test_a_head_that_is_too_sure_is_cooled_and_its_errors_are_halved() -> None:
    logits = some_logits(4000, 3)
    (report,) = judge_heads([logits * 2.0], drawn(logits)[:, None])
    assert report.judgement.temperature == pytest.approx(2.0, rel=0.06)
    assert report.after.ece < 0.03 < report.before.ece
    wrong = 1 - report.judgement.accuracy
    assert wrong <= (1 - report.after.accuracy) / 2
    assert 0.5 <= report.judgement.coverage < 1.0


def test_each_head_is_judged_by_the_pictures_whose_class_is_known() -> None:
    logits = some_logits(600, 2)
    truth = drawn(logits)
    both = torch.stack([truth, truth], dim=1)
    both[100:, 1] = UNKNOWN
    first, second = judge_heads([logits, logits], both)
    (alone,) = judge_heads([logits[:100]], truth[:100, None])
    assert second.judgement == alone.judgement and torch.equal(second.after.confusion, alone.after.confusion)
    assert int(first.after.confusion.sum()) == 600


def test_a_head_without_a_known_picture_promises_nothing() -> None:
    (report,) = judge_heads([torch.randn(5, 3)], torch.full((5, 1), UNKNOWN))
    assert report.judgement == HeadJudgement(1.0, 1.0, 0.0, 0.0)
    assert report.after.loss == 0.0


def test_distances_are_cosines_to_the_nearest_and_to_the_third() -> None:
    known = torch.eye(4)
    near, far = distances(unit(torch.tensor([[1.0, 0, 0, 0], [3.0, 2.0, 1.0, 0]])), known)
    assert near.tolist() == pytest.approx([0.0, 1 - 3 / 14**0.5])
    assert far.tolist() == pytest.approx([1.0, 1 - 1 / 14**0.5])
    few = distances(unit(torch.tensor([[1.0, 1.0]])), torch.eye(2))
    assert few[1].tolist() == pytest.approx([1 - 0.5**0.5])
    for one in distances(torch.eye(3), torch.zeros(0, 3)):
        assert one.tolist() == [1.0] * 3


def test_nearly_all_unseen_pictures_lie_inside() -> None:
    known, unseen = unit(torch.randn(300, 16)), unit(torch.randn(200, 16))
    judgement = judgement_of([], unseen, known)
    far = distances(unseen, known)[1]
    assert float((far <= judgement.bound).double().mean()) >= INSIDE
    assert judgement.bound == pytest.approx(float(torch.quantile(far.double(), INSIDE)), abs=1e-6)
    assert list(judgement.nearest) == sorted(judgement.nearest) and len(judgement.nearest) == 21
    assert judgement_of([], torch.zeros(0, 16), known).bound == 1.0


def test_a_picture_is_inside_near_several_works_or_very_near_to_one() -> None:
    judgement = Judgement((), tuple(place / 20 for place in range(21)), 0.6)
    told = {pair: judgement.inside(*pair) for pair in ((0.55, 0.6), (0.55, 0.61), (0.5, 0.9), (0.51, 0.9))}
    assert told == {(0.55, 0.6): True, (0.55, 0.61): False, (0.5, 0.9): True, (0.51, 0.9): False}


def test_percentiles_rise_with_the_distance() -> None:
    judgement = judgement_of([], unit(torch.randn(200, 16)), unit(torch.randn(300, 16)))
    told = [judgement.percentile(distance / 100) for distance in range(101)]
    assert told == sorted(told) and told[0] == 0.0 and told[-1] == 100.0
    assert judgement.percentile(judgement.nearest[10]) == pytest.approx(50, abs=5)
    assert Judgement((), (), 1.0).percentile(0.5) == 0.0


def test_a_judgement_is_plain_json_and_read_again() -> None:
    judgement = even_judgement(3, 0.25, 0.6)
    assert Judgement.from_dict(json.loads(json.dumps(judgement.to_dict()))) == judgement


@pytest.mark.parametrize(
    "change",
    [
        {"heads": None}, {"heads": [[1.0, 0.5, 0.9]]}, {"heads": [["warm", 0, 0, 0]]}, {"heads": [3]},
        {"heads": [[0.0, 0.5, 0.9, 0.8]]}, {"heads": [[-1.0, 0.5, 0.9, 0.8]]},
        {"heads": [[float("nan"), 0.5, 0.9, 0.8]]}, {"heads": [[1.0, float("inf"), 0.9, 0.8]]},
        {"nearest": "far"}, {"nearest": []}, {"nearest": [None]}, {"nearest": [float("nan")]},
        {"bound": "far"}, {"bound": float("inf")}, {"bound": None}, {"bound": 10**400},
    ],
)  # fmt: skip
def test_a_damaged_judgement_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Judgement.from_dict(even_judgement().to_dict() | change)


@pytest.mark.parametrize("missing", ["heads", "nearest", "bound"])
def test_a_judgement_with_something_missing_is_refused(missing: str) -> None:
    data = even_judgement().to_dict()
    del data[missing]
    with pytest.raises(InvalidInput):
        Judgement.from_dict(data)
