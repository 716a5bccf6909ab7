"""Advice on whole pieces: ranked, with evidence, true, and the same each time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.music.made_pieces import chorale
from tests.unit.music.made_pieces import lines as any_line
from tests.unit.music.theory_pieces import aus_meines_herzens_grunde, blocks, lines
from worker.advice.aim import MOODS, Aim
from worker.advice.usual import usual_of
from worker.music.advice.advice import MOST_FAULTS, MOST_OF_A_KIND, advise_music, advise_on
from worker.music.advice.figures import figures_of
from worker.music.score import Note, Score, part_of
from worker.music.theory.analysis import analyze

FIFTHS = [(72, 64, 55, 48), (72, 69, 60, 53), (71, 65, 59, 55), (72, 64, 60, 48)]


def ids(score: Score, aim: Aim) -> list[str]:
    return [one.suggestion.id for one in advise_music(score, aim)]


def test_a_fast_major_piece_is_told_to_calm_down() -> None:
    quick = lines("72:6 74 76 77 79 77 76 74 " * 8, tempo=150.0)
    found = ids(quick, Aim("calm"))
    assert {"slower", "stiller"} <= set(found)
    assert not {"faster", "busier"} & set(found)


def test_a_slow_minor_chorale_is_told_to_wake_up() -> None:
    found = ids(chorale(8), Aim("joyful"))
    assert {"faster", "busier", "to_major"} <= set(found)


def test_without_a_mood_no_mood_is_urged() -> None:
    for one in advise_music(chorale(8), Aim()):
        assert one.suggestion.aim == ""


def test_parallels_come_first_with_a_bar_and_a_way_out() -> None:
    found = advise_music(blocks([*FIFTHS, *FIFTHS]), Aim())
    first = found[0]
    assert first.suggestion.id == "parallel_fifths"
    assert first.bar == 1
    assert first.suggestion.text.startswith("Parallel fifths between Tenor and Bass, bar 1: move ")
    assert first.passage is not None and first.passage.title == "Bar 1, corrected"
    assert first.suggestion.preview == {"kind": "corrected", "parameters": {"from_bar": 1, "to_bar": 2}}


def test_bars_are_counted_as_people_do() -> None:
    with_pickup = Score(blocks([*FIFTHS, *FIFTHS]).parts, pickup=24)
    bars = [one.bar for one in advise_music(with_pickup, Aim()) if one.suggestion.id == "parallel_fifths"]
    assert bars[0] == 1, "the upbeat is bar 0, and the fault stands on the first beat after it"


def test_of_many_faults_only_some_are_told() -> None:
    found = advise_music(blocks(FIFTHS * 20), Aim())
    told = [one for one in found if one.bar is not None]
    assert len(told) <= MOST_FAULTS
    kinds = [one.suggestion.id for one in told]
    assert max(kinds.count(kind) for kind in set(kinds)) <= MOST_OF_A_KIND


def test_what_cannot_be_mended_says_so() -> None:
    found = advise_music(lines("67 69", "60 62"), Aim())
    told = next(one for one in found if one.suggestion.id == "parallel_fifths")
    assert (
        "no change of one or two inner notes by up to a fifth was found that mends it without another fault; "
        "write the place anew"
    ) in told.suggestion.text
    assert told.passage is None and told.suggestion.preview is None


def test_a_collection_gives_percentiles() -> None:
    works = [analyze(chorale(n % 5 + 2)) for n in range(12)]
    usual = usual_of([figures_of(one) for one in works])
    found = advise_on(analyze(blocks(FIFTHS * 4)), Aim("dramatic"), usual)
    evidence = [one for suggestion in found for one in suggestion.suggestion.evidence]
    assert any(one.percentile is not None for one in evidence)
    assert "more_faults_than_usual" in [one.suggestion.id for one in found]


@pytest.mark.parametrize("mood", ["", *MOODS])
def test_every_sentence_has_evidence_and_a_source(mood: str) -> None:
    for score in (aus_meines_herzens_grunde(), chorale(6), blocks(FIFTHS * 3)):
        found = advise_music(score, Aim(mood, "", "children"))
        weights = [one.suggestion.weight for one in found]
        assert weights == sorted(weights, reverse=True)
        for one in found:
            plain = one.to_dict()
            json.dumps(plain, allow_nan=False)
            assert plain["evidence"] and plain["source"] and plain["technique"]
            assert (one.passage is None) == (plain["preview"] is None)


def test_nothing_is_said_of_silence_and_drums() -> None:
    drums = Score((part_of("Drums", [Note(n * 24, 36, 6) for n in range(64)], drums=True),))
    for score in (Score(()), drums):
        assert not [one for one in advise_music(score, Aim()) if one.bar is not None]


def drums(bars: int = 24) -> Score:
    hits = [Note(n * 24, 36 + n * n % 5, 6) for n in range(bars * 4)]
    return Score((part_of("Drums", hits, drums=True),))


@pytest.mark.parametrize("mood", ["", *MOODS])
@pytest.mark.parametrize("audience", ["", "children", "choir"])
def test_of_what_does_not_exist_nothing_is_said(mood: str, audience: str) -> None:
    one_note = Score((part_of("Line", [Note(0, 60, 96 * 30)]),))
    for score in (drums(), one_note, Score(())):
        told = advise_music(score, Aim(mood, "", audience))
        named = {evidence.figure for one in told for evidence in one.suggestion.evidence}
        assert not [name for name in named if name.startswith("melody.")]
        assert not named & {"rhythm.variety", "repetition.share"} or score == drums()
        assert score != drums() or not [name for name in named if name.startswith(("range.", "key."))]
    assert not advise_music(Score(()), Aim(mood, "", audience))


def test_a_melody_that_exists_is_still_advised() -> None:
    assert "leaping_melody" in ids(lines("60 72 61 73 " * 8), Aim())
    assert "children_steps" in ids(lines("60 72 61 73 " * 8), Aim("", "", "children"))


@settings(max_examples=25)
@given(st.lists(any_line(), max_size=4), st.sampled_from(["", *MOODS]))
def test_any_piece_is_advised_the_same_twice(notes: list[list[Note]], mood: str) -> None:
    score = Score(tuple(part_of(f"P{n}", one) for n, one in enumerate(notes)))
    first = [one.to_dict() for one in advise_music(score, Aim(mood))]
    assert first == [one.to_dict() for one in advise_music(score, Aim(mood))]
    assert all("{" not in one["text"] for one in first)
