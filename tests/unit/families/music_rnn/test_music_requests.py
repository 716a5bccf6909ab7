"""Every operation from a MIDI file to the pieces made of it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest

from shared.errors import AtelierError
from tests.unit.families.music_rnn.support import (
    CHOSEN,
    OPERATIONS,
    STYLE,
    band,
    bare,
    chorale,
    load_version,
    made,
    make_request,
    outcomes,
    refused,
    scores_in,
    sounding,
)
from worker.families.music_rnn.loaded import LoadedMusician
from worker.family import Product
from worker.music.midi_in import read_midi
from worker.music.midi_out import recipe_in_midi, write_midi
from worker.music.score import TICKS, Key, Note, Score, part_of
from worker.music.theory.frames import notes_of
from worker.music.theory.key import find_key


def score_of(loaded: LoadedMusician, operation: str, *scores: Score, **given: Any) -> Score:
    """The one piece that an operation makes."""
    names = list(OPERATIONS[operation])
    files: dict[str, bytes | Score] = dict(zip(names, scores, strict=True))
    (found,) = scores_in(made(loaded, make_request(operation, files, **{**CHOSEN[operation], **given})))
    return found


def roles(products: list[Product]) -> dict[str, int]:
    found: dict[str, int] = {}
    for product in products:
        found[product.role] = found.get(product.role, 0) + 1
    return found


def test_a_batch_of_all_operations_equals_each_alone(loaded: LoadedMusician) -> None:
    loaded.shape = 3
    requests = [make_request(name, files, **CHOSEN[name]) for name, files in OPERATIONS.items()]  # type: ignore[arg-type]
    for request, found in zip(requests, outcomes(loaded, requests), strict=True):
        assert not isinstance(found, AtelierError), (request.operation, found)
        assert found == made(loaded, request)


def test_a_piece_has_its_files_beside_it(loaded: LoadedMusician) -> None:
    products = made(loaded, make_request("generate", None, count=2, bars=2, seed=5, audio=True))
    assert roles(products) == {"output": 2, "notes": 2, "thumbnail": 2, "audio": 2, "score": 2}
    assert {one.position for one in products} == {0, 1}
    by_role = {one.role: one for one in products if one.position == 1}
    played = pretty_midi.PrettyMIDI(io.BytesIO(by_role["output"].data))
    notes = json.loads(by_role["notes"].data)
    assert sum(len(one.notes) for one in played.instruments) == len(notes["notes"])
    assert by_role["audio"].data.startswith(b"RIFF") and by_role["thumbnail"].data[8:12] == b"WEBP"
    meta = by_role["output"].meta
    assert meta is not None and {"seconds", "bars", "parts", "tempo", "key", "copied"} <= set(meta)
    assert (meta["parts"], meta["tempo"], meta["shared_bound"]) == (4, 96.0, 12)
    assert meta["copied"] is (meta["shared_notes"] > 12)


def test_without_sound_there_is_none(loaded: LoadedMusician) -> None:
    assert "audio" not in roles(made(loaded, make_request("generate", None, count=1, bars=1, seed=1)))


def test_every_piece_carries_the_recipe_that_makes_it_again(loaded: LoadedMusician) -> None:
    products = made(loaded, make_request("generate", None, **CHOSEN["generate"]))
    for output in (one for one in products if one.role == "output"):
        recipe = recipe_in_midi(output.data)
        assert recipe == output.recipe and recipe is not None and recipe["input"]["count"] == 1
        (again,) = (
            one
            for one in made(loaded, make_request("generate", None, **recipe["input"]))
            if one.role == "output"
        )
        assert again.data == output.data


def test_the_largest_seed_is_followed_by_the_first(loaded: LoadedMusician) -> None:
    products = made(loaded, make_request("generate", None, count=2, bars=1, seed=2**31 - 1))
    assert [one.recipe["input"]["seed"] for one in products if one.recipe and one.role == "output"] == [
        2**31 - 1,
        0,
    ]


def test_what_was_given_is_shown_as_such_and_nothing_of_a_composition(loaded: LoadedMusician) -> None:
    def given(operation: str, **files: bytes | Score) -> object:
        products = made(loaded, make_request(operation, files, **{**CHOSEN[operation], "count": 1}))
        return json.loads(next(one.data for one in products if one.role == "notes")).get("given")

    assert not given("generate")
    assert given("continue", primer=chorale(2)) == [[0.0, 5.0, voice] for voice in range(4)]


def test_a_composition_has_what_was_asked_for(loaded: LoadedMusician) -> None:
    request = make_request(
        "generate", None, count=1, bars=3, tonic="E♭", mode="minor", tempo=132, seed=1, instruments="organ"
    )
    (score,) = scores_in(made(loaded, request))
    assert score.tempo == pytest.approx(132, abs=0.01) and score.meter == (4, 4) and score.bars <= 3
    (usual,) = scores_in(made(loaded, make_request("generate", None, count=1, bars=3, seed=1)))
    assert usual.tempo == pytest.approx(96, abs=0.01)
    assert {part.program for part in score.parts} == {19} and {p.program for p in usual.parts} == {52}
    assert score.parts[-1].notes[-1].pitch % 12 == 3, "it ends over its keynote"


def test_a_style_knows_the_keys_of_its_pieces() -> None:
    def drawn(tonic: int | None, mode: str | None) -> set[Key | None]:
        return {STYLE.a_key(tonic, mode, np.random.default_rng(seed)) for seed in range(20)}

    assert drawn(None, None) == {Key(0, "major"), Key(9, "minor")}
    assert drawn(None, "major") == {Key(0, "major")} and drawn(9, None) == {Key(9, "minor")}
    assert drawn(4, "major") == {Key(4, "major")}
    # E is unheard of, and of the modes minor is the commoner.
    assert drawn(4, None) == {Key(4, "minor")}
    unheard = replace(STYLE, keys=())
    assert unheard.a_key(None, "minor", np.random.default_rng(0)) == Key(0, "minor")
    assert unheard.a_key(None, None, np.random.default_rng(0)) is None


def test_a_piece_is_in_the_key_of_its_notes_and_says_when_another_was_asked_for(
    loaded: LoadedMusician,
) -> None:
    missed = 0
    for seed in range(6):
        given: dict[str, Any] = {"bars": 4, "count": 1, "tonic": "F♯", "mode": "minor", "seed": seed}
        products = made(loaded, make_request("generate", None, **given))
        (meta,) = [one.meta for one in products if one.role == "output"]
        (score,) = scores_in(products)
        found = find_key(notes_of(score))
        assert meta is not None and found is not None
        assert meta["key"] == found.key.name == (score.key and score.key.name)
        assert meta["key_asked"] == (None if found.key == Key(6, "minor") else "F♯ minor")
        missed += found.key != Key(6, "minor")
    assert missed, "a network that learned nothing keeps to no key"
    (meta,) = [
        one.meta for one in made(loaded, make_request("generate", None, count=1)) if one.role == "output"
    ]
    assert meta is not None and meta["key_asked"] is None, "no key was asked for"


@pytest.mark.parametrize("pickup", [0, TICKS])
def test_a_continuation_keeps_its_primer(loaded: LoadedMusician, pickup: int) -> None:
    primer = chorale(2, 5, pickup=pickup)
    found = score_of(loaded, "continue", primer, bars=4)
    for before, after in zip(bare(primer), bare(found), strict=True):
        assert after[: len(before)] == before, "the last note is not held on either"
    assert (
        found.pickup == pickup and found.end > primer.end and found.end <= primer.bar_start(4 + bool(pickup))
    )


def test_of_a_primer_only_some_bars_are_kept(loaded: LoadedMusician) -> None:
    primer = chorale(4, 5)
    found = score_of(loaded, "continue", primer, keep_bars=1, bars=4)
    steps = 16
    assert (sounding(found, 64)[:steps] == sounding(primer, 64)[:steps]).all()
    assert (sounding(found, 64)[steps:] != sounding(primer, 64)[steps:]).any()


def test_what_was_given_is_nobodys_copy(loaded: LoadedMusician) -> None:
    # The version has learned this very piece.
    primer = chorale(4, 0)
    assert loaded.version.corpus.longest(primer).notes > 12
    for products in (
        made(loaded, make_request("continue", {"primer": primer}, bars=5, seed=1)),
        made(loaded, make_request("inpaint", {"piece": primer}, from_bar=2, to_bar=2, seed=1)),
    ):
        (meta,) = [one.meta for one in products if one.role == "output"]
        assert meta is not None and not meta["copied"] and meta["shared_notes"] <= 12


def test_a_primer_of_events_is_kept(free: LoadedMusician) -> None:
    primer = band(1)
    files: dict[str, bytes | Score] = {"primer": primer}
    (found,) = scores_in(made(free, make_request("continue", files, bars=2, seed=1, tempo=90)))
    assert found.tempo == pytest.approx(90, abs=0.01)
    for part in primer.parts:
        (same,) = [p for p in found.parts if (p.drums, p.program) == (part.drums, part.program)]
        kept = {(n.start, n.pitch) for n in same.notes}
        assert {(n.start, n.pitch) for n in part.notes} <= kept
    assert all(note.start < 2 * found.bar for _, note in found.notes())


def test_a_melody_keeps_its_notes_to_the_last_bit(loaded: LoadedMusician) -> None:
    for seed, pickup in ((1, 0), (2, TICKS)):
        whole = chorale(2, seed, pickup=pickup)
        alone = replace(whole, parts=whole.parts[:1])
        for melody in (whole, alone):
            found = score_of(loaded, "harmonise", melody, rounds=seed - 1)
            assert bare(found)[0] == bare(melody)[0]
            assert len(found.parts) == 4 and found.pickup == pickup
            assert found.end <= melody.end or found.end == melody.parts[0].end


def test_a_melody_beside_the_grid_is_kept_as_it_is_too(loaded: LoadedMusician) -> None:
    triplets = [Note(n * 8, 70 + n % 3, 7, 33) for n in range(24)]
    found = score_of(loaded, "harmonise", Score((part_of("Triplets", triplets),)))
    assert list(found.parts[0].notes) == triplets
    assert all(n.start % 6 == n.duration % 6 == 0 for part in found.parts[1:] for n in part.notes)


def test_rounds_and_care_change_the_other_voices(loaded: LoadedMusician) -> None:
    given: list[dict[str, int]] = [{}, {"rounds": 0}, {"care": 5}, {"seed": 4}]
    found = [bare(score_of(loaded, "harmonise", chorale(2), **one)) for one in given]
    assert len({str(one) for one in found}) == 4
    assert len({str(one[0]) for one in found}) == 1


def test_one_track_of_chords_is_told_apart(loaded: LoadedMusician) -> None:
    whole = chorale(2)
    merged = replace(whole, parts=(part_of("All", [note for _, note in whole.notes()]),))
    found = score_of(loaded, "inpaint", merged, from_bar=1, to_bar=1)
    assert len(found.parts) == 4
    assert (sounding(found, 32)[16:].max(1) == sounding(whole, 32)[16:].max(1)).all()


@pytest.mark.parametrize("keep_melody", [False, True])
def test_rewritten_bars_leave_the_others_as_they_were(loaded: LoadedMusician, keep_melody: bool) -> None:
    piece = chorale(4, 8)
    found = score_of(loaded, "inpaint", piece, from_bar=2, to_bar=3, keep_melody=keep_melody)
    before, after = sounding(piece, 64), sounding(found, 64)
    assert (after[:16] == before[:16]).all() and (after[48:] == before[48:]).all()
    assert (after[16:48, 1:] != before[16:48, 1:]).any()
    assert (bare(found)[0] == bare(piece)[0]) is keep_melody


def test_bars_are_counted_from_the_first_full_one(loaded: LoadedMusician) -> None:
    piece = chorale(3, 8, pickup=TICKS)
    found = score_of(loaded, "inpaint", piece, from_bar=1, to_bar=1)
    before, after = sounding(piece, 52), sounding(found, 52)
    changed = (after != before).any(1).nonzero()[0]
    assert changed.min() >= 4 and changed.max() < 20
    error = refused(loaded, "inpaint", piece, from_bar=4, to_bar=4)
    assert error.code == "no_such_bars" and "has 3" in error.message


def test_variations_change_their_bars_and_no_others(loaded: LoadedMusician) -> None:
    piece = chorale(4, 8)
    request = make_request("variations", {"piece": piece}, count=3, strength=0.5, care=2, seed=5)
    found = scores_in(made(loaded, request))
    before = sounding(piece, 64).reshape(4, 16, 4)
    changed = [(sounding(one, 64).reshape(4, 16, 4) != before).any((1, 2)) for one in found]
    assert all(1 <= one.sum() <= 2 for one in changed) and len({tuple(one) for one in changed}) > 1
    kept = make_request(
        "variations", {"piece": piece}, count=1, strength=1.0, keep_melody=True, care=2, seed=5
    )
    (sung,) = scores_in(made(loaded, kept))
    assert bare(sung)[0] == bare(piece)[0] and bare(sung)[1:] != bare(piece)[1:]


def test_a_bridge_begins_as_one_and_ends_as_the_other(loaded: LoadedMusician) -> None:
    first, second = chorale(3, 1), chorale(3, 2, pickup=TICKS)
    found = score_of(loaded, "interpolate", first, second, keep_bars=2, bars=2)
    assert found.end == 6 * first.bar
    whole = sounding(found, 96)
    assert (whole[:32] == sounding(first, 48)[:32]).all()
    assert (whole[64:] == sounding(second, 52)[20:]).all()
    assert (found.meter, found.title) == ((4, 4), "")


def test_a_made_piece_can_be_the_parent_of_the_next(loaded: LoadedMusician) -> None:
    def output(name: str, *files: bytes, **given: Any) -> bytes:
        filled = dict(zip(OPERATIONS[name], files, strict=True))
        products = made(loaded, make_request(name, filled, **{**CHOSEN[name], **given}))  # type: ignore[arg-type]
        return next(one.data for one in products if one.role == "output")

    first = output("harmonise", write_midi(chorale(2)))
    second = output("inpaint", first, from_bar=1, to_bar=1)
    third = output("interpolate", first, second)
    assert len(read_midi(output("continue", third, bars=8)).score.parts) == 4


def test_music_may_be_empty(tmp_path: Path) -> None:
    # A network that only rests, and no key in which to begin and end.
    loaded = load_version(tmp_path, style=replace(STYLE, keys=()))
    for name, value in loaded.version.network.named_parameters():
        if name.endswith("absolute.bias"):
            value.zero_()
            value[1] = 1000.0
    products = made(loaded, make_request("generate", None, count=1, bars=1, seed=1, audio=True))
    assert {"output", "notes", "thumbnail", "audio"} <= set(roles(products))
    assert json.loads(next(p.data for p in products if p.role == "notes"))["notes"] == []


def test_events_may_be_none_at_all(free: LoadedMusician) -> None:
    for name, value in free.version.network.named_parameters():
        if name == "heads.0.absolute.bias":
            value.zero_()
            value[-1] = 1000.0
    products = made(free, make_request("generate", None, count=1, bars=1, seed=1, audio=True))
    assert {"output", "notes", "thumbnail", "audio"} <= set(roles(products))


def told_of(loaded: LoadedMusician, request: Any) -> tuple[int, int]:
    """Bars written and bars asked for, as stands with the piece."""
    (piece,) = (one for one in made(loaded, request) if one.role == "output")
    assert piece.meta is not None
    return piece.meta["bars"], piece.meta["bars_asked"]


def test_events_that_fall_silent_early_say_how_much_was_asked_for(free: LoadedMusician) -> None:
    # Each note begins four bars after the last one and is as short as can be.
    for name, value in free.version.network.named_parameters():
        if name in ("heads.0.absolute.bias", "heads.3.absolute.bias"):
            value.zero_()
            value[-1 if name.startswith("heads.0") else 0] = 1000.0
    for bars, written in ((6, 5), (5, 5), (12, 9)):
        asked = make_request("generate", None, count=1, bars=bars, seed=1)
        assert told_of(free, asked) == (written, bars)
    primer: dict[str, bytes | Score] = {"primer": band(1)}
    assert told_of(free, make_request("continue", primer, bars=4, seed=1))[1] == 4


def test_voices_last_as_long_as_was_asked_for(loaded: LoadedMusician) -> None:
    assert told_of(loaded, make_request("generate", None, count=1, bars=3, seed=1)) == (3, 3)
    # An incomplete first bar counts as one wherever a piece tells how many bars it touches.
    primer: dict[str, bytes | Score] = {"primer": chorale(1, 1, pickup=TICKS)}
    assert told_of(loaded, make_request("continue", primer, bars=3, seed=1)) == (4, 4)
    melody: dict[str, bytes | Score] = {"melody": chorale(2, 1)}
    assert told_of(loaded, make_request("harmonise", melody, **CHOSEN["harmonise"])) == (2, 2)
