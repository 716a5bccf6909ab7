"""Files and wishes that cannot be met: each is told with a code and its field, and costs no other job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import BadFile, InvalidInput
from tests.hostile import midi
from tests.unit.families.music_rnn.support import (
    CHOSEN,
    OPERATIONS,
    band,
    chorale,
    make_request,
    outcomes,
    refused,
)
from worker.families.music_rnn.loaded import LoadedMusician
from worker.families.music_rnn.requests import wishes_of
from worker.music.score import TICKS, Note, Score, part_of

FIELDS = [("continue", "primer"), ("harmonise", "melody"), ("inpaint", "piece"), ("analyze", "piece")]


def test_every_kind_of_bad_file_is_told_with_its_field(loaded: LoadedMusician) -> None:
    by_code = {code: data for data, code in midi.bad_files().values()}
    assert len(by_code) >= 12
    requests = [
        make_request(operation, {field: data}, **CHOSEN[operation])
        for (operation, field), data in zip(FIELDS * 9, by_code.values(), strict=False)
    ]
    good = make_request("generate", None, count=1, bars=1, seed=2)
    first, *errors, last = outcomes(loaded, [good, *requests, good])
    for code, request, error in zip(by_code, requests, errors, strict=True):
        assert isinstance(error, BadFile) and error.code == code, (code, error)
        assert error.field in request.files and error.message
    assert isinstance(first, list) and first == last


@pytest.mark.parametrize(
    ("operation", "field"),
    [(name, field) for name, files in OPERATIONS.items() for field in files],
)
def test_a_file_that_is_missing_is_asked_for(loaded: LoadedMusician, operation: str, field: str) -> None:
    files: dict[str, bytes | Score] = {n: one for n, one in OPERATIONS[operation].items() if n != field}
    bad = make_request(operation, files, **CHOSEN[operation])
    (error,) = outcomes(loaded, [bad])
    assert isinstance(error, InvalidInput) and (error.code, error.field) == ("missing_field", field)


LINE = Score((part_of("Line", [Note(n * TICKS, 70 + n % 3, TICKS) for n in range(8)]),))
HIGH = Score((part_of("High", [Note(0, 79, 24), Note(24, 100, 24)]),))


@pytest.mark.parametrize(
    ("operation", "scores", "given", "code", "field"),
    [
        ("continue", [chorale(4)], {"bars": 2, "keep_bars": 2}, "primer_too_long", "bars"),
        ("harmonise", [HIGH], {}, "out_of_range", "melody"),
        ("inpaint", [band(2)], {}, "wrong_voices", "piece"),
        ("continue", [LINE], {"bars": 8}, "wrong_voices", "primer"),
        ("variations", [LINE], {}, "wrong_voices", "piece"),
        ("inpaint", [chorale(2)], {"from_bar": 2, "to_bar": 3}, "no_such_bars", "to_bar"),
        ("interpolate", [chorale(2), chorale(2, meter=(3, 4))], {}, "different_meters", "piece_b"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_told(
    loaded: LoadedMusician,
    operation: str,
    scores: list[Score],
    given: dict[str, Any],
    code: str,
    field: str,
) -> None:
    error = refused(loaded, operation, *scores, **given)
    assert isinstance(error, InvalidInput) and (error.code, error.field) == (code, field), error
    assert error.message.endswith(".")


@pytest.mark.parametrize("operation", ["harmonise", "inpaint", "variations", "interpolate"])
def test_some_operations_need_voices(free: LoadedMusician, operation: str) -> None:
    error = refused(free, operation, *OPERATIONS[operation].values())
    assert isinstance(error, InvalidInput) and (error.code, error.field) == ("needs_voices", "version")


def test_pieces_that_are_too_long_are_refused_in_their_field(loaded: LoadedMusician) -> None:
    long = Score((part_of("Line", [Note(n * 2400, 70, 2400) for n in range(11)]),))
    error = refused(loaded, "harmonise", long)
    assert (error.code, error.field) == ("too_long", "melody")
    wide = replace(chorale(1), meter=(9, 8))
    error = refused(loaded, "continue", wide, bars=256)
    assert (error.code, error.field) == ("too_long", "bars")


def test_what_would_take_minutes_is_refused(loaded: LoadedMusician) -> None:
    error = refused(loaded, "harmonise", chorale(8), care=64, rounds=8, count=16)
    assert (error.code, error.field) == ("too_much_work", "care")
    slow = make_request("generate", None, count=1, bars=128, tempo=20, seed=1)
    (found,) = outcomes(loaded, [slow])
    assert isinstance(found, InvalidInput) and (found.code, found.field) == ("too_long", "bars")


def test_a_piece_of_events_may_be_long(free: LoadedMusician) -> None:
    (wish,) = wishes_of(free.version, make_request("generate", None, count=1, bars=128, seed=1))
    assert wish.draft.plan.length == 128 * 48
