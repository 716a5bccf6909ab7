"""``python -m web``: the application under gunicorn, one process with many threads."""

import resource
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from shared.errors import AtelierError
from shared.migrate import open_database
from shared.settings import Settings, load_settings
from web import security
from web.app import create_app

THREADS = 64
#: A stream may last this long after the process was asked to leave.
GRACE_SECONDS = 5
#: Every upload in flight is an open file.
OPEN_FILES = 16_384


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our settings and no configuration file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Fill in gunicorn's options."""
        for name, value in options(self._settings).items():
            if name in self.cfg.settings:  # an older gunicorn knows fewer
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application; gunicorn calls this in the worker process, after the fork."""
        return create_app(self._settings)


def options(settings: Settings) -> dict[str, Any]:
    """Gunicorn's options for these settings."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": [f"{host}:{settings.port}"],
        "worker_class": "gthread",
        "workers": 1,
        "threads": THREADS,
        "worker_connections": 2048,
        "keepalive": 30,
        "timeout": 60,
        "graceful_timeout": GRACE_SECONDS,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "loglevel": settings.log_level.lower(),
        "accesslog": None,
        "proc_name": "atelier-web",
        "control_socket_disable": True,
    }


def main() -> int:
    """Serve until asked to stop; gives the exit status."""
    try:
        settings = load_settings()
        security.check_settings(settings)
        open_database(settings).dispose()  # a database that cannot be used is told here, before any fork
        _allow_open_files()
        Server(settings).run()
    except AtelierError as error:
        print(f"atelier web: {error.message}", file=sys.stderr)  # noqa: T201 - this is the command's own voice
        return 1
    return 0


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
