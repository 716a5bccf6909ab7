"""A music model among the starters: its pieces come without sound, and sound again where it is installed."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path

import pytest

from shared import library
from shared.artifacts import FolderStore
from shared.database import Database
from shared.files import Artifact, insert_artifact, version_artifacts
from shared.migrate import OWNER, migrate
from shared.records import NewArtifact, NewVersion
from worker.music.midi_out import write_midi
from worker.music.notes_file import notes_json
from worker.music.score import TICKS, Note, Score, part_of
from worker.starter.export import export
from worker.starter.models import install_model, read_model

PIECE = Score((part_of("Tune", [Note(n * TICKS, 60 + n, TICKS) for n in range(4)]),), tempo=120.0)


def train(db: Database, store: FolderStore) -> str:
    """A version with one piece and what stands beside it, and a piece of the training that is no sample."""
    model = library.ensure_model(db, owner_id=OWNER, name="tunes", family="music_rnn", title="Tunes")
    new = NewVersion(store.put(b"weights"), "music_rnn", "1", {"layout": {}}, {"metrics": {}}, "d" * 64)
    midi, notes = store.put(write_midi(PIECE)), store.put(notes_json(PIECE))
    with db.begin() as connection:
        version = library.insert_version(connection, new, model_id=model.id, job_id=None)
        for file in (
            NewArtifact("sample", "sample-0.mid", "audio/midi", midi, meta={"bars": 1}),
            NewArtifact("notes", "sample-0.json", "application/json", notes),
            NewArtifact("audio", "sample-0.wav", "audio/wav", store.put(b"megabytes")),
            NewArtifact("piece", "piece-50.mid", "audio/midi", midi, 50),
            NewArtifact("notes", "piece-50.json", "application/json", notes, 50),
        ):
            insert_artifact(connection, file, owner_id=OWNER, version_id=version)
    return version


@pytest.fixture
def installed(db: Database, store: FolderStore, tmp_path: Path) -> tuple[Path, FolderStore, list[Artifact]]:
    folder = export(db, store, train(db, store), tmp_path / "models" / "tunes", {})
    fresh, files = Database(f"sqlite:///{tmp_path / 'fresh.db'}"), FolderStore(tmp_path / "fresh-store")
    migrate(fresh)
    version = install_model(fresh, files, read_model(folder))
    assert version is not None
    return folder, files, version_artifacts(fresh, version)


def test_the_sound_is_not_shipped(installed: tuple[Path, FolderStore, list[Artifact]]) -> None:
    folder, _, _ = installed
    about = json.loads((folder / "model.json").read_text())
    assert sorted(sample["file"] for sample in about["samples"]) == [
        "samples/notes-000.json",
        "samples/sample-000.mid",
    ]
    assert not list(folder.rglob("*.wav"))


def test_a_piece_sounds_again(installed: tuple[Path, FolderStore, list[Artifact]]) -> None:
    _, store, files = installed
    found = {file.role: file for file in files}
    assert set(found) == {"weights", "sample", "notes", "audio"}
    audio = found["audio"]
    assert (audio.name, audio.media_type, audio.position) == ("sample-0.wav", "audio/wav", 0)
    with wave.open(io.BytesIO(store.read(audio.hash))) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert PIECE.seconds <= seconds <= PIECE.seconds + 2
    assert found["sample"].meta == {"bars": 1}
