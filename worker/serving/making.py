"""The products of one pass: computed in the calling thread, encoded and stored by a few others meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from shared.errors import AtelierError
from shared.jobs import NewArtifact
from worker.family import Encode, Part, Product

#: zlib, libwebp, SHA-256 and fsync let other threads run; most of the time goes into waiting for the disk.
THREADS = 4
#: More parts than this wait in memory for no encoder: the passes wait instead.
MOST_WAITING = 64

#: What became of one request: its stored files, or the error with which it ends.
Made = tuple[NewArtifact, ...] | AtelierError


class Encoders:
    """A few threads that encode parts and store them. They start with the first part."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encode")
        self._room = threading.Semaphore(most_waiting)

    def make(
        self, parts: Iterable[Part], count: int, put: Callable[[Product], NewArtifact]
    ) -> list[Made]:
        """Encode and store every part of ``count`` requests; all is done when this returns or raises.

        A part that raises one of Atelier's own errors ends its request with it.

        Raises:
            RuntimeError: a request has no part, or a part has no request.
            Exception: what the passes or another part raised.
        """
        begun: list[list[Future[list[NewArtifact]]]] = [[] for _ in range(count)]
        errors: dict[int, AtelierError] = {}
        try:
            for place, part in parts:
                if not 0 <= place < count:
                    raise RuntimeError(f"a part of request {place}, and there are {count}")
                if isinstance(part, AtelierError):
                    errors[place] = part
                else:
                    begun[place].append(self._begin(part, put))
            return [errors.get(place) or _result(futures) for place, futures in enumerate(begun)]
        finally:
            # Nothing of a pass that failed may run on beside the next try.
            left = [future for futures in begun for future in futures if not future.cancel()]
            wait(left)

    def _begin(self, part: Encode, put: Callable[[Product], NewArtifact]) -> Future[list[NewArtifact]]:
        self._room.acquire()
        future = self._pool.submit(lambda: [put(product) for product in part()])
        future.add_done_callback(lambda _: self._room.release())
        return future


def _result(futures: Sequence[Future[list[NewArtifact]]]) -> Made:
    if not futures:
        raise RuntimeError("the family gave nothing for a request")
    try:
        return tuple(artifact for future in futures for artifact in future.result())
    except AtelierError as error:
        return error
