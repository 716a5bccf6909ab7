"""The bad-input matrix for pictures, music and zips, through the job that a user would submit.

Each row: the job fails at once with its code, is not tried again, stays under its caps of memory and time,
and leaves neither a temporary file nor a data set nor a stored byte.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared import files, jobs
from shared.artifacts import FolderStore
from shared.database import Database
from shared.datasets import get_dataset, list_datasets, list_items
from shared.jobs import Job
from shared.lifecycle import State
from shared.migrate import OWNER
from shared.records import NewArtifact
from shared.settings import Settings
from tests.hostile import midi, pictures, zips
from tests.support.builders import files_under, queue
from worker import devices
from worker.media.limits import MIB
from worker.registry import discover
from worker.runner import serve
from worker.serving.place import Place
from worker.weights import WeightsCache

MEMORY_CAP = 256 * MIB
SECONDS_CAP = 10.0
GOOD = pictures.saved(pictures.painting(1))


class DeafBell:
    """Nobody listens in these tests."""

    def ring(self, lane: str) -> bool:
        return False

    def nudge(self, *job_ids: str) -> bool:
        return False


@dataclass
class Studio:
    """One worker's place, and what its intake children used."""

    place: Place
    store: FolderStore
    scratch: Path
    used: list[resource.struct_rusage] = field(default_factory=list)

    def ingest(self, *uploads: tuple[str, bytes]) -> Job:
        ids = []
        for name, data in uploads:
            new = NewArtifact("upload", name, "application/octet-stream", self.store.put(data))
            ids.append(files.record_uploads(self.place.db, [new], OWNER)[0].id)
        job = queue(
            self.place.db,
            family="collection",
            operation="ingest",
            lane="ingest",
            input={"name": "Uploads", "files": ids},
        )
        self.used.clear()
        assert serve(self.place, "ingest")
        return jobs.get(self.place.db, job.id)

    def stored(self) -> set[Path]:
        return set(files_under(self.store.root))

    @property
    def peak_bytes(self) -> int:
        return max(usage.ru_maxrss for usage in self.used) * 1024

    def stays_under(self, cap: int) -> bool:
        """Whether no child held more than ``cap`` bytes.

        The kernel's figure for a child begins with what the process that forked it held, and this one may
        hold torch by now: what a child that does nothing is said to have held is the least that can be told.
        """
        idle = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], os.environ)
        _, _, usage = os.wait4(idle, 0)
        return self.peak_bytes < max(cap, usage.ru_maxrss * 1024 + MIB)

    @property
    def cpu_seconds(self) -> float:
        return sum(usage.ru_utime + usage.ru_stime for usage in self.used)


@pytest.fixture
def studio(
    db: Database,
    store: FolderStore,
    settings_for: Callable[..., Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Studio]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    place = Place(
        settings_for(),
        db,
        store,
        DeafBell(),
        discover(),
        devices.cpu(),
        "w1",
        ("ingest",),
        WeightsCache(1_000_000),
    )
    made = Studio(place, store, scratch)

    def waitpid(pid: int, options: int) -> tuple[int, int]:
        found, status, usage = os.wait4(pid, options)
        if found:
            made.used.append(usage)
        return found, status

    # What subprocess calls when it waits; this way each child's own peak is known.
    monkeypatch.setattr(os, "waitpid", waitpid)
    yield made


ROWS: dict[str, tuple[str, bytes, str]] = {
    "12000 x 12000 PNG": ("vast.png", pictures.png_bomb(12_000), "image_too_large"),
    "16383 x 16383 WebP": ("vast.webp", pictures.webp_bomb(), "image_too_large"),
    "GIF of 401 frames": ("dance.gif", pictures.gif(401, 2000), "image_too_large"),
    "text bomb in a PNG": ("text.png", pictures.text_bomb(), "damaged_image"),
    "EPS named .png": ("drawing.png", pictures.EPS, "unsupported_format"),
    "SVG": ("drawing.svg", pictures.SVG, "unsupported_format"),
    "text named .png": ("words.png", b"no picture at all", "not_an_image"),
    "empty": ("empty.png", b"", "empty_file"),
    "truncated PNG": ("cut.png", GOOD[: len(GOOD) // 2], "truncated_image"),
    **{f"MIDI, {name}": ("song.mid", data, code) for name, (data, code) in midi.bad_files().items()},
    "MIDI of 2 million events in a zip": (
        "many.zip",
        zips.zipped({"song.mid": midi.many_events(2_000_000)}),
        "midi_too_many_events",
    ),
    "music without an end among bad pictures": (
        "mixed.zip",
        zips.zipped({"a.mid": midi.bad_files()["cut"][0], "b.mid": b"", "c.png": GOOD[:40]}),
        "no_music",
    ),
    "empty zip": ("empty.zip", zips.zipped({}), "empty_zip"),
    "zip without its end": ("cut.zip", zips.zipped({"a.png": GOOD})[:-30], "not_a_zip"),
    "zip with ..": ("up.zip", zips.zipped({"a.png": GOOD, "../evil.png": GOOD}), "unsafe_path"),
    "zip with an absolute path": ("root.zip", zips.zipped({"/etc/evil.png": GOOD}), "unsafe_path"),
    "zip with a symbolic link": ("link.zip", zips.symlink(), "unsafe_path"),
    "zip with duplicates": ("twice.zip", zips.zipped([("a.png", GOOD), ("a.png", b"x")]), "duplicate_name"),
    "zip in a zip": (
        "nested.zip",
        zips.zipped({"a.png": GOOD, "b.zip": zips.zipped({"c": GOOD})}),
        "nested_archive",
    ),
    "zip that understates": ("lie.zip", zips.lying("a.png", GOOD, 10), "zip_bomb"),
    "zip that overstates": ("lie.zip", zips.lying("a.png", GOOD, 1 << 20), "damaged_zip"),
    "overlapping zip": ("overlap.zip", zips.overlapping(GOOD), "zip_bomb"),
    "300 MiB of zeros": ("zeros.zip", zips.bomb(300), "zip_bomb"),
    "60,000 entries": ("many.zip", zips.many(60_000), "too_many_entries"),
    "encrypted zip": ("secret.zip", zips.encrypted("a.png", GOOD), "encrypted_zip"),
}


def assert_refused(studio: Studio, name: str, data: bytes, code: str) -> None:
    studio.store.put(data)
    before = studio.stored()
    job = studio.ingest((name, data))
    assert (job.state, job.error_code) == (State.FAILED, code), job.error_message
    assert job.attempt == 1, "it must not be tried again"
    assert job.error_message and job.error_message.endswith(".")
    assert studio.stays_under(MEMORY_CAP)
    assert studio.cpu_seconds < SECONDS_CAP
    assert list(studio.scratch.iterdir()) == []
    assert studio.stored() == before
    assert list_datasets(studio.place.db, OWNER) == []


def test_the_bombs_are_as_small_as_the_matrix_says() -> None:
    assert len(ROWS["12000 x 12000 PNG"][1]) < 20_000
    assert len(ROWS["300 MiB of zeros"][1]) < 330_000


@pytest.mark.parametrize("row", ROWS)
def test_a_hostile_upload_fails_at_once_and_leaves_nothing(studio: Studio, row: str) -> None:
    assert_refused(studio, *ROWS[row])


def test_the_next_request_works(studio: Studio) -> None:
    for row in ("300 MiB of zeros", "12000 x 12000 PNG", "zip with .."):
        name, data, _ = ROWS[row]
        assert studio.ingest((name, data)).state is State.FAILED
    job = studio.ingest(("good.png", GOOD))
    assert job.state is State.SUCCEEDED and job.output is not None
    assert get_dataset(studio.place.db, job.output["dataset"], OWNER).item_count == 1


def test_after_bad_music_good_music_works(studio: Studio) -> None:
    bad = midi.bad_files()
    for name in ("division 0", "2 million events", "track of 4 GiB", "a WAV", "empty"):
        assert studio.ingest(("song.mid", bad[name][0])).state is State.FAILED
    zipped = {f"{name}.mid": data for name, (data, _) in bad.items()} | {"good.mid": midi.melody(60, 64, 67)}
    job = studio.ingest(("set.zip", zips.zipped(zipped)))
    assert job.state is State.SUCCEEDED and job.output is not None, job.error_message
    dataset = get_dataset(studio.place.db, job.output["dataset"], OWNER)
    assert (dataset.media, dataset.item_count) == ("music", 1)
    assert dataset.report["counts"]["refused"] == len(bad)
    assert dataset.report["music"]["notes"] == 3
    (item,) = list_items(studio.place.db, dataset.id)
    assert (item.media_type, item.meta["bars"], item.meta["notes"]) == ("audio/midi", 1, 3)
    assert studio.store.read(item.hash).startswith(b"MThd")
    assert list(studio.scratch.iterdir()) == []
    assert studio.stays_under(MEMORY_CAP)


def test_bad_pictures_between_good_ones_cost_only_themselves(studio: Studio) -> None:
    bad = {"cut.png": GOOD[:-40], "eps.png": pictures.EPS, "vast.png": pictures.png_bomb(), "none.png": b""}
    good = {f"good-{seed}.jpg": pictures.with_gps(pictures.painting(seed), 6) for seed in range(3)}
    tail = {"tail.png": pictures.saved(pictures.painting(9)) + pictures.HTML_TAIL}
    job = studio.ingest(("mixed.zip", zips.zipped(bad | good | tail)))
    assert job.state is State.SUCCEEDED and job.output is not None
    dataset = get_dataset(studio.place.db, job.output["dataset"], OWNER)
    assert {one["name"]: one["code"] for one in dataset.report["refused"]} == {
        "cut.png": "truncated_image",
        "eps.png": "unsupported_format",
        "none.png": "empty_file",
        "vast.png": "image_too_large",
    }
    items = list_items(studio.place.db, dataset.id)
    assert [item.name for item in items] == ["good-0.jpg", "good-1.jpg", "good-2.jpg", "tail.png"]
    for item in items:
        data = studio.store.read(item.hash)
        assert not any(word in data for word in (b"SECRET", b"Exif", b"script"))
        assert pictures.opened(data).size == ((48, 64) if item.name.startswith("good") else (64, 48))
    assert studio.stays_under(MEMORY_CAP)
    assert list(studio.scratch.iterdir()) == []


def test_a_picture_at_the_cap_is_taken_under_the_memory_limit(studio: Studio) -> None:
    # 49 megapixels with transparency and a color profile: the most that one picture may cost.
    job = studio.ingest(("scan.png", pictures.rgba_at_the_cap()))
    assert job.state is State.SUCCEEDED and job.output is not None, job.error_message
    dataset = get_dataset(studio.place.db, job.output["dataset"], OWNER)
    (item,) = list_items(studio.place.db, dataset.id)
    assert (item.width, item.height) == (2048, 2048)
    assert studio.stays_under(1024 * MIB)
