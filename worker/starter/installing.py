"""Installs what of the starter pack is not there yet. A usual start costs one look-up in SQL."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from shared.artifacts import Store
from shared.database import Database
from shared.errors import AtelierError
from worker.starter.collections import install_pack
from worker.starter.marks import installed
from worker.starter.models import find_models, install_model, read_model
from worker.starter.parts import MODELS, PACKS, Pack

log = logging.getLogger(__name__)

#: Adds one part and gives its id, or None when another process was faster.
Add = Callable[[Database, Store], str | None]


def install(db: Database, store: Store) -> list[str]:
    """Add the missing parts and give their keys; safe in several processes at once and at every start.

    The models come first: they take a moment, the data sets a few seconds. A part that cannot be added is
    logged and tried again at the next start; it keeps nothing else from being added.

    Raises:
        Unavailable: the database does not answer.
    """
    added = []
    for key, add in _missing(db):
        try:
            if add(db, store) is not None:
                added.append(key)
        except AtelierError as error:
            log.error("starter pack: %s could not be added: %s", key, error)
    if added:
        log.info("starter pack: added %s", ", ".join(added))
    return added


def missing(db: Database) -> list[str]:
    """The keys of the parts that `install` would add: one look-up. Raises Unavailable."""
    return [key for key, _ in _missing(db)]


def _missing(db: Database) -> list[tuple[str, Add]]:
    present = installed(db)
    return [(key, add) for key, add in _parts() if key not in present]


def _parts() -> Iterator[tuple[str, Add]]:
    for folder in find_models(MODELS):
        yield f"model/{folder.name}", partial(_add_model, folder)
    for pack in PACKS:
        yield pack.key, partial(_add_pack, pack)


def _add_model(folder: Path, db: Database, store: Store) -> str | None:
    return install_model(db, store, read_model(folder))


def _add_pack(pack: Pack, db: Database, store: Store) -> str | None:
    return install_pack(db, store, pack)
