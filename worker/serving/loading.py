"""A version's network in memory, with the batch shape that is fixed for it on this type of device."""

from __future__ import annotations

from functools import partial

from shared.errors import ArtifactDamaged
from shared.library import get_version
from worker.family import Generator, Loaded
from worker.serving.faults import is_out_of_memory
from worker.serving.patience import persist
from worker.serving.place import Place
from worker.shapes import settle


def load_network(place: Place, engine: Generator, version_id: str) -> Loaded:
    """The network of a version: from memory when it is hot; else the others make room when it needs more.

    Raises:
        ArtifactDamaged: the weights are missing.
    """
    if not place.store.exists(version_id):
        raise ArtifactDamaged(f"the weights of version {version_id[:12]} are missing from the store")

    def load() -> Loaded:
        config = persist(place, partial(get_version, place.db, version_id)).config
        loaded = engine.load(place.store.path(version_id), config, place.device.name)
        most = place.settings.batch_limit
        persist(place, partial(settle, place.db, loaded, version_id, place.device.type, most))
        return loaded

    try:
        return place.cache.get(version_id, load)
    except Exception as error:
        if not is_out_of_memory(error) or not place.cache.holds():
            raise
    place.cache.keep_only(None)
    return place.cache.get(version_id, load)
