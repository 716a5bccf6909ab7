"""The walls of the house: import contracts, and what each process really loads."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "numpy", "PIL", "scipy", "safetensors")


def loaded_after(code: str) -> set[str]:
    """The top-level modules in memory after a fresh interpreter ran ``code``."""
    report = "\nimport sys\nprint('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code + report],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def import_all(package: str) -> str:
    """Code that imports every module of ``package``."""
    return (
        f"import importlib, pkgutil, {package}\n"
        f"for found in pkgutil.walk_packages({package}.__path__, '{package}.'):\n"
        "    if not found.name.endswith('.__main__') and '.migrations' not in found.name:\n"
        "        importlib.import_module(found.name)\n"
    )


def test_the_import_contracts_hold() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ["web", "shared", "cli"])
def test_no_heavy_package_outside_the_worker(package: str) -> None:
    loaded = loaded_after(import_all(package))
    assert package in loaded
    assert not loaded & set(HEAVY)


def test_the_parent_of_a_worker_stays_light() -> None:
    code = "import worker.__main__\nfrom worker.registry import discover\ndiscover()"
    loaded = loaded_after(code)
    assert not loaded & {"torch", "numpy", "PIL"}
    assert "flask" not in loaded


def test_a_family_is_described_without_torch() -> None:
    families = sorted(path.parent.name for path in (ROOT / "worker" / "families").glob("*/__init__.py"))
    assert families
    code = "\n".join(f"from worker.families.{name} import FAMILY as f_{name}" for name in families)
    assert not loaded_after(code) & {"torch", "numpy", "PIL"}


def test_the_command_line_loads_little() -> None:
    loaded = loaded_after("import cli.main, cli.commands.up")
    assert not loaded & {*HEAVY, "sqlalchemy", "alembic", "celery", "flask", "redis", "httpx"}


def test_the_walls_would_hold() -> None:
    """The check itself sees a heavy import when there is one."""
    assert "safetensors" in loaded_after("import safetensors")
