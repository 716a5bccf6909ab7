"""The pages of reports: what was found in a picture, in many, in a model; a muse's board and advice."""

import html
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared import jobs
from shared.artifacts import FolderStore
from shared.files import get_artifact
from shared.library import Model
from tests.unit.web import browser
from tests.unit.web.critics import Critics, example
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import _imports, page


def test_every_page_of_reports_is_whole_and_leads_somewhere(
    client: FlaskClient, salon: dict[str, str]
) -> None:
    for name, path in salon.items():
        shown = page(client, path)
        assert shown.count("<h1>") == 1, name
        for link in set(re.findall(r'(?:href|src)="(/[^"]*)"', shown)):
            assert client.get(html.unescape(link)).status_code == 200, (name, link)
        identifiers = re.findall(r' id="([^"]+)"', shown)
        assert len(identifiers) == len(set(identifiers)), name
        for picture in re.findall(r"<img [^>]+>", shown):
            assert " alt=" in picture and " width=" in picture and " height=" in picture, (name, picture)
        assert " style=" not in shown and "<style" not in shown and "onclick" not in shown, name
        for target in re.findall(r'(?:for|aria-labelledby)="([^"]+)"', shown):
            assert all(f'id="{one}"' in shown for one in target.split()), (name, target)


def test_a_page_of_reports_weighs_less_than_sixty_kilobytes(
    client: FlaskClient, salon: dict[str, str]
) -> None:
    for name, path in salon.items():
        shown = page(client, path)
        own = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', shown))
        own |= {address for module in list(own) for address in _imports(client, module)}
        weight = len(shown.encode()) + sum(len(client.get(address).data) for address in own)
        assert weight < 60_000, (name, weight)


def test_a_survey_is_a_table_with_pages_and_a_file(client: FlaskClient, salon: dict[str, str]) -> None:
    first, second = page(client, salon["survey"]), page(client, salon["survey2"])
    assert "A look through 648 works" in first and first.count("<tr><td>") == 30
    assert "print-000.png" in first and "print-000.png" not in second and "print-030.png" in second
    assert f'href="{salon["survey"]}?from=30">Further</a>' in first and ">Back</a>" not in first
    assert f'href="{salon["survey"]}">Back</a>' in second and "from=60" in second
    said = text(first)
    assert "not sure: 104 · agrees with 84 % of the labels" in said and "realism 171" in said
    assert "not sure (realism) 40 %" in said and "The table here ends at 90" in said
    table = re.search(r'href="(/artifacts/\w+)" download>Download the table', first)
    assert table is not None and client.get(table.group(1)).data == b"name,style\n"
    assert page(client, salon["survey"] + "?from=9999").count("<tr><td>") == 0
    assert page(client, salon["survey"] + "?from=-5").count("<tr><td>") == 30


def test_a_model_is_judged_beside_what_it_learned_from(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["evaluation"])
    said = text(shown)
    assert "<h1>How good is Edo prints?</h1>" in shown
    assert "256 works it made beside 418 of “Edo prints”" in said
    assert "KID 0.041 ↓ (real against real 0.0021)" in said and "0.61 (the works have 0.78)" in said
    assert "recall 46 %" in said and "0.21 apart (0: the same, 1: nothing in common)" in said
    assert re.search(r'href="/models/atelier/edo-prints\?version=\w+">Model card</a>', shown)
    assert shown.count('class="mark"') == 6 and "calm 72 % 51 %" in said
    bars = re.search(r'<rect class="k" x="([\d.]+)" width="([\d.]+)" height="7"/>', shown)
    assert bars is not None and (bars.group(1), bars.group(2)) == ("0.0", "57.9")


@pytest.mark.parametrize(
    ("dataset", "lede", "learned"),
    [
        ({}, "256 works it made beside 418 of “Edo prints”", False),
        ({"own": True, "compared": 418}, "256 works it made beside 418 of “Edo prints”", True),
        ({"own": 1, "compared": 300}, "256 works it made beside 300 of the 418 works of “Edo prints”", False),
    ],
)
def test_a_model_is_only_said_to_have_learned_from_its_own_works(
    client: FlaskClient,
    critics: Critics,
    model: Model,
    dataset_id: str,
    dataset: dict[str, Any],
    lede: str,
    learned: bool,
) -> None:
    judge, judged = critics.judge(dataset_id)
    report = example("model_evaluation", version=critics.version(model, dataset_id))
    report["dataset"] = {"name": "Edo prints", "count": 418} | dataset
    _, found = critics.told(judge, judged, "evaluate", report)
    said = text(page(client, f"/works/{found}"))
    assert lede in said
    assert said.count("the works it learned from") == (2 if learned else 0), "the heading and the legend"
    assert said.count("the works of the data set") == (0 if learned else 2)


def test_a_board_shows_near_and_far_and_what_to_make(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["inspiration"])
    said = text(shown)
    assert re.search("Given: “[^”]+”, the words “river”, the mood “calm”", said)
    assert shown.split('id="near"')[1].split("</section>")[0].count("<figure") == 4
    far = shown.split('id="far"')[1].split("</section>")[0]
    assert far.count("<figure") == 4 and "gone.png" in far and "the opposite hues" in far
    assert shown.split("Palettes</h3>")[1].split("</section>")[0].count("data-hex") == 9
    assert "A single bright accent on a muted ground." in said
    proposals = shown.split('class="proposals"')[1].split("</ul>")[0]
    assert proposals.count("<form") == 3 and proposals.count(" disabled") == 1
    assert proposals.count('class="preview"') == 1 and "names no model yet" in proposals
    assert re.search(r'<a href="/muse" aria-current="page">', shown)


def test_one_click_makes_what_was_proposed(
    client: FlaskClient, critics: Critics, salon: dict[str, str]
) -> None:
    answer = browser.send(client, salon["inspiration"] + "/proposals/0")
    assert answer.status_code == 303
    job = jobs.get(critics.db, answer.headers["Location"].rsplit("/", 1)[1])
    assert (job.family, job.operation) == ("painter", "generate")
    assert job.input == {"count": 2, "seed": 4711, "psi": 0.7}


@pytest.mark.parametrize(
    ("number", "status", "told"), [("2", 422, "names no model"), ("99", 422, "names no model")]
)
def test_what_cannot_be_made_is_told_on_the_board(
    client: FlaskClient, salon: dict[str, str], number: str, status: int, told: str
) -> None:
    answer = browser.send(client, f"{salon['inspiration']}/proposals/{number}")
    assert answer.status_code == status and told in text(answer.text) and 'id="near"' in answer.text


def test_a_proposal_of_a_version_that_is_gone_is_told(
    client: FlaskClient, critics: Critics, model: Model, dataset_id: str
) -> None:
    muse, known = critics.muse(dataset_id)
    _, board = critics.told(muse, known, "inspire", example("inspiration", version="f" * 64))
    answer = browser.send(client, f"/works/{board}/proposals/0")
    assert answer.status_code == 404 and 'role="status">there is no version' in answer.text


def test_a_proposal_needs_the_token_and_a_board(client: FlaskClient, salon: dict[str, str]) -> None:
    path = salon["inspiration"] + "/proposals/0"
    client.get("/", headers=browser.HTML)
    refused = client.post(path, data={"csrf_token": "x" * 43}, headers={**browser.ORIGIN, **browser.HTML})
    assert refused.status_code == 403
    assert browser.send(client, salon["picture"] + "/proposals/0").status_code == 404
    assert browser.send(client, salon["work"] + "/proposals/0").status_code == 404


def test_advice_has_technique_evidence_source_and_preview(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["advice"])
    said = text(shown)
    assert "Aim: dramatic, in the style of baroque, for grown-ups" in said
    first, second, third = (
        shown.split('<ol class="advised">')[1].split("</ol>")[0].split('<li class="panel">')[1:]
    )
    assert "<h2>Darken the lower third</h2>" in first and "for a mood that is dramatic" in first
    assert "After Itten, The Art of Color (1961)" in first and "usually 16.1 to 29.8" in first
    assert first.count("<figure>") == second.count("<figure>") == 2 and "as it would be" in first
    assert "<h2>No colour stands out. Give one small place the opposite hue.</h2>" in third
    assert "<figure>" not in third and 'class="evidence"' not in third


def test_advice_on_music_can_be_heard(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["music"])
    only = shown.split('<ol class="advised">')[1].split("</ol>")[0]
    assert "bar 7" in only and "Download MIDI" in only
    audio = re.search(r'<audio controls preload="none" src="(/artifacts/\w+\?inline=1)"', only)
    assert audio is not None and client.get(audio.group(1)).mimetype == "audio/wav"
    assert "good craft, no mood in particular" in text(shown)


def test_no_advice_is_said_to_be_none(
    client: FlaskClient, critics: Critics, model: Model, dataset_id: str
) -> None:
    muse, known = critics.muse(dataset_id)
    told = example("advice_picture") | {"suggestions": []}
    _, found = critics.told(muse, known, "advise", told)
    assert "Nothing to suggest" in page(client, f"/works/{found}")


def test_a_search_tells_its_yield_on_the_page_of_its_job(client: FlaskClient, salon: dict[str, str]) -> None:
    shown = page(client, salon["until"])
    part = shown.split('id="j-until"')[1].split("</section>")[0]
    said = text(part)
    assert "4 of 64 tries fit: a yield of 6 %" in said and "It ended early" in said
    assert "calm ≥ 0.8, contrast > 14" in said and "40 of 64 are listed." in said
    assert part.count("<figure") == 2 and part.count("<rect") == 20 and part.count("<line") == 2
    assert part.count("✓") == 4 and part.index("✓") < part.index("<td></td></tr>")
    assert '<line x1="80.0" x2="80.0"' in part
    assert shown.split('id="j-works"')[1].split("</section>")[0].count("<figure") == 4
    assert 'id="j-until"' in page(client, salon["until"] + "?part=1")


def test_a_job_leads_on_to_its_report(client: FlaskClient, critics: Critics, salon: dict[str, str]) -> None:
    job = get_artifact(critics.db, salon["picture"].rsplit("/", 1)[1]).job_id
    shown = page(client, f"/jobs/{job}")
    assert f'<a class="btn" href="{salon["picture"]}">Read it</a>' in shown and "Analyze, Styles" in shown
    on = client.get(f"/jobs/{job}?on=1")
    assert (on.status_code, on.headers["Location"]) == (303, salon["picture"])
    assert client.get(f"/jobs/{job}?on=1&part=1").status_code == 200
    until = client.get(salon["until"] + "?on=1", headers=browser.HTML)
    assert until.status_code == 200 and "Read it" not in until.text


def test_a_job_that_runs_waits_for_its_report(
    client: FlaskClient, critics: Critics, model: Model, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    critics._queue(
        "art_cnn", "analyze", "interactive", {"picture": "x"}, model_id=judge.id, version_id=judged
    )
    job = critics.claim("interactive")
    waiting = page(client, f"/jobs/{job.id}?on=1")
    assert " data-on>" in waiting and '<meta http-equiv="refresh" content="3">' in waiting
    assert " data-on>" not in page(client, f"/jobs/{job.id}")


def test_the_pages_are_chinese_when_asked(client: FlaskClient, salon: dict[str, str]) -> None:
    wanted = {
        "picture": ("没有把握", "调色板", "邻近色相", "明暗对比", "创作相反的"),
        "inspiration": ("邻近", "母题", "创作"),
        "advice": ("戏剧性", "现状"),
        "until": ("成品率", "提前结束"),
        "judge": ("校准误差", "什么被认作了什么"),
        "survey": ("下载表格",),
        "evaluation": ("召回率",),
    }
    for name, words in wanted.items():
        shown = client.get(salon[name], headers={**browser.HTML, "Accept-Language": "zh"}).text
        for word in words:
            assert word in shown, (name, word)


KINDS = ("picture_analysis", "picture_survey", "model_evaluation", "inspiration", "advice", "until")
BROKEN: list[dict[str, Any]] = [
    {},
    {"heads": "many", "palette": [], "composition": {"centre": ["a", 1]}, "critique": [7, {"text": []}]},
    {
        "size": [0, 0],
        "title": 7,
        "domain": 3,
        "faults": [{}],
        "mood": {"valence": 1},
        "originality": {"text": []},
    },
    {"heads": [{}, {"name": 5}, {"name": "x", "classes": [{"name": 1}], "counts": {"a": "b"}}]},
    {"rows": [{"work": 1}, 3, {"style": 4}], "count": 1e400, "table": {}},
    {"near": [{}], "far": {}, "palettes": [{"colours": "red"}], "proposals": [{"recipe": 3, "from": 5}, 4]},
    {"suggestions": [{"text": "x", "evidence": {}, "preview_role": ["a"], "bar": {}}], "aim": 4},
    {"wish": [{"name": "calm", "value": "much"}], "scores": [{"values": 3}, 5], "tried": "x", "yield": 7},
    {"figures": [{"made": [1, 2], "works": None}], "kid": 4, "maker": {"version": 5}, "text": {"a": 1}},
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_that_tells_less_or_other_things_breaks_no_page(
    client: FlaskClient, critics: Critics, dataset_id: str, kind: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    for number, broken in enumerate(BROKEN):
        role = "report" if kind == "until" else "output"
        job, found = critics.told(judge, judged, "analyze", broken | {"kind": kind}, role=role, number=number)
        shown = page(client, f"/jobs/{job.id}" if kind == "until" else f"/works/{found}")
        assert shown.count("<h1>") == 1, (kind, number)


def test_hostile_words_in_a_report_are_only_text(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    hostile = '"><script>alert(1)</script>'
    for number, name in enumerate(
        ("picture_analysis", "picture_survey", "model_evaluation", "inspiration", "advice_picture")
    ):
        told = _poisoned(example(name), hostile)
        _, found = critics.told(
            judge, judged, "analyze", told | {"kind": example(name)["kind"]}, number=number
        )
        assert "<script>alert" not in page(client, f"/works/{found}"), name
    told = _poisoned(example("until"), hostile) | {"kind": "until"}
    job, _ = critics.told(judge, judged, "analyze", told, role="report")
    assert "<script>alert" not in page(client, f"/jobs/{job.id}")


def _poisoned(told: Any, hostile: str) -> Any:
    """The same with every text replaced."""
    if isinstance(told, str):
        return hostile
    if isinstance(told, list):
        return [_poisoned(one, hostile) for one in told]
    return (
        {name: _poisoned(value, hostile) for name, value in told.items()} if isinstance(told, dict) else told
    )


def test_a_report_too_large_lost_or_of_another_shape_is_shown_as_a_file(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    large = {"kind": "picture_analysis", "title": "x" * (4 << 20)}
    _, found = critics.told(judge, judged, "analyze", large)
    assert "What can be said of it" not in page(client, f"/works/{found}")
    assert "critique" not in page(
        client, f"/works/{critics.told(judge, judged, 'analyze', ['a', 'list'])[1]}"
    )
    _, lost = critics.told(judge, judged, "analyze", {"kind": "picture_analysis", "title": "Lost"}, number=3)
    assert isinstance(critics.store, FolderStore)
    critics.store.delete(get_artifact(critics.db, lost).hash)
    assert "<h1>Lost</h1>" not in page(client, f"/works/{lost}")
