"""Real paintings (the starter's): what is said of them is true when checked again by other, simpler means."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import worker.starter
from worker.advice.aim import MOODS, Aim
from worker.advice.usual import Usual, usual_of
from worker.picture.advice import advise
from worker.picture.colour import Pixels
from worker.picture.critique import critique
from worker.picture.examine import Examination, examine
from worker.picture.knowledge import advice_rules

PAINTINGS = Path(worker.starter.__file__).parent / "data" / "paintings.zip"
STEP = 8


@cache
def pictures() -> list[Pixels]:
    """Every eighth painting of the starter's pack."""
    with zipfile.ZipFile(PAINTINGS) as pack:
        names = sorted(name for name in pack.namelist() if name.endswith((".png", ".jpg", ".webp")))
        files = [pack.read(name) for name in names[::STEP]]
    return [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in files]


@cache
def examined() -> list[Examination]:
    return [examine(rgb) for rgb in pictures()]


@cache
def collection() -> Usual:
    return usual_of([one.figures() for one in examined()])


def luma(rgb: Pixels) -> np.ndarray:
    """Perceived lightness, 0 to 100, by the plain gamma of a screen instead of CIELAB."""
    linear = (rgb / 255.0) ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(100 * linear ** (1 / 2.4))


def spread(rgb: Pixels) -> float:
    low, high = np.percentile(luma(rgb), (5, 95))
    return float(high - low)


def warmth(rgb: Pixels) -> float:
    return float(rgb[..., 0].mean()) - float(rgb[..., 2].mean())


def mirrored(rgb: Pixels) -> float:
    coarse = np.asarray(Image.fromarray(rgb).convert("L").resize((16, 16)), np.float64)
    return float(np.corrcoef(coarse.ravel(), coarse[:, ::-1].ravel())[0, 1])


def thirds(rgb: Pixels) -> tuple[float, float]:
    parts = np.array_split(luma(rgb), 3)
    return float(parts[0].mean()), float(parts[2].mean())


def leaning(rgb: Pixels) -> float:
    """Where what differs from the middle tone lies, -1 left to 1 right."""
    weight = np.abs(luma(rgb) - np.median(luma(rgb))).sum(0)
    return float((weight * np.linspace(-1, 1, len(weight))).sum() / weight.sum())


def greyness(rgb: Pixels) -> float:
    return float((np.ptp(rgb.astype(np.int16), axis=-1) < 40).mean())


#: What must be true of the pixels whenever a rule speaks.
TRUE: dict[str, Callable[[Pixels], bool]] = {
    "full_range": lambda rgb: spread(rgb) > 70,
    "narrow_range": lambda rgb: spread(rgb) < 45,
    "weak_contrast": lambda rgb: float(luma(rgb).std()) < 16,
    "strong_contrast": lambda rgb: float(luma(rgb).std()) > 24,
    "high_key": lambda rgb: float(luma(rgb).mean()) > 66,
    "low_key": lambda rgb: float(luma(rgb).mean()) < 40,
    "warm": lambda rgb: warmth(rgb) > 15,
    "cool": lambda rgb: warmth(rgb) < 5,
    "formal": lambda rgb: mirrored(rgb) > 0.6,
    "dark_ground": lambda rgb: thirds(rgb)[0] - thirds(rgb)[1] > 15,
    "dark_above": lambda rgb: thirds(rgb)[1] - thirds(rgb)[0] > 8,
    "leans_left": lambda rgb: leaning(rgb) < -0.03,
    "leans_right": lambda rgb: leaning(rgb) > 0.03,
    "nearly_grey": lambda rgb: greyness(rgb) > 0.75,
}


def test_what_is_said_is_true_by_other_means() -> None:
    spoken: Counter[str] = Counter()
    for rgb, examination in zip(pictures(), examined(), strict=True):
        for sentence in critique(examination):
            if sentence.id in TRUE:
                spoken[sentence.id] += 1
                assert TRUE[sentence.id](rgb), f"{sentence.text} {examination.palette.to_dict()}"
    assert len(spoken) >= 9, f"too few claims were checked: {spoken}"


def test_every_painting_is_told_something_and_none_too_much() -> None:
    for examination in examined():
        assert 4 <= len(critique(examination, collection())) <= 24


def test_what_is_special_is_said_of_few() -> None:
    always = {"mood", "palette_told", "values_told", "focus_told", "tiny"}
    spoken = Counter(one.id for examination in examined() for one in critique(examination))
    common = {name: count for name, count in spoken.items() if count > 0.55 * len(examined())}
    assert set(common) <= always, common


@pytest.mark.parametrize(
    "name", ["less_contrast_than_usual", "more_colourful_than_usual", "warmer_than_usual"]
)
def test_one_in_twenty_is_unusual(name: str) -> None:
    found = [one for one in examined() if name in {s.id for s in critique(one, collection())}]
    assert 0.02 <= len(found) / len(examined()) <= 0.09


@pytest.mark.parametrize("mood", MOODS)
def test_every_mood_finds_something_to_do_for_most_paintings(mood: str) -> None:
    counts = [len(advise(one, Aim(mood))) for one in examined()]
    assert np.mean([count > 0 for count in counts]) > 0.9
    assert max(counts) <= 14


def test_most_rules_of_advice_find_a_painting_that_needs_them() -> None:
    needed = {
        suggestion.id
        for examination in examined()
        for mood in ("", *MOODS)
        for suggestion in advise(examination, Aim(mood), collection())
    }
    general = {rule.id for rule in advice_rules() if not rule.styles and not rule.audiences}
    assert len(needed & general) >= 0.75 * len(general), sorted(general - needed)


def test_the_mood_of_paintings_lies_around_the_middle() -> None:
    moods = np.array([(one.mood.valence, one.mood.arousal) for one in examined()])
    assert np.abs(np.median(moods, 0)).max() < 0.25
    assert moods.std(0).min() > 0.3
