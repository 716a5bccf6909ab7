"""What a version says of a piece."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from shared.errors import AtelierError
from tests.unit.families.music_rnn.support import band, chorale, load_version, made, make_request
from worker.families.music_rnn import analysis
from worker.families.music_rnn.analysis import likelihood_of
from worker.families.music_rnn.layouts import encode, plan_of
from worker.families.music_rnn.loaded import LoadedMusician
from worker.music.score import TICKS, Score


def report_of(loaded: LoadedMusician, score: Score) -> dict[str, Any]:
    (output,) = [p for p in made(loaded, make_request("analyze", {"piece": score})) if p.role == "output"]
    assert output.media_type == "application/json"
    found: dict[str, Any] = json.loads(output.data)
    return found


def test_a_report_has_its_parts(loaded: LoadedMusician) -> None:
    products = made(loaded, make_request("analyze", {"piece": chorale(2)}))
    assert {p.role for p in products} == {"output", "notes", "thumbnail", "audio", "score"}
    report = json.loads(next(p.data for p in products if p.role == "output"))
    assert report["atelier_analysis"] == 1 and report["bars"] == 2 and len(report["parts"]) == 4
    assert {"key", "chords", "cadences", "voice_leading", "mood", "likelihood", "copying"} <= set(report)
    notes = json.loads(next(p.data for p in products if p.role == "notes"))
    assert notes["curve"]["values"] == report["likelihood"]["bars"]
    assert len(notes["chords"]) == len(report["chords"])


@pytest.mark.parametrize("pickup", [0, TICKS])
def test_the_likelihood_of_each_bar_is_that_of_its_notes(loaded: LoadedMusician, pickup: int) -> None:
    score = chorale(3, 2, pickup=pickup)
    told = likelihood_of(loaded, score)
    layout = loaded.version.layout
    codes, plan = encode(score, layout), replace(plan_of(score, layout), key=score.key)
    found = -loaded.version.network(layout.read(codes)[None], layout.tell(codes, plan)[None], codes[None])[0]
    assert told["per_note"] == pytest.approx(float(found.mean()), abs=2e-4)
    lines = [score.bar_start(n) // 6 for n in range(score.bars + 1)]
    expected = [float(found[a:b].mean()) for a, b in pairwise(lines)]
    assert told["bars"] == pytest.approx(expected, abs=2e-4) and len(expected) == 3 + bool(pickup)


def test_bars_without_notes_have_no_likelihood(free: LoadedMusician) -> None:
    score = band(3)
    gap = [replace(p, notes=tuple(n for n in p.notes if not 96 <= n.start < 192)) for p in score.parts]
    told = likelihood_of(free, replace(score, parts=tuple(gap)))
    assert [value is None for value in told["bars"]] == [False, True, False]


@pytest.mark.parametrize(
    ("usual", "words"),
    [(100.0, "one of them"), (0.001, "something else"), (None, "hesitates")],
)
def test_a_sentence_says_how_it_compares(tmp_path: Path, usual: float | None, words: str) -> None:
    told = likelihood_of(load_version(tmp_path, usual=usual), chorale(2))
    assert words in told["text"] and f"{told['per_note']:.2f}" in told["text"]


def test_in_between_it_is_a_little_less_well(tmp_path: Path) -> None:
    torch.manual_seed(1)
    mean = likelihood_of(load_version(tmp_path, usual=1.0), chorale(2))["per_note"]
    torch.manual_seed(1)
    told = likelihood_of(load_version(tmp_path, usual=mean / 1.3), chorale(2))
    assert told["per_note"] == mean and "a little less well" in told["text"]


def test_a_piece_that_does_not_fit_is_analyzed_all_the_same(loaded: LoadedMusician) -> None:
    for score in (band(2), chorale(2).transposed(36), replace(chorale(2), parts=chorale(2).parts[:2])):
        report = report_of(loaded, score)
        assert report["likelihood"]["per_note"] is None and report["likelihood"]["bars"] == []
        assert report["likelihood"]["text"].startswith("It cannot be compared")
        assert report["chords"]


def test_a_piece_that_is_too_long_to_compare_is_analyzed_all_the_same(
    loaded: LoadedMusician, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "LONGEST", 31)
    assert "31 are the most" in report_of(loaded, chorale(2))["likelihood"]["text"]


def test_a_version_recognizes_what_it_learned_by_heart(loaded: LoadedMusician) -> None:
    learned, other = report_of(loaded, chorale(4, 0)), report_of(loaded, chorale(2, 99))
    assert learned["copying"]["copied"] and learned["copying"]["shared_notes"] > 12
    assert not other["copying"]["copied"] and other["copying"]["bound"] == 12


def test_an_analysis_needs_notes(loaded: LoadedMusician) -> None:
    with pytest.raises(AtelierError) as caught:
        made(loaded, make_request("analyze", {"piece": b"MThd"}))
    assert caught.value.field == "piece"
