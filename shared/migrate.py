"""Bringing a database up to date at start: one transaction, one process at a time."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select, text

from shared.database import Database, now
from shared.errors import DatabaseTooNew
from shared.migrations import HEAD
from shared.one_host import require_one_host
from shared.settings import Settings
from shared.tables import owners
from shared.workers import SILENT_LEASES

if TYPE_CHECKING:
    from alembic.config import Config

#: An arbitrary number that every Atelier process agrees on (PostgreSQL advisory lock).
MIGRATION_LOCK = 0x417E11E2

#: The owner of everything until there are accounts.
OWNER = "atelier"


def open_database(settings: Settings) -> Database:
    """The database of these settings, migrated and ready.

    Raises:
        ConfigurationError: the URL cannot be used, or it is an SQLite database of another machine.
        DatabaseTooNew: a newer Atelier wrote it.
        Unavailable: it does not answer.
    """
    db = Database(settings.database_url)
    require_one_host(db, silent_seconds=SILENT_LEASES * settings.lease_seconds)
    migrate(db)
    return db


def migrate(db: Database) -> None:
    """Run the missing migrations. Raises DatabaseTooNew for a revision this code does not know."""
    with db.read() as connection:
        if _revision(connection) == HEAD:
            return
    with db.begin() as connection:
        # On SQLite BEGIN IMMEDIATE is the lock already.
        if not db.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        revision = _revision(connection)
        if revision != HEAD:
            _upgrade(connection, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, revision: str | None) -> None:
    # Imported here: a usual start has nothing to migrate, and Alembic takes a third of the web's imports.
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config()
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseTooNew(
            f"the database is at revision {revision}, newer than this Atelier ({HEAD}); "
            "upgrade Atelier, or point ATELIER_DATABASE_URL at another database"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _ensure_owner(connection)


def _ensure_owner(connection: Connection) -> None:
    if connection.execute(select(owners.c.id).where(owners.c.id == OWNER)).first() is None:
        connection.execute(owners.insert().values(id=OWNER, title="Atelier", created_at=now()))


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
