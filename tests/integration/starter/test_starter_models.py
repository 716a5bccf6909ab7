"""A trained version becomes files, and the files become the same version in a fresh Atelier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared import library
from shared.artifacts import FolderStore
from shared.database import Database
from shared.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from shared.files import insert_artifact, version_artifacts
from shared.migrate import OWNER, migrate
from shared.records import NewArtifact, NewVersion
from tests.hostile import pictures
from worker.starter.export import export, main
from worker.starter.marks import installed
from worker.starter.models import find_models, install_model, read_model
from worker.starter.parts import MODELS

CARD = {"recipe": {"kimg": 12.5, "seed": 3}, "metrics": {"kid": [1.2, 0.4]}, "note": "\u6d6e\u4e16\u7d75"}
SAMPLE = pictures.saved(pictures.painting(8))


def train(db: Database, store: FolderStore, weights: bytes = b"weights", name: str = "prints") -> str:
    """A version as a training job would record it."""
    model = library.ensure_model(db, owner_id=OWNER, name=name, family="toy", title="My prints")
    new = NewVersion(store.put(weights), "toy", "3", {"resolution": 64}, CARD, "d" * 64)
    with db.begin() as connection:
        version = library.insert_version(connection, new, model_id=model.id, job_id=None)
        files = [
            NewArtifact("weights", "toy.safetensors", "application/octet-stream", new.weights),
            NewArtifact(
                "sample", "samples.png", "image/png", store.put(SAMPLE), 2, 64, 48, {"seed": 1}, {"a": 1}
            ),
            NewArtifact("preview", "early.png", "image/png", store.put(b"early")),
        ]
        for file in files:
            insert_artifact(connection, file, owner_id=OWNER, version_id=version)
    return version


@pytest.fixture
def fresh(tmp_path: Path) -> tuple[Database, FolderStore]:
    db = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    migrate(db)
    return db, FolderStore(tmp_path / "fresh-store")


@pytest.fixture
def exported(db: Database, store: FolderStore, tmp_path: Path) -> Path:
    version = train(db, store)
    return export(db, store, version, tmp_path / "models" / "edo-prints", {"title": "Edo prints"})


def test_an_export_holds_everything_and_no_more(exported: Path) -> None:
    files = {str(path.relative_to(exported)) for path in exported.rglob("*") if path.is_file()}
    assert files == {
        "model.json",
        "config.json",
        "card.json",
        "weights.safetensors",
        "samples/sample-002.png",
    }
    assert json.loads((exported / "card.json").read_text()) == CARD
    about = json.loads((exported / "model.json").read_text())
    assert (about["name"], about["title"], about["family"]) == ("edo-prints", "Edo prints", "toy")
    assert not list(exported.parent.glob("*.part"))


def test_installing_an_export_gives_the_same_version(
    exported: Path, db: Database, store: FolderStore, fresh: tuple[Database, FolderStore]
) -> None:
    original = library.list_versions(db, library.get_model(db, OWNER, "prints").id)[0]
    version = install_model(*fresh, read_model(exported))
    assert version == original.id
    copy = library.get_version(fresh[0], version)
    for field in ("family", "family_version", "size", "config", "card", "dataset_hash"):
        assert getattr(copy, field) == getattr(original, field)
    assert library.model_by_id(fresh[0], copy.model_id).title == "Edo prints"
    assert fresh[1].read(version) == b"weights"


def test_the_samples_come_with_it(exported: Path, fresh: tuple[Database, FolderStore]) -> None:
    version = install_model(*fresh, read_model(exported))
    assert version is not None
    weights, sample = version_artifacts(fresh[0], version)
    assert (weights.role, weights.name, weights.hash) == ("weights", "toy.safetensors", version)
    assert (sample.role, sample.position, sample.width, sample.recipe, sample.meta) == (
        "sample",
        2,
        64,
        {"seed": 1},
        {"a": 1},
    )
    assert fresh[1].read(sample.hash) == SAMPLE


def test_a_model_is_installed_once(exported: Path, fresh: tuple[Database, FolderStore]) -> None:
    model = read_model(exported)
    assert install_model(*fresh, model) is not None
    assert install_model(*fresh, model) is None
    assert installed(fresh[0]) == {"model/edo-prints"}
    record = library.get_model(fresh[0], OWNER, "edo-prints")
    assert len(library.list_versions(fresh[0], record.id)) == 1


def test_weights_that_are_not_those_named_are_refused(exported: Path) -> None:
    (exported / "weights.safetensors").write_bytes(b"other weights")
    with pytest.raises(ConfigurationError, match="damaged"):
        read_model(exported)


@pytest.mark.parametrize("missing", ("config.json", "card.json", "weights.safetensors"))
def test_a_missing_file_is_told(exported: Path, missing: str) -> None:
    (exported / missing).unlink()
    with pytest.raises(ConfigurationError, match=missing):
        read_model(exported)


def test_a_name_that_a_user_gave_to_another_family_is_left_alone(
    exported: Path, fresh: tuple[Database, FolderStore]
) -> None:
    library.ensure_model(fresh[0], owner_id=OWNER, name="edo-prints", family="other")
    with pytest.raises(Conflict):
        install_model(*fresh, read_model(exported))
    assert installed(fresh[0]) == set()


def test_a_new_export_replaces_the_old_one(exported: Path, db: Database, store: FolderStore) -> None:
    (exported / "stale.txt").write_text("old")
    version = train(db, store, b"better weights", name="better")
    export(db, store, version, exported, {})
    assert not (exported / "stale.txt").exists()
    assert read_model(exported).about["version"] == version


def test_the_beginning_of_an_id_is_enough_when_it_is_the_only_one(
    db: Database, store: FolderStore, tmp_path: Path
) -> None:
    version = train(db, store)
    assert read_model(export(db, store, version[:8], tmp_path / "one", {})).about["version"] == version
    train(db, store, b"other", name="other")
    with pytest.raises(InvalidInput, match="several"):
        export(db, store, "", tmp_path / "two", {})
    with pytest.raises(NotFound):
        export(db, store, "zz", tmp_path / "two", {})
    with pytest.raises(InvalidInput, match="name a model"):
        export(db, store, version, tmp_path / "Not A Name", {})
    assert not (tmp_path / "two").exists()


def test_the_command_exports_and_reports_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    db = Database(f"sqlite:///{home / 'atelier.db'}")
    migrate(db)
    version = train(db, FolderStore(home / "store"))
    target = tmp_path / "edo-prints"
    assert main(["--home", str(home), "--version", version, "--to", str(target), "--title", "Edo"]) == 0
    assert "edo-prints" in capsys.readouterr().out
    assert read_model(target).about["title"] == "Edo"
    assert main(["--home", str(home), "--version", "nothing", "--to", str(target)]) == 1
    assert "no version" in capsys.readouterr().err
    db.engine.dispose()


def test_every_shipped_model_is_whole() -> None:
    for folder in find_models(MODELS):
        model = read_model(folder)
        assert model.name == folder.name
        assert model.card and model.config
        # Who makes nothing has nothing to show but its card.
        assert model.about["samples"] or model.about["family"] in ("art_cnn", "muse")
