from __future__ import annotations

import pytest
import torch

from worker.families.painting_gan.moments import moment_distance


def test_it_is_its_formula_on_one_map() -> None:
    made, real = torch.randn(6, 2, 3, 3), torch.randn(6, 2, 3, 3) * 2 + 1
    total = 0.0
    for channel in range(2):
        unit = float(real.std(dim=(0, 2, 3))[channel]) + 1e-3
        for row in range(3):
            for column in range(3):
                m, r = made[:, channel, row, column], real[:, channel, row, column]
                halves = float(m[:3].mean() - r[:3].mean()) * float(m[3:].mean() - r[3:].mean())
                spread = float((m.var() + 1e-4).sqrt() - (r.var() + 1e-4).sqrt())
                total += (halves + spread**2) / unit**2
    assert float(moment_distance([made], [real])) == pytest.approx(total / 18, rel=1e-4)


def test_the_means_part_is_right_on_average() -> None:
    real = torch.split(torch.randn(4000, 1, 1, 1), 8)
    made = torch.split(torch.randn(4000, 1, 1, 1), 8)
    values = [moment_distance([m], [r]) for m, r in zip(made, real, strict=True)]
    spread = [((m.std() - r.std()) / (r.std() + 1e-3)).square() for m, r in zip(made, real, strict=True)]
    assert float(torch.stack(values).mean() - torch.stack(spread).mean()) == pytest.approx(0, abs=0.05)


def test_collapse_costs_and_its_gradient_drives_samples_apart() -> None:
    real = torch.randn(64, 3, 4, 4)
    collapsed = (torch.randn(64, 3, 4, 4) * 0.1).requires_grad_()
    distance = moment_distance([collapsed], [real])
    assert float(distance.detach()) > 5 * abs(float(moment_distance([torch.randn(64, 3, 4, 4)], [real])))
    (gradient,) = torch.autograd.grad(distance, collapsed)
    centered = collapsed - collapsed.mean(dim=0)
    assert float((gradient * centered).sum()) < 0


def test_maps_count_alike() -> None:
    made, real = torch.randn(8, 2, 4, 4), torch.randn(8, 2, 4, 4)
    assert float(moment_distance([made, made], [real, real])) == pytest.approx(
        float(moment_distance([made], [real]))
    )
