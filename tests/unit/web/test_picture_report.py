"""The page of an analysis: the answers, where it looked, colours, composition, faults, neighbours."""

import html
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.files import get_artifact
from shared.library import Model
from tests.unit.web import browser
from tests.unit.web.critics import Critics, example
from tests.unit.web.pictures import png
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import page
from web import analysis_words
from web.analysis_words import MOODS
from web.reports import advice
from worker.advice.aim import MOODS as AIMS
from worker.music.theory.mood import words_of


def test_the_answers_stand_with_how_far_to_believe_them(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["picture"])
    assert "<h1>harvest.jpg</h1>" in shown and "1024 × 768" in shown
    style, theme, emotion = (part.split("</section>")[0] for part in shown.split('<h2 class="ask">')[1:])
    assert '<p class="said">realism</p>' in style and style.count("<li>") == 5
    assert '<rect class="k" width="71.2"' in style and "<b>71 %</b>" in style
    assert "When it was sure of pictures it had not seen, it was right 84 % of the time." in style
    assert '<p class="said unsure">Not sure: nothing reaches 60 %</p>' in theme and 'class="k"' not in theme
    assert "it was right" not in emotion and "small soft" not in emotion, "nothing was measured"


def test_where_it_looked_is_laid_over_the_picture(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["picture"])
    sliders = shown.split("data-overlays")[1].split("plain-overlays")[0]
    assert sliders.count('type="range"') == 2 and sliders.count('data-over="over-') == 2
    layers = shown.split('id="layers"')[1].split("</figure>")[0]
    assert layers.count('class="over hidden"') == 2, "without JavaScript the picture is plain"
    plain = shown.split('plain-overlays">')[1].split("</div>\n<div")[0]
    assert plain.count('class="over"') == 2 and "Where it looked for Style" in plain
    assert re.search(r'class="sliders hidden"', shown)


def test_colours_are_swatches_with_their_hex(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["picture"])
    assert re.findall(r'data-hex="(#[0-9a-f]{6})"', shown) == [
        "#c7a14a", "#8d6b32", "#4f5a3c", "#b9c2c0", "#2c2a26", "#a2452f",
    ]  # fmt: skip
    assert "ochre" in shown and 'aria-label="Wheel of hues: neighbouring hues"' in shown
    assert shown.count('<circle class="dot"') == 6 and shown.count('class="sector"') == 1


def test_every_sentence_stands_beside_its_evidence(client: FlaskClient, salon: dict[str, str]) -> None:
    critique = page(client, salon["picture"]).split('class="critique"')[1].split("</section>")[0]
    said = text(critique)
    assert "Contrast of lightness 17.4 usually 16.1 to 29.8; lower than in 88 of 100 works" in said
    assert "Fit to neighbouring hues 93 % usually 41 to 94 %; higher than in 88 of 100 works" in said
    assert "Weight, top -1 to bottom 1 0.31" in said
    assert re.findall(r'<li(?: class="(\w+)")?><p>', critique) == ["good", "bad", "good", ""]
    assert "1 observation that is neither strength nor weakness" in said and "<details><summary>" in critique
    assert critique.count("<rect") == 4 and '<rect x="82"/>' in critique


def test_the_composition_is_drawn_and_faults_are_told(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["picture"])
    drawing = shown.split('class="layers thirds"')[1].split("</svg>")[0]
    assert 'viewBox="0 0 100.0 75.0"' in drawing and drawing.count("<line") == 4
    assert '<circle cx="36.0" cy="46.5" r="5"/>' in drawing
    assert 'd="M35.0 49.12h8M39.0 45.12v8"' in drawing
    said = text(shown)
    assert "Symmetry, left and right 34 %" in said and "Density of edges 14 %" in said
    assert "more figures" in said and "Tilt 0.8" in said
    assert "Blocks of compression The edges of 8 x 8 blocks can be seen" in said
    assert "(0.31, the bound is 0.2)" in said and '<circle cx="33.0" cy="61.0" r="4.5"/>' in shown
    assert "sad, mournful" in said and "Valdez and Mehrabian" in said


def test_neighbours_are_shown_while_they_are_here(
    client: FlaskClient, critics: Critics, salon: dict[str, str]
) -> None:
    near = page(client, salon["picture"]).split('class="below near"')[1]
    assert near.count("<figure") == 4 and near.count("no longer here") == 1
    addresses = re.findall(r'<figure class="work"><a href="([^"]+)"', near)
    assert all(re.fullmatch(r"/artifacts/\w{26}\?inline=1", one) for one in addresses) and len(addresses) == 3
    assert 'alt="gleaners.jpg, realism, rural life"' in near and "0.181 away" in near
    first = addresses[0].split("/")[2].split("?")[0]
    assert get_artifact(critics.db, first).hash == critics.contents(1)[0]


def test_from_an_analysis_one_click_leads_on(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["picture"])
    work = salon["work"].rsplit("/", 1)[1]
    for title, far in (("Make something like this", "0.00"), ("Make the opposite", "1.00")):
        link = re.search(rf'href="(/muse\?[^"]+)">{title}</a>', shown)
        assert link is not None, title
        form = page(client, html.unescape(link.group(1)))
        assert re.search(rf'name="work" value="{work}" checked', form), title
        assert f'<output for="field-far">{far}</output>' in form, title
    advised = re.search(r'href="(/muse\?[^"]+)">Ask for advice</a>', shown)
    assert advised is not None and "Advise me" in page(client, html.unescape(advised.group(1)))
    assert f'href="{salon["work"]}">The work it is about</a>' in shown
    assert re.search(r'<a href="/analyze" aria-current="page">', shown)


def test_a_picture_of_another_kind_is_warned_of(
    client: FlaskClient, critics: Critics, model: Model, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    (picture,) = critics.make(model, critics.version(model, dataset_id), count=1)
    told = {"distance": 0.9, "bound": 0.4, "inside": False, "text": "Unlike every picture it learned from."}
    shown = page(client, f"/works/{critics.analysis(judge, judged, picture, domain=told)}")
    assert '<p class="flash bad" role="note">Unlike every picture it learned from.</p>' in shown
    silent = page(client, f"/works/{critics.analysis(judge, judged, picture, domain={'inside': False})}")
    assert "its answers mean little" in silent


def unlike(critics: Critics, dataset_id: str, **change: object) -> str:
    """The page of an analysis of a picture that is unlike what was learned from, sure of its first answer."""
    judge, judged = critics.judge(dataset_id)
    report = example("picture_analysis") | {"domain": {"inside": False}} | change
    style, _, emotion = report["heads"]
    style |= {"sure": False, "classes": [{"name": "realism", "probability": 0.98}]}
    emotion |= {"sure": False, "classes": [{"name": "calm", "probability": 0.496}]}
    return f"/works/{critics.told(judge, judged, 'analyze', report)[1]}"


@pytest.mark.parametrize(
    ("language", "far_off"),
    [
        ("en", "Not sure: the picture is unlike those that it learned from"),
        ("zh", "没有把握：这幅图片与它所学的图片不同"),
    ],
)
def test_of_a_stranger_it_says_why_it_is_not_sure(
    client: FlaskClient, critics: Critics, dataset_id: str, language: str, far_off: str
) -> None:
    path = unlike(critics, dataset_id)
    shown = client.get(path, headers={**browser.HTML, "Accept-Language": language}).text
    parts = [part.split("</section>")[0] for part in shown.split('<h2 class="ask">')[1:]]
    assert [f'<p class="said unsure">{far_off}</p>' in part for part in parts] == [True] * 3
    assert "<b>98 %</b>" in parts[0] and '<p class="small soft">' not in "".join(parts), "nor how often right"


def test_of_a_picture_of_its_kind_it_is_only_not_sure(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    shown = page(client, unlike(critics, dataset_id, domain={"inside": True}))
    assert shown.count('<p class="said unsure">Not sure</p>') == 2 and "is unlike" not in shown


def test_faults_are_only_told_of_where_they_were_looked_for(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    report = example("picture_analysis")
    silent = {name: value for name, value in report.items() if name != "faults"}
    pages = {}
    for number, told in enumerate((silent, report | {"faults": []}, report | {"faults": "all"})):
        _, found = critics.told(judge, judged, "analyze", told, number=number)
        pages[number] = page(client, f"/works/{found}")
    assert "None was found: no noise" in pages[1] and "Technical faults" in pages[1]
    for number in (0, 2):
        assert "None was found" not in pages[number] and "Technical faults" not in pages[number]


def test_a_heat_map_belongs_to_the_question_at_its_place(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    report = example("picture_analysis")
    style, theme, _ = report["heads"]
    long = "a question whose name is far longer than any role may be"
    report["heads"] = [7, style, theme | {"name": long, "title": long}]
    _, found = critics.told(judge, judged, "analyze", report, {"overlay-2": ("image/png", png())})
    shown = page(client, f"/works/{found}")
    assert re.findall(r'<label for="slide-\d">Overlay for ([^<]+)</label>', shown) == [long]


def test_a_heat_map_is_only_shown_where_there_is_one(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    report = example("picture_analysis")
    report["heads"][1]["gradcam"] = False
    files = {"overlay-0": ("text/html", b"<b>"), "overlay-1": ("image/png", png())}
    _, found = critics.told(judge, judged, "analyze", report, files)
    shown = page(client, f"/works/{found}")
    assert "data-overlays" not in shown and 'class="over' not in shown


def test_the_moods_that_the_worker_knows_have_words_here(app: Flask) -> None:
    assert set(advice.AIMS) == set(AIMS)
    steps = [step / 10 for step in range(-10, 11)]
    assert {word for x in steps for y in steps for word in words_of(x, y)} <= set(MOODS)
    assert analysis_words.MOODS is MOODS and json.dumps(dict(MOODS))
