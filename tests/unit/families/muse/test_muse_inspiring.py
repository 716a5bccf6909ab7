"""Inspiration: what is near is near, what is far is far, and every sentence is so."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import torch

from shared.catalogue import check_input
from shared.errors import AtelierError
from tests.support.parts import gather
from tests.unit.families.muse.support import VERSION, answer, files_of, make_request, told
from tests.unit.families.music_rnn.support import chorale
from worker.advice.aim import MOODS
from worker.families.muse import FAMILY
from worker.families.muse.engine import MuseEngine
from worker.families.muse.loaded import LoadedMuse
from worker.families.muse.poles import POLES
from worker.family import Item
from worker.music.midi_out import write_midi


def names(report: dict[str, Any], which: str) -> list[str]:
    return [one["work"]["name"] for one in report[which]]


def test_near_works_are_of_the_kind_and_far_ones_are_not(pictures: LoadedMuse, works: list[Item]) -> None:
    request = make_request("inspire", {"work": works[1].path.read_bytes()}, works=8, far=0.25)
    report = told(files_of(pictures, request))
    assert len(report["near"]) == 6 and len(report["far"]) == 2
    assert all(name.startswith("noon") for name in names(report, "near"))
    assert all(name.startswith("dusk") for name in names(report, "far"))
    assert works[1].name not in names(report, "near") + names(report, "far")
    assert report["asked"]["work"]["hash"] == works[1].hash
    assert max(one["distance"] for one in report["near"]) < min(one["distance"] for one in report["far"])


def test_a_work_from_elsewhere_is_taken_too(pictures: LoadedMuse, tmp_path: Any) -> None:
    from tests.unit.families.muse.support import picture

    path = tmp_path / "new.png"
    picture("dusk", 1234, 200).save(path)
    report = told(files_of(pictures, make_request("inspire", {"work": path.read_bytes()}, works=4, far=0.0)))
    assert all(name.startswith("dusk") for name in names(report, "near"))
    assert report["asked"]["work"]["name"] == "your work"


def test_words_find_labels(pictures: LoadedMuse) -> None:
    report = told(files_of(pictures, make_request("inspire", text="dusk", works=5, far=0.2)))
    assert all(name.startswith("dusk") for name in names(report, "near"))
    assert report["near"][0]["why"] == "It is found by dusk."


def test_a_mood_finds_what_comes_close(pictures: LoadedMuse) -> None:
    report = told(files_of(pictures, make_request("inspire", mood="melancholic", works=4, far=0.0)))
    index = pictures.index
    apart = np.linalg.norm(index.mood - np.array(MOODS["melancholic"], np.float32), axis=1)
    places = [index.places[one["work"]["hash"]] for one in report["near"]]
    assert apart[places[0]] == apart.min()


def test_nothing_asked_gives_what_the_seed_draws(pictures: LoadedMuse) -> None:
    one, again, other = (
        told(files_of(pictures, make_request("inspire", works=6, seed=seed))) for seed in (1, 1, 2)
    )
    assert one == again
    assert names(one, "near") != names(other, "near")


def test_all_at_once(pictures: LoadedMuse, works: list[Item]) -> None:
    given = {"work": works[0].path.read_bytes()}
    report = told(files_of(pictures, make_request("inspire", given, text="noon", mood="joyful", works=4)))
    assert all(name.startswith("noon") for name in names(report, "near")), "words decide which works may come"
    assert "joyful was asked for" in report["near"][0]["why"]


@pytest.mark.parametrize("text", ["zeppelin", "!!!", "zz yy"])
def test_words_that_nobody_has_are_refused_with_some_that_are(pictures: LoadedMuse, text: str) -> None:
    error = answer(pictures, make_request("inspire", text=text))
    assert isinstance(error, AtelierError)
    assert (error.code, error.field) == ("no_such_word", "text")
    assert "noon" in error.message or "dusk" in error.message


def test_a_work_of_another_kind_is_refused(
    pictures: LoadedMuse, music: LoadedMuse, works: list[Item]
) -> None:
    for loaded, data in ((pictures, write_midi(chorale())), (music, works[0].path.read_bytes())):
        error = answer(loaded, make_request("inspire", {"work": data}))
        assert isinstance(error, AtelierError)
        assert (error.code, error.field) == ("wrong_media", "work")


@pytest.mark.parametrize(
    "garbage", [b"", b"garbage", b"MThd", b"MThd\0\0\0\6", b"\x89PNG\r\n\x1a\n", b"RIFF1234RMID"]
)
def test_a_damaged_work_hurts_nobody_else(pictures: LoadedMuse, music: LoadedMuse, garbage: bytes) -> None:
    for loaded in (pictures, music):
        requests = [make_request("inspire", {"work": garbage}), make_request("inspire")]
        bad, good = gather(MuseEngine().generate(loaded, requests), 2)
        assert isinstance(bad, AtelierError) and bad.field == "work"
        assert not isinstance(good, AtelierError)


def test_music_is_found_by_its_notes(music: LoadedMuse, pieces: list[Item]) -> None:
    index = music.index
    place = 4
    moved = write_midi(chorale(5, 4).transposed(2))
    report = told(files_of(music, make_request("inspire", {"work": moved}, works=3, far=0.0)))
    assert names(report, "near")[0] == index.entries[place].name, "the same piece, a tone higher"
    assert report["palettes"] == []


def test_titles_keys_and_moods_of_music_can_be_searched(music: LoadedMuse) -> None:
    key = next(word for word in music.index.entries[0].words if "major" in word or "minor" in word)
    report = told(files_of(music, make_request("inspire", text=key, works=2, far=0.0)))
    assert report["near"]


def test_no_more_works_than_there_are(pictures: LoadedMuse) -> None:
    report = told(files_of(pictures, make_request("inspire", works=48, far=0.5)))
    shown = names(report, "near") + names(report, "far")
    assert len(shown) == len(set(shown)) <= 24


@pytest.mark.parametrize("far", [0.0, 1.0])
def test_all_near_or_all_far(pictures: LoadedMuse, far: float) -> None:
    report = told(files_of(pictures, make_request("inspire", works=4, far=far)))
    assert (len(report["near"]), len(report["far"])) == ((4, 0) if far == 0.0 else (0, 4))


def test_palettes_and_motifs_are_those_of_works_shown(pictures: LoadedMuse, works: list[Item]) -> None:
    request = make_request("inspire", {"work": works[0].path.read_bytes()}, works=6)
    report = told(files_of(pictures, request))
    shown = {one["work"]["hash"] for one in [*report["near"], *report["far"]]}
    assert report["palettes"]
    for palette in report["palettes"]:
        assert palette["from"]["hash"] in shown
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in palette["colours"])
    assert any("labelled kind dusk" in motif["text"] for motif in report["motifs"])
    for motif in report["motifs"]:
        assert {one["hash"] for one in motif["works"]} <= shown
        many, of = (int(number) for number in re.match(r"(\d+) of (\d+)", motif["text"]).groups())  # type: ignore[union-attr]
        assert 2 <= many <= of == len(shown)


def test_alone_together_and_turned_around_give_the_same_bytes(
    pictures: LoadedMuse, works: list[Item]
) -> None:
    requests = [
        make_request("inspire", {"work": works[2].path.read_bytes()}, works=5),
        make_request("inspire", text="noon"),
        make_request("inspire", mood="calm", seed=9),
    ]
    together = gather(MuseEngine().generate(pictures, requests), 3)
    torch.manual_seed(99)
    turned = gather(MuseEngine().generate(pictures, requests[::-1]), 3)[::-1]
    assert together == [answer(pictures, request) for request in requests] == turned


def test_a_report_can_be_made_again_from_its_recipe(pictures: LoadedMuse) -> None:
    request = make_request("inspire", text="noon", works=3)
    (report,) = [one for one in files_of(pictures, request) if one.role == "output"]
    assert report.recipe is not None and report.recipe["version"] == VERSION
    again = check_input(FAMILY.description.operation("inspire"), report.recipe["input"])
    assert again == request.input
    assert report.meta == {"kind": "inspiration"}


def _stands(loaded: LoadedMuse, name: str, value: float, *, higher: bool) -> float:
    column = loaded.index.figures[:, loaded.index.names.index(name)]
    return float((column < np.float32(value)).mean() if higher else (column > np.float32(value)).mean())


@pytest.mark.parametrize("seed", range(6))
def test_every_reason_is_true_of_its_figures(pictures: LoadedMuse, works: list[Item], seed: int) -> None:
    start = make_request("inspire", {"work": works[seed].path.read_bytes()}, works=10, far=0.4, seed=seed)
    free = make_request("inspire", works=10, far=0.4, seed=seed)
    index = pictures.index
    for request, given in ((start, seed), (free, None)):
        report = told(files_of(pictures, request))
        for one in [*report["near"], *report["far"]]:
            place, why = index.places[one["work"]["hash"]], one["why"]
            assert why.endswith(".") and "  " not in why
            if "labelled kind" in why and given is not None:
                assert index.entries[place].labels["kind"] == index.entries[given].labels["kind"]
            found = re.search(
                r"(most its own is that it is|both are) ([a-z -]+) than (\d+) % of the collection", why, re.I
            )
            if found:
                whose, word, share = found.groups()
                name = next(n for n, p in POLES["painting"].items() if word in (p.lower, p.higher))
                higher = word == POLES["painting"][name].higher
                rows = [place] if whose.lower().startswith("most") or given is None else [place, given]
                real = min(_stands(pictures, name, index.row(row)[name], higher=higher) for row in rows)
                assert 70 <= int(share) <= 99
                assert int(share) / 100 <= real + 1e-9 < int(share) / 100 + 0.011
            far = re.search(r"yours is ([a-z -]+), this one ([a-z -]+):", why, re.I)
            if far and given is not None:
                name = next(n for n, p in POLES["painting"].items() if far[1] in (p.lower, p.higher))
                pole = POLES["painting"][name]
                mine, theirs = index.row(given)[name], index.row(place)[name]
                assert far[1] == (pole.higher if mine > theirs else pole.lower)


def test_the_report_is_plain_json(music: LoadedMuse) -> None:
    (report,) = files_of(music, make_request("inspire"))
    json.loads(report.data)
    assert b"NaN" not in report.data
