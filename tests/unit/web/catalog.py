"""The texts that pages can show, found in the source and in the announced families.

``python -m tests.unit.web.catalog`` brings the Chinese catalogue up to date: new texts come in empty, and
the compiled file is written again.
"""

import io
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from shared.catalogue import FamilyDescription
from worker.families.art_cnn import FAMILY as ART_CNN
from worker.families.collection import FAMILY as COLLECTION
from worker.families.muse import FAMILY as MUSE
from worker.families.painting_gan import FAMILY as PAINTING_GAN

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "web" / "translations" / "zh" / "LC_MESSAGES"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
#: What families say in their schemas, and so may be shown.
SHOWN = ("title", "description")


def wanted() -> Catalog:
    """Every text of the web's source and of the families that come with Atelier, untranslated."""
    catalog = Catalog(project="Atelier", version="1", charset="utf-8")
    options = {"templates/**.html": {"newstyle_gettext": "true", "trimmed": "false"}}
    found = extract_from_dir(ROOT / "web", METHODS, options, KEYWORDS)
    for file, _line, message, _comments, _context in found:
        catalog.add(message, locations=[(f"web/{file}", 0)])
    for family in (COLLECTION.description, PAINTING_GAN.description, ART_CNN.description, MUSE.description):
        for text in family_texts(family):
            catalog.add(text, locations=[(f"worker/families/{family.name}", 0)])
    for text in measured():
        catalog.add(text, locations=[("worker/picture/rules", 0)])
    return catalog


def measured() -> Iterator[str]:
    """What the figures of a picture and its colours are called in reports."""
    rules = ROOT / "worker" / "picture" / "rules"
    for one in tomllib.loads((rules / "figures.toml").read_text(encoding="utf-8"))["figures"].values():
        yield str(one["title"])
    yield from tomllib.loads((rules / "colours.toml").read_text(encoding="utf-8"))["colours"]


def family_texts(family: FamilyDescription) -> Iterator[str]:
    """What a family says about itself, its operations and their fields."""
    yield family.title
    yield family.description
    yield from _expectations(family.expect or {})
    for operation in family.operations:
        yield operation.title
        yield operation.description
        for field in operation.input_schema["properties"].values():
            yield from (field[name] for name in SHOWN if field.get(name))
            yield from (value for value in field.get("enum", ()) if isinstance(value, str) and value)


def chinese() -> Catalog:
    """The Chinese catalogue as it is in the source."""
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh")


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def _expectations(expect: Mapping[str, Any]) -> Iterator[str]:
    told = expect.get("words", expect.get("text", ""))
    yield from told.values() if isinstance(told, Mapping) else [told] if told else []


def update(translations: Mapping[Any, Any] | None = None) -> int:
    """Bring the files up to date; gives how many texts have no Chinese yet."""
    known = {message.id: message.string for message in chinese()} if (FOLDER / "messages.po").exists() else {}
    known |= translations or {}
    catalog = Catalog(
        locale="zh",
        project="Atelier",
        version="1",
        header_comment="# Atelier in Chinese. After a change: python -m tests.unit.web.catalog",
        language_team="Chinese",
        last_translator="Atelier",
        charset="utf-8",
        fuzzy=False,
    )
    for message in wanted():
        if message.id:
            catalog.add(message.id, known.get(message.id), locations=message.locations)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "messages.po").open("wb") as file:
        write_po(file, catalog, width=110, include_lineno=False, sort_output=True)
    (FOLDER / "messages.mo").write_bytes(compiled(chinese()))
    return sum(1 for message in catalog if message.id and not message.string)


if __name__ == "__main__":
    raise SystemExit(update() and f"{update()} texts have no Chinese yet: see {FOLDER / 'messages.po'}")
