"""A small HTTP/1.1 client that costs less than what it measures: raw requests over kept connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Outcome:
    """Seconds of each request that was answered as it should be, how many were not, and the time in all."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    wall: float = 0.0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.seconds) / self.wall


#: The path and the JSON body (None: a GET) of the next request.
Next = Callable[[], tuple[str, str | None]]


def closed_loop(address: str, request: Next, *, clients: int, seconds: float) -> Outcome:
    """Each client sends its next request when the last one is answered."""
    return asyncio.run(_run(address, request, clients, seconds, period=None))


def open_loop(address: str, request: Next, *, clients: int, seconds: float, period: float) -> Outcome:
    """Each client sends a request every ``period`` seconds, counted from when it was due."""
    return asyncio.run(_run(address, request, clients, seconds, period=period))


async def _run(address: str, request: Next, clients: int, seconds: float, period: float | None) -> Outcome:
    outcome = Outcome()
    began = time.perf_counter()
    over = began + seconds
    await asyncio.gather(
        *(
            _client(address, request, outcome, over, period, began + (period or 0) * number / clients)
            for number in range(clients)
        )
    )
    outcome.wall = time.perf_counter() - began
    return outcome


async def _client(
    address: str, request: Next, outcome: Outcome, over: float, period: float | None, due: float
) -> None:
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        while due < over:
            if period is not None:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = due if period is not None else time.perf_counter()
            writer.write(_bytes(place.netloc, *request()))
            status = await _answer(reader)
            if status < 400:
                outcome.seconds.append(time.perf_counter() - began)
            else:
                outcome.refused += 1
            due = due + period if period is not None else time.perf_counter()
    finally:
        writer.close()


def _bytes(host: str, path: str, body: str | None) -> bytes:
    head = f"Host: {host}\r\nConnection: keep-alive\r\n"
    if body is None:
        return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    head += f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n"
    return f"POST {path} HTTP/1.1\r\n{head}\r\n{body}".encode()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])
