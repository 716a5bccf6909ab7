"""Scores as JSON come back whole; hashes tell apart what is different and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from worker.music.plain import from_plain, notes_sha256, score_sha256, to_plain
from worker.music.score import Key, Note, Part, Score

UPPER = Part("Upper", (Note(0, 72, 24, 90), Note(24, 74, 24, 80)), 40)
LOWER = Part("Lower", (Note(0, 60, 48, 70),), 42)
KIT = Part("Kit", (Note(0, 36, 6),), 0, True)
SCORE = Score((UPPER, LOWER, KIT), 96.5, (3, 4), 24, Key(7, "minor"), "Étude")


def test_a_score_comes_back_from_json() -> None:
    for score in (SCORE, replace(SCORE, key=None), Score(())):
        assert from_plain(json.loads(json.dumps(to_plain(score)))) == score


@pytest.mark.parametrize("broken", ({}, {**to_plain(SCORE), "parts": [{"name": "x"}]}, {"parts": 3}))
def test_what_is_no_score_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_plain(broken)


@pytest.mark.parametrize(
    "other",
    (
        replace(SCORE, tempo=96.0),
        replace(SCORE, meter=(4, 4)),
        replace(SCORE, pickup=0),
        replace(SCORE, key=None),
        replace(SCORE, title=""),
        replace(SCORE, parts=(LOWER, UPPER, KIT)),
        replace(SCORE, parts=(replace(UPPER, program=41), LOWER, KIT)),
        replace(SCORE, parts=(replace(UPPER, notes=UPPER.notes[:1]), LOWER, KIT)),
    ),
)
def test_any_difference_changes_the_hash_of_the_score(other: Score) -> None:
    assert score_sha256(other) != score_sha256(SCORE) == score_sha256(replace(SCORE))


def test_the_hash_of_the_notes_is_of_what_sounds() -> None:
    both = Part("All", tuple(sorted(UPPER.notes + LOWER.notes)))
    for same in (
        replace(SCORE, tempo=50.0, meter=(4, 4), key=None, title="x"),
        replace(SCORE, parts=(KIT, LOWER, UPPER)),
        replace(SCORE, parts=(both, KIT)),
        replace(SCORE, parts=(*SCORE.parts, replace(LOWER, notes=(Note(0, 60, 12),)))),
    ):
        assert notes_sha256(same) == notes_sha256(SCORE)
    for other in (
        replace(SCORE, parts=(UPPER, LOWER, replace(KIT, drums=False))),
        replace(SCORE, parts=(UPPER, KIT)),
        replace(SCORE, parts=(replace(UPPER, notes=(Note(0, 72, 23), Note(24, 74, 24))), LOWER, KIT)),
        SCORE.transposed(1),
    ):
        assert notes_sha256(other) != notes_sha256(SCORE)
