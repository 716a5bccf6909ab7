"""kombu's Redis transport, hardened: no unreadable message and no failed acknowledgement stops a worker."""

from __future__ import annotations

import logging
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis

log = logging.getLogger(__name__)


class QoS(redis.QoS):
    """Counts what was taken and not acknowledged; no more is taken while that is as much as may be.

    kombu goes on counting a message whose acknowledgement found no Redis. A worker that may hold one message
    then asks for no other, and so never sees that its connection is gone. Here it counts no longer; should
    Redis still have the ring, it comes once more, which does no harm.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        finally:
            self._quick_ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]
        finally:
            self._quick_ack(delivery_tag)


class Channel(redis.Channel):
    """A channel that survives garbage in its queue; the bell rings again, so nothing is lost with it."""

    QoS = QoS

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
