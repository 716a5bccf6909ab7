"""What our workers stand on: a bell, a database and a store, and what a fault needs beside them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from bench.reliability.system import LEASE_SECONDS, WORKERS, Missing, Setting, clock_environment
from shared.migrate import open_database
from shared.settings import load_settings
from tests.support.bell import BellServer
from tests.support.cable import Far, far_side
from tests.support.disk import NoDisk, SmallDisk
from tests.support.postgres import Postgres

#: Small batches, so that both workers have their part.
BATCH = 4
#: A store of toys needs little; SQLite lets its log grow to 16 MB.
DISK_MB = {"store": 4, "database": 48}


class Ground:
    """Closed with ``close``; ``there`` tells how a worker is started on it."""

    def __init__(self, folder: Path, setting: Setting) -> None:
        self._open = ExitStack()
        self._setting = setting
        try:
            self._build(folder, setting)
        except NoDisk as reason:
            self.close()
            raise Missing(str(reason)) from reason

    def _build(self, folder: Path, setting: Setting) -> None:
        self.bell = BellServer()
        self._open.callback(self.bell.close)
        self.disk: SmallDisk | None = None
        if setting.small_disk:
            self.disk = self._open.enter_context(SmallDisk(DISK_MB[setting.small_disk]))
        self.postgres = Postgres() if setting.database == "postgresql" else None
        if self.postgres is not None:
            self._open.callback(self.postgres.close)
        on_disk = folder if self.disk is None else self.disk.folder
        url = self.postgres.database() if self.postgres is not None else None
        self.settings = load_settings(
            home=folder / "home",
            database_url=f"sqlite:///{on_disk}/atelier.db" if setting.small_disk == "database" else url,
            store_url=f"file://{on_disk}/store" if setting.small_disk == "store" else None,
            redis_url=self.bell.url,
            families="tests.families.toy",
            lease_seconds=LEASE_SECONDS,
            sweep_seconds=0.5,
            batch_limit=BATCH,
        )
        self.db = open_database(self.settings)
        self._open.callback(self.db.engine.dispose)
        self.order, self.kill_web = folder / "crash_at", folder / "kill_web"
        self.far = self._far() if setting.far else None

    def there(self, name: str) -> tuple[dict[str, str], tuple[str, ...]]:
        """The environment of the worker ``name``, and the command that it is started through."""
        environment = clock_environment(self._setting.clocks[WORKERS.index(name)])
        if name != WORKERS[0]:
            return environment, ()
        environment["ATELIER_CRASH_AT"] = str(self.order)
        if self.far is None:
            return environment, ()
        environment["ATELIER_DATABASE_URL"] = self.far.database_url
        environment["ATELIER_REDIS_URL"] = self.far.redis_url
        return environment, self.far.prefix

    def close(self) -> None:
        """Stop everything."""
        self._open.close()

    def _far(self) -> Far:
        if self.postgres is None:
            raise Missing("SQLite is for one machine: there is no network to cut")
        socket = self.postgres.root / ".s.PGSQL.5432"
        return self._open.enter_context(far_side(self.bell.socket, socket, self.settings.database_url))
