"""Trained starter models as folders of plain files, and how one is registered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import library
from shared.artifacts import Store
from shared.database import Database
from shared.errors import ConfigurationError
from shared.files import insert_artifact
from shared.migrate import OWNER
from shared.records import NewArtifact, NewVersion
from worker.starter.marks import recording

MIDI, WAV = "audio/midi", "audio/wav"
MODEL, CONFIG, CARD, WEIGHTS = "model.json", "config.json", "card.json", "weights.safetensors"


@dataclass(frozen=True)
class StarterModel:
    """One model folder, read. `about` is its model.json."""

    folder: Path
    about: dict[str, Any]
    config: dict[str, Any]
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The model's name behind `atelier/`."""
        return str(self.about["name"])


def find_models(folder: Path) -> list[Path]:
    """The model folders under `folder`, by name."""
    return sorted(path.parent for path in folder.glob(f"*/{MODEL}"))


def read_model(folder: Path) -> StarterModel:
    """The model in `folder`.

    Raises:
        ConfigurationError: a file is missing, or the weights are not those that model.json names.
    """
    try:
        about, config, card = (
            json.loads((folder / name).read_text("utf-8")) for name in (MODEL, CONFIG, CARD)
        )
        digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the starter model {folder.name} cannot be read: {error}") from error
    if digest != about["version"]:
        raise ConfigurationError(f"the starter model {folder.name} is damaged: its weights have another hash")
    return StarterModel(folder, about, config, card)


def install_model(db: Database, store: Store, model: StarterModel) -> str | None:
    """Register the model with its version and samples, and give the version's id; None when it was there.

    Raises:
        Conflict: the name belongs to a model of another family.
        StorageFull, Unavailable: there is no room, or the database does not answer.
    """
    about = model.about
    record = library.ensure_model(
        db,
        owner_id=OWNER,
        name=model.name,
        family=about["family"],
        title=about["title"],
        description=about["description"],
    )
    files = _put_files(store, model)
    weights = files[0].blob
    version = NewVersion(
        weights, about["family"], about["family_version"], model.config, model.card, about["dataset_hash"]
    )
    with recording(db, store, f"model/{model.name}", {"version": weights.hash}) as connection:
        if connection is None:
            return None
        identifier = library.insert_version(connection, version, model_id=record.id, job_id=None)
        for file in files:
            insert_artifact(connection, file, owner_id=OWNER, version_id=identifier)
        return identifier


def _put_files(store: Store, model: StarterModel) -> Sequence[NewArtifact]:
    weights = store.put((model.folder / WEIGHTS).read_bytes())
    name = f"{model.about['family']}.safetensors"
    files = [NewArtifact("weights", name, "application/octet-stream", weights)]
    for sample in model.about["samples"]:
        about = dict(sample)
        data = (model.folder / about.pop("file")).read_bytes()
        files.append(NewArtifact(blob=store.put(data), **about))
        if about["media_type"] == MIDI:
            files.append(_sound(store, about, data))
    return files


def _sound(store: Store, about: dict[str, Any], midi: bytes) -> NewArtifact:
    """A piece as it sounds: megabytes that need not be shipped."""
    # Here, so that who only looks for missing parts loads no numpy.
    from worker.music.midi_in import read_midi
    from worker.music.sound import render_wav

    blob = store.put(render_wav(read_midi(midi).score))
    return NewArtifact("audio", Path(about["name"]).with_suffix(".wav").name, WAV, blob, about["position"])
