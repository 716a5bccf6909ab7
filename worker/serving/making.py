"""The products of a pass: computed in the calling thread, encoded and stored by some others meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from shared.errors import AtelierError
from shared.jobs import NewArtifact
from worker.family import Encode, Part, Product

#: zlib, libwebp, SHA-256 and fsync let other threads run; most of the time goes into waiting for the disk.
THREADS = 8
#: No more parts than this wait in memory for an encoder: then the passes wait.
MOST_WAITING = 256

#: Stores one product.
Put = Callable[[Product], NewArtifact]
#: One request's files on their way into the store, or the error with which it ends.
Begun = list[Future[list[NewArtifact]]] | AtelierError


class Encoders:
    """The threads that encode parts and store them. They start when parts come."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encode")
        self._room = threading.Semaphore(most_waiting)

    def begin(self, parts: Iterable[Part], count: int, put: Put) -> list[Begun]:
        """Let the passes of ``count`` requests run, and begin to encode and store each part as it comes.

        Raises:
            RuntimeError: a request has no part, or a part has no request.
            Exception: what the passes raise. Nothing of them runs on then.
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
                    begun[place].append(self._start(part, put))
            if any(not futures and place not in errors for place, futures in enumerate(begun)):
                raise RuntimeError("the family gave nothing for a request")
        except BaseException:
            wait([future for futures in begun for future in futures if not future.cancel()])
            raise
        return [errors.get(place, futures) for place, futures in enumerate(begun)]

    def _start(self, part: Encode, put: Put) -> Future[list[NewArtifact]]:
        self._room.acquire()
        future = self._pool.submit(lambda: [put(product) for product in part()])
        future.add_done_callback(lambda _: self._room.release())
        return future


def collect(futures: Sequence[Future[list[NewArtifact]]]) -> tuple[NewArtifact, ...]:
    """A request's files once all are stored. Raises what its parts raise; none of them runs on then."""
    wait(futures)
    return tuple(artifact for future in futures for artifact in future.result())
