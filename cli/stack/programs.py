"""Which processes make a local Atelier, from its settings."""

import http.client
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from cli.stack import bell
from cli.stack.process import Program
from shared.errors import ConfigurationError
from shared.settings import Settings, bell_socket

#: A drain writes a checkpoint of the running training before the worker leaves.
DRAIN_SECONDS = 60.0
DEVICE_LANES = ("interactive", "training")


def python_module(name: str, *options: str) -> tuple[str, ...]:
    """The command line of a module of Atelier; -P keeps a folder named ``web`` from being taken for it."""
    return (sys.executable, "-P", "-m", name, *options)


def make_programs(settings: Settings) -> list[Program]:
    """Bell (when it is the embedded one), web, one device worker, one ingest worker: in start order.

    Raises:
        ConfigurationError: if the bell is needed and there is no server for it, or no lane is left.
    """
    environment = child_environment(settings)
    programs = [_web(settings, environment), *_workers(settings, environment)]
    socket_path = bell_socket(settings.home)
    if settings.redis_url == f"unix://{socket_path}":
        programs.insert(0, _bell(settings, socket_path))
    return programs


def child_environment(settings: Settings) -> dict[str, str]:
    """What every process of the stack must agree on."""
    return {
        "ATELIER_HOME": str(settings.home),
        "ATELIER_HOST": settings.host,
        "ATELIER_PORT": str(settings.port),
        "ATELIER_DATABASE_URL": settings.database_url,
        "ATELIER_REDIS_URL": settings.redis_url,
        "ATELIER_STORE_URL": settings.store_url,
        "PYTHONUNBUFFERED": "1",
    }


def local_address(settings: Settings) -> str:
    """The address of this machine's own page."""
    host = settings.host
    if host in ("0.0.0.0", "::", ""):
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _bell(settings: Settings, socket_path: Path) -> Program:
    folder = settings.home / "bell"
    for needed in (folder, socket_path.parent):
        needed.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Program(
        name="bell",
        argv=bell.command(bell.server_binary(), socket_path, folder),
        log=settings.home / "logs" / "bell.log",
        stage=2,
        ready=partial(bell.answers, socket_path),
        head_start_seconds=30.0,
        needed=True,
    )


def _web(settings: Settings, environment: Mapping[str, str]) -> Program:
    return Program(
        name="web",
        argv=python_module("web"),
        log=settings.home / "logs" / "web.log",
        environment=environment,
        stage=1,
        ready=_ready_check(settings),
        # Workers load torch: behind it the page would come seconds later on a small machine.
        head_start_seconds=5.0,
        needed=True,
    )


def _workers(settings: Settings, environment: Mapping[str, str]) -> list[Program]:
    lanes = [lane.strip() for lane in settings.lanes.split(",") if lane.strip()]
    on_device = [lane for lane in lanes if lane in DEVICE_LANES]
    elsewhere = [lane for lane in lanes if lane not in DEVICE_LANES]
    named = {"worker": on_device, "ingest": elsewhere}
    if not lanes:
        raise ConfigurationError("ATELIER_LANES names no lane", field="ATELIER_LANES")
    return [
        Program(
            name=name,
            argv=python_module("worker", "--lanes", ",".join(served)),
            log=settings.home / "logs" / f"{name}.log",
            environment=environment,
            stop_seconds=DRAIN_SECONDS,
            orphan_seconds=DRAIN_SECONDS,
        )
        for name, served in named.items()
        if served
    ]


def _ready_check(settings: Settings) -> Callable[[], bool]:
    address = local_address(settings).removeprefix("http://")

    def ready() -> bool:
        connection = http.client.HTTPConnection(address, timeout=1.0)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ready
