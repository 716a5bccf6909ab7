"""Pictures are shown changed, as the seed says, within bounds, and only in what must not decide."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from worker.families.art_cnn.augment import Strength, augment

FULL = Strength(0.7, mirror=True, rough=True)


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 8, side: int = 32, seed: int = 5) -> Tensor:
    """Smooth pictures in [-1, 1]."""
    coarse = torch.rand(count, 3, 5, 5, generator=source(seed)) * 2 - 1
    return torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")


@given(st.integers(0, 2**31), st.floats(0, 1), st.booleans(), st.booleans(), st.sampled_from([8, 17, 64]))
def test_one_seed_gives_one_change_and_stays_within_the_range(
    seed: int, amount: float, mirror: bool, rough: bool, side: int
) -> None:
    given_ones, strength = pictures(3, side), Strength(amount, mirror, rough)
    untouched = given_ones.clone()
    first, second = (augment(given_ones, strength, source(seed)) for _ in range(2))
    assert torch.equal(first, second) and first.shape == given_ones.shape
    assert float(first.abs().max()) <= 1.0 and bool(torch.isfinite(first).all())
    assert torch.equal(given_ones, untouched)


def test_another_seed_gives_another_change() -> None:
    assert not torch.allclose(augment(pictures(), FULL, source(1)), augment(pictures(), FULL, source(2)))


def test_nothing_is_nothing_and_draws_nothing() -> None:
    chance = source(3)
    before = chance.get_state()
    found = augment(pictures(), Strength(0.0, mirror=False, rough=True), chance)
    assert torch.equal(found, pictures()) and torch.equal(chance.get_state(), before)


def test_the_global_chance_is_left_alone() -> None:
    torch.manual_seed(4)
    before = torch.get_rng_state()
    augment(pictures(), FULL, source())
    assert torch.equal(torch.get_rng_state(), before)


def test_mirroring_alone_mirrors_about_half_and_changes_nothing_else() -> None:
    given_ones = pictures(400, 8)
    found = augment(given_ones, Strength(0.0, mirror=True, rough=False), source())
    turned = [torch.equal(one, other.flip(2)) for one, other in zip(found, given_ones, strict=True)]
    kept = [torch.equal(one, other) for one, other in zip(found, given_ones, strict=True)]
    assert all(a or b for a, b in zip(turned, kept, strict=True))
    assert 150 < sum(turned) < 250


def test_what_must_not_be_mirrored_is_not() -> None:
    """Dark left, bright right: place, tilt and light change, the order does not."""
    ramp = torch.linspace(-0.8, 0.8, 32).expand(64, 3, 32, 32)
    for mirror, mirrored in ((False, 0), (True, 1)):
        found = augment(ramp, Strength(0.7, mirror, rough=False), source())
        falls = found[..., 16:].mean(dim=(1, 2, 3)) < found[..., :16].mean(dim=(1, 2, 3))
        assert bool(falls.any()) == bool(mirrored)


def test_more_strength_changes_more() -> None:
    changes = []
    for amount in (0.1, 0.4, 1.0):
        found = augment(pictures(64), Strength(amount, mirror=False, rough=False), source())
        changes.append(float((found - pictures(64)).abs().mean()))
    assert changes[0] < changes[1] < changes[2]


def test_light_and_colour_move_a_flat_picture_a_little() -> None:
    flat = torch.tensor([0.2, -0.1, 0.0])[None, :, None, None].expand(200, 3, 16, 16)
    found = augment(flat, Strength(1.0, mirror=False, rough=False), source())
    assert float(found.std(dim=(2, 3)).max()) < 1e-4, "it stays flat"
    shift = (found - flat).mean(dim=(1, 2, 3))
    assert 0.1 < float(shift.abs().max()) < 0.35 and abs(float(shift.mean())) < 0.05


def test_rough_changes_soften_some_and_cut_some() -> None:
    given_ones = torch.rand(200, 3, 32, 32, generator=source(9)) * 2 - 1
    gentle = augment(given_ones, Strength(1.0, mirror=False, rough=False), source(1))
    rough = augment(given_ones, Strength(1.0, mirror=False, rough=True), source(1))
    changed = (gentle - rough).abs().amax(dim=(1, 2, 3)) > 1e-6
    assert 0.3 < float(changed.double().mean()) < 0.75
    holes = (rough == 0.0).all(dim=1).sum(dim=(1, 2))
    cut = holes > 8
    assert 0.15 < float(cut.double().mean()) < 0.45 and int(holes.max()) <= (2 * 4) ** 2
    sharpness = (rough[..., 1:] - rough[..., :-1]).abs().mean(dim=(1, 2, 3))
    assert float(sharpness.min()) < 0.6 * float(sharpness.median())


@pytest.mark.parametrize("count", [1, 2, 33])
def test_any_number_of_pictures_is_changed_each_in_its_own_way(count: int) -> None:
    same = pictures(1).expand(count, 3, 32, 32)
    found = augment(same, FULL, source())
    assert found.shape == same.shape
    assert count == 1 or not torch.allclose(found[0], found[1], atol=1e-3)
