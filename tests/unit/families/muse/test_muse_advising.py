"""Advice: against the aim, beside the collection, with evidence and previews."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from shared.errors import AtelierError
from tests.unit.families.muse.support import answer, files_of, make_request, picture, told
from tests.unit.families.music_rnn.support import band, chorale
from worker.advice.aim import MOODS
from worker.families.muse.advising import MOST, PREVIEWS
from worker.families.muse.loaded import LoadedMuse
from worker.family import Item, Product
from worker.music.midi_in import read_midi
from worker.music.midi_out import write_midi


def check(products: list[Product]) -> dict[str, Any]:
    """What must hold of every advice; its report."""
    report = told(products)
    roles = [one.role for one in products]
    assert len(set(roles)) == len(roles)
    assert len(report["suggestions"]) <= MOST
    previews = [one["preview_role"] for one in report["suggestions"] if one["preview_role"] is not None]
    assert len(previews) <= PREVIEWS and set(previews) <= set(roles)
    weights = [one["weight"] for one in report["suggestions"]]
    assert weights == sorted(weights, reverse=True)
    for one in report["suggestions"]:
        assert one["evidence"] and one["text"] and one["technique"] and "{" not in one["text"]
    assert report["summary"].startswith("By its figures the work is ")
    return report


@pytest.mark.parametrize("mood", ["", *MOODS])
def test_a_picture_is_advised_for_any_mood(pictures: LoadedMuse, works: list[Item], mood: str) -> None:
    products = files_of(pictures, make_request("advise", {"work": works[0].path.read_bytes()}, mood=mood))
    report = check(products)
    assert report["media"] == "painting" and report["aim"]["mood"] == mood
    shown = {one.role: one for one in products}
    assert shown["thumbnail"].media_type == shown["picture"].media_type == "image/webp"
    for one in products:
        if one.role.startswith("preview"):
            assert Image.open(io.BytesIO(one.data)).size[0] <= 1024
    if mood:
        assert mood in report["summary"]


@pytest.mark.parametrize("mood", ["", "calm", "energetic", "solemn"])
def test_a_piece_is_advised_with_bars_to_hear(music: LoadedMuse, mood: str) -> None:
    products = files_of(music, make_request("advise", {"work": write_midi(chorale(6, 77))}, mood=mood))
    report = check(products)
    shown = {one.role: one for one in products}
    assert shown["thumbnail"].media_type == "image/webp"
    heard = [one["preview_role"] for one in report["suggestions"] if one["preview_role"]]
    assert heard
    for role in heard:
        assert read_midi(shown[role].data).score.parts
        assert shown[f"{role}-roll"].media_type == "image/webp"


def test_a_style_narrows_what_it_is_compared_with(pictures: LoadedMuse, works: list[Item]) -> None:
    given = {"work": works[0].path.read_bytes()}
    narrow = check(files_of(pictures, make_request("advise", given, style="Noon")))
    wide = check(files_of(pictures, make_request("advise", given)))
    assert narrow["compared_with"] == {"works": 12, "style": "noon"}
    assert wide["compared_with"] == {"works": 24, "style": ""}
    assert "12 works labelled noon" in narrow["summary"]


def test_too_few_works_of_a_style_are_said_to_be(pictures: LoadedMuse, works: list[Item]) -> None:
    report = check(
        files_of(pictures, make_request("advise", {"work": works[0].path.read_bytes()}, style="n3"))
    )
    assert "too few to say what is usual" in report["summary"]
    percentiles = [one["percentile"] for s in report["suggestions"] for one in s["evidence"]]
    assert set(percentiles) <= {None}


def test_an_unknown_style_is_refused_with_those_known(pictures: LoadedMuse, works: list[Item]) -> None:
    error = answer(pictures, make_request("advise", {"work": works[0].path.read_bytes()}, style="cubism"))
    assert isinstance(error, AtelierError)
    assert (error.field, error.code) == ("style", "no_such_style")
    assert "dusk" in error.message


def test_a_work_of_another_kind_is_refused(
    pictures: LoadedMuse, music: LoadedMuse, works: list[Item]
) -> None:
    for loaded, data in ((music, works[0].path.read_bytes()), (pictures, write_midi(chorale()))):
        error = answer(loaded, make_request("advise", {"work": data}))
        assert isinstance(error, AtelierError) and error.code == "wrong_media"


@pytest.mark.parametrize("garbage", [b"", b"garbage", b"\0" * 64, b"MThd" + b"\0" * 20])
def test_a_damaged_work_is_refused(pictures: LoadedMuse, music: LoadedMuse, garbage: bytes) -> None:
    for loaded in (pictures, music):
        error = answer(loaded, make_request("advise", {"work": garbage}))
        assert isinstance(error, AtelierError) and error.field == "work"


def test_any_music_is_advised(music: LoadedMuse) -> None:
    check(files_of(music, make_request("advise", {"work": write_midi(band(8))}, mood="calm")))


def test_it_is_the_same_each_time(pictures: LoadedMuse, music: LoadedMuse, works: list[Item]) -> None:
    for loaded, data in ((pictures, works[3].path.read_bytes()), (music, write_midi(chorale(3, 5)))):
        request = make_request("advise", {"work": data}, mood="dramatic", audience="children")
        assert answer(loaded, request) == answer(loaded, request)


def test_a_large_picture_is_advised_too(pictures: LoadedMuse) -> None:
    out = io.BytesIO()
    picture("noon", 3, 1400).save(out, "PNG")
    products = files_of(pictures, make_request("advise", {"work": out.getvalue()}, mood="mysterious"))
    check(products)
    (shown,) = [one for one in products if one.role == "picture"]
    assert Image.open(io.BytesIO(shown.data)).size == (1024, 1024)
