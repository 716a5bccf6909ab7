"""A small HTTP/1.1 client that costs less than what it measures: raw requests over kept connections.

One process, one thread; each client is a connection. What it costs is told with the outcome.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

#: The path and the JSON body (None: a GET) of the next request.
Next = Callable[[], tuple[str, str | None]]

#: How many connections are opened at once before the clock starts.
OPENED_AT_ONCE = 50
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)\r\n")
_END = b"\r\n\r\n"


@dataclass
class Outcome:
    """Seconds of each request that was answered as it should be, how many were not, and the time in all.

    ``own`` is the processor time that this side took.
    """

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    wall: float = 0.0
    own: float = 0.0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.seconds) / self.wall

    @property
    def share(self) -> float:
        """How much of one core the clients took: near 1, they are what is measured."""
        return self.own / self.wall


def closed_loop(address: str, request: Next, *, clients: int, seconds: float) -> Outcome:
    """Each client sends its next request when the last one is answered."""
    return asyncio.run(_run(address, request, clients, seconds, period=None))


def open_loop(address: str, request: Next, *, clients: int, seconds: float, period: float) -> Outcome:
    """Each client has a request due every ``period`` seconds, whatever the answers take.

    A client whose answer is late sends the next one right after it. The seconds count from the moment a
    request was due, so what it waited for the one before is in them.
    """
    return asyncio.run(_run(address, request, clients, seconds, period=period))


async def _run(address: str, request: Next, clients: int, seconds: float, period: float | None) -> Outcome:
    outcome = Outcome()
    connections = await _connect(address, clients)
    began, own = time.perf_counter(), time.process_time()
    over, spread = began + seconds, (period or 0.0) / clients
    try:
        await asyncio.gather(
            *(
                _client(connection, request, outcome, over, period, began + number * spread)
                for number, connection in enumerate(connections)
            )
        )
    finally:
        for connection in connections:
            connection.close()
    outcome.wall, outcome.own = time.perf_counter() - began, time.process_time() - own
    return outcome


async def _connect(address: str, clients: int) -> list[_Connection]:
    place = urlsplit(address)
    host, port = str(place.hostname), int(place.port or 80)
    loop = asyncio.get_running_loop()
    found: list[_Connection] = []
    while len(found) < clients:
        count = min(OPENED_AT_ONCE, clients - len(found))
        opened = await asyncio.gather(
            *(
                loop.create_connection(lambda: _Connection(place.netloc), host, port)
                for _ in range(count)
            )
        )
        found += [connection for _, connection in opened]
    return found


async def _client(
    connection: _Connection, request: Next, outcome: Outcome, over: float, period: float | None, due: float
) -> None:
    while due < over:
        if period is not None:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        began = due if period is not None else time.perf_counter()
        status = await connection.ask(*request())
        if status < 400:
            outcome.seconds.append(time.perf_counter() - began)
        else:
            outcome.refused += 1
        due = due + period if period is not None else time.perf_counter()


class _Connection(asyncio.Protocol):
    """One request at a time; of an answer only the status and the length are read."""

    def __init__(self, host: str) -> None:
        self._head = f"Host: {host}\r\nConnection: keep-alive\r\n"
        self._received = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server hung up"))

    def ask(self, path: str, body: str | None) -> asyncio.Future[int]:
        """Send a request; the status comes when the whole answer is there."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        if body is None:
            self._transport.write(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())
        else:
            data = body.encode()
            head = f"{self._head}Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
            self._transport.write(f"POST {path} HTTP/1.1\r\n{head}".encode() + data)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(_END)
        if end < 0 or self._answer is None:
            return
        length = _LENGTH.search(self._received, 0, end + len(_END))
        if length is None:
            self._answer.set_exception(ConnectionError("an answer without a length"))
        elif len(self._received) >= end + len(_END) + int(length[1]):
            status = int(self._received[9:12])
            self._received.clear()
            self._answer.set_result(status)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
