"""A work's bytes: which medium they are, and how they become pixels or notes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.errors import BadFile, InvalidInput
from tests.unit.families.muse.support import make_request, picture
from tests.unit.families.music_rnn.support import chorale
from worker.families.muse import reading
from worker.families.muse.pictures import LARGEST_SIDE, Levels, reduced
from worker.families.muse.reading import media_of, read_item, read_made, read_work
from worker.families.muse.traits import MUSIC, PAINTING
from worker.family import Request
from worker.music.midi_out import write_midi
from worker.music.score import Score


def png(side: int = 20) -> bytes:
    out = io.BytesIO()
    picture("noon", 1, side).save(out, "PNG")
    return out.getvalue()


MIDI = write_midi(chorale(2))


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (MIDI, MUSIC),
        (b"RIFF\x10\0\0\0RMIDdata", MUSIC),
        (b"RIFF\x10\0\0\0WEBPVP8 ", PAINTING),
        (png(), PAINTING),
        (b"", PAINTING),
        (b"MThX", PAINTING),
    ],
    ids=["midi", "riff midi", "webp", "png", "empty", "nearly midi"],
)
def test_the_first_bytes_tell_the_medium(data: bytes, media: str) -> None:
    assert media_of(data) == media


def test_items_of_the_other_medium_are_none(tmp_path: Path) -> None:
    image, piece = tmp_path / "a.png", tmp_path / "a.mid"
    image.write_bytes(png())
    piece.write_bytes(MIDI)
    assert isinstance(read_item(image, PAINTING), np.ndarray)
    assert isinstance(read_item(piece, MUSIC), Score)
    assert read_item(image, MUSIC) is None
    assert read_item(piece, PAINTING) is None


@pytest.mark.parametrize(("data", "media"), [(b"\x89PNG broken", PAINTING), (b"MThd broken", MUSIC)])
def test_only_what_is_spare_may_be_broken(data: bytes, media: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(data)
    assert read_item(path, media, spare=True) is None
    with pytest.raises(BadFile):
        read_item(path, media)


def test_a_piece_without_end_is_left_out_of_a_collection_and_refused_in_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_NOTES", 10)
    path = tmp_path / "long.mid"
    path.write_bytes(MIDI)
    assert read_item(path, MUSIC) is None
    with pytest.raises(InvalidInput) as caught:
        read_work(make_request("advise", {"work": MIDI}), "work")
    assert (caught.value.code, caught.value.field) == ("too_long", "work")


def test_a_request_without_a_work_says_so() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_work(make_request("inspire"), "work")
    assert (caught.value.code, caught.value.field) == ("missing_field", "work")


@pytest.mark.parametrize("foreign", [frozenset(), frozenset({"work"})], ids=["ours", "from outside"])
def test_the_same_pixels_from_outside_and_from_here(foreign: frozenset[str]) -> None:
    request = Request("job", "advise", "v", {}, {"work": png()}, foreign=foreign)
    found = read_work(request, "work")
    assert isinstance(found, np.ndarray)
    assert np.array_equal(found, np.asarray(picture("noon", 1, 20)))


@pytest.mark.parametrize("foreign", [frozenset(), frozenset({"work"})], ids=["ours", "from outside"])
def test_what_is_no_picture_names_its_field(foreign: frozenset[str]) -> None:
    with pytest.raises(BadFile) as caught:
        read_work(Request("job", "advise", "v", {}, {"work": b"nothing"}, foreign=foreign), "work")
    assert caught.value.field == "work"


def test_what_a_maker_makes_must_be_of_the_kind() -> None:
    assert isinstance(read_made(MIDI, MUSIC), Score)
    assert isinstance(read_made(png(), PAINTING), np.ndarray)
    with pytest.raises(BadFile, match="no work of this kind"):
        read_made(MIDI, PAINTING)


@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 600))
def test_a_reduced_picture_keeps_its_shape(width: int, height: int, side: int) -> None:
    levels: Levels = np.zeros((height, width, 3), np.uint8)
    found = reduced(levels, side)
    assert max(found.shape[:2]) == min(max(width, height), side)
    if max(width, height) > side:
        exact = min(width, height) * side / max(width, height)
        assert min(found.shape[:2]) == max(1, round(exact))
    else:
        assert found is levels


def test_reduced_is_large_enough_for_details() -> None:
    levels = np.zeros((900, 300, 3), np.uint8)
    assert reduced(levels).shape == (LARGEST_SIDE, 171, 3)


def test_an_even_picture_stays_even() -> None:
    levels = np.asarray(Image.new("RGB", (640, 640), (10, 200, 30)))
    assert (reduced(levels, 100) == (10, 200, 30)).all()
