"""A world for each test, quick enough for thousands of steps."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from shared.database import Database
from tests.machine.world import BACKOFF, World


@pytest.fixture
def world(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(db, tmp_path / "store")
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)
    # Identifiers and pauses that a repeated run has again.
    for module in ("jobs.submit", "jobs.followers", "files"):
        monkeypatch.setattr(import_module(f"shared.{module}"), "new_id", made.new_id)
    monkeypatch.setattr(import_module("shared.jobs.rescue"), "FIRST_BACKOFF_SECONDS", BACKOFF)
    monkeypatch.setattr(import_module("shared.jobs.backoff"), "LONGEST_SECONDS", BACKOFF)
    yield made
