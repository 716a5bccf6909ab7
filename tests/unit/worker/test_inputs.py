"""What a job's fields name is fetched for it: files, uploads, data sets and versions, its owner's alone."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import insert

from shared import jobs
from shared.artifacts import Store
from shared.catalogue import OperationDescription
from shared.database import Database
from shared.datasets import get_dataset, insert_dataset
from shared.errors import ArtifactDamaged, InvalidInput, NotFound
from shared.files import UPLOAD, insert_artifact
from shared.jobs import Job, NewArtifact, NewDataset, NewItem, Result
from shared.migrate import OWNER
from shared.tables import owners
from tests.support.builders import queue, take
from tests.support.workers import toy_version
from worker.family import Companion, Request
from worker.serving.inputs import fetch_request, fetch_training, fetch_upload_request, version_of

PNG = b"\x89PNG\r\n\x1a\n"
LOOK = OperationDescription(
    "look",
    "Look",
    "Looks at everything.",
    "interactive",
    {
        "type": "object",
        "properties": {
            "picture": {"type": "string", "format": "artifact", "x-accept": ["image/png"]},
            "parent": {"type": "string", "format": "artifact", "x-role": "latent"},
            "dataset": {"type": "string", "format": "dataset"},
            "maker": {"type": "string", "format": "version"},
            "words": {"type": "string"},
            "files": {"type": "array", "x-widget": "files", "items": {"format": "artifact"}},
            "one": {"type": "string", "x-widget": "files"},
        },
    },
)


def no_companion(version_id: str) -> Companion:
    raise NotFound(f"there is no version {version_id}")


def heard(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
    raise AssertionError("nobody calls it here")


@pytest.fixture
def fetch(db: Database, store: Store) -> Callable[..., Request]:
    """Fetch a job whose input has these fields."""

    def make(companion: Callable[[str], Companion] = no_companion, **given: Any) -> Request:
        return fetch_request(db, store, queue(db, input=given), LOOK, companion, heard)

    return make


def stored(
    db: Database, store: Store, data: bytes, role: str = "output", owner: str = OWNER, **more: Any
) -> str:
    """A recorded file; gives its id."""
    new = NewArtifact(role, f"{role}.png", "image/png", store.put(data), more.pop("position", 0))
    with db.begin() as connection:
        return insert_artifact(connection, new, owner_id=owner, **more)


def made_by(db: Database, store: Store, *files: tuple[str, bytes, int]) -> Job:
    """A job that succeeded with files: role, bytes, position."""
    queue(db)
    (taken,) = take(db)
    new = tuple(NewArtifact(role, role, "image/png", store.put(data), place) for role, data, place in files)
    jobs.succeed(db, [(taken.lease, Result({}, new))])
    return jobs.get(db, taken.id)


def ids_of(db: Database, job: Job, role: str) -> list[str]:
    from shared.files import job_artifacts

    return [one.id for one in job_artifacts(db, job.id, (role,))]


def collected(db: Database, store: Store, count: int = 3, owner: str = OWNER, media: str = "painting") -> str:
    """A data set of the owner; gives its id."""
    items = tuple(
        NewItem(
            NewArtifact(
                "item", f"{n}.png", "image/png", store.put(PNG + bytes([n])), n, width=5 + n, height=7
            ),
            f"{n}.png",
            {"style": f"s{n}"},
        )
        for n in range(count)
    )
    with db.begin() as connection:
        new = NewDataset("Prints", media, store.put(b"manifest").hash, items, {})
        return insert_dataset(connection, new, owner_id=owner, job_id=None)


@pytest.fixture
def stranger(db: Database) -> str:
    """Another owner."""
    with db.begin() as connection:
        connection.execute(insert(owners).values(id="somebody", title="Somebody", created_at=0.0))
    return "somebody"


def test_a_work_is_its_bytes_and_not_foreign(
    db: Database, store: Store, fetch: Callable[..., Request]
) -> None:
    request = fetch(picture=stored(db, store, PNG + b"work"), words="calm")
    assert request.files == {"picture": PNG + b"work"} and request.foreign == frozenset()
    assert request.input["words"] == "calm" and request.operation == "look"
    assert request.datasets == {} and request.companions == {} and request.checkin is heard


def test_an_upload_is_foreign(db: Database, store: Store, fetch: Callable[..., Request]) -> None:
    upload, work = stored(db, store, PNG + b"sent", UPLOAD), stored(db, store, PNG + b"work")
    request = fetch(picture=upload)
    assert request.files == {"picture": PNG + b"sent"} and request.foreign == {"picture"}
    both = fetch(picture=upload, parent=upload)
    assert both.foreign == {"picture", "parent"}, "what came from outside has no siblings"
    assert fetch(picture=work).foreign == frozenset()


def test_with_a_role_the_sibling_at_the_same_position_counts(
    db: Database, store: Store, fetch: Callable[..., Request]
) -> None:
    job = made_by(
        db, store, ("output", b"o0", 0), ("latent", b"l0", 0), ("output", b"o1", 1), ("latent", b"l1", 1)
    )
    for place, output in enumerate(ids_of(db, job, "output")):
        assert fetch(parent=output).files["parent"] == f"l{place}".encode()
        assert fetch(picture=output).files["picture"] == f"o{place}".encode()
    latent = ids_of(db, job, "latent")[1]
    assert fetch(parent=latent).files["parent"] == b"l1"
    bare = made_by(db, store, ("output", b"bare", 0))
    with pytest.raises(InvalidInput) as caught:
        fetch(parent=ids_of(db, bare, "output")[0])
    assert caught.value.field == "parent"


def test_a_data_set_has_its_works_with_labels_and_addresses(
    db: Database, store: Store, fetch: Callable[..., Request]
) -> None:
    identifier = collected(db, store)
    found = fetch(dataset=identifier).datasets["dataset"]
    assert (found.name, found.hash) == ("Prints", get_dataset(db, identifier, OWNER).hash)
    assert [(item.name, item.labels, item.width, item.height) for item in found.items] == [
        (f"{n}.png", {"style": f"s{n}"}, 5 + n, 7) for n in range(3)
    ]
    for n, item in enumerate(found.items):
        assert item.path.read_bytes() == PNG + bytes([n]) and store.read(item.hash) == PNG + bytes([n])


def test_a_version_is_handed_to_who_makes_companions(fetch: Callable[..., Request]) -> None:
    asked: list[str] = []

    def companion(version_id: str) -> Any:
        asked.append(version_id)
        return "the companion"

    request = fetch(companion, maker="v" * 64)
    assert list(map(str, request.companions.values())) == ["the companion"] and asked == ["v" * 64]


@pytest.mark.parametrize("field", ["picture", "parent", "dataset", "maker"])
def test_what_is_not_there_is_told_beside_its_field(fetch: Callable[..., Request], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        fetch(**{field: "0" * 26})
    assert caught.value.field == field and field in caught.value.message


def test_what_belongs_to_another_is_not_there(
    db: Database, store: Store, fetch: Callable[..., Request], stranger: str
) -> None:
    theirs = {
        "picture": stored(db, store, PNG, owner=stranger),
        "parent": stored(db, store, PNG, UPLOAD, owner=stranger),
        "dataset": collected(db, store, owner=stranger),
    }
    for field, identifier in theirs.items():
        with pytest.raises(InvalidInput) as caught:
            fetch(**{field: identifier})
        assert caught.value.field == field


def test_fields_that_are_absent_or_empty_name_nothing(fetch: Callable[..., Request]) -> None:
    request = fetch(picture="", dataset="", maker="", words="0" * 26)
    assert (request.files, request.datasets, request.companions) == ({}, {}, {})


def test_bytes_that_are_missing_are_told_as_damage(
    db: Database, store: Store, fetch: Callable[..., Request]
) -> None:
    identifier = stored(db, store, PNG + b"gone")
    store.delete(store.put(PNG + b"gone").hash)
    with pytest.raises(ArtifactDamaged):
        fetch(picture=identifier)


def test_uploads_come_as_paths_in_their_order(db: Database, store: Store) -> None:
    ids = [stored(db, store, f"toy{n}".encode(), UPLOAD) for n in range(3)]
    job = queue(db, input={"files": ids[::-1], "one": ids[0], "picture": ids[1]})
    request = fetch_upload_request(db, store, job, LOOK)
    assert [one.artifact_id for one in request.uploads] == [*ids[::-1], ids[0]]
    assert [one.path.read_bytes() for one in request.uploads] == [b"toy2", b"toy1", b"toy0", b"toy0"]
    assert request.files == {}
    with pytest.raises(InvalidInput) as caught:
        fetch_upload_request(db, store, queue(db, input={"files": ["0" * 26]}), LOOK)
    assert caught.value.field == "files"


def test_an_operation_that_needs_a_version_says_so(db: Database, store: Store) -> None:
    model, version = toy_version(db, store)
    assert version_of(queue(db, model_id=model, version_id=version)) == version
    with pytest.raises(InvalidInput) as caught:
        version_of(queue(db))
    assert caught.value.field == "version"


def training(db: Database, **given: Any) -> Job:
    return queue(db, lane="training", operation="train", input=given)


def test_a_training_has_its_data_set_and_the_version_it_begins_from(db: Database, store: Store) -> None:
    model, version = toy_version(db, store)
    job = queue(
        db,
        lane="training",
        operation="train",
        input={"dataset": collected(db, store)},
        model_id=model,
        version_id=version,
    )
    found = fetch_training(db, store, job)
    assert len(found.dataset.items) == 3 and found.gallery == []
    assert found.base is not None and found.base.read_bytes() and found.base_config == {"latent": 4}
    bare = fetch_training(db, store, training(db))
    assert (bare.dataset.items, bare.base, bare.base_config) == ([], None, None)
    with pytest.raises(NotFound):
        fetch_training(db, store, training(db, dataset="0" * 26))


def test_the_gallery_is_the_newest_works_before_the_job(db: Database, store: Store) -> None:
    dataset = collected(db, store)
    for n in range(4):
        made_by(db, store, ("output", PNG + f"work{n}".encode(), 0), ("thumbnail", b"small", 0))
    job = training(db, dataset=dataset, gallery=3)
    take(db, limit=9)
    made_by(db, store, ("output", PNG + b"later", 0))
    found = fetch_training(db, store, job).gallery
    assert [item.path.read_bytes() for item in found] == [PNG + f"work{n}".encode() for n in (3, 2, 1)]
    assert all(item.hash and item.labels == {} for item in found)
    for count in (0, -1, "3", None, 2.5):
        assert fetch_training(db, store, training(db, dataset=dataset, gallery=count)).gallery == []


def test_works_of_another_kind_are_not_beside_a_data_set(db: Database, store: Store) -> None:
    made_by(db, store, ("output", PNG + b"work", 0))
    for media, count in (("painting", 1), ("music", 0), ("toy", 0)):
        job = training(db, dataset=collected(db, store, media=media), gallery=5)
        assert len(fetch_training(db, store, job).gallery) == count
