"""A network in memory with its shape fixed: measured once, then never again anywhere."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from shared import jobs, shapes
from shared.database import Database
from shared.jobs import Job
from shared.lifecycle import State
from shared.tables import batch_shapes
from tests.families.toy.engine import ToyEngine, ToyLoaded
from tests.support.workers import toy_version
from worker.runner import serve
from worker.serving.place import Place
from worker.weights import WeightsCache

Make = Callable[..., Job]


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The passes made to measure."""
    passes: list[int] = []
    whole = ToyLoaded.rehearse

    def rehearse(loaded: ToyLoaded, shape: int) -> None:
        passes.append(shape)
        whole(loaded, shape)

    monkeypatch.setattr(ToyLoaded, "rehearse", rehearse)
    return passes


def shape_in_use(place: Place, version: str) -> int:
    def absent() -> ToyLoaded:
        raise AssertionError("the network is not in memory")

    loaded = place.cache.get(version, absent)
    assert isinstance(loaded, ToyLoaded)
    return loaded.shape


def test_a_version_is_measured_once_for_all_workers_of_a_device(
    place: Place, db: Database, generate_job: Make, toy: dict[str, str], rehearsed: list[int]
) -> None:
    generate_job(seed=1)
    serve(place, "interactive")
    decided = shapes.known(db, toy["version_id"], "cpu")
    assert rehearsed and decided == shape_in_use(place, toy["version_id"])
    rehearsed.clear()
    other = replace(place, worker_id="w2", cache=WeightsCache(1_000_000))
    generate_job(seed=2)
    serve(other, "interactive")
    assert rehearsed == [] and shape_in_use(other, toy["version_id"]) == decided


def test_a_stored_shape_is_used_without_measuring(
    place: Place, db: Database, generate_job: Make, toy: dict[str, str], rehearsed: list[int]
) -> None:
    shapes.decide(db, toy["version_id"], "cpu", 3, {})
    job = generate_job(seed=1, count=4)
    serve(place, "interactive")
    assert rehearsed == [] and shape_in_use(place, toy["version_id"]) == 3
    assert jobs.get(db, job.id).state is State.SUCCEEDED


def test_another_type_of_device_measures_for_itself(
    place: Place, db: Database, generate_job: Make, rehearsed: list[int]
) -> None:
    generate_job(seed=1)
    serve(place, "interactive")
    rehearsed.clear()
    gpu = replace(place.device, name="cuda:0", title="A GPU", peers=("cuda:0",))
    other = replace(place, device=gpu, cache=WeightsCache(1_000_000))
    jobs_before = generate_job(seed=2)
    # The toy cannot load on this machine's missing GPU; its type is what counts here.
    whole = ToyEngine.load

    def on_cpu(engine: ToyEngine, weights: Path, config: Mapping[str, Any], device: str) -> ToyLoaded:
        return whole(engine, weights, config, "cpu")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ToyEngine, "load", on_cpu)
        serve(other, "interactive")
    assert jobs.get(db, jobs_before.id).state is State.SUCCEEDED and rehearsed
    with db.read() as connection:
        assert set(connection.execute(select(batch_shapes.c.device)).scalars()) == {"cpu", "A GPU"}


def test_memory_that_runs_out_while_measuring_costs_no_job(
    place: Place, db: Database, generate_job: Make, toy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ToyLoaded.rehearse

    def with_little_room(loaded: ToyLoaded, shape: int) -> None:
        if shape > 1:
            raise MemoryError
        whole(loaded, shape)

    monkeypatch.setattr(ToyLoaded, "rehearse", with_little_room)
    job = generate_job(seed=1)
    serve(place, "interactive")
    assert jobs.get(db, job.id).state is State.SUCCEEDED
    assert shape_in_use(place, toy["version_id"]) == 1
    with db.read() as connection:
        measured = connection.execute(select(batch_shapes.c.measured)).scalar_one()
    assert measured["ended"] == "out of memory at 2"


def test_other_networks_make_room_for_one_that_does_not_fit(
    place: Place, db: Database, generate_job: Make, toy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, other = toy_version(db, place.store, seed=5)
    whole = ToyEngine.load

    def beside_nothing(engine: ToyEngine, *given: Any) -> ToyLoaded:
        if place.cache.holds():
            raise MemoryError
        return whole(engine, *given)

    monkeypatch.setattr(ToyEngine, "load", beside_nothing)
    place.cache.get(other, lambda: whole(ToyEngine(), place.store.path(other), {}, "cpu"))
    job = generate_job(seed=1)
    serve(place, "interactive")
    assert jobs.get(db, job.id).state is State.SUCCEEDED
    assert place.cache.holds() == [toy["version_id"]]
