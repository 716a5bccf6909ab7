"""What people may set or call is in the documents, and the documents name nothing that is not there."""

import re

import pytest

from cli.main import COMMANDS
from shared.settings import Settings
from tests.architecture.sources import ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
SETTINGS = sorted(f"ATELIER_{name.upper()}" for name in Settings.model_fields)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_documented(setting: str) -> None:
    assert re.search(rf"`{setting}`", OPERATING), f"{setting} is not in docs/operating.md"


def test_no_document_names_a_setting_that_is_gone() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name
        for path in documents
        for name in re.findall(r"\bATELIER_[A-Z0-9_]*[A-Z0-9]", path.read_text(encoding="utf-8"))
    }
    assert not named - set(SETTINGS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented(command: str) -> None:
    assert f"atelier {command}" in OPERATING


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} -> {target}")
    assert not broken
