"""What is shipped is what the notes say: every work opens, every label row has its work."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from tests.hostile import pictures
from worker.music.midi_in import read_midi
from worker.music.plain import notes_sha256
from worker.music.score import SIXTEENTH
from worker.music.voices import voice_count
from worker.starter.collections import select_labeled
from worker.starter.parts import FOLDER, PACKS, Pack

ARCHIVES = sorted({pack.archive for pack in PACKS})


def table(archive: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(archive) as source:
        return list(csv.DictReader(io.StringIO(source.read("labels.csv").decode())))


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.stem)
def test_every_label_row_has_its_work_and_every_work_opens(archive: Path) -> None:
    with zipfile.ZipFile(archive) as source:
        names = [name for name in source.namelist() if name != "labels.csv"]
        for name in names[::20]:
            if name.endswith(".mid"):
                assert read_midi(source.read(name)).remarks == []
            else:
                assert pictures.opened(source.read(name)).size == (64, 64)
    assert {Path(name).name for name in names} == {row["file"] for row in table(archive)}
    assert len(names) == len(table(archive))


def test_the_paintings_are_those_of_the_notes() -> None:
    rows = table(FOLDER / "data" / "paintings.zip")
    styles = Counter(row["style"] for row in rows)
    assert len(rows) == 648
    assert styles["ukiyo_e"] == 418 and len(styles) == 7
    assert not any(row["title"].endswith(".jpg") for row in rows)
    assert all(row["source"] for row in rows)


def test_the_faces_are_those_of_the_notes() -> None:
    rows = table(FOLDER / "data" / "drawn_faces.zip")
    assert len(rows) == 720
    assert {row["style"] for row in rows} == {"openPeeps", "lorelei", "pixelArt"}


def test_the_chorales_are_those_of_the_notes() -> None:
    archive = FOLDER / "data" / "bach_chorales.zip"
    assert Counter(row["split"] for row in table(archive)) == {"train": 229, "valid": 76}
    with zipfile.ZipFile(archive) as source:
        names = sorted(name for name in source.namelist() if name.endswith(".mid"))
        readings = [read_midi(source.read(name)) for name in names]
    for reading in readings:
        score = reading.score
        assert [part.name for part in score.parts] == ["Soprano", "Alto", "Tenor", "Bass"]
        assert voice_count(score) == 4
        assert reading.quantisation["off_sixteenths"] == 0.0
        assert (score.tempo, score.meter, score.end % SIXTEENTH) == (80.0, (4, 4), 0)
        # The ranges of the singers whom Bach wrote for, and a note or two.
        ranges = [(n.pitch for n in part.notes) for part in score.parts]
        for pitches, (low, high) in zip(ranges, ((60, 81), (52, 74), (46, 69), (36, 66)), strict=True):
            assert all(low <= pitch <= high for pitch in pitches)
    assert len({notes_sha256(reading.score) for reading in readings}) == len(readings) == 305


def test_everything_shipped_is_small_and_named_in_the_license_notes() -> None:
    notes = (FOLDER / "README.md").read_text()
    for archive in (FOLDER / "data").iterdir():
        assert f"data/{archive.name}" in notes
    assert sum(path.stat().st_size for path in (FOLDER / "data").iterdir()) < 3_000_000
    assert all(pack.credit and pack.name in notes for pack in PACKS)


def test_keys_and_names_are_unique() -> None:
    assert len({pack.key for pack in PACKS}) == len({pack.name for pack in PACKS}) == len(PACKS)


def test_a_labeled_part_holds_its_rows_and_pictures_only(tmp_path: Path) -> None:
    pack = next(pack for pack in PACKS if pack.only)
    assert isinstance(pack, Pack) and pack.only is not None
    part = select_labeled(pack.archive, pack.only, tmp_path / "part.zip")
    rows = table(part)
    assert len(rows) == 418
    assert {row["style"] for row in rows} == {"ukiyo_e"}
    with zipfile.ZipFile(part) as archive:
        assert len(archive.namelist()) == 419
