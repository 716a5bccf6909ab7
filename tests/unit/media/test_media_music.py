"""Music through the same procedure as pictures: what is kept, what is refused, what a mixed upload gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.errors import BadFile
from tests.hostile import midi, pictures, zips
from worker.media.intake import Intake
from worker.media.limits import Limits
from worker.media.report import Report
from worker.media.walled import Source
from worker.music.midi_in import read_midi

SONG = midi.melody(60, 62, 64, 65)
OTHER = midi.melody(67, 65, 64, 62)


class Desk:
    """Uploads in one folder, a workspace in another."""

    def __init__(self, folder: Path) -> None:
        self.uploads = folder / "uploads"
        self.workspace = folder / "workspace"
        self.uploads.mkdir()
        self.workspace.mkdir()

    def take(self, files: Mapping[str, bytes]) -> Report:
        sources = []
        for number, (name, data) in enumerate(files.items()):
            path = self.uploads / str(number)
            path.write_bytes(data)
            sources.append(Source(path, name))
        return Intake(self.workspace, Limits(), lambda *_: None).take(sources)

    def refusal(self, files: Mapping[str, bytes]) -> BadFile:
        with pytest.raises(BadFile) as caught:
            self.take(files)
        return caught.value

    def items(self) -> list[str]:
        return sorted(path.name for path in (self.workspace / "items").iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def png(seed: int) -> bytes:
    return pictures.saved(pictures.painting(seed))


def test_a_zip_of_music_with_labels(desk: Desk) -> None:
    labels = b"file,composer\na.mid,Bach\n"
    files = {"midi/b.mid": OTHER, "midi/a.mid": SONG, "labels.csv": labels}
    report = desk.take({"set.zip": zips.zipped(files)})
    assert report.media == "music"
    assert [(one.name, one.media_type, one.labels) for one in report.kept] == [
        ("midi/a.mid", "audio/midi", {"composer": "Bach"}),
        ("midi/b.mid", "audio/midi", {}),
    ]
    assert desk.items() == ["000000.mid", "000000.thumb.webp", "000001.mid", "000001.thumb.webp"]
    assert not report.refused and not report.duplicates and not report.remarks


def test_folders_become_labels_of_music_too(desk: Desk) -> None:
    report = desk.take({"s.zip": zips.zipped({"slow/1.mid": SONG, "fast/1.mid": OTHER})})
    assert [one.labels for one in report.kept] == [{"folder": "fast"}, {"folder": "slow"}]


def test_what_is_stored_is_clean_and_says_the_same(desk: Desk) -> None:
    secret = midi.midi(midi.track(midi.meta(0x02, b"SECRET") + midi.named("Lied") + midi.note(60, 95, 1)))
    report = desk.take({"a.mid": secret})
    stored = (desk.workspace / report.kept[0].path).read_bytes()
    assert b"SECRET" not in stored
    assert read_midi(stored).score == read_midi(secret).score
    assert pictures.opened((desk.workspace / "items/000000.thumb.webp").read_bytes()).format == "WEBP"


def test_what_is_known_of_a_piece(desk: Desk) -> None:
    body = midi.tempo(600_000) + midi.meter(3, 4) + midi.key(1)
    data = midi.midi(midi.track(body + midi.note(67, 96 * 6)), midi.track(midi.note(43, 96 * 6, channel=1)))
    kept = desk.take({"a.mid": data}).kept[0]
    assert kept.facts == {
        "key": "G major",
        "meter": "3/4",
        "tempo": 100.0,
        "bars": 2,
        "seconds": 3.6,
        "tracks": 2,
        "notes": 2,
        "voices": 2,
        "quantisation": {
            "mean_ticks": 0.0,
            "max_ticks": 0.0,
            "mean_ms": 0.0,
            "max_ms": 0.0,
            "moved": 0.0,
            "off_sixteenths": 0.0,
        },
    }
    assert kept.original["format"] == "MIDI 1" and kept.original["bytes"] == len(data)
    assert kept.original["division"] == 96
    assert kept.width is None and kept.height is None


def test_bad_files_are_refused_singly_and_the_rest_kept(desk: Desk) -> None:
    bad = midi.bad_files()
    files = {f"{name}.mid": data for name, (data, _) in bad.items()}
    report = desk.take({"set.zip": zips.zipped(files | {"good.mid": SONG})})
    assert [one.name for one in report.kept] == ["good.mid"]
    assert {one.name: one.code for one in report.refused} == {
        f"{name}.mid": code for name, (_, code) in bad.items()
    }
    assert desk.items() == ["000000.mid", "000000.thumb.webp"]


def test_music_is_told_by_content_and_recordings_by_name(desk: Desk) -> None:
    report = desk.take({"song": SONG, "sound.wav": midi.WAV, "sound.xyz": midi.MP3})
    assert [one.name for one in report.kept] == ["song"]
    assert {(one.name, one.code) for one in report.refused} == {
        ("sound.wav", "not_midi"),
        ("sound.xyz", "not_midi"),
    }


def test_the_same_notes_are_kept_once_whatever_else_differs(desk: Desk) -> None:
    faster = midi.melody(60, 62, 64, 65, head=midi.tempo(250_000) + midi.named("Fast"))
    finer = midi.midi(midi.track(b"".join(midi.note(p, 480) for p in (60, 62, 64, 65))), division=480)
    report = desk.take({"a.mid": SONG, "b.mid": faster, "c.mid": finer, "d.mid": OTHER})
    assert [one.name for one in report.kept] == ["a.mid", "d.mid"]
    assert [(one.name, one.of) for one in report.duplicates] == [("b.mid", "a.mid"), ("c.mid", "a.mid")]


def test_a_piece_in_another_key_is_kept_and_listed(desk: Desk) -> None:
    report = desk.take({"a.mid": SONG, "b.mid": midi.melody(63, 65, 67, 68), "c.mid": OTHER})
    assert len(report.kept) == 3
    assert [(one.name, one.of, one.distance) for one in report.near_duplicates] == [("b.mid", "a.mid", 3)]


def test_changes_and_free_playing_are_remarked(desk: Desk) -> None:
    changing = midi.midi(
        midi.track(midi.tempo(500_000) + midi.note(60, 96) + midi.tempo(400_000) + midi.note(62, 96))
    )
    free = midi.midi(midi.track(b"".join(midi.note(60 + n, 490, 23) for n in range(8))), division=480)
    slow = midi.midi(midi.track(midi.tempo(2_000_000) + b"".join(midi.note(60 + n, 86, 2) for n in range(8))))
    report = desk.take({"changing.mid": changing, "free.mid": free, "slow.mid": slow})
    told = {(one.name, one.code) for one in report.remarks}
    assert ("changing.mid", "changed") in told
    assert ("slow.mid", "off_grid") in told
    assert ("free.mid", "off_grid") not in told


def test_of_a_mixed_upload_the_kind_with_more_works_is_kept(desk: Desk) -> None:
    report = desk.take({"a.mid": SONG, "b.mid": OTHER, "c.mid": SONG, "cover.png": png(1), "bad.png": b""})
    assert report.media == "music"
    assert [one.name for one in report.kept] == ["a.mid", "b.mid"]
    assert {one.name: one.code for one in report.refused} == {
        "cover.png": "mixed_media",
        "bad.png": "empty_file",
    }
    assert not any(name.endswith(".png") for name in desk.items())
    assert len(desk.items()) == 4


def test_music_among_pictures_is_refused_with_its_copies(desk: Desk) -> None:
    files = {"1.png": png(1), "2.png": png(2), "3.png": png(3), "a.mid": SONG, "b.mid": SONG}
    report = desk.take({"set.zip": zips.zipped(files)})
    assert report.media == "painting"
    assert [one.name for one in report.kept] == ["1.png", "2.png", "3.png"]
    assert {(one.name, one.code) for one in report.refused} == {
        ("a.mid", "mixed_media"),
        ("b.mid", "mixed_media"),
    }
    assert not report.duplicates
    assert not any(name.endswith(".mid") for name in desk.items())


def test_as_many_of_each_gives_the_pictures(desk: Desk) -> None:
    assert desk.take({"a.png": png(1), "a.mid": SONG}).media == "painting"


@pytest.mark.parametrize("name", ("empty", "division 0", "cut", "a WAV"))
def test_a_single_bad_piece_gives_its_own_code(desk: Desk, name: str) -> None:
    data, code = midi.bad_files()[name]
    error = desk.refusal({"song.mid": data})
    assert error.code == code and "song.mid" in error.message


def test_when_nothing_is_left_of_music_for_several_reasons_it_is_no_music(desk: Desk) -> None:
    bad = midi.bad_files()
    error = desk.refusal({"a.mid": bad["cut"][0], "b.mid": bad["division 0"][0]})
    assert error.code == "no_music"
    assert {one["code"] for one in error.detail["refused"]} == {"midi_truncated", "midi_division"}


def test_texts_beside_the_music_are_ignored_and_told(desk: Desk) -> None:
    report = desk.take({"set.zip": zips.zipped({"a.mid": SONG, "README.md": b"by me"})})
    assert [(one.name, one.code) for one in report.ignored] == [("README.md", "not_a_work")]


def test_the_report_survives_its_way_over_json(desk: Desk) -> None:
    report = desk.take({"a.mid": SONG, "b.mid": SONG, "c.mid": b""})
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
