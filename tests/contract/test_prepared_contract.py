"""Prepared statements give what SQLAlchemy gives, and fail as it fails."""

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from shared import jobs
from shared.database import Database
from shared.errors import Unavailable
from shared.jobs import followers
from shared.lifecycle import Reason
from shared.migrate import OWNER
from shared.prepared import Prepared
from shared.records import job_from, job_of
from shared.tables import JOB, owners
from shared.tables import jobs as rows
from tests.conftest import both_stores
from tests.support.builders import blob, queue, take

pytestmark = both_stores
ONE = Prepared(select(*JOB).where(rows.c.id == bindparam("the_job")))
WEIGH = Prepared(
    update(owners)
    .where(owners.c.id == bindparam("who"))
    .values(weight=bindparam("new"))
    .returning(owners.c.weight)
)


def test_rows_are_converted_as_sqlalchemy_converts_them(db: Database) -> None:
    given = {"seed": 7, "text": "\u96ea", "list": [1.5, None]}
    job = queue(db, input=given, batch_key="b", cost_seconds=0.25)
    jobs.pause(db, job.id, OWNER)
    for _ in range(2):  # the first execution learns the driver's types, the second uses them
        with db.read() as connection:
            mine = ONE.row(connection, {"the_job": job.id})
            theirs = connection.execute(select(rows).where(rows.c.id == job.id)).one()
        assert mine is not None
        assert job_from(mine) == job_of(theirs)
        assert job_from(mine).paused is True and job_from(mine).input["list"] == [1.5, None]


def test_no_row_is_none_and_no_rows_are_an_empty_list(db: Database) -> None:
    with db.read() as connection:
        assert ONE.row(connection, {"the_job": "nobody"}) is None
        assert ONE.rows(connection, {"the_job": "nobody"}) == []


def test_what_is_written_belongs_to_the_transaction(db: Database) -> None:
    with db.begin() as connection:
        assert WEIGH.row(connection, {"who": OWNER, "new": 2.5}) == (2.5,)
    with pytest.raises(RuntimeError), db.begin() as connection:
        WEIGH.run(connection, {"who": OWNER, "new": 9.0})
        raise RuntimeError
    with db.read() as connection:
        assert connection.execute(select(owners.c.weight).where(owners.c.id == OWNER)).scalar_one() == 2.5


def test_errors_are_sqlalchemys(db: Database) -> None:
    again = Prepared(insert(owners).values(id=bindparam("who"), title="x", created_at=0.0))
    with pytest.raises(IntegrityError), db.begin() as connection:
        again.run(connection, {"who": OWNER})
    with pytest.raises(DBAPIError), db.begin() as connection:
        WEIGH.run(connection, {"who": OWNER, "new": -1.0})
    with db.begin() as connection:
        assert WEIGH.row(connection, {"who": OWNER, "new": 1.0}) == (1.0,)


def test_a_list_of_values_is_refused(db: Database) -> None:
    several = Prepared(select(rows.c.id).where(rows.c.id.in_(bindparam("ids", expanding=True))))
    with db.read() as connection, pytest.raises(ValueError, match="no lists"):
        several.rows(connection, {"ids": ["a"]})


def test_a_connection_that_was_cut_is_unavailable_once(db: Database) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite has no connection that could be cut")
    job = queue(db)
    with pytest.raises(Unavailable), db.read() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with db.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        for _ in range(100):
            ONE.row(connection, {"the_job": job.id})
    with db.read() as connection:
        assert ONE.row(connection, {"the_job": job.id}) is not None


def test_equal_jobs_are_found_by_their_key(db: Database) -> None:
    """Not by going through all that an owner's jobs ever made, as SQLite once chose to."""
    if not db.is_sqlite:
        pytest.skip("PostgreSQL plans by statistics")
    seen: list[str] = []
    with db.begin() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.set_trace_callback(seen.append)
        assert followers.equal_to(connection, OWNER, "k" * 64) is None
        driver.set_trace_callback(None)
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {seen[0]}")]
    assert any("ix_jobs_cache (cache_key=? AND owner_id=?)" in line for line in plan), plan


def test_a_result_that_is_there_goes_before_a_job_in_flight(db: Database) -> None:
    first = queue(db, cache_key="k" * 64)
    jobs.pause(db, first.id, OWNER)
    second = queue(db, cache_key="k" * 64)  # a paused job is not followed
    assert second.follows is None
    (taken,) = take(db)
    jobs.succeed(db, [(taken.lease, jobs.Result(output={"n": blob("a").hash}))])
    jobs.resume(db, first.id, OWNER)
    third = queue(db, cache_key="k" * 64)
    assert (third.reason, third.cached_from) == (Reason.CACHED, second.id)


def test_a_statement_that_is_wrong_says_so(db: Database) -> None:
    wrong = Prepared(select(text("nothing FROM nowhere")))
    with pytest.raises((OperationalError, DBAPIError)), db.engine.connect() as connection:
        wrong.rows(connection, {})
