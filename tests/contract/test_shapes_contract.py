"""The one batch shape of a version on a type of device, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, text

from shared import library, shapes
from shared.artifacts import Blob
from shared.database import Database
from shared.jobs import NewVersion
from shared.migrate import OWNER, migrate
from shared.tables import batch_shapes
from tests.conftest import both_stores

VERSION = "a" * 64


@both_stores
def test_whoever_records_first_decides(db: Database) -> None:
    assert shapes.known(db, VERSION, "cpu") is None
    assert shapes.decide(db, VERSION, "cpu", 4, {"per_second": {"4": 9.5}}) == 4
    assert shapes.decide(db, VERSION, "cpu", 2, {}) == 4
    assert shapes.known(db, VERSION, "cpu") == 4
    with db.read() as connection:
        (row,) = connection.execute(select(batch_shapes)).all()
    assert row.measured == {"per_second": {"4": 9.5}} and row.created_at > 0


@both_stores
def test_types_of_devices_and_versions_are_told_apart(db: Database) -> None:
    assert shapes.decide(db, VERSION, "cpu", 1, {}) == 1
    assert shapes.decide(db, VERSION, "A GPU", 64, {}) == 64
    assert shapes.decide(db, "b" * 64, "cpu", 8, {}) == 8
    assert [shapes.known(db, VERSION, device) for device in ("cpu", "A GPU", "another")] == [1, 64, None]


@both_stores
def test_workers_that_measure_at_once_agree(db: Database) -> None:
    workers = 6
    together = threading.Barrier(workers)

    def measure(shape: int) -> int:
        together.wait()
        return shapes.decide(db, VERSION, "cpu", shape, {})

    with ThreadPoolExecutor(workers) as pool:
        decided = set(pool.map(measure, range(1, workers + 1)))
    assert decided == {shapes.known(db, VERSION, "cpu")}


@both_stores
def test_versions_from_before_keep_the_shape_they_were_served_with(db: Database) -> None:
    for family in ("painting_gan", "toy"):
        model = library.ensure_model(db, owner_id=OWNER, name=family.replace("_", "-"), family=family)
        new = NewVersion(Blob(family[0] * 64, 1), family, "1", {}, {})
        with db.begin() as connection:
            library.insert_version(connection, new, model_id=model.id, job_id=None)
    with db.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    migrate(db)
    assert shapes.known(db, "p" * 64, "cpu") == 1
    assert shapes.known(db, "t" * 64, "cpu") is None
    with db.read() as connection:
        assert connection.execute(select(batch_shapes.c.measured)).scalar_one() == {"ended": "as before"}
