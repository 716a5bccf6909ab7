"""The whole machine: owners, workers and maintenance over one world."""

from shared.lifecycle import LANES
from tests.machine.base import WORKERS
from tests.machine.expected import Request
from tests.machine.maintenance_side import MaintenanceSide
from tests.machine.owners_side import OwnersSide
from tests.machine.world import OWNERS, SHAPES


class JobMachine(OwnersSide, MaintenanceSide):
    """Every rule, in any order; everything that always holds is looked at after each."""

    def get_work(self, pick: int) -> None:
        """Take a job, a fresh one if none waits."""
        if not self.model.claimable(LANES):
            self.submit(Request(OWNERS[0], pick % len(SHAPES)))
        self.take(WORKERS[pick % len(WORKERS)], LANES, 3)
