"""A home belongs to one ``atelier up``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.stack.lock import hold_home
from shared.errors import Conflict


def test_a_second_holder_is_refused_and_told_who_holds(tmp_path: Path) -> None:
    with hold_home(tmp_path), pytest.raises(Conflict) as refused, hold_home(tmp_path):
        raise AssertionError("the lock was given twice")
    assert f"process {os.getpid()}" in refused.value.message
    assert str(tmp_path) in refused.value.message


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_home(tmp_path):
            assert (tmp_path / "run" / "up.lock").read_text() == f"{os.getpid()}\n"


def test_another_home_is_another_lock(tmp_path: Path) -> None:
    with hold_home(tmp_path / "one"), hold_home(tmp_path / "two"):
        for home in ("one", "two"):
            with pytest.raises(Conflict, match=home), hold_home(tmp_path / home):
                raise AssertionError("the lock was given twice")


def test_the_death_of_the_holder_frees_it(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from cli.stack.lock import hold_home\n"
        "with hold_home(Path(sys.argv[1])): os._exit(9)"
    )
    died = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert died.returncode == 9
    with hold_home(tmp_path):
        assert (tmp_path / "run" / "up.lock").read_text() == f"{os.getpid()}\n"
