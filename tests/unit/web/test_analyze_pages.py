"""Analyze: a picture or a tune goes to the newest that can look at it, and the next step is taught before."""

import html
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared import jobs
from shared.catalogue import announce
from shared.files import get_artifact
from shared.jobs import Job
from shared.library import Model
from tests.unit.web import browser
from tests.unit.web.attached import GIF, upload
from tests.unit.web.critics import JUDGE, MUSE, Critics
from tests.unit.web.music import midi
from tests.unit.web.pictures import png
from tests.unit.web.test_music_pages import text
from tests.unit.web.test_pages import page


@pytest.fixture
def judged(critics: Critics, dataset_id: str) -> str:
    """The version of an analyser of pictures."""
    return critics.judge(dataset_id)[1]


@pytest.fixture
def tuned(critics: Critics) -> str:
    """The version of a model that writes and analyzes music."""
    return critics.learned(critics.ensemble(), critics.songbook())


@pytest.fixture
def picture(critics: Critics, model: Model, dataset_id: str) -> str:
    """A picture that was made here."""
    return critics.make(model, critics.version(model, dataset_id), count=1)[0]


def send(client: FlaskClient, **fields: Any) -> TestResponse:
    return browser.send(client, "/analyze", **fields)


def queued(critics: Critics, answer: TestResponse) -> Job:
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/jobs/(\w{26})\?on=1", answer.headers["Location"])
    assert found is not None, answer.headers["Location"]
    return jobs.get(critics.db, found.group(1))


def error(answer: TestResponse, field: str = "subject") -> str:
    assert answer.status_code == 422, answer.text
    return answer.text.split(f'data-error="{field}">')[1].split("</p>")[0]


def test_without_anybody_to_look_the_next_step_is_taught(client: FlaskClient, critics: Critics) -> None:
    shown = page(client, "/analyze")
    assert "Nothing here can look at works yet" in shown and 'id="ask"' not in shown
    assert re.search(r'class="btn" href="/datasets"', shown)


def test_what_is_missing_is_taught_beside_the_form(
    client: FlaskClient, critics: Critics, judged: str
) -> None:
    shown = page(client, "/analyze")
    assert "Drop a picture here" in shown and "Nobody listens to music yet" in shown
    assert "No analyser of pictures yet" not in shown and 'value="advise"' not in shown
    assert 'accept="image/png,.png,image/jpeg' in shown and "audio/midi" not in shown
    critics.learned(critics.ensemble(), critics.songbook())
    both = page(client, "/analyze")
    assert "Drop a picture or a tune here" in both and "Nobody listens" not in both
    assert "audio/midi" in both and "PNG, JPEG, WEBP" in text(both)


def test_music_alone_is_heard_too(client: FlaskClient, critics: Critics, tuned: str) -> None:
    shown = page(client, "/analyze")
    assert "Drop a tune here" in shown and "No analyser of pictures yet" in shown


def test_an_uploaded_picture_goes_to_the_newest_analyser(
    client: FlaskClient, critics: Critics, judged: str, tuned: str, dataset_id: str
) -> None:
    _, newer = critics.judge(dataset_id, "Newer", "newer")
    answer = send(client, subject=(io.BytesIO(png()), "mine.png"), act="analyze")
    job = queued(critics, answer)
    assert (job.family, job.operation, job.version_id) == ("art_cnn", "analyze", newer)
    sent = get_artifact(critics.db, job.input["picture"])
    assert (sent.name, sent.role, sent.meta) == ("mine.png", "upload", {"used": True})
    chosen = send(client, subject=(io.BytesIO(png(9, 9)), "other.png"), act="analyze", analyser=judged)
    assert queued(critics, chosen).version_id == judged


def test_a_tune_goes_to_what_listens(client: FlaskClient, critics: Critics, judged: str, tuned: str) -> None:
    answer = send(client, subject=(io.BytesIO(midi()), "tune.mid"), act="analyze")
    job = queued(critics, answer)
    assert (job.family, job.operation, job.version_id) == ("composer", "analyze", tuned)


def test_a_work_of_the_gallery_or_one_sent_before_will_do(
    client: FlaskClient, critics: Critics, judged: str, picture: str
) -> None:
    assert queued(critics, send(client, subject=picture, act="analyze")).input == {"picture": picture}
    sent = upload(client)
    assert queued(critics, send(client, subject=sent["id"])).input == {"picture": sent["id"]}
    shown = page(client, f"/analyze?subject={picture}")
    assert re.search(rf'name="subject" value="{picture}" checked', shown)
    before = page(client, f"/analyze?subject={upload(client, png(5, 5))['id']}")
    assert re.search(r'value="\w{26}" checked><span>mine.png</span>', before)


def test_an_equal_request_is_answered_at_once_and_leads_on(
    client: FlaskClient, critics: Critics, picture: str, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    first = queued(critics, send(client, subject=picture, act="analyze"))
    critics.judge(dataset_id, "Other", "other")
    again = queued(critics, send(client, subject=picture, act="analyze", analyser=judged))
    assert (first.version_id, again.version_id) == (judged, judged) and again.follows == first.id
    assert judge.name == "styles"


def test_advice_is_asked_for_with_what_one_is_after(
    client: FlaskClient, critics: Critics, judged: str, picture: str, dataset_id: str
) -> None:
    _, known = critics.muse(dataset_id)
    shown = page(client, "/analyze")
    assert "What you are after, for advice" in shown and 'name="mood"' in shown and 'name="audience"' in shown
    assert 'name="work"' not in shown
    answer = send(
        client, subject=picture, act="advise", mood="dramatic", audience="children", analyser=judged
    )
    job = queued(critics, answer)
    assert (job.family, job.operation, job.version_id) == ("muse", "advise", known)
    assert job.input == {"work": picture, "mood": "dramatic", "audience": "children"}
    refused = send(client, subject=picture, act="advise", mood="angry")
    assert "is not one of" in error(refused, "mood") and "<details open>" in refused.text


def test_a_muse_of_music_does_not_advise_on_pictures(
    client: FlaskClient, critics: Critics, judged: str, picture: str, dataset_id: str
) -> None:
    critics.muse(dataset_id, media="music")
    assert "Nothing here can look at such a work yet" in error(send(client, subject=picture, act="advise"))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Choose a picture or a tune first."),
        ({"subject": ""}, "Choose a picture or a tune first."),
        ({"subject": "0" * 26}, "This work is not here any more"),
        ({"subject": (io.BytesIO(b"no picture at all, only text"), "a.png")}, "a.png"),
        (
            {"subject": (io.BytesIO(GIF), "moving.gif")},
            "moving.gif is GIF; what is wanted here is PNG, JPEG, WEBP.",
        ),
        ({"subject": (io.BytesIO(b""), "empty.png")}, "empty.png"),
    ],
)
def test_what_cannot_be_looked_at_is_told_beside_the_field(
    client: FlaskClient, judged: str, fields: dict[str, Any], told: str
) -> None:
    answer = send(client, act="analyze", **fields)
    assert told in html.unescape(error(answer))
    assert 'class="field wrong"' in answer.text


def test_an_analyser_of_another_kind_is_refused_and_the_file_kept(
    client: FlaskClient, critics: Critics, judged: str, tuned: str
) -> None:
    answer = send(client, subject=(io.BytesIO(png()), "mine.png"), act="analyze", analyser=tuned)
    assert "leave the choice open" in error(answer, "analyser")
    kept = re.search(r'name="subject" value="(\w{26})" checked><span>mine.png', answer.text)
    assert kept is not None
    assert queued(critics, send(client, subject=kept.group(1))).version_id == judged


def test_the_version_asked_for_looks_however_old_it_is(
    client: FlaskClient, critics: Critics, judged: str, picture: str, dataset_id: str
) -> None:
    _, newer = critics._taught("art_cnn", "Styles", "styles", dataset_id, {}, weights=b"newer")
    assert 'id="analyser"' not in page(client, "/analyze"), "there is one model, and its newest version looks"
    shown = page(client, f"/analyze?analyser={judged}&subject={picture}")
    assert re.search(rf'<option value="{judged}" selected>Styles · {judged[:8]} · [^<]+ \(', shown)
    assert re.search(rf'<option value="{newer}">Styles \(', shown)
    assert queued(critics, send(client, subject=picture, analyser=judged)).version_id == judged
    assert queued(critics, send(client, subject=picture, analyser="")).version_id == newer
    model_page = page(client, f"/models/atelier/styles?version={judged}")
    assert f'href="/analyze?analyser={judged}"' in model_page


def test_an_analyser_that_is_none_is_not_offered(
    client: FlaskClient, critics: Critics, judged: str, picture: str, dataset_id: str
) -> None:
    _, muse = critics.muse(dataset_id)
    for asked in ("f" * 64, muse):
        assert 'id="analyser"' not in page(client, f"/analyze?analyser={asked}")
        refused = send(client, subject=picture, analyser=asked)
        told = re.search(r'<p class="flash bad" role="alert">([^<]+)</p>', refused.text)
        assert refused.status_code == 422 and told is not None and "leave the choice open" in told[1]


def test_the_form_needs_its_token(client: FlaskClient, judged: str) -> None:
    answer = client.post("/analyze", data={"subject": "x"}, headers={**browser.ORIGIN, **browser.HTML})
    assert answer.status_code == 403


def test_what_was_looked_at_lately_stands_beside(
    client: FlaskClient, critics: Critics, picture: str, dataset_id: str
) -> None:
    judge, judged = critics.judge(dataset_id)
    assert "What is found out about a work stays here." in page(client, "/analyze")
    found = critics.analysis(judge, judged, picture)
    lately = page(client, "/analyze").split('id="lately"')[1]
    assert f'href="/works/{found}"' in lately and "<figcaption>analysis</figcaption>" in lately


def test_an_analyser_that_has_no_worker_any_more_is_not_offered(
    client: FlaskClient, critics: Critics, judged: str
) -> None:
    announce(critics.db, [replace(JUDGE, operations=JUDGE.operations[1:])])
    assert "Nothing here can look at works yet" in page(client, "/analyze")


def test_from_any_work_analysis_inspiration_and_advice_are_one_click_away(
    client: FlaskClient, critics: Critics, judged: str, picture: str, dataset_id: str
) -> None:
    critics.muse(dataset_id)
    shown = page(client, f"/works/{picture}")
    ways = re.findall(r'<a class="ghost" href="([^"]+)">([\w ]+)</a>', shown)
    assert [title for _, title in ways] == ["Variations", "Analyze", "Inspire me", "Advise me"]
    assert ways[1][0] == f"/analyze?subject={picture}"
    for address, _ in ways:
        assert re.search(rf'value="{picture}" checked', page(client, html.unescape(address))), address


def test_what_a_family_does_itself_is_not_offered_twice(
    client: FlaskClient, critics: Critics, tuned: str, dataset_id: str
) -> None:
    critics.muse(dataset_id, media="music")
    (piece,) = critics.perform(critics.ensemble(), tuned)
    ways = re.findall(r'<a class="ghost" href="[^"]+">([\w ]+)</a>', page(client, f"/works/{piece}"))
    assert ways == ["Continue", "Harmonise", "Analyze", "Inspire me", "Advise me"]


def test_the_navigation_has_both_pages(client: FlaskClient, critics: Critics) -> None:
    titles = re.findall(r"<li[^>]*><a href=\"(/\w*)\"", page(client, "/jobs").split("</nav>")[0])
    assert titles == ["/", "/gallery", "/analyze", "/muse", "/datasets", "/models", "/jobs", "/workers"]
    assert MUSE.name == "muse"
