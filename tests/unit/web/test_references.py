"""What an input names is found by id, by address and by content; data sets and versions by id and by name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import AtelierError, InvalidInput, NotFound
from shared.files import artifact_by_hash, get_artifact, sibling
from shared.library import Model
from shared.migrate import OWNER
from tests.unit.web.attached import data_uri, upload
from tests.unit.web.critics import DATASET, JUDGE, MAKER, MUSE, PICTURE, Critics, _operation
from tests.unit.web.families import PAINTER, PARENT, _schema
from tests.unit.web.music import COMPOSER
from tests.unit.web.pictures import png
from web.references import Resolved, Wanted, artifact_fields, find_version, resolve, serves, usable

WORKS = {"type": "array", "items": {"type": "string", "format": "artifact"}}
SCHEMA = _schema(
    {
        "picture": PICTURE,
        "parent": PARENT,
        "works": WORKS,
        "dataset": DATASET,
        "anything": {key: value for key, value in DATASET.items() if key != "x-media"},
        "maker": MAKER,
        "painter": MAKER | {"x-families": ["painter"]},
        "songs": MAKER | {"x-media": ["music"], "x-operation": "compose"},
        "words": {"type": "string"},
    }
)


@pytest.fixture
def find(app: Flask) -> Callable[..., Resolved]:
    """Resolve these fields as a request does."""

    def make(**given: Any) -> Resolved:
        with app.test_request_context("/", base_url="http://localhost"):
            return resolve(SCHEMA, given)

    return make


def refused(find: Callable[..., Resolved], code: str, **given: Any) -> InvalidInput:
    (field,) = given
    with pytest.raises(InvalidInput) as caught:
        find(**given)
    assert (caught.value.code, caught.value.field) == (code, field), caught.value
    return caught.value


def content(data: bytes) -> str:
    import hashlib

    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture
def made(critics: Critics, model: Model, dataset_id: str) -> list[str]:
    """Two works with latents, made here; pictures that no data set has."""
    version = critics.version(model, dataset_id)
    return critics.make(model, version, count=2)


def test_a_work_is_found_by_id_address_and_content(
    find: Callable[..., Resolved], critics: Critics, made: list[str]
) -> None:
    hash = get_artifact(critics.db, made[1]).hash
    for reference in (
        made[1], f"/artifacts/{made[1]}", f"http://localhost/artifacts/{made[1]}?inline=1",
        f"/artifacts/{made[1]}/work.png", f"sha256:{hash}",
    ):  # fmt: skip
        found = find(picture=reference, words=reference)
        assert found.input["picture"] == made[1] and found.input["words"] == reference
        assert found.uploads == {} and found.inside == {}


def test_a_work_of_a_data_set_is_found_by_its_content(
    find: Callable[..., Resolved], critics: Critics, dataset_id: str
) -> None:
    hash = critics.contents(3)[2]
    found = get_artifact(critics.db, find(picture=f"sha256:{hash}").input["picture"])
    assert (found.role, found.hash) == ("item", hash)


def test_an_upload_is_found_by_its_content_and_told_as_one(
    find: Callable[..., Resolved], client: FlaskClient, critics: Critics
) -> None:
    data = png(9, 9, (1, 2, 3))
    file = upload(client, data)
    found = find(picture=content(data))
    assert found.input["picture"] == file["id"] and found.uploads["picture"].id == file["id"]
    refused(find, "unknown_work", parent=content(data))


def test_a_work_goes_before_an_upload_of_the_same_bytes(
    find: Callable[..., Resolved], client: FlaskClient, critics: Critics
) -> None:
    """Somebody sent the file first, perhaps to become the very data set that has it."""
    critics._next = 0
    sent = upload(client, critics.pictures[0])
    critics.dataset(count=1)
    found = find(picture=f"sha256:{critics.contents(1)[0]}")
    assert found.input["picture"] != sent["id"] and found.uploads == {}
    assert get_artifact(critics.db, found.input["picture"]).role == "item"


def test_by_content_the_latent_beside_a_work_is_reached(
    find: Callable[..., Resolved], critics: Critics, made: list[str], dataset_id: str
) -> None:
    work = artifact_by_hash(critics.db, get_artifact(critics.db, made[0]).hash, OWNER)
    assert find(parent=f"sha256:{work.hash}").input["parent"] == work.id
    assert sibling(critics.db, work, "latent")


@pytest.mark.parametrize(
    "reference",
    [
        "sha256:" + "0" * 64, "sha256:" + "0" * 63, "sha256:" + "G" * 64, "sha256:", "SHA256:" + "0" * 64,
        "sha256:" + "0" * 64 + "0", " sha256:" + "0" * 64, "sha256:" + "0" * 64 + "\n", "md5:" + "0" * 32,
        "0" * 26, "/artifacts/" + "0" * 26, "/artifacts/../" + "0" * 26, "http://[", "//evil.example/x", "",
        "http://localhost:81/artifacts/" + "0" * 26,
    ],
)  # fmt: skip
def test_what_is_not_there_is_an_unknown_work(
    find: Callable[..., Resolved], critics: Critics, reference: str
) -> None:
    for field in ("picture", "parent"):
        refused(find, "unknown_work", **{field: reference})


def test_an_upper_case_content_is_none(
    find: Callable[..., Resolved], critics: Critics, made: list[str]
) -> None:
    hash = get_artifact(critics.db, made[0]).hash
    refused(find, "unknown_work", picture=f"sha256:{hash.upper()}")


def test_an_address_of_another_host_is_none_of_ours(
    find: Callable[..., Resolved], made: list[str], critics: Critics
) -> None:
    refused(find, "unknown_work", picture=f"http://elsewhere.example/artifacts/{made[0]}")


def test_a_file_inside_the_request_has_no_id_yet(find: Callable[..., Resolved], critics: Critics) -> None:
    found = find(picture=data_uri(png()))
    assert "picture" not in found.input and found.inside["picture"].data == png()
    refused(find, "unknown_work", parent=data_uri(png()))


def test_each_of_several_works_is_found(
    find: Callable[..., Resolved], critics: Critics, made: list[str]
) -> None:
    hash = get_artifact(critics.db, made[1]).hash
    assert find(works=[made[0], f"sha256:{hash}"]).input["works"] == made
    refused(find, "unknown_work", works=[made[0], "0" * 26])


def test_a_data_set_is_found_by_id_and_by_name_the_newest_first(
    find: Callable[..., Resolved], critics: Critics, dataset_id: str
) -> None:
    for field in ("dataset", "anything"):
        assert find(**{field: dataset_id}).input[field] == dataset_id
        assert find(**{field: "Edo prints"}).input[field] == dataset_id
    newer = critics.dataset()
    assert find(dataset="Edo prints").input["dataset"] == newer
    assert refused(find, "unknown_dataset", dataset="Nothing").message


def test_a_data_set_of_another_kind_is_refused_where_only_pictures_do(
    find: Callable[..., Resolved], critics: Critics
) -> None:
    songs = critics.songs([("a.mid", {})], {})
    assert find(anything=songs).input["anything"] == songs
    for reference in (songs, "Songs"):
        told = refused(find, "wrong_media", dataset=reference)
        assert "Songs" in told.message and "music" in told.message


@pytest.mark.parametrize("field", ["dataset", "anything", "maker"])
def test_an_empty_choice_names_nothing(find: Callable[..., Resolved], critics: Critics, field: str) -> None:
    assert find(**{field: ""}, words="x").input == {"words": "x"}


@pytest.mark.parametrize("value", [None, 5, ["a"], {"a": 1}, True])
def test_what_is_no_text_is_left_to_the_schema(
    find: Callable[..., Resolved], critics: Critics, value: Any
) -> None:
    for field in ("picture", "dataset", "maker"):
        assert find(**{field: value}).input == {field: value}


def test_a_version_has_three_names(
    find: Callable[..., Resolved], critics: Critics, model: Model, dataset_id: str
) -> None:
    first = critics.version(model, dataset_id)
    second = critics.version(model, dataset_id, weights=b"other")
    for reference, expected in (
        (first, first), (second, second), (f"atelier/edo-prints:{first}", first),
        ("atelier/edo-prints", second),
    ):  # fmt: skip
        assert find(maker=reference).input["maker"] == expected


@pytest.mark.parametrize(
    "reference", ["0" * 64, "atelier/nobody", "atelier/edo-prints:" + "0" * 64, "atelier/", "/", ":", "x"]
)
def test_a_version_that_is_not_there_is_told_beside_its_field(
    find: Callable[..., Resolved], critics: Critics, version_id: str, reference: str
) -> None:
    for field in ("maker", "songs"):
        refused(find, "unknown_version", **{field: reference})


def test_a_version_of_another_model_is_not_that_models(
    find: Callable[..., Resolved], critics: Critics, version_id: str, dataset_id: str
) -> None:
    other = critics.version(critics.model("Second", "second"), dataset_id, weights=b"other")
    refused(find, "unknown_version", maker=f"atelier/edo-prints:{other}")


def test_only_versions_that_can_do_it_are_taken(
    find: Callable[..., Resolved], critics: Critics, version_id: str, dataset_id: str
) -> None:
    _, judge = critics.judge(dataset_id)
    told = refused(find, "wrong_version", maker=judge)
    assert "Styles" in told.message
    composer = critics.learned(critics.ensemble(), critics.songbook())
    assert find(songs=composer).input["songs"] == composer
    refused(find, "wrong_version", songs=version_id)
    refused(find, "wrong_version", painter=composer)
    assert find(painter=version_id).input["painter"] == version_id


def test_a_version_whose_model_has_none_yet_says_so(
    find: Callable[..., Resolved], critics: Critics, model: Model
) -> None:
    assert "no version yet" in refused(find, "unknown_version", maker="atelier/edo-prints").message


@pytest.mark.parametrize(
    ("wanted", "family", "taken"),
    [
        ({}, PAINTER, True), ({"x-operation": "generate"}, PAINTER, True),
        ({"x-operation": "analyze"}, PAINTER, False),
        ({"x-operation": "analyze"}, JUDGE, True), ({"x-operation": "train"}, JUDGE, False),
        ({"x-families": ["painter", "muse"]}, MUSE, True), ({"x-families": []}, MUSE, False),
        ({"x-media": ["painting"]}, COMPOSER, False), ({"x-media": ["painting"]}, JUDGE, True),
        ({"x-media": ["music"], "x-operation": "compose"}, COMPOSER, True),
        ({"x-families": ["composer"], "x-media": ["painting"]}, COMPOSER, False),
    ],
)  # fmt: skip
def test_a_field_takes_families_by_name_operation_and_media(
    wanted: dict[str, Any], family: Any, taken: bool
) -> None:
    assert serves(wanted, family) is taken


def test_an_operation_that_needs_no_version_is_no_reason_to_take_one() -> None:
    learn = replace(_operation("learn", "Learn"), needs="dataset")
    family = replace(PAINTER, operations=(learn,))
    assert not serves({"x-operation": "learn"}, family) and serves({}, family)


def test_artifact_fields_say_what_they_take() -> None:
    assert artifact_fields(SCHEMA) == {
        "picture": Wanted(None, tuple(PICTURE["x-accept"])),
        "parent": Wanted("latent", ()),
    }
    assert artifact_fields({}) == {}


def test_a_work_is_usable_when_what_is_read_of_it_is_there(
    app: Flask, critics: Critics, made: list[str], client: FlaskClient
) -> None:
    work, sent = get_artifact(critics.db, made[0]), get_artifact(critics.db, upload(client)["id"])
    with app.test_request_context():
        assert usable(work, Wanted()) and usable(work, Wanted("latent")) and not usable(work, Wanted("roll"))
        assert usable(work, Wanted(None, ("image/png",))) and not usable(work, Wanted(None, ("audio/midi",)))
        assert usable(sent, Wanted(None, ("image/png",))) and not usable(sent, Wanted())


@pytest.mark.parametrize("reference", [None, 5, "", [], {}])
def test_a_version_must_be_named_by_a_text(app: Flask, critics: Critics, reference: Any) -> None:
    with app.test_request_context(), pytest.raises(InvalidInput) as caught:
        find_version(reference)
    assert caught.value.field == "version"


@given(reference=st.text(max_size=90))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_found_or_refused_beside_its_field(
    find: Callable[..., Resolved], critics: Critics, reference: str
) -> None:
    for field in ("picture", "dataset", "maker"):
        try:
            find(**{field: reference})
        except NotFound:
            raise
        except AtelierError as error:
            assert error.field == field, (field, error)
