from __future__ import annotations

import pytest
import torch

from worker.families.painting_gan.augment import POLICIES, augment, change_color, cut_out, translate


def source(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures() -> torch.Tensor:
    return torch.rand(6, 3, 16, 16) * 2 - 1


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_one_seed_gives_one_outcome_and_shapes_stay(policy: str) -> None:
    x = pictures()
    first, again = augment(x, POLICIES[policy], source()), augment(x, POLICIES[policy], source())
    assert torch.equal(first, again) and first.shape == x.shape


def test_none_changes_nothing_and_full_changes_with_the_seed() -> None:
    x = pictures()
    assert torch.equal(augment(x, POLICIES["none"], source()), x)
    assert not torch.equal(augment(x, POLICIES["full"], source(1)), augment(x, POLICIES["full"], source(2)))


@pytest.mark.parametrize("policy", ["light", "full"])
def test_gradients_reach_the_picture(policy: str) -> None:
    x = pictures().requires_grad_()
    weight = torch.randn(6, 3, 16, 16)
    (gradient,) = torch.autograd.grad((augment(x, POLICIES[policy], source()) * weight).sum(), x)
    assert torch.isfinite(gradient).all() and float(gradient.abs().sum()) > 0


def test_gradients_agree_with_differences() -> None:
    x = (torch.rand(2, 3, 8, 8, dtype=torch.float64) - 0.5).requires_grad_()
    assert torch.autograd.gradcheck(lambda y: augment(y, POLICIES["full"], source()), (x,))


def test_translation_moves_by_whole_pixels_within_an_eighth() -> None:
    x = torch.zeros(64, 3, 16, 16)
    x[:, :, 8, 8] = 1.0
    moved = translate(x, source())
    places = moved[:, 0].flatten(1).argmax(dim=1)
    rows, columns = places // 16, places % 16
    assert torch.equal(moved.sum(dim=(1, 2, 3)), torch.full((64,), 3.0))
    assert set((rows - 8).tolist()) == set((columns - 8).tolist()) == {-2, -1, 0, 1, 2}


def test_cutout_blanks_a_square_and_keeps_the_rest() -> None:
    x = torch.ones(40, 3, 16, 16)
    cut = cut_out(x, source())
    blank = (cut == 0).all(dim=1).sum(dim=(1, 2))
    assert set(cut.flatten().tolist()) == {0.0, 1.0}
    assert int(blank.max()) == 49 and int(blank.min()) >= 16


def test_color_keeps_gray_pictures_gray() -> None:
    gray = torch.rand(4, 1, 8, 8).expand(4, 3, 8, 8)
    changed = change_color(gray, source())
    assert torch.allclose(changed[:, 0], changed[:, 1], atol=1e-6)
    assert not torch.allclose(changed, gray)
