"""SQLite and PostgreSQL behind one small class: write and read transactions, the database's clock."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Double, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InvalidatePoolError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.sql.functions import FunctionElement

from shared.errors import ConfigurationError, StorageFull, Unavailable

#: A writer waits this long for another one before the database counts as unavailable.
BUSY_SECONDS = 30.0
#: PostgreSQL ends a transaction whose client says nothing for so long: one that was cut off from it, or
#: stopped, would otherwise hold its rows until TCP gives up, which is hours.
IDLE_TRANSACTION_SECONDS = 10
#: A pooled connection that was not used for so long is asked whether it still lives.
RESTED_SECONDS = 1.0
#: How long a client waits for the other end of a silent connection before it counts as broken.
SILENT_CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}


#: In a large database every commit touches other pages: with 1,000 in the log (SQLite's default) one commit
#: in ten would stop to copy them back. 4 MB of cache for each connection hold the upper pages of the indexes.
PRAGMAS = (
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "wal_autocheckpoint = 4000",
    "cache_size = -4096",
)


class now(FunctionElement[float]):
    """Seconds since 1970 by the database's clock: no worker's clock decides anything."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_sqlite(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _now_postgresql(*_: Any, **__: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


class Database:
    """One database.

    Raises:
        ConfigurationError: for a URL that is not SQLite or PostgreSQL, or whose driver is missing.
    """

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        self._writing = threading.Lock()
        self._reading = threading.local()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgresql_engine(self.url)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed at the end of the block, rolled back by an exception.

        On SQLite the write lock is taken at once (BEGIN IMMEDIATE): a deferred one that turns into a
        writer later fails instead of waiting.

        Raises:
            Unavailable: when the database does not answer.
            StorageFull: when it has no room left.
        """
        with translated(), self._turn(), self.engine.begin() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer: the threads of a process wait for each other here, where waiting is cheap.

        Its own waiting is to sleep and try again, which costs time and is not fair.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise Unavailable("another request has been writing for long; try again in a moment")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """For reading: each statement sees what is committed, and takes no lock that a writer waits for.

        No transaction is begun. Each statement of PostgreSQL's READ COMMITTED sees its own moment anyway, and
        a BEGIN and a ROLLBACK around reads would be two more round trips; SQLite is read in the same way.
        So a read within another of the same thread shares its connection: to take one from the pool and give
        it back costs more than a short query.
        """
        shared: Connection | None = getattr(self._reading, "connection", None)
        if shared is not None:
            with translated():
                yield shared
            return
        with translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            self._reading.connection = connection
            try:
                yield connection
            finally:
                self._reading.connection = None

    def dispose(self) -> None:
        """Close every pooled connection (needed in a child after a fork)."""
        self._writing = threading.Lock()
        self._reading = threading.local()
        self.engine.dispose(close=False)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors about absence and lack of room into Atelier's own."""
    try:
        yield
    except DBAPIError as error:
        if _is_full(error.orig):
            raise StorageFull("the database has no room left; free some disk space") from error
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise Unavailable("the database does not answer; try again in a moment") from error
        raise
    except PoolTimeout as error:
        raise Unavailable("every connection to the database is busy; try again in a moment") from error


def _is_full(error: BaseException | None) -> bool:
    """Whether the driver says that there is no room: by its code, or in words where it has none.

    PostgreSQL's words depend on its language, and a connection that it refuses comes without a code.
    """
    if getattr(error, "sqlstate", None) == "53100" or getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return True
    text = str(error).lower()
    return "disk is full" in text or "no space left" in text


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError(f"ATELIER_DATABASE_URL is not a database URL: {url!r}") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(f"ATELIER_DATABASE_URL: {backend} is not supported; use sqlite or postgresql")


def _sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # The connection used last has its pages and statements at hand.
    connect = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(url, poolclass=QueuePool, pool_use_lifo=True, connect_args=connect)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        _begin_log(connection)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _begin_log(connection: sqlite3.Connection) -> None:
    """WAL, which a file remembers. While others begin a new file SQLite does not wait its timeout here."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _postgresql_engine(url: URL) -> Engine:
    try:
        limit = f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_SECONDS * 1000}"
        connect = SILENT_CONNECTION | {"options": f"{url.query.get('options', '')} {limit}".strip()}
        engine = create_engine(url, pool_size=10, max_overflow=60, connect_args=connect)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise ConfigurationError("PostgreSQL needs the driver: pip install 'atelier[postgres]'") from None
    _ping_the_rested(engine)
    return engine


def _ping_the_rested(engine: Engine) -> None:
    """Ask a pooled connection that has rested whether it still lives, and open a new one if it does not.

    One that was used a moment ago is not asked: SQLAlchemy's own ping before every use was a quarter of the
    round trips of a busy worker. Should it have died in that moment, the caller is told, as it is when a
    connection dies in the middle of a transaction.
    """

    @event.listens_for(engine, "checkin")
    def _rest(_: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        since = record.info.pop("rests_since", None)
        if since is None or time.monotonic() - since < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # Its elders in the pool are likely to be as dead.
            raise InvalidatePoolError("the connection died while it rested") from error
