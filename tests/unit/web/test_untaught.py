"""Models without a version: what is said of the training of each, and where it leads."""

import html
import re

import pytest
from flask.testing import FlaskClient

from shared import jobs
from shared.errors import BadFile
from shared.jobs import Job
from shared.library import Model
from shared.migrate import OWNER
from shared.tables import versions
from tests.unit.web import browser
from tests.unit.web.critics import Critics
from tests.unit.web.seed import Studio
from tests.unit.web.test_pages import page

PATH = "/models/atelier/edo-prints"


def end(studio: Studio, job: Job, how: str) -> None:
    if how == "failed":
        jobs.fail(studio.db, job.lease, BadFile("<b>too dark</b>", code="too_dark"))
    else:
        jobs.cancel(studio.db, job.id, OWNER)
        jobs.canceled(studio.db, job.lease)


def told(client: FlaskClient) -> tuple[str, str]:
    """What the card on the page of all models says, and the section on the model's own."""
    card = page(client, "/models").split(f'href="{PATH}"')[1].split("</a>")[0]
    return card, page(client, PATH).split('class="empty"')[1].split("</section>")[0]


def test_only_a_model_whose_training_waits_or_runs_is_being_trained(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    card, own = told(client)
    assert "not trained yet" in card and "It has not been trained yet" in own
    answer = browser.send(
        client, f"/datasets/{dataset_id}/train", family="painter", title="Edo prints", minutes="5"
    )
    address = answer.headers["Location"]
    card, own = told(client)
    assert "being trained" in card and "not done yet" in own and f'href="{address}"' in own
    studio.claim("training")
    assert "being trained" in told(client)[0]
    assert "A model is being trained" in page(client, "/")


@pytest.mark.parametrize("how", ["canceled", "failed"])
def test_a_training_that_came_to_nothing_is_said_to_have(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str, how: str
) -> None:
    job = studio.training(model, dataset_id, minutes=7)
    end(studio, job, how)
    card, own = told(client)
    assert f"training {how}" in card and "being trained" not in card
    assert ("Its training was canceled" if how == "canceled" else "Its training failed") in own
    assert f'href="/jobs/{job.id}"' in own and "not done yet" not in own
    assert "Train your first model" in page(client, "/"), "nobody waits for what has ended"
    link = re.search(r'class="btn" href="([^"]+)">Train it again', own)
    assert link is not None
    form = page(client, html.unescape(link.group(1)))
    assert 'value="Edo prints"' in form and 'value="7.0"' in form, "the form is filled in as it was"
    again = studio.training(model, dataset_id)
    assert "being trained" in told(client)[0]
    end(studio, again, how)
    assert f'href="/jobs/{again.id}"' in told(client)[1], "the newest counts"


def test_a_job_that_is_still_open_counts_before_a_newer_one_that_ended(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    studio.training(model, dataset_id)
    end(studio, studio.training(model, dataset_id, minutes=5), "canceled")
    assert "being trained" in told(client)[0]


def test_a_training_that_gave_no_version_of_its_own_is_told(
    client: FlaskClient, studio: Studio, model: Model, version_id: str
) -> None:
    with studio.db.begin() as connection:
        connection.execute(versions.delete())
    card, own = told(client)
    assert "no version yet" in card and "ended without a version of its own" in own


def test_when_the_data_set_is_gone_the_way_leads_to_the_others(
    client: FlaskClient, studio: Studio, model: Model
) -> None:
    end(studio, studio.training(model, "0" * 26), "failed")
    assert re.search(r'class="btn" href="/datasets">Train it again', told(client)[1])


def test_no_other_model_stands_in_for_one_without_a_version(
    client: FlaskClient, studio: Studio, model: Model, dataset_id: str
) -> None:
    other = studio.model("Second", "second")
    version = studio.version(other, dataset_id)
    end(studio, studio.training(model, dataset_id), "canceled")
    shown = page(client, "/?model=edo-prints")
    assert "Edo prints has no version yet." in shown and "Its training was canceled" in shown
    assert "Second" not in shown and 'id="make"' not in shown and 'href="/">Choose another model' in shown
    assert 'id="make"' in page(client, "/?model=second")
    assert f'value="{version}"' in page(client, f"/?model=edo-prints&version={version}")
    refused = browser.send(client, "/create", model="edo-prints", operation="generate")
    assert refused.status_code == 404 and "Edo prints has no version yet." in refused.text
    assert client.get("/v1/predictions").get_json()["results"] == []
    asked = client.post("/v1/predictions", json={"version": "atelier/edo-prints", "input": {}}).get_json()
    assert "has no version yet: no training of it gave one" in asked["detail"]


def test_who_makes_nothing_is_not_waited_for(client: FlaskClient, critics: Critics, dataset_id: str) -> None:
    critics.judge(dataset_id)
    assert "Train your first model" in page(client, "/")


def test_a_request_changed_first_is_filled_in_as_it_was(
    client: FlaskClient, studio: Studio, model: Model, version_id: str, dataset_id: str
) -> None:
    given = {"dataset": dataset_id, "resolution": 32, "minutes": 9, "mirror": False}
    names = {"model_id": model.id, "version_id": version_id}
    studio._queue("painter", "train", "training", given, **names)
    job = studio.claim("training")
    end(studio, job, "failed")
    link = re.search(r'href="(/datasets/[^"]+/train[^"]*)"', page(client, f"/jobs/{job.id}"))
    assert link is not None
    form = page(client, html.unescape(link.group(1)))
    assert 'value="Edo prints"' in form and f'name="version" value="{version_id}"' in form
    assert '<option value="32" selected>' in form and 'value="9.0"' in form
    assert not re.search(r'name="mirror"[^>]* checked', form)
