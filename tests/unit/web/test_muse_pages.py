"""Muse: how to make one, how to ask it, and what becomes of data sets, versions and works in its forms."""

import html
import io
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from shared import jobs
from shared.catalogue import announce
from shared.jobs import Job
from shared.library import Model
from tests.unit.web import browser
from tests.unit.web.attached import GIF
from tests.unit.web.critics import Critics, example
from tests.unit.web.music import COMPOSER
from tests.unit.web.pictures import png
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import page


@pytest.fixture
def known(critics: Critics, dataset_id: str) -> str:
    """The version of a muse."""
    return critics.muse(dataset_id)[1]


def queued(critics: Critics, address: str) -> Job:
    found = re.fullmatch(r"/jobs/(\w{26})\?on=1", address)
    assert found is not None, address
    return jobs.get(critics.db, found.group(1))


def test_how_to_make_a_muse_is_taught(client: FlaskClient, critics: Critics) -> None:
    assert "A muse needs a collection" in page(client, "/muse")
    paintings, songs = critics.dataset(), critics.songbook()
    shown = page(client, "/muse")
    assert "Make your first muse" in shown
    for dataset, name in ((paintings, "Edo prints"), (songs, "Songs")):
        link = re.search(rf'href="(/datasets/{dataset}/train\?family=muse)">{name}</a>', shown)
        assert link is not None
        form = page(client, html.unescape(link.group(1)))
        assert f'value="{name}, muse"' in form and "Make a muse" in form


def test_a_muse_is_made_from_its_form(client: FlaskClient, critics: Critics, dataset_id: str) -> None:
    answer = browser.send(client, f"/datasets/{dataset_id}/train", family="muse", title="Edo muse")
    assert answer.status_code == 303
    job = jobs.get(critics.db, answer.headers["Location"].rsplit("/", 1)[1])
    assert (job.family, job.input["dataset"]) == ("muse", dataset_id)


def test_it_is_asked_with_nothing_at_all(client: FlaskClient, critics: Critics, known: str) -> None:
    shown = page(client, "/muse")
    assert "What could come next?" in shown and "Inspire me" in shown and "with an empty form" in shown
    for other in ("advise", "until"):
        refusing = page(client, f"/muse?operation={other}")
        assert "with an empty form" not in refusing and "What you ask it for appears here." in refusing
    answer = browser.send(client, "/muse", version=known, operation="inspire")
    job = queued(critics, answer.headers["Location"])
    assert (job.family, job.operation, job.version_id) == ("muse", "inspire", known)
    assert job.input["far"] == 0.25 and "work" not in job.input and "maker" not in job.input


def test_it_is_asked_with_a_work_words_and_a_mood(
    client: FlaskClient, critics: Critics, known: str, model: Model, dataset_id: str
) -> None:
    maker = critics.version(model, dataset_id)
    (picture,) = critics.make(model, maker, count=1)
    form = page(client, f"/muse?operation=inspire&work={picture}&far=1&mood=calm")
    assert re.search(rf'name="work" value="{picture}" checked', form)
    assert '<option value="calm" selected>calm</option>' in form and '<option value="">–</option>' in form
    fields = {"work": picture, "text": "river", "mood": "calm", "far": "0.5", "maker": maker, "seed": "7"}
    answer = browser.send(client, "/muse", version=known, operation="inspire", **fields)
    job = queued(critics, answer.headers["Location"])
    assert job.input == fields | {"far": 0.5, "seed": 7}


def test_a_file_from_outside_will_do(client: FlaskClient, critics: Critics, known: str) -> None:
    sent = {"work": (io.BytesIO(png()), "draft.png")}
    answer = browser.send(client, "/muse", version=known, operation="advise", **sent)
    assert queued(critics, answer.headers["Location"]).operation == "advise"
    refused = browser.send(
        client, "/muse", version=known, operation="advise", work=(io.BytesIO(GIF), "a.gif")
    )
    assert refused.status_code == 422 and "a.gif is GIF" in refused.text


def test_what_is_missing_or_wrong_stands_beside_its_field(client: FlaskClient, known: str) -> None:
    missing = browser.send(client, "/muse", version=known, operation="until", wish="calm >= 0.8")
    assert missing.status_code == 422
    assert "Maker is missing" in missing.text.split('data-error="maker">')[1].split("</p>")[0]
    assert 'value="calm &gt;= 0.8"' in missing.text, "what was typed stays"
    wrong = browser.send(client, "/muse", version=known, operation="inspire", far="7")
    assert "above 1" in wrong.text.split('data-error="far">')[1].split("</p>")[0]


def test_without_a_muse_nothing_is_asked(client: FlaskClient, critics: Critics) -> None:
    assert browser.send(client, "/muse", operation="inspire").status_code == 404


def test_the_form_needs_its_token(client: FlaskClient, known: str) -> None:
    answer = client.post("/muse", data={"version": known}, headers={**browser.ORIGIN, **browser.HTML})
    assert answer.status_code == 403


def test_makers_are_chosen_from_those_that_can_generate(
    client: FlaskClient, critics: Critics, known: str, model: Model, dataset_id: str
) -> None:
    empty = page(client, "/muse?operation=until")
    assert "There is no model to choose yet: train one first." in empty
    older = critics.version(model, dataset_id)
    newer = critics.version(critics.model("Second", "second"), dataset_id)
    critics.learned(critics.ensemble(), critics.songbook())
    shown = page(client, "/muse?operation=until").split('id="field-maker"')[1].split("</select>")[0]
    offered = re.findall(r'<option value="(\w+)"[^>]*>([^<]+)</option>', shown)
    assert [value for value, _ in offered] == [newer, older], (
        "the newest first, and no analyser, muse or composer"
    )
    assert offered[0][1].startswith(f"Second · {newer[:8]} · ")
    chosen = page(client, f"/muse?operation=until&maker={older}")
    assert f'<option value="{older}" selected>' in chosen
    free = page(client, "/muse?operation=inspire").split('id="field-maker"')[1].split("</select>")[0]
    assert '<option value="">none</option>' in free
    assert f'<option value="{newer}" selected>' in free, "with a maker what it proposes is one click away"


def test_data_sets_are_chosen_by_name(client: FlaskClient, critics: Critics, dataset_id: str) -> None:
    critics.songbook()
    judge, judged = critics.judge(dataset_id)
    shown = page(client, f"/?model={judge.name}&version={judged}&operation=survey")
    assert f'<option value="{dataset_id}">Edo prints · 12 works</option>' in shown and "Songs" not in shown
    answer = browser.send(
        client, "/create", model=judge.name, version=judged, operation="survey", dataset=dataset_id
    )
    assert answer.status_code == 303
    job = jobs.get(critics.db, answer.headers["Location"].rsplit("/", 1)[1])
    assert job.input == {"dataset": dataset_id}


def test_several_muses_are_told_apart(
    client: FlaskClient, critics: Critics, known: str, dataset_id: str
) -> None:
    _, other = critics.muse(dataset_id, "Second muse", "second-muse")
    shown = page(client, f"/muse?version={known}")
    chips = shown.split('aria-label="Muses"')[1].split("</ul>")[0]
    assert re.search(r'aria-current="true">Edo muse<', chips) and f"version={other}" in chips


def test_what_it_said_lately_stands_beside(client: FlaskClient, critics: Critics, dataset_id: str) -> None:
    muse, known = critics.muse(dataset_id)
    _, board = critics.told(muse, known, "inspire", example("inspiration"))
    shown = page(client, "/muse").split('id="lately"')[1]
    assert f'href="/works/{board}"' in shown and "<figcaption>inspiration</figcaption>" in shown


def test_who_makes_nothing_is_not_among_the_models_to_create_with(
    client: FlaskClient, critics: Critics, known: str, model: Model, dataset_id: str
) -> None:
    critics.judge(dataset_id)
    assert "There is no model yet that could make something." in page(client, "/")
    critics.version(model, dataset_id)
    cards = page(client, "/").split('class="cards"')[1].split("</ul>")[0]
    assert "Edo prints" in cards and "Styles" not in cards and "Edo muse" not in cards
    assert "Styles" in page(client, "/models") and "Edo muse" in page(client, "/models")


def test_jobs_are_called_after_what_was_asked(client: FlaskClient, critics: Critics, dataset_id: str) -> None:
    muse, known = critics.muse(dataset_id)
    judge, judged = critics.judge(dataset_id)
    critics.told(muse, known, "inspire", example("inspiration"))
    critics.told(judge, judged, "analyze", example("picture_analysis"))
    listed = text(page(client, "/jobs"))
    for title in ("Inspire me, Edo muse", "Analyze, Styles", "Training “Edo muse”"):
        assert title in listed, title


def test_a_muse_and_an_analyser_that_were_made_are_asked_on_their_pages(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    for (made, version), link, said in (
        (critics.muse(dataset_id), "/muse?version=", "Ask it"),
        (critics.judge(dataset_id), "/analyze?analyser=", "Analyze with it"),
    ):
        job = client.get(f"/v1/models/atelier/{made.name}/versions").get_json()["results"][0]
        assert job["id"] == version
        trained = next(
            one for one in client.get("/v1/trainings").get_json()["results"] if made.name in one["model"]
        )
        shown = page(client, f"/jobs/{trained['id']}")
        assert f'<a class="btn" href="{link}{version}">{said}</a>' in shown


def test_a_muse_of_music_is_offered_makers_of_music(
    client: FlaskClient, critics: Critics, model: Model, dataset_id: str
) -> None:
    critics.version(model, dataset_id)
    generating = replace(COMPOSER.operations[0], name="generate")
    announce(critics.db, [replace(COMPOSER, operations=(generating, *COMPOSER.operations[1:]))])
    composer = critics.learned(critics.ensemble(), critics.songbook())
    critics.muse(dataset_id, "Tunes", "tunes", media="music")
    shown = page(client, "/muse?operation=until").split('id="field-maker"')[1].split("</select>")[0]
    assert re.findall(r'<option value="(\w+)"', shown) == [composer]


def test_what_an_analyser_does_besides_has_its_own_title(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    shown = page(client, f"/?model={judge.name}&version={judged}&operation=evaluate")
    assert "<h1>Evaluate a model</h1>" in shown and 'aria-current="page">Evaluate a model</a>' in shown
