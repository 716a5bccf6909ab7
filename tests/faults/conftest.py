"""One rig for each fault test, with short leases so that a loss is seen soon."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.database import Database
from shared.settings import Settings
from tests.faults.harness import Rig, rig_of
from tests.support.bell import BellServer


@pytest.fixture
def lease_seconds() -> float:
    """A test that needs a longer or shorter lease overrides this."""
    return 2.0


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
