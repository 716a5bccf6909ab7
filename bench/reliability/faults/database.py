"""The database dies, is cut off, is locked or has no room; and the store has none."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from bench.reliability.faults.fault import OUTAGE_SECONDS, Fault, Inject, after, hit, nothing, ours
from bench.reliability.system import Missing, Setting, System
from tests.support.locker import lock

NO_DATABASE = "stock Celery keeps its tasks and results in Redis and has no database"
NO_STORE = "stock Celery has no store of files"
CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def crash(system: System, jobs: list[str]) -> Callable[[], None]:
    """PostgreSQL dies and is started again."""
    hit(system, jobs)
    server = ours(system).ground.postgres
    if server is None:
        raise Missing("SQLite has no server")
    server.crash()
    return after(OUTAGE_SECONDS, server.start)


def cut_connections(system: System, jobs: list[str]) -> Callable[[], None]:
    """Every connection to PostgreSQL but the one that says so is ended."""
    hit(system, jobs)
    with ours(system).db.begin() as connection:
        connection.execute(CUT)
    return nothing


def locked(seconds: float) -> Inject:
    """Another process holds SQLite's write lock for so long."""

    def inject(system: System, jobs: list[str]) -> Callable[[], None]:
        hit(system, jobs)
        locker = lock(str(ours(system).db.url.database), seconds)

        def wait() -> None:
            # It ends by itself; what closes the pipe to it comes with it.
            locker.communicate()

        return wait

    return inject


def fill_disk(system: System, jobs: list[str]) -> Callable[[], None]:
    """The disk below the store or below the database is full."""
    hit(system, jobs)
    disk = ours(system).ground.disk
    if disk is None:
        raise Missing("there is no small disk")
    disk.fill()
    return after(OUTAGE_SECONDS, disk.free)


def faults(locked_seconds: float) -> tuple[Fault, ...]:
    """They are for our side alone."""
    postgresql = Setting(database="postgresql")
    return (
        Fault("PostgreSQL crash", crash, setting=postgresql, not_celery=NO_DATABASE),
        Fault("database connections cut", cut_connections, setting=postgresql, not_celery=NO_DATABASE),
        Fault(f"SQLite locked {locked_seconds:g} s", locked(locked_seconds), not_celery=NO_DATABASE),
        Fault("disk full (store)", fill_disk, setting=Setting(small_disk="store"), not_celery=NO_STORE),
        Fault(
            "disk full (database)", fill_disk, setting=Setting(small_disk="database"), not_celery=NO_DATABASE
        ),
    )
