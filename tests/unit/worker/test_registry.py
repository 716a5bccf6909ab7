"""A broken family is found before any work, and the message names it."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from worker.registry import Registry, discover

GOOD = """
from shared.catalogue import FamilyDescription, OperationDescription
from worker.family import FamilySpec

SCHEMA = {"type": "object", "additionalProperties": False, "properties": {}}
OPERATION = OperationDescription("make", "Make", "Makes.", "interactive", SCHEMA)
FAMILY = FamilySpec(FamilyDescription(NAME, "1", "T", "D", "m", (OPERATION,)), NAME + ":create")

def create():
    return object()
"""


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The module name of a family written for this test; the marker's text is appended to it."""
    name = f"family_{abs(hash(request.node.name)) % 10**8}"
    more = getattr(request, "param", "")
    (tmp_path / f"{name}.py").write_text(f"NAME = {name!r}\n{GOOD}\n{textwrap.dedent(more)}")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_the_built_in_families_are_found() -> None:
    assert "collection" in discover().specs


def test_further_families_are_named_in_a_setting(family: str) -> None:
    registry = discover(f" tests.families.toy , {family},")
    assert {"toy", family} <= registry.specs.keys()
    assert [description.name for description in registry.descriptions()] == list(registry.specs)


def test_families_are_chosen_by_lane() -> None:
    registry = discover("tests.families.toy")
    assert "toy" in registry.serving(["training"])
    assert "collection" in registry.serving(["ingest"])
    assert "collection" not in registry.serving(["training", "interactive"])


def test_an_engine_is_made_once(family: str) -> None:
    registry = discover(family)
    assert registry.engine(family) is registry.engine(family)


def test_an_operation_is_found_or_refused() -> None:
    registry = discover("tests.families.toy")
    assert registry.operation("toy", "vary").title == "Vary"
    for unknown in (("toy", "fly"), ("nobody", "vary")):
        with pytest.raises(ConfigurationError, match="knows no operation"):
            registry.operation(*unknown)


@pytest.mark.parametrize(
    ("family", "complaint"),
    [
        ("raise RuntimeError('half written')", "cannot be imported: RuntimeError: half written"),
        ("import nowhere_at_all", "cannot be imported: ModuleNotFoundError"),
        ("del FAMILY", "no FAMILY of type"),
        ("FAMILY = 3", "no FAMILY of type"),
        ("from dataclasses import replace\nFAMILY = replace(FAMILY, engine='nothing')", "'module:callable'"),
        (
            "FAMILY = FamilySpec(FamilyDescription(NAME, '1', 'T', 'D', 'm', ()), 'a:b')",
            "has no operations",
        ),
        ("SCHEMA['type'] = 'nonsense'", "is broken: the schema of make"),
        ("SCHEMA['type'] = 'array'", "is not an object"),
        ("del SCHEMA['additionalProperties']", "accepts unknown fields"),
        ("object.__setattr__(OPERATION, 'lane', 'fast')", "the lane 'fast'"),
    ],
    indirect=["family"],
)
def test_what_is_wrong_is_told(family: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        discover(family)
    assert complaint in caught.value.message
    assert family in caught.value.message


def test_two_families_of_one_name_are_refused(family: str) -> None:
    with pytest.raises(ConfigurationError, match="two families are named"):
        discover(f"{family},{family}")


@pytest.mark.parametrize(
    "family",
    ["def create():\n    raise ValueError('no weights')", "del create"],
    indirect=True,
)
def test_an_engine_that_cannot_start_is_named(family: str) -> None:
    registry = discover(family)
    with pytest.raises(ConfigurationError, match=f"the engine of the family {family}"):
        registry.engine(family)


def test_the_registry_is_plain() -> None:
    assert Registry({}).serving(["interactive"]) == []


def test_describing_the_families_imports_no_torch() -> None:
    code = (
        "import sys; from worker.registry import discover; discover('tests.families.toy');"
        "import worker.app.parent, worker.app.child, worker.runner;"
        "print([name for name in ('torch', 'numpy', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_family_that_imports_torch_too_early_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hasty.py").write_text(f"import torch\nNAME = 'hasty'\n{GOOD}")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r});"
        "from worker.registry import discover; discover('hasty')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the family hasty imports" in done.stderr
