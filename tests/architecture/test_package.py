"""What an installed Atelier needs is in its wheel: every package, every file beside the code."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import PRODUCT, ROOT, python_files

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGE_DATA: dict[str, list[str]] = PROJECT["tool"]["setuptools"]["package-data"]


def data_files(package: str) -> set[Path]:
    """The files of a package that are not Python, leftovers of the interpreter aside."""
    return {
        path
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("package", PRODUCT)
def test_every_file_beside_the_code_is_packed(package: str) -> None:
    patterns = PACKAGE_DATA.get(package, [])
    packed = {path for pattern in patterns for path in (ROOT / package).glob(pattern)}
    missing = sorted(path.relative_to(ROOT).as_posix() for path in data_files(package) - packed)
    assert not missing, "name them in [tool.setuptools.package-data]"


@pytest.mark.parametrize("package", PRODUCT)
def test_every_folder_with_code_is_a_package(package: str) -> None:
    folders = {path.parent for path in python_files(package)}
    missing = [
        folder.relative_to(ROOT).as_posix() for folder in folders if not (folder / "__init__.py").exists()
    ]
    assert not missing, "a folder without __init__.py is not packed"


def test_the_web_needs_no_torch() -> None:
    core = " ".join(PROJECT["project"]["dependencies"])
    assert "torch" not in core
    assert "numpy" not in core
    assert any(line.startswith("torch") for line in PROJECT["project"]["optional-dependencies"]["worker"])
