"""Works that a report names by content are found again: those made here first, what was only sent never."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from shared.contents import works_by_content
from shared.database import Database
from shared.files import get_artifact
from shared.library import Model
from shared.migrate import OWNER
from shared.tables import artifacts
from tests.unit.web.attached import upload
from tests.unit.web.critics import Critics
from tests.unit.web.pictures import png
from web.reports.named import Named, Names, _hashes


def content(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_work_of_a_data_set_is_found_with_its_small_copy(critics: Critics) -> None:
    dataset = critics.dataset(count=3)
    first, second = critics.contents(2)
    found = works_by_content(critics.db, [second, first, "f" * 64, first], OWNER)
    assert set(found) == {first, second}
    work = found[second]
    assert (work.dataset_id, work.artifact.role, work.artifact.hash) == (dataset, "item", second)
    small = get_artifact(critics.db, work.thumbnail_id)
    assert (small.role, small.position) == ("thumbnail", 1)
    assert works_by_content(critics.db, [], OWNER) == {}


def test_a_work_made_here_goes_before_an_equal_one_of_a_data_set(
    critics: Critics, model: Model, dataset_id: str
) -> None:
    version = critics.version(model, dataset_id)
    critics._next = 0
    (made,) = critics.make(model, version, count=1)
    found = works_by_content(critics.db, critics.contents(1), OWNER)[critics.contents(1)[0]]
    assert (found.artifact.id, found.dataset_id) == (made, None)
    assert get_artifact(critics.db, found.thumbnail_id).role == "thumbnail"


def test_what_was_only_sent_or_belongs_to_another_is_not_found(
    client: FlaskClient, critics: Critics, dataset_id: str
) -> None:
    upload(client, png(7, 7))
    (first,) = critics.contents(1)
    assert set(works_by_content(critics.db, [content(png(7, 7)), first], OWNER)) == {first}
    assert works_by_content(critics.db, [first], "somebody") == {}


def test_pieces_without_a_job_have_their_roll(critics: Critics) -> None:
    dataset = critics.songs([("a.mid", {"bars": 4}), ("b.mid", {})], {}, by_job=False)
    wanted = content(b"MThdb.mid")
    found = works_by_content(critics.db, [wanted], OWNER)[wanted]
    assert (
        found.dataset_id == dataset
        and get_artifact(critics.db, found.thumbnail_id).media_type == "image/webp"
    )


def test_what_has_no_picture_has_none(critics: Critics) -> None:
    critics.songbook()
    data = critics.store.read(get_artifact(critics.db, _only_item(critics)).hash)
    (found,) = works_by_content(critics.db, [content(data)], OWNER).values()
    assert found.thumbnail_id == ""


def asked_small_copies(db: Database, ask: Callable[[], object]) -> list[str]:
    """What each query for the small copies of jobs says of which they are, while ``ask`` is answered."""
    found: list[str] = []

    def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        which = " ".join(statement.partition("WHERE")[2].split())
        if which.startswith("artifacts.job_id IN (?") and "artifacts.role = ?" in which:
            found.append(which)

    event.listen(db.engine, "before_cursor_execute", seen)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", seen)
    return found


def test_of_a_large_data_set_only_a_few_small_copies_are_asked_for(
    client: FlaskClient, critics: Critics
) -> None:
    dataset = critics.dataset(count=9)
    critics.judge(dataset)
    for ask in (
        lambda: works_by_content(critics.db, critics.contents(2), OWNER),
        lambda: client.get("/models"),
        lambda: client.get("/datasets"),
        lambda: client.get(f"/datasets/{dataset}"),
        lambda: client.get("/jobs"),
    ):
        asked = asked_small_copies(critics.db, ask)
        assert asked and all("artifacts.position IN" in one for one in asked), asked


def _only_item(critics: Critics) -> str:
    with critics.db.read() as connection:
        query = artifacts.select().where(artifacts.c.role == "item")
        return str(connection.execute(query).one().id)


def test_each_is_linked_to_where_it_can_be_seen(
    app: Flask, critics: Critics, model: Model, dataset_id: str
) -> None:
    (made,) = critics.make(model, critics.version(model, dataset_id), count=1, seed=5)
    songs = critics.songs([("a.mid", {})], {})
    contents = {"item": critics.contents(1)[0], "made": get_artifact(critics.db, made).hash}
    contents |= {"song": content(b"MThda.mid"), "gone": "e" * 64}
    told = [
        {"work": {"hash": one, "name": f"folder/{name}", "labels": {"a": "b", "c": 1}}}
        for name, one in contents.items()
    ]
    with app.test_request_context():
        names = Names(told)
        found = {name: names.of(one["work"]) for name, one in zip(contents, told, strict=True)}
    assert found["made"].url == f"/works/{made}" and found["made"].reference == made
    assert found["item"].url.startswith("/artifacts/") and found["item"].url.endswith("?inline=1")
    assert found["song"].url == f"/datasets/{songs}" and found["song"].thumbnail
    assert found["gone"] == Named("gone", "b, 1") and found["gone"].alt == "gone, b, 1"


@pytest.mark.parametrize("told", [None, 5, "work", {}, {"name": 3}, {"hash": 7, "labels": "x"}, []])
def test_what_names_no_work_is_nothing_to_look_at(app: Flask, critics: Critics, told: Any) -> None:
    with app.test_request_context():
        found = Names(told).of(told)
    assert (found.url, found.thumbnail, found.reference) == ("", "", "")


TREES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["hash", "a", "b"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(TREES)
def test_every_hash_of_a_report_is_seen_however_deep(told: Any) -> None:
    def count(one: Any) -> int:
        if isinstance(one, dict):
            return int(isinstance(one.get("hash"), str)) + sum(count(value) for value in one.values())
        return sum(map(count, one)) if isinstance(one, list) else 0

    found = list(_hashes(told))
    assert len(found) == count(told) and all(isinstance(one, str) for one in found)
