"""The ingest operation as the worker calls it: uploads in, a data set and its report out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.catalogue import check_input, check_schema
from shared.errors import BadFile, Canceled, InvalidInput
from tests.hostile import midi, pictures, zips
from worker.families.collection import FAMILY
from worker.families.collection.engine import create
from worker.family import Ingested, Ingester, Request, Upload

INGEST = FAMILY.description.operation("ingest")


class Bench:
    """Uploads and a workspace of one job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        self.beats: list[tuple[float, Mapping[str, Any] | None]] = []

    def request(self, *files: tuple[str, bytes], name: str = "Prints") -> Request:
        uploads = []
        for number, (file_name, data) in enumerate(files):
            path = self.folder / f"upload-{number}"
            path.write_bytes(data)
            uploads.append(Upload(f"id{number}", file_name, "application/octet-stream", len(data), path))
        given = {"name": name, "files": [one.artifact_id for one in uploads]}
        return Request("job", "ingest", None, given, uploads=tuple(uploads))

    def checkin(self, fraction: float, detail: Mapping[str, Any] | None = None) -> None:
        self.beats.append((fraction, detail))

    def ingest(self, *files: tuple[str, bytes], name: str = "Prints") -> Ingested:
        return create().ingest(self.request(*files, name=name), self.workspace, self.checkin)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def png(seed: int, width: int = 64, height: int = 48) -> bytes:
    return pictures.saved(pictures.painting(seed, width, height))


def test_neither_the_family_nor_its_engine_nor_the_starter_imports_an_image_library() -> None:
    imports = "import sys, worker.families.collection.engine, worker.starter"
    probe = f"{imports}; print({{'torch', 'numpy', 'PIL', 'symusic'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_operation_takes_files_and_a_name() -> None:
    check_schema("collection", INGEST)
    assert (INGEST.lane, INGEST.needs, INGEST.batchable) == ("ingest", "files", False)
    assert check_input(INGEST, {"name": "A", "files": ["x"]}) == {"name": "A", "files": ["x"]}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"files": ["x"]}, "name"),
        ({"name": "", "files": ["x"]}, "name"),
        ({"name": "   ", "files": ["x"]}, "name"),
        ({"name": "n" * 101, "files": ["x"]}, "name"),
        ({"name": "A"}, "files"),
        ({"name": "A", "files": []}, "files"),
        ({"name": "A", "files": "x"}, "files"),
        ({"name": "A", "files": ["x"], "path": "/etc"}, "path"),
    ],
)
def test_wrong_input_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_input(INGEST, given)
    assert caught.value.field == field


def test_the_engine_is_an_ingester() -> None:
    assert isinstance(create(), Ingester)


def test_a_zip_becomes_a_data_set(bench: Bench) -> None:
    files = {
        "1.png": png(1),
        "2.png": png(2),
        "3.png": png(1),
        "bad.png": b"",
        "labels.csv": b"file,style\n1.png,edo\n",
    }
    made = bench.ingest(("prints.zip", zips.zipped(files)), name="  Edo prints ")
    assert (made.name, made.media) == ("Edo prints", "painting")
    assert [(item.name, item.width, item.height, item.labels) for item in made.items] == [
        ("1.png", 64, 48, {"style": "edo"}),
        ("2.png", 64, 48, {}),
    ]
    assert made.refused == [{"name": "bad.png", "code": "empty_file", "reason": "The file is empty."}]
    assert made.report["counts"] == {
        "kept": 2,
        "refused": 1,
        "ignored": 0,
        "remarks": 0,
        "duplicates": 1,
        "near_duplicates": 0,
    }
    assert made.report["duplicates"] == [{"name": "3.png", "of": "1.png", "distance": 0}]
    assert made.report["labels"] == {"style": {"works": 1, "distinct": 1, "values": {"edo": 1}}}


def test_music_becomes_a_data_set_of_music(bench: Bench) -> None:
    triple = midi.melody(60, 62, 64, head=midi.meter(3, 4) + midi.key(0))
    files = {"a.mid": triple, "b.mid": midi.melody(72), "c.mid": midi.melody(72), "d.mid": b""}
    made = bench.ingest(("songs.zip", zips.zipped(files)), name="Songs")
    assert (made.name, made.media) == ("Songs", "music")
    assert [(item.name, item.media_type, item.width) for item in made.items] == [
        ("a.mid", "audio/midi", None),
        ("b.mid", "audio/midi", None),
    ]
    first = made.items[0]
    assert first.thumbnail is not None and pictures.opened(first.thumbnail).format == "WEBP"
    assert (first.meta["key"], first.meta["meter"], first.meta["bars"]) == ("C major", "3/4", 1)
    assert first.meta["score_sha256"] == made.manifest["items"][0]["score_sha256"]
    assert "pixels_sha256" not in first.meta
    assert made.refused == [{"name": "d.mid", "code": "empty_file", "reason": "The file is empty."}]
    assert [one["name"] for one in made.report["duplicates"]] == ["c.mid"]
    assert made.report["music"] == {
        "bars": 2,
        "seconds": 2.0,
        "notes": 4,
        "off_grid_ms": 0.0,
        "voices": {"none": 2},
        "meters": {"3/4": 1, "none": 1},
        "keys": {"C major": 1, "none": 1},
    }
    check = json.dumps({"manifest": made.manifest, "report": made.report})
    assert json.loads(check)["manifest"]["media"] == "music"


def test_the_same_music_gives_the_same_manifest_however_it_comes(bench: Bench, tmp_path: Path) -> None:
    zipped = bench.ingest(("x.zip", zips.zipped({"a.mid": midi.melody(60, 62), "b.mid": midi.melody(67)})))
    (tmp_path / "other").mkdir()
    finer = midi.midi(midi.track(midi.note(60, 480) + midi.note(62, 480)), division=480)
    loose = Bench(tmp_path / "other").ingest(("b.mid", midi.melody(67)), ("a.mid", finer), name="Other")
    assert zipped.manifest == loose.manifest


def test_the_list_of_refusals_is_bounded_and_their_count_is_not(bench: Bench) -> None:
    bad = {f"{number}.png": b"" for number in range(1200)}
    made = bench.ingest(("set.zip", zips.zipped(bad | {"good.png": png(1)})))
    assert len(made.refused) == 1000
    assert made.report["counts"]["refused"] == 1200


def test_items_lie_in_the_workspace_clean_and_with_thumbnails(bench: Bench) -> None:
    made = bench.ingest(("a.jpg", pictures.with_gps(pictures.painting(1, 600, 400))), ("b.png", png(2)))
    for item in made.items:
        assert item.path.is_relative_to(bench.workspace)
        assert b"SECRET" not in item.path.read_bytes()
    large, small = made.items
    assert large.media_type == "image/jpeg" and small.media_type == "image/png"
    assert large.thumbnail is not None and pictures.opened(large.thumbnail).size == (256, 171)
    assert small.thumbnail is None
    assert large.meta["original"]["format"] == "JPEG"


def test_the_same_pictures_give_the_same_manifest_however_they_come(bench: Bench, tmp_path: Path) -> None:
    labels = b"file,style\n1.png,edo\n"
    zipped = bench.ingest(("x.zip", zips.zipped({"2.png": png(2), "1.png": png(1), "labels.csv": labels})))
    (tmp_path / "other").mkdir()
    other = Bench(tmp_path / "other")
    as_bmp = pictures.saved(pictures.painting(2), "BMP")
    loose = other.ingest(("labels.csv", labels), ("1.png", png(1)), ("2.png", as_bmp), name="Another name")
    assert zipped.manifest == loose.manifest
    assert [item["name"] for item in zipped.manifest["items"]] == ["1.png", "2.png"]


def test_other_labels_give_another_manifest(bench: Bench, tmp_path: Path) -> None:
    plain = bench.ingest(("1.png", png(1)))
    (tmp_path / "other").mkdir()
    labeled = Bench(tmp_path / "other").ingest(("1.png", png(1)), ("labels.csv", b"file,style\n1.png,edo\n"))
    assert plain.manifest != labeled.manifest


def test_names_from_outside_are_made_safe_and_told_apart(bench: Bench) -> None:
    made = bench.ingest(("a\r\n\x00.png", png(1)), ("a.png", png(2)), ("\x1b", png(3)), ("x" * 500, png(4)))
    names = [item.name for item in made.items]
    assert sorted(names) == sorted(["a.png", "a.png (2)", "file", "x" * 200])


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("cut.png", png(1)[:-40], "truncated_image"),
        ("vast.png", pictures.png_bomb(), "image_too_large"),
        ("none.zip", b"PK\x05\x06" + bytes(18), "empty_zip"),
        ("way_out.zip", zips.zipped({"../evil.png": png(1)}), "unsafe_path"),
    ],
)
def test_a_bad_upload_fails_with_its_code_and_is_not_retried(
    bench: Bench, name: str, data: bytes, code: str
) -> None:
    with pytest.raises(BadFile) as caught:
        bench.ingest((name, data))
    assert caught.value.code == code
    assert not caught.value.retryable


def test_a_job_without_files_is_refused(bench: Bench) -> None:
    with pytest.raises(BadFile) as caught:
        bench.ingest()
    assert (caught.value.code, caught.value.field) == ("empty_upload", "files")


def test_the_uploads_are_never_changed(bench: Bench) -> None:
    request = bench.request(("x.zip", zips.zipped({"1.png": png(1)})))
    path = request.uploads[0].path
    before = path.read_bytes()
    path.chmod(0o400)
    create().ingest(request, bench.workspace, bench.checkin)
    assert path.read_bytes() == before


def test_the_worker_is_told_how_far_it_is(bench: Bench) -> None:
    many = {f"{seed:03d}.png": png(seed, 256, 256) for seed in range(25)}
    bench.ingest(("x.zip", zips.zipped(many)))
    fractions = [fraction for fraction, _ in bench.beats]
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert any(detail and detail["file"].endswith(".png") for _, detail in bench.beats)


def test_a_canceled_job_stops_at_its_next_beat(bench: Bench) -> None:
    def checkin(fraction: float, detail: Mapping[str, Any] | None = None) -> None:
        raise Canceled("no more")

    with pytest.raises(Canceled):
        create().ingest(bench.request(("1.png", png(1))), bench.workspace, checkin)
