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
from worker.starter.parts import MODELS, PACKS

log = logging.getLogger(__name__)


def install(db: Database, store: Store) -> list[str]:
    """Add the missing parts and give their keys; safe in several processes at once and at every start.

    The models come first: they take a moment, the data sets a few seconds. A part that cannot be added is
    logged and tried again at the next start; it keeps nothing else from being added.

    Raises:
        Unavailable: the database does not answer.
    """
    present = installed(db)
    added = []
    for key, add in _parts(db, store):
        if key in present:
            continue
        try:
            if add() is not None:
                added.append(key)
        except AtelierError as error:
            log.error("starter pack: %s could not be added: %s", key, error)
    if added:
        log.info("starter pack: added %s", ", ".join(added))
    return added


def _parts(db: Database, store: Store) -> Iterator[tuple[str, Callable[[], str | None]]]:
    for folder in find_models(MODELS):
        yield f"model/{folder.name}", partial(_add_model, db, store, folder)
    for pack in PACKS:
        yield pack.key, partial(install_pack, db, store, pack)


def _add_model(db: Database, store: Store, folder: Path) -> str | None:
    return install_model(db, store, read_model(folder))
