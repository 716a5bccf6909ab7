"""I1 to I10 over everything that owners, workers and maintenance can do, in any order, on both databases.

A run in the suite is the same each time. ``MACHINE_EXAMPLES=2000`` makes a long random search of it.
"""

import os
from typing import cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.conftest import both_stores
from tests.machine.machine import JobMachine
from tests.machine.world import World

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "0"))
SEARCH = settings(
    max_examples=EXAMPLES or 40,
    stateful_step_count=80 if EXAMPLES else 50,
    derandomize=not EXAMPLES,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
#: A transaction of PostgreSQL takes several times as long: fewer runs there, of the same rules.
SHORTER = settings(SEARCH, max_examples=EXAMPLES or 15)


def search(world: World, how: settings) -> None:
    """Run the machine in this world. Raises what the shortest run found breaks with."""
    machine = cast(type[RuleBasedStateMachine], lambda: JobMachine(world))
    run_state_machine_as_test(machine, settings=how)


@both_stores
def test_what_always_holds_holds_whatever_is_done(world: World) -> None:
    search(world, SEARCH if world.db.is_sqlite else SHORTER)
