"""Bringing a database up to date at start: one transaction, one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text

from shared.database import Database, now
from shared.errors import DatabaseTooNew
from shared.settings import Settings
from shared.tables import owners

#: An arbitrary number that every Atelier process agrees on (PostgreSQL advisory lock).
MIGRATION_LOCK = 0x417E11E2

#: The owner of everything until there are accounts.
OWNER = "atelier"


def open_database(settings: Settings) -> Database:
    """The database of these settings, migrated and ready.

    Raises:
        ConfigurationError: the URL cannot be used.
        DatabaseTooNew: a newer Atelier wrote it.
        Unavailable: it does not answer.
    """
    db = Database(settings.database_url)
    migrate(db)
    return db


def migrate(db: Database) -> None:
    """Run the missing migrations. Raises DatabaseTooNew for a revision this code does not know."""
    script = ScriptDirectory.from_config(_config())
    head = script.get_current_head()
    with db.begin() as connection:
        # On SQLite BEGIN IMMEDIATE is the lock already.
        if not db.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision == head:
            return
        if revision is not None and revision not in {known.revision for known in script.walk_revisions()}:
            raise DatabaseTooNew(
                f"the database is at revision {revision}, newer than this Atelier ({head}); "
                "upgrade Atelier, or point ATELIER_DATABASE_URL at another database"
            )
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _ensure_owner(connection)


def _ensure_owner(connection: Connection) -> None:
    if connection.execute(select(owners.c.id).where(owners.c.id == OWNER)).first() is None:
        connection.execute(insert(owners).values(id=OWNER, title="Atelier", created_at=now()))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
