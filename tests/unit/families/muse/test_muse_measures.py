"""What names in a wish mean, and what a judge says."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from shared.errors import AtelierError, BadFile, InvalidInput
from tests.unit.families.muse.judge import Engine, judge
from tests.unit.families.muse.support import Version
from worker.advice.aim import MOODS
from worker.families.muse.measures import Class, classes_of, judged, measures_of
from worker.families.muse.starts import closeness
from worker.families.muse.traits import Traits
from worker.families.muse.wishes import Term

FIGURES = ("palette.contrast", "palette.warm", "texture.warm", "mood.valence")


def term(name: str) -> Term:
    return Term(name, ">", 0.0)


def traits(**figures: float) -> Traits:
    return Traits(np.zeros(2, np.float32), MOODS["calm"], dict.fromkeys(FIGURES, 0.0) | figures)


def png(level: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (level, level, level)).save(out, "PNG")
    return out.getvalue()


def test_moods_figures_and_classes_are_known() -> None:
    found = measures_of([term("calm"), term("contrast"), term("day")], FIGURES, judge_of("calm"))
    assert (found[0].mood, found[1].figure, found[2].judged) == (
        "calm",
        "palette.contrast",
        Class("light", "day"),
    )


@pytest.mark.parametrize("name", ["ukiyo_e", "ukiyo e", "style=Ukiyo e", "style=ukiyo_e"])
def test_a_class_is_known_as_it_is_shown_and_as_it_is_stored(name: str) -> None:
    card = {"heads": [{"name": "style", "classes": [{"name": "ukiyo_e"}, {"name": "baroque"}]}]}
    (found,) = measures_of([term(name)], FIGURES, replace(judge(), card=card))
    assert found.judged == Class("style", "ukiyo_e")


def judge_of(*without: str) -> Version:
    """The judge without some classes."""
    full = judge()
    heads = [
        {**head, "classes": [one for one in head["classes"] if one["name"] not in without]}
        for head in full.card["heads"]
    ]
    return replace(full, card={"heads": heads})


def test_a_judge_tells_its_classes() -> None:
    assert classes_of(judge()) == [
        Class("light", "day"),
        Class("light", "night"),
        Class("feeling", "calm"),
        Class("feeling", "rosy"),
    ]
    assert classes_of(replace(judge(), card={})) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("calm", "write feeling=calm or mood=calm"),
        ("warm", "write palette.warm or texture.warm"),
    ],
)
def test_what_means_two_things_must_be_said_better(name: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        measures_of([term(name)], FIGURES, judge())
    assert says in caught.value.message and caught.value.code == "bad_wish"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clam", "Did you mean calm"),
        ("contrasts", "Did you mean contrast"),
        ("light=dusk", "light=day"),
        ("mood=angry", "melancholic"),
        ("style=ukiyo_e", "light=night"),
        ("x" * 100, "..."),
    ],
)
def test_what_is_unknown_is_refused_and_the_known_named(name: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        measures_of([term(name)], FIGURES, judge())
    assert says in caught.value.message
    assert (caught.value.field, caught.value.code) == ("wish", "bad_wish")
    assert len(caught.value.message) < 800


def test_without_a_judge_one_is_named_as_a_way() -> None:
    with pytest.raises(InvalidInput, match="With a judge"):
        measures_of([term("style=ukiyo_e")], FIGURES, None)


@pytest.mark.parametrize(("name", "value"), [("mood=calm", 1.0), ("contrast", 3.25), ("light=day", 0.75)])
def test_values_are_those_of_the_work(name: str, value: float) -> None:
    (measure,) = measures_of([term(name)], FIGURES, judge())
    found = measure.value(traits(**{"palette.contrast": 3.25}), {Class("light", "day"): 0.75})
    assert found == value


def test_a_class_among_the_unlikely_that_are_not_told_counts_as_nothing() -> None:
    (measure,) = measures_of([term("night")], FIGURES, judge())
    assert measure.value(traits(), {}) == 0.0


def test_closeness_is_one_at_the_mood_and_falls_with_distance() -> None:
    x, y = MOODS["calm"]
    places = np.array([[x, y], [x + 0.5, y], [x + 1.0, y], [x + 3.0, y]], np.float32)
    assert np.allclose(closeness(places, "calm"), [1.0, 0.75, 0.5, 0.0], atol=1e-6)


def test_a_judge_is_asked_for_all_works_at_once() -> None:
    version = judge()
    bright, dark = judged(version, [png(255), png(0)])
    assert version.calls == 1
    assert bright[Class("light", "day")] == 1.0
    assert dark[Class("light", "day")] == 0.0


def test_what_a_judge_cannot_read_fails() -> None:
    with pytest.raises(BadFile):
        judged(judge(), [b"nothing"])


def test_a_version_that_analyses_no_pictures_is_no_judge(composer: Version) -> None:
    with pytest.raises(InvalidInput) as caught:
        judged(composer, [png(3)])
    assert caught.value.field == "judge"


@pytest.mark.parametrize("data", [b"", b"{}", b'{"heads": [{}]}', b'{"heads": 3}', b"[]"])
def test_an_answer_that_is_none_is_told(data: bytes) -> None:
    class Broken(Engine):
        def generate(self, loaded, requests):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            for place, part in super().generate(loaded, requests):
                assert not isinstance(part, AtelierError)
                yield place, lambda part=part: [replace(part()[0], data=data)]

    with pytest.raises(BadFile, match="judge") as caught:
        judged(replace(judge(), engine=Broken()), [png(3)])
    assert caught.value.code == "wrong_judge"
