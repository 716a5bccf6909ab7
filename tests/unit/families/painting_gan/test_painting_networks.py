from __future__ import annotations

from typing import Any

import pytest
import torch

from shared.errors import InvalidInput
from tests.unit.families.painting_gan.support import TINY, TINY_CLASSES
from worker.families.painting_gan.discriminators import Head, PixelHead, ProjectedDiscriminator
from worker.families.painting_gan.generator import Generator, normalize
from worker.families.painting_gan.layers import SpectralConv2d, minibatch_deviation
from worker.families.painting_gan.network_config import RESOLUTIONS, GeneratorConfig, default_config
from worker.families.painting_gan.projector import MIXED_CHANNELS
from worker.families.painting_gan.scratch import ResidualBlock, ScratchDiscriminator


def source() -> torch.Generator:
    return torch.Generator().manual_seed(1)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_pictures_have_the_asked_size_and_range(resolution: int) -> None:
    generator = Generator(default_config(resolution, width=0.125)).eval()
    noise = generator.draw_noise(2, source())
    assert [x.shape[-1] for x in noise] == [8 << i for i in range(resolution.bit_length() - 3)]
    pictures = generator(torch.randn(2, 128), None, noise)
    assert pictures.shape == (2, 3, resolution, resolution)
    assert float(pictures.detach().abs().max()) <= 1.0


def test_latents_are_put_on_a_sphere() -> None:
    z = normalize(torch.randn(4, 50) * 7)
    assert torch.allclose(z.norm(dim=1), torch.full((4,), 50**0.5), rtol=1e-4)


def test_every_style_layer_and_the_noise_reach_the_picture() -> None:
    generator = Generator(TINY).eval()
    for name, parameter in generator.named_parameters():
        if name.endswith("noise_weight"):
            torch.nn.init.ones_(parameter)
    ws, noise = torch.randn(1, TINY.layers, TINY.w_dim), generator.draw_noise(1, source())
    with torch.no_grad():
        before = generator.synthesize(ws, noise)
        for layer in range(TINY.layers):
            changed = ws.clone()
            changed[:, layer] += 1.0
            assert not torch.equal(generator.synthesize(changed, noise), before)
        assert not torch.equal(generator.synthesize(ws, [x + 1 for x in noise]), before)


def test_classes_change_the_style() -> None:
    generator, z = Generator(TINY_CLASSES), torch.randn(1, 8)
    assert not torch.equal(generator.mapping(z, torch.tensor([0])), generator.mapping(z, torch.tensor([1])))


@pytest.mark.parametrize("config", [TINY, TINY_CLASSES])
def test_a_description_survives_json(config: GeneratorConfig) -> None:
    assert GeneratorConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    "change",
    [
        {"resolution": 48},
        {"resolution": 64},
        {"widths": [8, 8]},
        {"widths": [8, 8, 4, 0]},
        {"z_dim": 10**9},
        {"w_dim": "many"},
        {"classes": None},
        {"widths": [8, 8, 4, 10**7]},
    ],
)
def test_impossible_descriptions_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        GeneratorConfig.from_dict({**TINY.to_dict(), **change})


def test_a_description_that_lacks_something_is_refused() -> None:
    with pytest.raises(InvalidInput):
        GeneratorConfig.from_dict({"resolution": 32})


def test_spectral_norm_comes_to_one_and_rests_in_evaluation() -> None:
    layer = SpectralConv2d(4, 6, 3)
    for _ in range(60):
        layer.normalized_weight()
    assert float(torch.linalg.matrix_norm(layer.normalized_weight().flatten(1), 2)) == pytest.approx(
        1, abs=1e-2
    )
    layer.eval()
    resting = layer.u.clone()
    layer(torch.randn(1, 4, 8, 8))
    assert torch.equal(layer.u, resting)


def test_minibatch_deviation_tells_equal_samples_from_different_ones() -> None:
    same = minibatch_deviation(torch.ones(8, 3, 4, 4))
    different = minibatch_deviation(torch.randn(8, 3, 4, 4))
    assert same.shape == (8, 4, 4, 4)
    assert float(same[:, 3].max()) < 1e-3 < 0.3 < float(different[:, 3].min())


def test_minibatch_deviation_takes_a_batch_that_no_group_divides() -> None:
    assert minibatch_deviation(torch.randn(3, 2, 4, 4)).shape == (3, 3, 4, 4)


@pytest.mark.parametrize(("halvings", "size"), [(0, 4), (1, 8), (2, 16), (3, 32)])
def test_heads_end_at_four_by_four(halvings: int, size: int) -> None:
    head = Head(5, 8, halvings, classes=2)
    assert head(torch.randn(4, 5, size, size), torch.tensor([0, 1, 0, 1])).shape == (4, 16)


def test_a_heads_classes_count_once_they_are_trained() -> None:
    head, x = Head(5, 8, 0, classes=2).eval(), torch.randn(4, 5, 4, 4)
    zeros, ones = torch.zeros(4, dtype=torch.int64), torch.ones(4, dtype=torch.int64)
    assert torch.equal(head(x, zeros), head(x, ones))
    assert head.classes is not None
    torch.nn.init.normal_(head.classes.weight)
    assert not torch.equal(head(x, zeros), head(x, ones))


def test_the_pixel_head_gives_a_logit_for_every_four_pixels() -> None:
    assert PixelHead(4)(torch.randn(2, 3, 32, 32)).shape == (2, 64)


def test_the_projected_discriminator_trains_heads_only_and_lets_gradients_through() -> None:
    discriminator = ProjectedDiscriminator(64, classes=0, seed=3, width=8, pixel_width=4)
    pictures = torch.randn(2, 3, 32, 32, requires_grad=True)
    features = discriminator.features(pictures)
    assert [x.shape[1] for x in features] == [*MIXED_CHANNELS, 3]
    torch.cat(discriminator.judge(features, None), dim=1).sum().backward()  # type: ignore[no-untyped-call]
    assert pictures.grad is not None and float(pictures.grad.abs().sum()) > 0
    trained = {name for name, p in discriminator.named_parameters() if p.requires_grad}
    assert trained and not any(name.startswith("projector.") for name in trained)


def test_the_projectors_random_mixing_is_its_seeds() -> None:
    first, again, other = (ProjectedDiscriminator(64, 0, seed, 8, 4).projector for seed in (3, 3, 4))
    assert torch.equal(first.channel_mix[0], again.channel_mix[0])
    assert not torch.equal(first.channel_mix[0], other.channel_mix[0])


def test_the_scratch_discriminator_judges_every_picture_by_itself() -> None:
    discriminator = ScratchDiscriminator((16, 8, 8, 4), classes=3)
    pictures, labels = torch.randn(3, 3, 32, 32), torch.tensor([0, 1, 2])
    (together,) = discriminator.judge(discriminator.features(pictures), labels)
    (alone,) = discriminator.judge([pictures[1:2]], labels[1:2])
    assert together.shape == (3, 1)
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_a_residual_block_starts_as_identity() -> None:
    x = torch.randn(2, 8, 6, 6)
    assert torch.equal(ResidualBlock(8)(x), x)
