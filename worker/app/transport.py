"""kombu's Redis transport, hardened: an unreadable message is dropped instead of ending the worker."""

from __future__ import annotations

import logging
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis

log = logging.getLogger(__name__)


class Channel(redis.Channel):
    """A channel that survives garbage in its queue; the bell rings again, so nothing is lost with it."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("an unreadable message was dropped: %s: %s", type(error).__name__, error)
            raise Empty from None


class Transport(redis.Transport):
    """kombu's transport over the hardened channel."""

    Channel = Channel


def harden() -> None:
    """Make it kombu's Redis transport in this process; call it before the first connection.

    Celery's ``broker_transport`` would be passed over for URLs of unix sockets (redis+socket://).
    """
    for name in ("redis", "rediss"):
        TRANSPORT_ALIASES[name] = "worker.app.transport:Transport"
