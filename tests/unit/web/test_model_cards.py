"""The cards of analysers and muses: figures for each class, what was taken for what, what is known."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared import jobs
from shared.files import get_artifact
from shared.library import get_version
from tests.unit.web.critics import Critics, example
from tests.unit.web.music import Musicians
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import page
from web.pages import models
from web.reports import cards


def test_an_analyser_shows_how_well_it_judges(client: FlaskClient, critics: Critics) -> None:
    critics.judge(critics.dataset())
    shown = page(client, "/models/atelier/styles")
    said = text(shown)
    assert (
        "892 to learn from, 223 to test with" in said
        and "EfficientNet-Lite0" in said
        and "its answers and the last layers" in said
    )
    assert "Trained on Paintings" in said and "160 px" in said and "Took 4 min" in said
    assert "Right 73 % (the commonest class alone: 23 %)" in said
    assert "Calibration error ↓ 0.024 (before calibration 0.121)" in said
    assert "Sure of 78 % of pictures it had not seen" in said and "Right when sure 84 %" in said
    assert "baroque 200 50 0.76 0.76 0.76" in said
    assert said.count("Pictures that are no paintings") == 1 and "What it is not good for" in said


@pytest.mark.parametrize("measured", [True, False])
def test_what_was_not_measured_is_not_told(app: Flask, measured: bool) -> None:
    nothing = {
        "accuracy": None,
        "macro_f1": None,
        "accuracy_when_sure": None,
        "ece_after": 0.0,
        "coverage": 0.0,
    }
    head = example("card_art_cnn")["heads"][0] | ({} if measured else nothing)
    for one in head["classes"]:
        one |= {} if measured else {"valid": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    with app.test_request_context():
        found = cards.judge({"kind": "art_cnn", "heads": [head]})
    assert found is not None
    titles = [title for title, _ in found.heads[0].facts]
    told = ["Right", "Macro-F1", "Calibration error ↓", "Sure of", "Right when sure", "Sure from"]
    assert titles == (told if measured else ["Sure from"])
    assert {one.precision == "–" for one in found.heads[0].classes} == {not measured}


def test_the_matrix_is_a_table_with_shades(client: FlaskClient, critics: Critics) -> None:
    critics.judge(critics.dataset())
    style = page(client, "/models/atelier/styles").split('class="num confusion"')[1].split("</table>")[0]
    cells = re.findall(r'<td class="s(\d)( right)?">([\d·]+)</td>', style)
    assert len(cells) == 25 and [count for _, right, count in cells if right] == [
        "38",
        "41",
        "29",
        "31",
        "24",
    ]
    assert cells[0][0] == "7" and ("0", "", "·") in cells
    assert "<th>1 baroque</th>" in style and '<th title="baroque">1</th>' in style


def test_a_muse_shows_what_it_knows(client: FlaskClient, critics: Critics) -> None:
    critics.muse(critics.dataset())
    said = text(page(client, "/models/atelier/edo-muse"))
    assert "Knows Edo prints" in said and "Works 418 works" in said and "Took 9 s" in said
    assert "ukiyo e 310" in said and "landscape 220" in said
    assert "Contrast of lightness 21.2 (14.9 to 29.9)" in said and "Broken" not in said


def test_each_is_asked_where_it_is_at_home(client: FlaskClient, critics: Critics) -> None:
    dataset = critics.dataset()
    (_, judged), (_, known) = critics.judge(dataset), critics.muse(dataset)
    for path, wanted in (
        ("styles", [f"/analyze?analyser={judged}", "/?model=styles", "/?model=styles"]),
        ("edo-muse", [f"/muse?version={known}"] * 3),
    ):
        heading = page(client, f"/models/atelier/{path}").split("<h1>")[1].split("Model card")[0]
        links = re.findall(r'class="(?:btn|ghost)" href="([^"]+)"', heading)
        assert len(links) == 3 and all(
            one.startswith(start) for one, start in zip(links, wanted, strict=True)
        )
    assert f'<option value="{judged}" selected>' not in page(client, "/analyze"), "one alone is not chosen"


def test_they_are_shown_by_the_works_they_learned_from(client: FlaskClient, critics: Critics) -> None:
    dataset = critics.dataset()
    critics.judge(dataset)
    critics.muse(dataset)
    shown = page(client, "/models")
    for name, facts in (("styles", "892 works"), ("edo-muse", "418 works")):
        card = shown.split(f'href="/models/atelier/{name}"')[1].split("</a>")[0]
        pictures = re.findall(r'src="/artifacts/(\w+)"', card)
        assert len(pictures) == 4 and facts in card, name
        assert all(get_artifact(critics.db, one).role == "thumbnail" for one in pictures)


@pytest.mark.parametrize(
    "change",
    [
        {"heads": "none"},
        {"heads": [{"name": "style", "classes": [{"name": "a"}, 3], "confusion": [[1]]}]},
        {"heads": [{"name": "x", "classes": [{}, {}], "confusion": [[1, -1], [0, 2]]}]},
        {"heads": [{"classes": [{}, {}], "confusion": [[1, "2"], [0, 2]]}], "pictures": 5, "dataset": 7},
        {"not_good_for": "everything", "seconds": "long", "pixels": "many", "learned": 3},
    ],
)
def test_a_card_that_tells_less_breaks_no_page(
    client: FlaskClient, critics: Critics, change: dict[str, Any]
) -> None:
    critics._taught("art_cnn", "Odd", "odd", critics.dataset(), example("card_art_cnn") | change)
    shown = page(client, "/models/atelier/odd")
    assert shown.count("<h1>") == 1 and page(client, "/models").count("<h1>") == 1
    assert "heads" not in change or "confusion" not in shown


def test_a_matrix_too_large_to_read_is_left_out(app: Flask) -> None:
    many = [{"name": str(n)} for n in range(31)]
    head = {"name": "x", "classes": many, "confusion": [[1] * 31] * 31}
    with app.test_request_context():
        found = cards.judge({"kind": "art_cnn", "heads": [head]})
        assert cards.judge({}) is None and cards.knowledge({"kind": "art_cnn"}) is None
    assert found is not None and found.heads[0].confusion == [] and len(found.heads[0].classes) == 31


@pytest.mark.parametrize(
    ("held", "told"),
    [(30, "Songs, 275 pieces, 30 more kept back to test with"), (0, "Songs, 275 pieces"),
     (None, "Songs, 275 pieces"), ("some", "Songs, 275 pieces")],
)  # fmt: skip
def test_works_that_were_kept_back_are_told_beside_those_learned_from(
    app: Flask, musicians: Musicians, music_version: str, held: object, told: str
) -> None:
    card = {"dataset": {"name": "Songs", "trained_on": 275, "held_out": held}}
    with app.test_request_context():
        rows = dict(models.facts(replace(get_version(musicians.db, music_version), card=card)))
    assert rows["Trained on"] == told


def test_a_training_of_an_analyser_is_watched(client: FlaskClient, critics: Critics) -> None:
    judge, _ = critics.judge(critics.dataset())
    critics._queue("art_cnn", "train", "training", {"dataset": critics.dataset("More")}, model_id=judge.id)
    job = critics.claim("training")
    for step in range(1, 6):
        figures = {"loss": 2 / step, "style_macro_f1": 0.5 + step / 20, "emotion_macro_f1": 0.6}
        figures |= {"style_accuracy": 0.5 + step / 20, "style_ece": 0.2 / step}
        jobs.record_metrics(critics.db, job.lease, step * 10, figures)
    said = text(page(client, f"/jobs/{job.id}"))
    for title in ("Loss ↓", "Macro-F1 ↑, on pictures it never saw", "Right ↑", "Calibration error ↓"):
        assert title in said, title
    assert "style 0.75" in said and "emotion 0.6" in said
    assert "Best snapshot step 50, macro-F1 0.675" in said
