"""A data set of music and a version of the music family, put where a worker would have put them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file, save

from shared.artifacts import Store
from shared.database import Database
from shared.datasets import insert_dataset
from shared.jobs import NewArtifact, NewDataset, NewItem, NewVersion
from shared.library import ensure_model, insert_version
from shared.migrate import OWNER
from tests.unit.families.music_rnn.support import make_version
from worker.music.midi_out import write_midi
from worker.music.score import Score

FAMILY = "music_rnn"


def music_model(db: Database) -> str:
    """The id of a model of the family without a version."""
    return ensure_model(db, owner_id=OWNER, name="music", family=FAMILY).id


def music_dataset(db: Database, store: Store, scores: Sequence[Score]) -> str:
    """The id of a data set of these pieces."""
    items = []
    for place, score in enumerate(scores):
        name = f"{place:03d}.mid"
        artifact = NewArtifact("item", name, "audio/midi", store.put(write_midi(score)), place)
        items.append(NewItem(artifact, name))
    made = NewDataset("Chorales", "music", "c" * 64, tuple(items), {})
    with db.begin() as connection:
        return insert_dataset(connection, made, owner_id=OWNER, job_id=None)


def music_version(db: Database, store: Store, folder: Path) -> tuple[str, str]:
    """A random version that writes four voices: (model id, version id)."""
    path, config = make_version(folder)
    blob, model = store.put(save(load_file(path))), music_model(db)
    with db.begin() as connection:
        new = NewVersion(blob, FAMILY, "1", config, {})
        return model, insert_version(connection, new, model_id=model, job_id=None)
