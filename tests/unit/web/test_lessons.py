"""What can be learned from a data set, and what its labels are too few for."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared import jobs
from shared.library import get_version, slug
from tests.unit.web import browser
from tests.unit.web.critics import Critics
from tests.unit.web.seed import Studio
from tests.unit.web.test_pages import page


def found(shown: str) -> list[str]:
    return re.findall(r'<p class="flash bad" role="note">([^<]+)</p>', shown)


def labels(**columns: dict[str, int]) -> dict[str, Any]:
    told = {
        name: {"works": sum(values.values()), "distinct": len(values), "values": values}
        for name, values in columns.items()
    }
    return {"counts": {"kept": 12}, "labels": told}


def test_a_data_set_offers_what_can_be_learned_from_it(client: FlaskClient, critics: Critics) -> None:
    for dataset, wanted in (
        (critics.dataset(), ["Train a painter", "Train an analyser", "Make a muse"]),
        (critics.songbook(), ["Train a composer", "Make a muse"]),
    ):
        shown = page(client, f"/datasets/{dataset}").split('class="lessons"')[1].split("</ul>")[0]
        links = re.findall(r'<a class="card" href="([^"]+)"><b>([^<]+)</b>', shown)
        assert [title for _, title in links] == wanted
        for address, title in links:
            form = page(client, address)
            assert f'aria-current="page">{title}</a>' in form, title


def test_one_choice_is_one_button(client: FlaskClient, studio: Studio, dataset_id: str) -> None:
    shown = page(client, f"/datasets/{dataset_id}")
    assert 'class="lessons"' not in shown
    assert re.search(
        rf'<a class="btn" href="/datasets/{dataset_id}/train\?family=painter">Train a painter', shown
    )


def test_models_of_one_data_set_get_names_of_their_own(client: FlaskClient, critics: Critics) -> None:
    dataset = critics.dataset()
    for family, name in (
        ("painter", "Edo prints"),
        ("art_cnn", "Edo prints, analyser"),
        ("muse", "Edo prints, muse"),
    ):
        assert f'value="{name}"' in page(client, f"/datasets/{dataset}/train?family={family}")


def offered(client: FlaskClient, address: str) -> str:
    found = re.search(r'name="title" maxlength="100" value="([^"]*)"', page(client, address))
    assert found is not None
    return found.group(1)


def test_a_name_that_is_taken_is_not_offered_again(client: FlaskClient, critics: Critics) -> None:
    dataset = critics.dataset()
    form = f"/datasets/{dataset}/train?family="
    first = critics.version(critics.model(), dataset)
    critics.judge(dataset, "Edo prints, analyser", "edo-prints-analyser")
    assert offered(client, form + "painter") == "Edo prints 2"
    assert offered(client, form + "art_cnn") == "Edo prints, analyser 2"
    assert offered(client, form + "muse") == "Edo prints, muse"
    critics.model("Edo prints 2", "edo-prints-2")
    assert offered(client, form + "painter") == "Edo prints 3"
    assert offered(client, form + "painter&title=Edo+prints") == "Edo prints", "what was typed stays"
    assert offered(client, f"{form}painter&version={first}") == "Edo prints", "a new version is what is meant"


def test_a_long_name_keeps_its_number(client: FlaskClient, critics: Critics) -> None:
    long = "a" * 100
    dataset = critics.dataset(long)
    critics.model(long, slug(long))
    assert offered(client, f"/datasets/{dataset}/train?family=painter") == "a" * 50 + " 2"


def test_a_training_that_goes_on_from_a_version_says_so_and_does(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    version = critics.version(critics.model("Prints", "other-name"), dataset_id)
    path = f"/datasets/{dataset_id}/train"
    shown = page(client, f"{path}?family=painter&version={version}")
    assert f"from the version {version[:12]} of Prints" in shown
    assert f'name="version" value="{version}"' in shown and 'value="other-name"' in shown
    sent = {"family": "painter", "title": "other-name", "version": version}
    answer = browser.send(client, path, **sent)
    job = jobs.get(critics.db, answer.headers["Location"].rsplit("/", 1)[1])
    assert job.version_id == version and job.model_id == get_version(critics.db, version).model_id
    refused = browser.send(client, path, **sent | {"minutes": "-1"})
    assert f'name="version" value="{version}"' in refused.text, "a refused form forgets nothing"


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({}, ["No work has a label"]),
        (labels(style={"ukiyo_e": 6, "baroque": 6}), []),
        (labels(style={"ukiyo_e": 12}), ["style has one class only, ukiyo_e: there is nothing to"]),
        (
            labels(style={"ukiyo_e": 9, "baroque": 3}, mood={"calm": 6, "awe": 6}),
            ["style: 1 class has fewer than 4 works and cannot be learned: baroque."],
        ),
        (
            labels(style={f"kind {n}": 1 for n in range(8)} | {"other": 4}),
            ["style: 8 classes have fewer than 4 works and cannot be learned: kind 0, kind 1, kind 2, "
             "kind 3, kind 4, kind 5 …."],
        ),
        ({"labels": {"title": {"works": 12, "distinct": 12, "values": {}}}}, []),
        ({"labels": {"odd": 3, "worse": {"values": {"a": "b", "c": 1}}}}, ["worse: 1 class has"]),
    ],
)  # fmt: skip
def test_labels_too_few_to_learn_from_are_warned_of(
    client: FlaskClient, critics: Critics, report: dict[str, Any], told: list[str]
) -> None:
    dataset = critics.dataset(report=report)
    warned = found(page(client, f"/datasets/{dataset}"))
    assert len(warned) == len(told)
    assert all(one.startswith(wanted) for one, wanted in zip(warned, told, strict=True)), warned
    assert found(page(client, f"/datasets/{dataset}/train?family=art_cnn")) == warned
    assert found(page(client, f"/datasets/{dataset}/train?family=painter")) == []


def test_without_an_analyser_labels_do_not_matter(client: FlaskClient, studio: Studio) -> None:
    assert found(page(client, f"/datasets/{studio.dataset(report={})}")) == []


def test_what_was_trained_on_it_is_named(client: FlaskClient, critics: Critics) -> None:
    dataset = critics.dataset()
    critics.judge(dataset)
    critics.muse(dataset)
    shown = page(client, f"/datasets/{dataset}")
    assert "Training “Styles”" in shown and "Training “Edo muse”" in shown
