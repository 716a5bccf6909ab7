"""Range, density, repetition and mood: what they say of pieces made so that the answer is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.music.theory_pieces import at_random, aus_meines_herzens_grunde, blocks, line, lines
from worker.music.score import Note, Part, Score, part_of
from worker.music.theory import analyze
from worker.music.theory.mood import RULE, Mood, words_of
from worker.music.theory.texture import Ambitus, ambitus_of, beats_a_minute, repetition_of

BAR = "60:24 62 64 65 "


def test_the_range_of_a_part() -> None:
    assert ambitus_of(line("60 72 64 62 65", "Voice")) == Ambitus("Voice", 60, 72, 64, 5)


def test_nothing_has_no_range() -> None:
    assert ambitus_of(Part("Empty", ())) == Ambitus("Empty", None, None, None, 0)
    assert ambitus_of(Part("Drums", (Note(0, 36, 24),), drums=True)).low is None


def test_density_counts_seconds_bars_and_voices() -> None:
    score = replace(blocks([(72, 67, 64, 48)] * 8), tempo=60.0)
    density = analyze(score).density
    assert density.notes_per_second == 4.0
    assert density.notes_per_bar == 16.0
    assert density.sounding == 4.0
    assert analyze(replace(score, tempo=120.0)).density.notes_per_second == 8.0


def test_rests_do_not_thin_what_sounds() -> None:
    assert analyze(lines("72:24 .:72 72:24", "60:24 .:72 60:24")).density.sounding == 2.0


def test_bars_that_come_back_are_found() -> None:
    found = repetition_of(lines(BAR + "67 69 72 71 " + BAR + "67 69 72 71 " + "50 51 50 51"))
    assert (found.longest, found.first, found.again) == (2, 1, 3)
    assert found.share == pytest.approx(2 / 5, abs=0.001)
    assert found.text == "From bar 3, 2 bars as from bar 1."


def test_bars_are_counted_from_the_first_full_one() -> None:
    told = BAR + "67 69 72 71 " + BAR + "67 69 72 71"
    found = repetition_of(lines("50:24 " + told, pickup=24))
    assert (found.longest, found.text) == (2, "From bar 3, 2 bars as from bar 1.")
    # The incomplete bar is bar 0, and may come back itself.
    found = repetition_of(lines("50:12 53 " + told + " 50:12 53", pickup=24))
    assert found.text == "From bar 3, 2 bars as from bar 1."
    alone = lines("50:12 53 60:24 62 64 65 50:12 53", pickup=24)
    assert repetition_of(alone).text == "From bar 2, 1 bar as from bar 0."
    report = analyze(lines("50:24 " + told, pickup=24)).to_dict()
    assert report["repetition"]["text"] == "From bar 3, 2 bars as from bar 1."


def test_bars_that_come_back_at_another_pitch_are_found() -> None:
    found = repetition_of(lines(BAR + "67:24 69 71 72"))
    assert found.longest == 1 and found.share == 0.5


def test_another_rhythm_or_part_is_no_repetition() -> None:
    assert repetition_of(lines("60:24 62 64 65 60:48 62:24 64")).longest == 0
    assert repetition_of(lines("60:24 62:24 .:48 .:48 .:48", ".:96 60:24 62 .:48")).longest == 0


def test_rests_and_lone_notes_are_no_repetition() -> None:
    found = repetition_of(lines("60:96 60:96 60:96"))
    assert (found.share, found.longest, found.text) == (0.0, 0, "No bar comes twice.")


def test_a_gap_breaks_a_run() -> None:
    found = repetition_of(lines(BAR + "71:24 69 67 71 " + BAR + ".:96 71:24 69 67 71"))
    assert found.longest == 1 and found.share == 0.5


def test_the_same_bar_throughout() -> None:
    found = repetition_of(lines(BAR * 40))
    assert found.share == pytest.approx(39 / 40, abs=0.001)
    assert 1 <= found.longest <= 20


def test_chance_does_not_repeat() -> None:
    assert repetition_of(at_random(4, 400, 2)).share == 0.0


def test_onsets_a_minute_count_each_sixteenth_once() -> None:
    score = replace(lines("60:24 62 64 65", "48:24 50 52 53"), tempo=90.0)
    assert beats_a_minute(score) == pytest.approx(90.0)
    assert beats_a_minute(Score(())) == 0.0


def mood(score: Score) -> Mood:
    return analyze(score).mood


def test_major_is_happier_than_minor() -> None:
    major = aus_meines_herzens_grunde()
    minor = blocks([(76, 72, 69, 57), (77, 74, 69, 50), (76, 71, 68, 52), (76, 72, 69, 45)] * 4)
    assert mood(major).valence > 0.2 > -0.2 > mood(minor).valence


def test_faster_is_more_excited_and_happier() -> None:
    score = aus_meines_herzens_grunde()
    slow, fast = mood(replace(score, tempo=50.0)), mood(replace(score, tempo=180.0))
    assert fast.arousal > 0.2 > -0.2 > slow.arousal
    assert fast.valence > slow.valence
    assert slow.words == ("calm", "peaceful") and fast.words == ("joyful", "lively")


def test_higher_is_happier_and_a_little_more_excited() -> None:
    score = aus_meines_herzens_grunde()
    low, high = mood(score.transposed(-12)), mood(score.transposed(12))
    assert high.valence > low.valence and high.arousal > low.arousal


def test_denser_is_more_excited() -> None:
    dense = lines(" ".join(["60:6 62 64 65"] * 16), "48:96 48 48 48")
    sparse = lines("60:96 64 67 72", "48:96 48 48 48")
    assert mood(dense).arousal > mood(sparse).arousal + 0.3


@pytest.mark.parametrize("tempo", [1.0, 20.0, 400.0, 1e6])
def test_mood_stays_within_its_bounds(tempo: float) -> None:
    found = mood(replace(aus_meines_herzens_grunde(), tempo=tempo))
    assert -1.0 <= found.valence <= 1.0 and -1.0 <= found.arousal <= 1.0


def test_each_quarter_of_the_plane_has_its_words() -> None:
    quarters = [
        words_of(0.6, 0.6),
        words_of(-0.6, 0.6),
        words_of(-0.6, -0.6),
        words_of(0.6, -0.6),
        words_of(0, 0),
    ]
    assert len(set(quarters)) == 5
    assert "tense" in quarters[1] and "sad" in quarters[2] and "calm" in quarters[3]
    assert "bright" in words_of(0.5, 0.0)


def test_the_rule_states_the_weights_that_are_used() -> None:
    from worker.music.theory import mood as module

    for weight in module._VALENCE.values():
        assert f"{weight} x" in RULE
    for cue, weight in module._AROUSAL.items():
        assert f"{weight} x {cue}" in RULE.replace("\n", " ")


def test_silence_has_no_mood() -> None:
    assert mood(Score(())) == Mood(0.0, 0.0, ("silent",))
    assert mood(Score((part_of("Empty", []),))).words == ("silent",)
