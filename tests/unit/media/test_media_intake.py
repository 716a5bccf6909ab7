"""The whole procedure in this process: what is kept, what is refused singly, what ends everything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import BadFile
from tests.hostile import pictures, zips
from worker.media.intake import Intake
from worker.media.limits import Limits
from worker.media.report import Report
from worker.media.walled import Source

LIMITS = Limits()


class Desk:
    """Uploads in one folder, a workspace in another."""

    def __init__(self, folder: Path) -> None:
        self.uploads = folder / "uploads"
        self.workspace = folder / "workspace"
        self.uploads.mkdir()
        self.workspace.mkdir()
        self.told: list[tuple[float, str, int]] = []

    def take(self, files: dict[str, bytes], limits: Limits = LIMITS) -> Report:
        sources = []
        for number, (name, data) in enumerate(files.items()):
            path = self.uploads / str(number)
            path.write_bytes(data)
            sources.append(Source(path, name))
        return Intake(self.workspace, limits, lambda *told: self.told.append(told)).take(sources)

    def refusal(self, files: dict[str, bytes], limits: Limits = LIMITS) -> BadFile:
        with pytest.raises(BadFile) as caught:
            self.take(files, limits)
        return caught.value


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def png(seed: int, width: int = 64, height: int = 48) -> bytes:
    return pictures.saved(pictures.painting(seed, width, height))


def test_a_zip_of_pictures_with_labels(desk: Desk) -> None:
    labels = b"file,style\na.png,ukiyo_e\nb.jpg,realism\n"
    jpeg = pictures.saved(pictures.painting(2), "JPEG")
    report = desk.take(
        {"set.zip": zips.zipped({"img/b.jpg": jpeg, "img/a.png": png(1), "labels.csv": labels})}
    )
    assert [(one.name, one.labels) for one in report.kept] == [
        ("img/a.png", {"style": "ukiyo_e"}),
        ("img/b.jpg", {"style": "realism"}),
    ]
    assert report.label_source == "labels.csv"
    assert report.kept[1].original == {"format": "JPEG", "bytes": len(jpeg), "longest": 64, "shortest": 48}
    for kept in report.kept:
        assert pictures.opened((desk.workspace / kept.path).read_bytes()).size == (kept.width, kept.height)
    assert not report.refused and not report.ignored and not report.duplicates


def test_several_loose_pictures_and_a_label_file(desk: Desk) -> None:
    report = desk.take({"b.png": png(1), "a.png": png(2), "labels.csv": b"file,kind\na.png,x\n"})
    assert [(one.name, one.labels) for one in report.kept] == [("a.png", {"kind": "x"}), ("b.png", {})]


def test_folders_become_labels(desk: Desk) -> None:
    report = desk.take({"s.zip": zips.zipped({"s/cats/1.png": png(1), "s/dogs/1.png": png(2)})})
    assert [one.labels for one in report.kept] == [{"folder": "cats"}, {"folder": "dogs"}]
    assert report.label_source == "folders"


def test_two_zips_keep_their_names_apart(desk: Desk) -> None:
    report = desk.take({"x.zip": zips.zipped({"1.png": png(1)}), "y.zip": zips.zipped({"1.png": png(2)})})
    assert [(one.name, one.labels) for one in report.kept] == [
        ("x/1.png", {"folder": "x"}),
        ("y/1.png", {"folder": "y"}),
    ]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bad_pictures_are_refused_singly_and_the_rest_kept(desk: Desk) -> None:
    bad = {
        "bomb.png": pictures.png_bomb(),
        "cut.png": png(3)[:-40],
        "empty.png": b"",
        "eps.png": pictures.EPS,
        "text.png": b"only words",
        "tiny.png": png(4, 16, 16),
        "vector.svg": pictures.SVG,
    }
    report = desk.take({"set.zip": zips.zipped(bad | {"good.png": png(1)})})
    assert [one.name for one in report.kept] == ["good.png"]
    assert {one.name: one.code for one in report.refused} == {
        "bomb.png": "image_too_large",
        "cut.png": "truncated_image",
        "empty.png": "empty_file",
        "eps.png": "unsupported_format",
        "text.png": "not_an_image",
        "tiny.png": "image_too_small",
        "vector.svg": "unsupported_format",
    }
    assert all(one.reason.endswith(".") for one in report.refused)


def test_texts_beside_the_pictures_are_ignored_and_told(desk: Desk) -> None:
    files = {"a.png": png(1), "a.json": b"{}", "README": b"read me", "notes.txt": b"", "LICENSE.md": b"# CC0"}
    report = desk.take({"set.zip": zips.zipped(files)})
    assert {one.name for one in report.ignored} == {"a.json", "README", "notes.txt", "LICENSE.md"}
    assert not report.refused


def test_an_unreadable_label_file_costs_only_the_labels(desk: Desk) -> None:
    report = desk.take({"set.zip": zips.zipped({"a.png": png(1), "labels.csv": b"\xff\xff"})})
    assert [one.labels for one in report.kept] == [{}]
    assert report.ignored[0].code == "labels_unreadable"
    assert "UTF-8" in report.ignored[0].reason


def test_exact_copies_are_kept_once_and_near_ones_reported(desk: Desk) -> None:
    painting = pictures.painting(5, 256, 256)
    files = {
        "a.png": pictures.saved(painting),
        "b.bmp": pictures.saved(painting, "BMP"),
        "c.jpg": pictures.saved(painting, "JPEG", quality=70),
        "d.png": png(6),
    }
    report = desk.take({"set.zip": zips.zipped(files)})
    assert [one.name for one in report.kept] == ["a.png", "c.jpg", "d.png"]
    assert [(one.name, one.of) for one in report.duplicates] == [("b.bmp", "a.png")]
    assert [(one.name, one.of) for one in report.near_duplicates] == [("c.jpg", "a.png")]


def test_odd_shapes_animations_and_reductions_are_remarked(desk: Desk) -> None:
    frames = [pictures.painting(1), pictures.painting(2)]
    files = {
        "banner.png": png(3, 400, 100),
        "moving.gif": pictures.saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "vast.png": png(4, 300, 290),
    }
    report = desk.take({"set.zip": zips.zipped(files)}, replace(LIMITS, stored_side=280))
    assert {(one.name, one.code) for one in report.remarks} == {
        ("banner.png", "odd_aspect"),
        ("banner.png", "reduced"),
        ("moving.gif", "animated"),
        ("vast.png", "reduced"),
    }
    vast = report.kept[-1]
    assert (vast.width, vast.original["longest"]) == (280, 300)


def test_large_pictures_get_a_thumbnail_file(desk: Desk) -> None:
    report = desk.take({"a.png": png(1, 600, 400), "b.png": png(2)})
    assert sorted(path.name for path in (desk.workspace / "items").iterdir()) == [
        "000000.jpg",
        "000000.thumb.webp",
        "000001.png",
    ]
    assert report.kept[0].media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (zips.zipped({"good.png": png(1), "../evil.png": png(2)}), "unsafe_path"),
        (zips.zipped({"a.png": png(1), "b.png": zips.zipped({"c.png": png(2)})}), "nested_archive"),
        (zips.lying("a.png", png(1), 10), "zip_bomb"),
        (b"PK\x05\x06" + bytes(18), "empty_zip"),
    ],
)
def test_an_unsafe_archive_ends_everything(desk: Desk, archive: bytes, code: str) -> None:
    assert desk.refusal({"good.png": png(9), "set.zip": archive}).code == code


def test_when_nothing_is_left_the_common_reason_is_the_error(desk: Desk) -> None:
    error = desk.refusal({"cut.png": png(1)[:-40]})
    assert error.code == "truncated_image"
    assert "cut.png" in error.message
    assert error.detail["refused"][0]["name"] == "cut.png"


def test_when_nothing_is_left_for_several_reasons_all_are_listed(desk: Desk) -> None:
    error = desk.refusal({"cut.png": png(1)[:-40], "empty.png": b""})
    assert error.code == "no_pictures"
    assert {one["code"] for one in error.detail["refused"]} == {"truncated_image", "empty_file"}


@pytest.mark.parametrize("files", [{"a.json": b"{}"}, {"__MACOSX/a.png": png(1)}])
def test_a_zip_without_pictures_says_so(desk: Desk, files: dict[str, bytes]) -> None:
    assert desk.refusal({"set.zip": zips.zipped(files)}).code == "no_pictures"


def test_a_loose_file_over_the_cap_is_refused_unread(desk: Desk) -> None:
    report = desk.take({"a.png": png(1), "big.png": bytes(50_000)}, replace(LIMITS, entry=40_000))
    assert [(one.name, one.code) for one in report.refused] == [("big.png", "file_too_large")]


def test_the_room_that_clean_pictures_take_is_capped(desk: Desk) -> None:
    limits = replace(LIMITS, output_total=10_000)
    assert desk.refusal({f"{seed}.png": png(seed) for seed in range(9)}, limits).code == "upload_too_large"


def test_progress_grows_and_names_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.media.intake.TELL_SECONDS", 0.0)
    desk.take({"set.zip": zips.zipped({f"{seed}.png": png(seed) for seed in range(5)})})
    fractions = [fraction for fraction, _, _ in desk.told]
    assert fractions == sorted(fractions) and 0 <= fractions[0] < fractions[-1] < 1
    assert [(name, count) for _, name, count in desk.told] == [(f"{seed}.png", seed) for seed in range(5)]


def test_the_report_survives_its_way_over_json(desk: Desk) -> None:
    report = desk.take({"a.png": png(1), "b.png": png(1), "c.png": b"", "wide.png": png(2, 400, 100)})
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
