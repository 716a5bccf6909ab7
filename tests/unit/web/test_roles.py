"""What families are there for, who learns from a data set, and who can take a work."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.catalogue import FamilyDescription, OperationDescription, announce
from shared.datasets import get_dataset
from shared.files import get_artifact
from shared.library import Model
from shared.migrate import OWNER
from tests.unit.web.critics import JUDGE, MUSE, Critics
from tests.unit.web.families import COLLECTION, PAINTER, PARENT, _schema
from tests.unit.web.music import COMPOSER
from web import takers
from web.learners import check_media, families_for, makers_for
from web.roles import makes_works, role
from worker.families.collection import FAMILY as REAL_COLLECTION
from worker.families.music_rnn import FAMILY as REAL_COMPOSER
from worker.families.painting_gan import FAMILY as REAL_PAINTER


@pytest.mark.parametrize(
    ("family", "purpose"),
    [
        (PAINTER, "maker"),
        (COMPOSER, "maker"),
        (JUDGE, "analyser"),
        (MUSE, "muse"),
        (COLLECTION, ""),
        (REAL_PAINTER.description, "maker"),
        (REAL_COMPOSER.description, "maker"),
        (REAL_COLLECTION.description, ""),
    ],
    ids=lambda value: value.name if isinstance(value, FamilyDescription) else value or "none",
)
def test_a_family_is_known_by_its_operations(family: FamilyDescription, purpose: str) -> None:
    assert role(family) == purpose
    assert makes_works(family) is (purpose == "maker")


def test_what_only_changes_works_makes_none() -> None:
    vary = OperationDescription("vary", "Vary", "", "interactive", _schema({"parent": PARENT}, ("parent",)))
    assert not makes_works(replace(PAINTER, operations=(vary,)))
    free = replace(vary, input_schema=_schema({"parent": PARENT}))
    assert makes_works(replace(PAINTER, operations=(vary, free)))
    assert role(replace(PAINTER, operations=(vary,))) == ""


def names(families: list[FamilyDescription]) -> list[str]:
    return [family.name for family in families]


def test_several_families_learn_from_one_data_set(app: Flask, critics: Critics) -> None:
    paintings = get_dataset(critics.db, critics.dataset(), OWNER)
    songs = get_dataset(critics.db, critics.songbook(), OWNER)
    with app.test_request_context():
        assert names(families_for(paintings)) == ["painter", "art_cnn", "muse"]
        assert names(families_for(songs)) == ["composer", "muse"]
        assert names(makers_for(paintings)) == ["painter"]
        assert names(makers_for(songs)) == ["composer"]
        for dataset in (paintings, songs):
            check_media(MUSE, dataset)


def test_without_a_maker_those_that_learn_are_meant(app: Flask, critics: Critics) -> None:
    paintings = get_dataset(critics.db, critics.dataset(), OWNER)
    announce(critics.db, [replace(PAINTER, media="sculpture")])
    with app.test_request_context():
        assert names(families_for(paintings)) == ["art_cnn", "muse"]
        assert names(makers_for(paintings)) == ["art_cnn", "muse"]


def test_without_one_of_its_kind_those_that_say_nothing_learn(app: Flask, critics: Critics) -> None:
    paintings = get_dataset(critics.db, critics.dataset(), OWNER)
    announce(critics.db, [replace(PAINTER, media="image"), replace(JUDGE, media="music")])
    with app.test_request_context():
        assert names(families_for(paintings)) == ["painter", "muse"]


def test_a_training_without_a_family_means_the_one_that_makes_works(
    client: FlaskClient, critics: Critics
) -> None:
    body = {"destination": "atelier/new", "input": {"dataset": critics.dataset()}}
    assert client.post("/v1/trainings", json=body).get_json()["family"] == "painter"
    for family in ("art_cnn", "muse"):
        named = body | {"family": family, "destination": f"atelier/{family.replace('_', '-')}"}
        answer = client.post("/v1/trainings", json=named)
        assert (answer.status_code, answer.get_json()["family"]) == (202, family)


def test_the_newest_version_takes_what_it_learned_from(
    app: Flask, critics: Critics, model: Model, dataset_id: str
) -> None:
    version = critics.version(model, dataset_id)
    (picture, *_) = critics.make(model, version)
    (piece,) = critics.perform(critics.ensemble(), critics.learned(critics.ensemble(), critics.songbook()))
    critics.judge(dataset_id)
    newer, _ = critics.judge(dataset_id, "Newer", "newer")
    critics.muse(dataset_id)
    critics.muse(dataset_id, "Tunes", "tunes", media="music")
    painted, played = get_artifact(critics.db, picture), get_artifact(critics.db, piece)
    with app.test_request_context():
        able = takers.takers("analyze")
        assert next(one.model.name for one in able if one.takes(painted)) == newer.name
        assert [one.family.name for one in able if one.takes(played)] == ["composer"]
        inspiring = takers.takers("inspire")
        assert [one.model.name for one in inspiring if one.takes(painted)] == ["edo-muse"]
        assert [one.model.name for one in inspiring if one.takes(played)] == ["tunes"]
        wanted = {"audio/midi", "image/png", "image/jpeg", "image/webp"}
        assert set(takers.accepted_by(able)) == wanted
        assert takers.takers("fly") == [] and takers.takers("train") == []


def test_a_family_that_nobody_serves_any_more_takes_nothing(
    app: Flask, critics: Critics, dataset_id: str
) -> None:
    critics.judge(dataset_id)
    announce(critics.db, [replace(JUDGE, operations=JUDGE.operations[1:])])
    with app.test_request_context():
        assert takers.takers("analyze") == []
