"""Rules no linter knows: no unpickling, one reader of the environment, one writer of jobs, small files."""

import ast
import warnings
from pathlib import Path
from statistics import median

import pytest

from tests.architecture.sources import PRODUCT, ROOT, calls, functions, imports, parsed, python_files, where

#: Modules that can run code from a file they read.
UNSAFE_MODULES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"torch.load", "torch.save", "torch.jit.load", "torch.hub.load", "eval", "exec", "yaml.load"}
MAY_READ_ENVIRONMENT = {
    "shared/settings.py",
    # Copies it whole for the processes it starts.
    "cli/stack/process.py",
}
JOB_TABLES = ("jobs", "attempts", "checkpoints", "timeline", "training_metrics")
LARGEST_FILE = 400
LARGEST_FUNCTION = 50
MEDIAN_FILE = 120


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("folder", [*PRODUCT, "bench"])
def test_nothing_is_ever_unpickled(folder: str) -> None:
    found = [
        where(path, 1)
        for path in python_files(folder)
        if {i.partition(".")[0] for i in imports(path)} & UNSAFE_MODULES
    ]
    found += [
        where(path, line)
        for path in python_files(folder)
        for name, line in calls(path)
        if name in UNSAFE_CALLS
    ]
    found += [
        where(path, node.lineno)
        for path in python_files(folder)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"
    ]
    assert not found, f"weights are safetensors, data is JSON: {found}"


def test_only_settings_read_the_environment() -> None:
    found = []
    for path in python_files(*PRODUCT):
        if relative(path) in MAY_READ_ENVIRONMENT:
            continue
        # Setting a variable is not reading one: libraries are told their number of threads that way.
        stored = {
            id(node.value)
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
        }
        found += [
            where(path, node.lineno)
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Attribute)
            and ast.unparse(node) in ("os.environ", "os.getenv")
            and id(node) not in stored
        ]
        if {"os.environ", "os.getenv"} & set(imports(path)):
            found.append(relative(path))
    assert not found, f"read shared.settings instead: {found}"


def test_only_shared_jobs_writes_job_rows() -> None:
    writers = []
    for path in python_files(*PRODUCT):
        if relative(path).startswith(("shared/jobs/", "shared/migrations/")):
            continue
        tables = {name for name in JOB_TABLES if f"shared.tables.{name}" in set(imports(path))}
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.Call)
                and node.args
                and ast.unparse(node.func) in ("insert", "update", "delete")
            ):
                target = ast.unparse(node.args[0])
                if target in tables or (target.removeprefix("tables.") in JOB_TABLES and "." in target):
                    writers.append(where(path, node.lineno))
    assert not writers, f"only shared/jobs may write these: {writers}"


def test_every_function_is_typed() -> None:
    untyped = []
    for path in python_files(*PRODUCT, "bench"):
        for node in functions(path):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            bare = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
            if bare or node.returns is None:
                untyped.append(where(path, node.lineno))
    assert not untyped


def test_no_file_and_no_function_grows_too_large() -> None:
    # A migration is a record of what was done to a database, not a place to live in.
    files = [path for path in python_files(*PRODUCT) if "migrations/versions" not in relative(path)]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    too_long = [
        f"{relative(path)} has {count} lines" for path, count in lines.items() if count > LARGEST_FILE
    ]
    too_long += [
        f"{where(path, node.lineno)} {node.name} has {size} lines"
        for path in lines
        for node in functions(path)
        if (size := (node.end_lineno or node.lineno) - node.lineno + 1) > LARGEST_FUNCTION
    ]
    assert not too_long
    middle = median(lines.values())
    if middle > MEDIAN_FILE:
        warnings.warn(f"the median file has {middle} lines; aim at {MEDIAN_FILE}", stacklevel=1)


def test_no_private_place_is_named() -> None:
    """Nothing in the product depends on the machine it was written on."""
    private = ("/work" + "/", "/ro" + "ot/", "/ho" + "me/ubuntu", "files.python" + "hosted.org")
    texts = [*python_files(*PRODUCT, "bench", "tests"), *ROOT.glob("*.*"), *(ROOT / "docs").rglob("*.md")]
    found = [
        f"{relative(path)}: {place}"
        for path in texts
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".yml")
        for place in private
        if place in path.read_text(encoding="utf-8")
    ]
    assert not found
