"""One rig for each fault test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.database import Database
from shared.settings import Settings
from tests.faults.harness import Rig, rig_of
from tests.support.bell import BellServer


@pytest.fixture
def lease_seconds() -> float:
    """Long enough that a busy machine loses none by itself; a test that waits for the loss asks for less."""
    return 20.0


@pytest.fixture
def rig(
    settings_for: Callable[..., Settings],
    lease_seconds: float,
    db: Database,
    bell: BellServer,
    tmp_path: Path,
) -> Iterator[Rig]:
    settings = settings_for(
        redis_url=bell.url,
        families="tests.families.toy",
        lease_seconds=lease_seconds,
        sweep_seconds=0.5,
        checkpoint_seconds=0.2,
    )
    yield from rig_of(settings, db, bell, tmp_path)


#: For what must lose its lease while its process lives. That of a dead child ends when the next one starts.
short_lease = pytest.mark.parametrize("lease_seconds", [4.0], ids=["short"])
