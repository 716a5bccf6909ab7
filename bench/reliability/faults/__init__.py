"""Every fault of the matrix, by kind."""

from bench.reliability.faults import bell, database, jobs, machines, processes
from bench.reliability.faults.fault import Fault


def every_fault(locked_seconds: float) -> tuple[Fault, ...]:
    """All of them; SQLite is locked for so many seconds."""
    return (
        *processes.FAULTS,
        *bell.FAULTS,
        *database.faults(locked_seconds),
        *machines.FAULTS,
        *jobs.FAULTS,
    )
