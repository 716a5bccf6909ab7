"""Another version put to work by a job: its own network, its own errors, in memory once for all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared import library
from shared.database import Database
from shared.errors import (
    ArtifactDamaged,
    AtelierError,
    BadFile,
    Canceled,
    ConfigurationError,
    InvalidInput,
    NotFound,
    OutOfMemory,
)
from shared.jobs import Job, NewVersion
from shared.library import insert_version
from shared.migrate import OWNER
from tests.families.toy.engine import ToyEngine, ToyLoaded
from tests.support.workers import toy_version
from worker.family import Companion, Product
from worker.runner import serve
from worker.serving.companions import ServedCompanion
from worker.serving.place import Place

PNG = b"\x89PNG\r\n\x1a\n"


def go_on() -> None:
    """Nobody canceled."""


@pytest.fixture
def companion(place: Place, toy: dict[str, str]) -> ServedCompanion:
    return ServedCompanion(place, go_on, toy["version_id"])


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of the networks that were loaded."""
    seen: list[str] = []
    whole = ToyEngine.load

    def load(engine: ToyEngine, weights: Path, config: Any, device: str) -> ToyLoaded:
        seen.append(weights.name)
        return whole(engine, weights, config, device)

    monkeypatch.setattr(ToyEngine, "load", load)
    return seen


def products(found: list[Product] | AtelierError) -> list[Product]:
    assert not isinstance(found, AtelierError), found
    return found


def test_it_is_what_a_family_may_ask_of_one(companion: ServedCompanion, toy: dict[str, str]) -> None:
    asked: Companion = companion
    assert asked.version_id == toy["version_id"] and asked.name
    assert asked.config == {"latent": 4} and asked.card == {} and asked.dataset_hash is None
    assert asked.description.name == "toy" and asked.description.operation("generate").batchable


def test_it_makes_what_a_job_of_its_own_would(
    companion: ServedCompanion, place: Place, generate_job: Callable[..., Job]
) -> None:
    from shared.files import job_artifacts

    job = generate_job(seed=8, count=2)
    serve(place, "interactive")
    stored = [place.store.read(one.hash) for one in job_artifacts(place.db, job.id, ("output",))]
    (made,) = companion.make("generate", [{"seed": 8, "count": 2}])
    assert [one.data for one in products(made) if one.role == "output"] == stored


def test_requests_made_together_are_those_made_alone(companion: ServedCompanion) -> None:
    asked = [{"seed": seed, "count": 1 + seed % 3} for seed in range(5)]
    together = companion.make("generate", asked)
    for one, given in zip(together, asked, strict=True):
        (alone,) = companion.make("generate", [given])
        assert [p.data for p in products(one)] == [p.data for p in products(alone)]
        assert len(products(one)) == 2 * given["count"]


def test_defaults_are_filled_in_and_seeds_drawn(companion: ServedCompanion) -> None:
    (first,) = companion.make("generate", [{}])
    recipe = products(first)[0].recipe
    assert recipe is not None and recipe["input"]["count"] == 1 and isinstance(recipe["input"]["seed"], int)
    assert companion.make("generate", []) == []


@pytest.mark.parametrize(
    ("given", "field"), [({"seed": -1}, "seed"), ({"count": 99}, "count"), ({"surprise": 1}, "surprise")]
)
def test_an_input_that_does_not_fit_is_refused(
    companion: ServedCompanion, given: dict[str, Any], field: str, loads: list[str]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        companion.make("generate", [{"seed": 1}, given])
    assert caught.value.field == field


def test_an_operation_it_does_not_have_is_refused(companion: ServedCompanion) -> None:
    with pytest.raises(AtelierError):
        companion.make("fly", [{}])


def test_files_go_to_the_request_they_belong_to(companion: ServedCompanion) -> None:
    files = [{"picture": PNG + b"one"}, {"picture": b"none"}, {"picture": PNG + b"two"}]
    first, failed, last = companion.make("echo", [{"picture": "x", "seed": 4}] * 3, files)
    assert isinstance(failed, BadFile) and failed.code == "not_an_image"
    assert products(first)[0].data != products(last)[0].data
    (alone,) = companion.make("echo", [{"picture": "x", "seed": 4}], files[2:])
    assert products(alone)[0].data == products(last)[0].data


def test_one_that_fails_fails_alone_and_what_fails_all_is_raised(companion: ServedCompanion) -> None:
    good = {"seed": 1}
    first, failed, last = companion.make("generate", [good, {"seed": 2, "trouble": "sample_error"}, good])
    assert isinstance(failed, BadFile) and failed.code == "toy_broken"
    assert products(first)[1].data == products(last)[1].data
    with pytest.raises(OutOfMemory):
        companion.make("generate", [good, {"seed": 2, "trouble": "out_of_memory"}])


def test_its_network_is_in_memory_once_for_its_jobs_and_for_others(
    companion: ServedCompanion,
    place: Place,
    toy: dict[str, str],
    generate_job: Callable[..., Job],
    loads: list[str],
) -> None:
    for seed in range(3):
        companion.make("generate", [{"seed": seed}])
    generate_job(seed=1)
    serve(place, "interactive")
    ServedCompanion(place, go_on, toy["version_id"]).make("generate", [{"seed": 1}])
    assert len(loads) == 1 and place.cache.holds() == [toy["version_id"]]


def test_another_version_makes_other_works(companion: ServedCompanion, place: Place, db: Database) -> None:
    _, other = toy_version(db, place.store, seed=9)
    beside = ServedCompanion(place, go_on, other)
    (ours,), (theirs,) = (one.make("generate", [{"seed": 3}]) for one in (companion, beside))
    assert products(ours)[0].data != products(theirs)[0].data


def test_a_canceled_job_puts_nobody_to_work(place: Place, toy: dict[str, str], loads: list[str]) -> None:
    def canceled() -> None:
        raise Canceled("no more")

    companion = ServedCompanion(place, canceled, toy["version_id"])
    with pytest.raises(Canceled):
        companion.make("generate", [{"seed": 1}])
    assert loads == []


def test_a_version_that_is_not_there_is_not_found(place: Place) -> None:
    with pytest.raises(NotFound):
        ServedCompanion(place, go_on, "0" * 64)


def test_a_family_that_this_worker_does_not_serve_is_told(place: Place, db: Database) -> None:
    model = library.ensure_model(db, owner_id=OWNER, name="etchings", family="etching")
    blob = place.store.put(b"weights of an etching")
    with db.begin() as connection:
        new = NewVersion(blob, "etching", "1", {}, {"kind": "etching"})
        version = insert_version(connection, new, model_id=model.id, job_id=None)
    companion = ServedCompanion(place, go_on, version)
    assert companion.card == {"kind": "etching"}, "what is written down is known anyway"
    for ask in (lambda: companion.description, lambda: companion.make("generate", [{}])):
        with pytest.raises(ConfigurationError, match="etching"):
            ask()


def test_weights_that_are_gone_are_told_as_damage(
    companion: ServedCompanion, place: Place, toy: dict[str, str]
) -> None:
    place.store.delete(toy["version_id"])
    with pytest.raises(ArtifactDamaged):
        companion.make("generate", [{"seed": 1}])
