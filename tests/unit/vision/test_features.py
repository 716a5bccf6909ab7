"""What the frozen network sees: unit vectors, the same whoever stands beside, near for what looks alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from worker.vision.features import FEATURES, LOOK, OF_FEATURES, PIXELS, STYLE, Eye, squared

Levels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def eye() -> Eye:
    return Eye()


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def picture(seed: int, size: tuple[int, int] = (90, 120)) -> Levels:
    """A few large soft shapes."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return np.array(Image.fromarray(coarse).resize((size[1], size[0]), Image.Resampling.BICUBIC))


def changed(levels: Levels, how: str) -> Levels:
    image = Image.fromarray(levels)
    if how == "larger":
        image = image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)
    elif how == "blurred":
        image = image.filter(ImageFilter.GaussianBlur(1))
    elif how == "brighter":
        return (levels.astype(float) * 0.9 + 20).clip(0, 255).astype(np.uint8)
    return np.array(image)


def test_all_vectors_are_unit_and_as_long_as_they_say(eye: Eye) -> None:
    pictures = [picture(seed) for seed in range(3)]
    features, style = eye.look(pictures)
    looks = eye.looks(pictures)
    assert features.shape == (3, FEATURES) and style.shape == (3, STYLE) and looks.shape == (3, LOOK)
    for one in (features, style, looks):
        assert one.dtype == np.float32
        assert np.linalg.norm(one, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert (eye.features(pictures) == features).all()


def test_a_look_weighs_what_is_shown_and_how(eye: Eye) -> None:
    pictures = [picture(1), picture(2)]
    (fa, fb), (sa, sb) = eye.look(pictures)
    a, b = eye.looks(pictures)
    expected = OF_FEATURES * float(fa @ fb) + (1 - OF_FEATURES) * float(sa @ sb)
    assert float(a @ b) == pytest.approx(expected, abs=1e-5)


def test_a_picture_gives_the_same_bytes_whoever_stands_beside(eye: Eye) -> None:
    pictures = [picture(seed, (40 + 9 * seed, 77)) for seed in range(5)]
    together = eye.looks(pictures)
    for place, one in enumerate(pictures):
        assert eye.looks([one])[0].tobytes() == together[place].tobytes()
    assert eye.looks(pictures[::-1]).tobytes() == np.ascontiguousarray(together[::-1]).tobytes()


def test_two_eyes_see_the_same(eye: Eye) -> None:
    other = Eye()
    assert other.looks([picture(4)]).tobytes() == eye.looks([picture(4)]).tobytes()
    assert other.nbytes == eye.nbytes > 10_000_000


def test_of_nothing_there_is_nothing(eye: Eye) -> None:
    assert eye.features([]).shape == (0, FEATURES) and eye.looks([]).shape == (0, LOOK)


@pytest.mark.parametrize("how", ["larger", "blurred", "brighter"])
def test_a_changed_copy_is_nearer_than_any_other_picture(eye: Eye, how: str) -> None:
    pictures = [picture(seed) for seed in range(6)]
    known, copies = eye.looks(pictures), eye.looks([changed(one, how) for one in pictures])
    assert (copies @ known.T).argmax(1).tolist() == list(range(6))


def test_grain_is_told_by_style(eye: Eye) -> None:
    """The same shapes, smooth and grainy: the manner changes more than among smooth pictures."""
    smooth = [picture(seed) for seed in range(3)]
    noise = np.random.default_rng(0).normal(0, 40, smooth[0].shape)
    grainy = (smooth[0] + noise).clip(0, 255).astype(np.uint8)
    _, style = eye.look([*smooth, grainy])
    assert float(style[0] @ style[3]) < min(float(style[0] @ style[1]), float(style[0] @ style[2]))


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (160, 160), (700, 20)])
def test_any_picture_becomes_a_square(size: tuple[int, int]) -> None:
    levels = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    found = squared(levels)
    assert found.shape == (3, PIXELS, PIXELS) and found.dtype == torch.uint8
    if size == (PIXELS, PIXELS):
        assert (found.permute(1, 2, 0).numpy() == levels).all()


def test_stretching_to_a_square_keeps_every_edge() -> None:
    wide = np.zeros((10, 200, 3), np.uint8)
    wide[:, 100:] = 255
    found = squared(wide, 64)
    assert float(found[:, :, :28].float().max()) < 10 and float(found[:, :, 36:].float().min()) > 245
