"""The test of the test: with a guard taken out of the engine, the machine must see an invariant break."""

import sqlite3

import pytest
from hypothesis import Phase, settings
from sqlalchemy import event

from tests.machine.mutants import MUTANTS, Mutant, apply
from tests.machine.replay import Broken
from tests.machine.test_machine import SEARCH, search
from tests.machine.world import World

#: The first run that breaks is enough, and it comes within a few dozen.
HUNT = settings(SEARCH, max_examples=100, phases=[Phase.generate], print_blob=False)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_sees_what_a_missing_guard_breaks(
    world: World, mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mutant.unchecked:
        ignore_checks(world)
    apply(mutant, monkeypatch)
    with pytest.raises(Broken, match=rf"^({mutant.breaks}):"):
        search(world, HUNT)


def ignore_checks(world: World) -> None:
    """From now on this SQLite takes rows that a CHECK would refuse."""
    world.db.engine.dispose()

    @event.listens_for(world.db.engine, "connect")
    def unguard(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA ignore_check_constraints = ON")
