"""`python -m worker.starter.export --version ID --to FOLDER`: a trained version as files of the starter
pack.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared import library
from shared.artifacts import Store, open_store
from shared.database import Database
from shared.errors import AtelierError, InvalidInput
from shared.files import Artifact, version_artifacts
from shared.migrate import open_database
from shared.settings import load_settings
from worker.starter.models import CARD, CONFIG, MIDI, MODEL, WEIGHTS

SAMPLE_ROLES = ("sample", "grid")
#: What stands beside a piece of music. Its sound is large, and made again when the model is installed.
BESIDE_ROLES = ("notes", "thumbnail", "score")
EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "application/json": "json",
    "application/vnd.recordare.musicxml+xml": "musicxml",
    MIDI: "mid",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Export the version that the arguments name; the exit code tells whether it worked."""
    parser = argparse.ArgumentParser(prog="python -m worker.starter.export", description=__doc__)
    parser.add_argument("--version", required=True, help="the version's id, or the beginning of it")
    parser.add_argument(
        "--to", required=True, type=Path, help="the folder to write; its name names the model"
    )
    parser.add_argument("--title", help="how the model is called (default: as it is now)")
    parser.add_argument("--description", help="one sentence about it (default: as it is now)")
    parser.add_argument("--home", type=Path, help="Atelier's folder (default: ATELIER_HOME or ~/.atelier)")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(home=options.home)
        db, store = open_database(settings), open_store(settings.store_url)
        changes = {"title": options.title, "description": options.description}
        written = export(db, store, options.version, options.to, {k: v for k, v in changes.items() if v})
    except AtelierError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(f"{written}: {sum(p.stat().st_size for p in written.rglob('*') if p.is_file())} bytes\n")
    return 0


def export(db: Database, store: Store, version_id: str, target: Path, changes: dict[str, str]) -> Path:
    """Write the version's weights, config, card and samples to `target`, replacing an earlier export.

    Raises:
        NotFound: there is no such version.
        InvalidInput: the id's beginning fits several versions, or the folder's name cannot name a model.
        ArtifactDamaged: a stored file is missing.
    """
    if not library.NAME.fullmatch(target.name):
        raise InvalidInput(f"{target.name!r} cannot name a model: use lower case letters, digits and dashes")
    version = library.get_version(db, _whole_id(db, version_id))
    model = library.model_by_id(db, version.model_id)
    samples = _samples(db, version.id)
    draft = target.with_name(target.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "samples").mkdir(parents=True)
    about = {
        "name": target.name,
        "title": model.title,
        "description": model.description,
        "family": version.family,
        "family_version": version.family_version,
        "version": version.id,
        "dataset_hash": version.dataset_hash,
        **changes,
        "samples": [_write_sample(store, sample, draft) for sample in samples],
    }
    (draft / WEIGHTS).write_bytes(store.read(version.id))
    for name, value in ((CONFIG, version.config), (CARD, version.card), (MODEL, about)):
        (draft / name).write_text(
            json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8"
        )
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    return target


def _samples(db: Database, version_id: str) -> list[Artifact]:
    """The samples of a version, and of pieces of music what stands beside them."""
    samples = version_artifacts(db, version_id, SAMPLE_ROLES)
    pieces = {sample.position for sample in samples if sample.media_type == MIDI}
    beside = version_artifacts(db, version_id, BESIDE_ROLES)
    return samples + [one for one in beside if one.position in pieces]


def _whole_id(db: Database, beginning: str) -> str:
    known = [
        version.id for model in library.list_models(db) for version in library.list_versions(db, model.id)
    ]
    found = [identifier for identifier in known if identifier.startswith(beginning)]
    if len(found) > 1:
        raise InvalidInput(f"{beginning!r} is the beginning of several versions; give more of it")
    return found[0] if found else beginning


def _write_sample(store: Store, sample: Artifact, folder: Path) -> dict[str, Any]:
    file = f"samples/{sample.role}-{sample.position:03d}.{EXTENSIONS.get(sample.media_type, 'bin')}"
    (folder / file).write_bytes(store.read(sample.hash))
    about: dict[str, Any] = {
        "file": file,
        "role": sample.role,
        "name": sample.name,
        "media_type": sample.media_type,
    }
    about |= {"position": sample.position, "width": sample.width, "height": sample.height}
    return about | {"recipe": sample.recipe, "meta": sample.meta}


if __name__ == "__main__":
    sys.exit(main())
