"""Networks in memory: the most recently used stay, up to a number of measured bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from worker.family import Loaded


class WeightsCache:
    """Loaded networks by version, least recently used first out.

    The network in use always stays, also when it alone is larger than the limit.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._batch_keys: dict[str, set[str]] = {}

    def get(self, version_id: str, load: Callable[[], Loaded]) -> Loaded:
        """The network of ``version_id``: from memory when it is hot, else through ``load``, called once."""
        loaded = self._loaded.get(version_id)
        if loaded is None:
            loaded = self._loaded[version_id] = load()
        self._loaded.move_to_end(version_id)
        self._shrink()
        return loaded

    def holds(self) -> list[str]:
        """The versions in memory, most recently used first."""
        return list(reversed(self._loaded.copy()))

    def served(self, version_id: str, batch_key: str | None) -> None:
        """Remember that jobs of ``batch_key`` run on a version: more of them find it warm."""
        if batch_key is not None:
            self._batch_keys.setdefault(version_id, set()).add(batch_key)

    def batch_keys(self) -> list[str]:
        """The batch keys served so far whose version is in memory."""
        return sorted(key for id in self.holds() for key in self._batch_keys.get(id, ()))

    @property
    def nbytes(self) -> int:
        """Bytes held by all loaded networks."""
        return sum(loaded.nbytes for loaded in self._loaded.values())

    def keep_only(self, version_id: str | None) -> None:
        """Let every other network go, to make room after memory ran out."""
        for id in [id for id in self._loaded if id != version_id]:
            self._let_go(id)

    def _shrink(self) -> None:
        while len(self._loaded) > 1 and self.nbytes > self.limit_bytes:
            self._let_go(next(iter(self._loaded)))

    def _let_go(self, version_id: str) -> None:
        del self._loaded[version_id]
        self._batch_keys.pop(version_id, None)
