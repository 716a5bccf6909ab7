"""A far side: processes that reach bell and database over one cable, which can be cut and healed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.network import Namespace, NoNamespace
from tests.support.relay import Relay


class Cable(Protocol):
    """What can be cut and healed."""

    def cut(self) -> None: ...
    def heal(self) -> None: ...


class Relays:
    """Several relays as one cable."""

    def __init__(self, *relays: Relay) -> None:
        self._relays = relays

    def cut(self) -> None:
        for relay in self._relays:
            relay.cut()

    def heal(self) -> None:
        for relay in self._relays:
            relay.heal()


@dataclass(frozen=True)
class Far:
    """``prefix`` starts a command on the far side; there ``redis_url`` and ``database_url`` are the services.

    ``instead`` says why relays that fall silent stand for the cable; empty where it is a real link.
    """

    cable: Cable
    prefix: tuple[str, ...]
    redis_url: str
    database_url: str
    instead: str


@contextmanager
def far_side(bell: Path, database: Path | None = None, database_url: str = "") -> Iterator[Far]:
    """The cable is a link into a network namespace; where none can be made, relays that fall silent.

    ``bell`` and ``database`` are the unix sockets of the services, ``database_url`` the database's near URL.
    """
    with ExitStack() as stack:
        namespace, instead = None, ""
        try:
            namespace = stack.enter_context(Namespace())
        except NoNamespace as reason:
            instead = str(reason)
        host = "127.0.0.1" if namespace is None else namespace.here
        relays = [stack.enter_context(Relay(host, socket)) for socket in (bell, database) if socket]
        yield Far(
            namespace or Relays(*relays),
            () if namespace is None else namespace.prefix,
            f"redis://{host}:{relays[0].port}/0",
            over(relays[-1], database_url) if database_url else "",
            instead,
        )


def over(relay: Relay, url: str) -> str:
    """The database's URL through the relay."""
    return f"{url.partition('?')[0].replace('@/', f'@{relay.host}:{relay.port}/')}?sslmode=disable"
