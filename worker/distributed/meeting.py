"""Where torch's launcher meets others of its kind. There are none: every rank is on this machine.

The meeting places that torch brings listen on every network address, ask nobody who they are, and one of them
unpickles what it is told. This one is a table in memory.
"""

from __future__ import annotations

from torch.distributed import HashStore  # type: ignore[attr-defined]
from torch.distributed.elastic.rendezvous import RendezvousHandler, RendezvousInfo, RendezvousStoreInfo


class Meeting(RendezvousHandler):
    """One launcher, number 0 of 1. The ranks find each other through a file (``rank.MEETING``)."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._store = HashStore()

    def get_backend(self) -> str:
        """The name that the launcher logs."""
        return "atelier"

    def next_rendezvous(self) -> RendezvousInfo:
        """Begin at once. The address is never used."""
        return RendezvousInfo(self._store, 0, 1, RendezvousStoreInfo("127.0.0.1", 0))

    def is_closed(self) -> bool:
        """Never: it lives as long as its process."""
        return False

    def set_closed(self) -> None:
        """Nobody else could come."""

    def num_nodes_waiting(self) -> int:
        """None ever."""
        return 0

    def get_run_id(self) -> str:
        """The name of this launch."""
        return self._run_id

    def shutdown(self) -> bool:
        """Nothing is open."""
        return True
