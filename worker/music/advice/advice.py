"""Advice on a piece: what its figures and its faults say against an aim, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from worker.advice.aim import Aim
from worker.advice.finding import find
from worker.advice.rules import Rule, read_rules
from worker.advice.suggestion import Suggestion, suggest, suggestion_of
from worker.advice.usual import Usual
from worker.music.advice.correcting import Correction, corrected
from worker.music.advice.figures import catalogue, figures_heard
from worker.music.advice.previews import preview
from worker.music.score import Key, Score
from worker.music.spelling import note_name
from worker.music.theory.analysis import Analysis, analyze
from worker.music.theory.romans import Chord
from worker.music.theory.voice_leading import Fault
from worker.music.voices import apart

#: Faults told one by one, the gravest first; and of one kind.
MOST_FAULTS, MOST_OF_A_KIND = 6, 3
KINDS = ("mood", "craft", "collection", "audience")
_FACTS = ("upper", "lower", "bar", "correction", "what")
_NO_WAY = (
    "no change of one or two inner notes by up to a fifth was found that mends it without another fault; "
    "write the place anew"
)


@dataclass(frozen=True, slots=True)
class MusicSuggestion:
    """One piece of advice; ``bar`` is where (from 1; an incomplete first bar is 0), None for the whole piece.

    ``passage`` is what the preview sounds like, None where there is none.
    """

    suggestion: Suggestion
    bar: int | None = None
    passage: Score | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, those of a suggestion and ``bar``."""
        return {**self.suggestion.to_dict(), "bar": self.bar}


@cache
def rules() -> tuple[Rule, ...]:
    """The rules on figures of the whole piece."""
    return read_rules(_file("music"), catalogue(), KINDS)


@cache
def fault_rules() -> dict[str, Rule]:
    """The rule of each kind of fault."""
    return {rule.id: rule for rule in read_rules(_file("faults"), catalogue(), ("fault",), _FACTS)}


def advise_music(score: Score, aim: Aim, usual: Usual | None = None) -> list[MusicSuggestion]:
    """What to try next with a piece, by falling weight; any score is accepted."""
    return advise_on(analyze(apart(score)), aim, usual)


def advise_on(analysis: Analysis, aim: Aim, usual: Usual | None = None) -> list[MusicSuggestion]:
    """The same for a piece that has been analyzed, its voices in parts of their own."""
    figures = figures_heard(analysis)
    found = [_heard(analysis, one) for one in suggest(rules(), figures, catalogue(), aim, usual)]
    found += [_on_fault(analysis, fault, figures, aim, usual) for fault in _gravest(analysis)]
    return sorted(found, key=lambda one: -one.suggestion.weight)


def _heard(analysis: Analysis, one: Suggestion) -> MusicSuggestion:
    if one.preview is None:
        return MusicSuggestion(one)
    return MusicSuggestion(one, None, preview(analysis, one.preview["kind"], one.preview["parameters"]))


def _gravest(analysis: Analysis) -> list[Fault]:
    """The faults that are told one by one."""
    known = fault_rules()
    ranked = sorted(analysis.voice_leading.faults, key=lambda one: -known[one.kind].weight)
    kept: list[Fault] = []
    for fault in ranked:
        if sum(one.kind == fault.kind for one in kept) < MOST_OF_A_KIND:
            kept.append(fault)
    return kept[:MOST_FAULTS]


def _on_fault(
    analysis: Analysis, fault: Fault, figures: dict[str, float], aim: Aim, usual: Usual | None
) -> MusicSuggestion:
    score, correction = analysis.score, corrected(analysis, fault)
    bar = score.bar_of(fault.tick) + (0 if score.pickup else 1)
    names = [score.parts[place].name or f"Part {place + 1}" for place in fault.parts]
    facts = {
        "upper": names[0],
        "lower": names[-1],
        "bar": str(bar),
        "what": fault.text,
        "correction": _NO_WAY if correction is None else _spoken(analysis, correction),
    }
    finding = find(fault_rules()[fault.kind], figures, catalogue(), usual, facts)
    assert finding is not None, "a fault that is told is counted"
    made = suggestion_of(finding, aim)
    if correction is None:
        return MusicSuggestion(made, bar)
    first = 0 if score.pickup else 1
    parameters = {"from_bar": correction.first + first, "to_bar": correction.last + first}
    title = f"Bar {bar}, corrected"
    return MusicSuggestion(
        replace(made, preview={"kind": "corrected", "parameters": parameters}),
        bar,
        replace(correction.passage, title=title),
    )


def _spoken(analysis: Analysis, correction: Correction) -> str:
    told = []
    for move in correction.moves:
        key = _key_at(analysis, move.tick)
        name = analysis.score.parts[move.part].name or f"Part {move.part + 1}"
        told.append(f"{name} from {note_name(move.before, key)} to {note_name(move.after, key)}")
    return f"move {' and '.join(told)}"


def _key_at(analysis: Analysis, tick: int) -> Key | None:
    chord: Chord | None = next((one for one in analysis.chords if one.start <= tick < one.end), None)
    return chord.key if chord is not None else None


def _file(name: str) -> Path:
    return Path(__file__).parent / "rules" / f"{name}.toml"
