"""One picture as pixels: one of ours right here, one from outside behind walls; both are the same pixels."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from PIL import Image

from shared.errors import BadFile
from worker.media import picture_child
from worker.media.limits import MIB
from worker.vision import reading
from worker.vision.reading import LIMITS, read_picture


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for all workspaces; nothing may be left in it."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def levels(height: int = 30, width: int = 44) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def saved(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **more)
    return target.getvalue()


@pytest.mark.parametrize("foreign", [True, False])
def test_a_lossless_file_is_read_level_by_level(foreign: bool, scratch: Path) -> None:
    for kind in ("PNG", "BMP", "TIFF"):
        assert (read_picture(saved(Image.fromarray(levels()), kind), "p", foreign=foreign) == levels()).all()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_the_walls_change_nothing(kind: str) -> None:
    data = saved(Image.fromarray(levels()), kind)
    assert (read_picture(data, "p") == read_picture(data, "p", foreign=False)).all()


def test_a_picture_comes_upright_on_white_and_in_colour() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_picture(saved(Image.fromarray(levels()), exif=exif), "p")
    assert turned.shape == (44, 30, 3) and (turned == np.rot90(levels(), -1)).all()
    clear = Image.new("RGBA", (8, 9), (255, 0, 0, 0))
    assert (read_picture(saved(clear), "p") == 255).all()
    grey = read_picture(saved(Image.new("L", (5, 4), 90)), "p")
    assert grey.shape == (4, 5, 3) and (grey == 90).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 300)])
def test_a_picture_may_be_as_small_as_a_pixel(size: tuple[int, int]) -> None:
    assert read_picture(saved(Image.fromarray(levels(*size))), "p").shape == (*size, 3)


@pytest.mark.parametrize("foreign", [True, False])
def test_a_large_picture_is_made_smaller(foreign: bool) -> None:
    data = saved(Image.new("RGB", (4100, 1000), (10, 90, 200)), "JPEG")
    found = read_picture(data, "p", foreign=foreign)
    assert max(found.shape) == LIMITS.stored_side and found.shape[0] == pytest.approx(500, abs=1)


BAD = {
    "empty": (b"", "empty_file"),
    "text": (b"hello there, this is text\n" * 9, "not_an_image"),
    "midi": (b"MThd\0\0\0\6\0\0\0\1\0\x60", "not_an_image"),
    "cut": (saved(Image.fromarray(levels(200, 200)))[:900], "truncated_image"),
    "huge": (saved(Image.new("1", (12_500, 10))), "image_too_large"),
}


@pytest.mark.parametrize("foreign", [True, False])
@pytest.mark.parametrize("name", ["empty", "text", "cut", "huge"])
def test_a_bad_file_is_refused_with_its_code_and_field(name: str, foreign: bool, scratch: Path) -> None:
    data, code = BAD[name]
    with pytest.raises(BadFile) as caught:
        read_picture(data, "work", foreign=foreign)
    assert (caught.value.code, caught.value.field, caught.value.retryable) == (code, "work", False)
    assert caught.value.message and list(scratch.iterdir()) == []


def test_music_is_no_picture() -> None:
    with pytest.raises(BadFile) as caught:
        read_picture(BAD["midi"][0], "work")
    assert caught.value.field == "work"


def test_a_child_over_its_time_is_a_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LIMITS", replace(LIMITS, wall_seconds=0.0))
    with pytest.raises(BadFile) as caught:
        read_picture(saved(Image.fromarray(levels())), "work")
    assert (caught.value.code, caught.value.field) == ("too_slow", "work")


def test_the_child_leaves_no_process_and_has_bounds() -> None:
    read_picture(saved(Image.fromarray(levels())), "p")
    names = [" ".join(child.cmdline()) for child in psutil.Process().children()]
    assert not [name for name in names if "picture_child" in name]
    assert LIMITS.cpu_seconds <= 30 and LIMITS.memory <= 1280 * MIB


def test_the_child_loads_no_network() -> None:
    probe = "import sys, worker.media.picture_child; print({'torch', 'worker.families'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_child_leaves_plain_pixels(tmp_path: Path) -> None:
    from worker.media.walled import Source

    (tmp_path / "x").write_bytes(saved(Image.fromarray(levels()), "PNG"))
    picture_child.read(tmp_path, [Source(tmp_path / "x", "x")], LIMITS, lambda *_: None)
    with Image.open(tmp_path / picture_child.NAME) as image:
        assert image.format == "BMP" and (np.array(image) == levels()).all()


@pytest.mark.parametrize(
    "written",
    [b"", b"no picture", saved(Image.new("RGB", (3, 3)), "PNG"), saved(Image.new("1", (9000, 9)), "BMP")],
)
def test_what_a_child_leaves_is_not_trusted(written: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that was taken over may leave anything: it is a picture in one plain format or an error."""

    def taken_over(module: str, sources: object, folder: Path, *_: object) -> dict[str, object]:
        (folder / picture_child.NAME).write_bytes(written)
        return {"picture": "../../etc/passwd"}

    monkeypatch.setattr(reading, "run_limited", taken_over)
    with pytest.raises(BadFile) as caught:
        read_picture(saved(Image.fromarray(levels())), "work")
    assert (caught.value.code, caught.value.field) == ("damaged_image", "work")
