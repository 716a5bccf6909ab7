from __future__ import annotations

import pytest
import torch

from worker.families.painting_gan.evaluation import Evaluator, Scores, mean_distance, nearest
from worker.families.painting_gan.grids import paired, sheet
from worker.families.painting_gan.pictures import Pictures, split


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    source = torch.Generator().manual_seed(2)
    coarse = torch.rand(40, 3, 4, 4, generator=source)
    pixels = (torch.nn.functional.interpolate(coarse, size=32, mode="bilinear") * 255).to(torch.uint8)
    train, held_out = split(40)
    return Pictures(pixels, None, (), tuple(map(str, range(40))), train, held_out)


@pytest.fixture(scope="module")
def evaluator(pictures: Pictures) -> Evaluator:
    return Evaluator(pictures, "cpu")


def test_copies_of_training_pictures_are_found_and_told(evaluator: Evaluator, pictures: Pictures) -> None:
    scores = evaluator.score(pictures.pixels[pictures.train[:10]])
    assert scores.neighbors.tolist() == pictures.train[:10].tolist()
    assert scores.nearest < 0.01
    assert any("copying" in note for note in scores.notes())


def test_unseen_pictures_keep_the_usual_distance(evaluator: Evaluator, pictures: Pictures) -> None:
    scores = evaluator.score(pictures.pixels[pictures.held_out])
    assert scores.nearest == pytest.approx(1.0, abs=1e-3)
    assert not any("copying" in note for note in scores.notes())


def test_one_picture_over_and_over_is_a_collapse(evaluator: Evaluator, pictures: Pictures) -> None:
    scores = evaluator.score(pictures.pixels[:1].expand(8, -1, -1, -1).contiguous())
    assert scores.spread < 0.01
    assert any("collapse" in note for note in scores.notes())


def test_noise_scores_worse_than_the_collections_own_pictures(
    evaluator: Evaluator, pictures: Pictures
) -> None:
    noise = torch.randint(0, 256, (24, 3, 32, 32), dtype=torch.uint8)
    own = evaluator.score(pictures.pixels[pictures.train])
    assert evaluator.score(noise).kid > own.kid + 0.05
    assert own.kid == pytest.approx(own.floor, abs=1e-6)
    assert set(own.metrics()) == {"kid_lite1", "kid_lite1_floor", "nearest_share", "spread_share"}


def test_good_figures_give_no_note() -> None:
    assert Scores(0.1, 0.0, 0.9, 0.9, torch.zeros(1)).notes() == []


def test_nearest_by_hand() -> None:
    distances, indices = nearest(
        torch.tensor([[2.0, 0.0], [1.0, 1.0]]), torch.tensor([[0.0, 1.0], [5.0, 0.0]])
    )
    assert indices.tolist()[0] == 1
    assert distances.tolist() == pytest.approx([0.0, 1 - 0.5**0.5], abs=1e-6)


def test_mean_distance_by_hand() -> None:
    features = torch.tensor([[1.0, 0.0], [0.0, 3.0], [2.0, 0.0]])
    assert mean_distance(features) == pytest.approx(2 / 3)


def test_a_sheet_runs_row_by_row_and_fills_up_with_white() -> None:
    levels = torch.stack([torch.full((3, 2, 2), value, dtype=torch.uint8) for value in (1, 2, 3)])
    laid = sheet(levels, 2)
    assert laid.shape == (4, 4, 3)
    assert [int(laid[y, x, 0]) for y in (0, 2) for x in (0, 2)] == [1, 2, 3, 255]


def test_pairs_stand_above_each_other() -> None:
    a, b = torch.arange(16).view(16, 1), torch.arange(16).view(16, 1) + 100
    both = paired(a, b).flatten().tolist()
    assert both == [*range(8), *range(100, 108), *range(8, 16), *range(108, 116)]
