"""What a request gives: the piece as MIDI, sound, notation and picture, or its analysis."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from worker.family import Product, Request
from worker.music import copying
from worker.music.instruments import WRITTEN, programs_for
from worker.music.midi_out import write_midi
from worker.music.musicxml import writable, write_musicxml
from worker.music.notes_file import notes_json
from worker.music.roll import SIDE, Passage, piano_roll
from worker.music.score import SIXTEENTH, Score
from worker.music.sound import render_wav
from worker.recipes import recipe

from . import FAMILY
from .composing import is_given
from .corpus import with_key
from .drafting import Wish, passages
from .events_codec import TICKS_A_UNIT
from .events_layout import starts_of
from .layouts import decode
from .operations import ANY
from .version import Version
from .voices_layout import VoicesLayout

MIDI, WAV, JSON, WEBP = "audio/midi", "audio/wav", "application/json", "image/webp"
_SOUNDING = threading.Semaphore(2)
MUSICXML = "application/vnd.recordare.musicxml+xml"


@dataclass(frozen=True)
class Heard:
    """How a piece is played: the name of a set of instruments, and whether it is rendered at all."""

    instruments: str = WRITTEN
    audio: bool = True

    @staticmethod
    def from_input(data: Mapping[str, Any]) -> Heard:
        """Take a complete input."""
        return Heard(str(data["instruments"]), bool(data["audio"]))


def pieces_of(version: Version, request: Request, position: int, wish: Wish, codes: Tensor) -> list[Product]:
    """The files of one piece of a request."""
    # By the notes that it became: a model may leave the key that was asked for.
    score = with_key(wish.kept(decode(codes, version.layout, wish.like)))
    # What a composition is given, it was not given by the user.
    shown = isinstance(version.layout, VoicesLayout) and bool(request.files)
    given = passages(wish.draft.given) if shown else []
    seed = wish.draft.seed
    recipe = recipe_of(request, {**request.input, "seed": seed, "count": 1})
    return files_of(
        score,
        role="output",
        stem=f"{request.operation}-{seed}",
        position=position,
        recipe=recipe,
        shared=version.corpus.longest(written(score, version, wish)),
        bound=version.bound,
        heard=Heard.from_input(request.input),
        given=given,
        # Free music may fall silent before the bars are over: then the two differ.
        meta={"bars_asked": wish.draft.plan.bars, "key_asked": missed_key(request, score, wish)},
    )


def missed_key(request: Request, score: Score, wish: Wish) -> str | None:
    """The key that a composition was to be in, where it was asked for and the piece is in another one."""
    asked = wish.draft.plan.key
    wished = {str(request.input.get(name, ANY)) for name in ("tonic", "mode")} - {ANY}
    return asked.name if wished and asked and asked != score.key else None


def written(score: Score, version: Version, wish: Wish) -> Score:
    """Only those notes that the network chose: what was given is nobody's copy."""
    given = wish.draft.given
    if isinstance(version.layout, VoicesLayout):
        free = [set((~is_given(given[:, n])).nonzero().flatten().tolist()) for n in range(given.shape[1])]
        parts = [
            replace(part, notes=tuple(note for note in part.notes if note.start // SIXTEENTH in free[n]))
            for n, part in enumerate(score.parts)
        ]
        return replace(score, parts=tuple(parts))
    kept = int(is_given(given[:, 0]).sum())
    began = int(starts_of(given[:kept])[-1]) * TICKS_A_UNIT if kept else -1
    parts = [
        replace(part, notes=tuple(note for note in part.notes if note.start > began)) for part in score.parts
    ]
    return replace(score, parts=tuple(parts))


def files_of(
    score: Score,
    *,
    role: str,
    stem: str,
    position: int,
    recipe: dict[str, Any] | None,
    shared: copying.Shared | None,
    bound: int,
    heard: Heard | None = None,
    given: Sequence[Passage] = (),
    meta: Mapping[str, Any] | None = None,
) -> list[Product]:
    """A piece as ``role`` and what stands beside it: sound, notes for the player, notation, thumbnail."""
    heard = heard or Heard()
    programs = programs_for(score, heard.instruments)
    told = {**facts_of(score, shared, bound), **(meta or {})}
    midi = write_midi(score.played_by(programs), recipe)
    return [
        Product(role, f"{stem}.mid", MIDI, midi, position, recipe=recipe, meta=told),
        *beside(score, stem, position, programs=programs, audio=heard.audio, recipe=recipe, given=given),
    ]


def beside(
    score: Score,
    stem: str,
    position: int,
    *,
    programs: Sequence[int] | None = None,
    audio: bool = True,
    recipe: dict[str, Any] | None = None,
    given: Sequence[Passage] = (),
    chords: Sequence[tuple[int, str]] | None = None,
    curve: Mapping[str, Any] | None = None,
) -> list[Product]:
    """The files that are shown and played beside a piece or its analysis."""
    notes = notes_json(score, given=given or None, chords=chords, curve=curve)
    roll = piano_roll(score, given=given)
    found = [
        Product("notes", f"{stem}.json", JSON, notes, position),
        Product("thumbnail", f"{stem}.webp", WEBP, roll, position, SIDE, SIDE),
    ]
    if audio:
        # A minute of sound takes some hundred megabytes while it is made: not eight at once.
        with _SOUNDING:
            wav = render_wav(score, programs=programs, recipe=recipe)
        found.append(Product("audio", f"{stem}.wav", WAV, wav, position))
    if writable(score):
        found.append(Product("score", f"{stem}.musicxml", MUSICXML, write_musicxml(score, recipe), position))
    return found


def facts_of(score: Score, shared: copying.Shared | None, bound: int) -> dict[str, Any]:
    """A few figures that stand under a piece."""
    run = shared.notes if shared else 0
    return {
        "seconds": round(score.seconds, 1),
        "bars": score.bars,
        "parts": len(score.parts),
        "tempo": score.tempo,
        "key": score.key.name if score.key else None,
        "shared_notes": run,
        "shared_bound": bound,
        "copied": run > bound,
    }


def recipe_of(request: Request, data: dict[str, Any]) -> dict[str, Any]:
    """What makes the same bytes again when it is submitted."""
    return recipe(FAMILY.description, request, data)


def plain(value: Mapping[str, Any]) -> bytes:
    """JSON as it is stored."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
