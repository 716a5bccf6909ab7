"""The report of a musical analysis, ready to be shown: read from the store, its size bounded.

Our own worker wrote it. What a report does not tell is left out; one that cannot be read is shown as a file.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import ArtifactDamaged
from shared.files import Artifact
from web.analysis_words import CADENCES, FAULTS, FIGURES, MOODS, SHARES, pitch
from web.context import services
from web.pieces import REPORT
from web.texts import _
from web.words import bars, figure, key, running, share

log = logging.getLogger(__name__)

KIND = "music_analysis"
#: A report of a piece of an hour is below a megabyte.
MOST_BYTES = 4 << 20
#: So many faults and cadences are listed; the rest is counted.
MOST_LISTED = 60

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Something that happens at a moment of the piece: ``seconds`` from its beginning, in ``bar``.

    ``who`` names the parts or chords that do it, ``text`` is the worker's own sentence.
    """

    bar: str
    seconds: float
    what: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Voice:
    """How far a part reaches: its lowest, middle and highest note by name, and how many it has."""

    name: str
    low: str
    median: str
    high: str
    notes: str


@dataclass(frozen=True, slots=True)
class Mood:
    """A point on the square of moods: valence to the right and arousal upwards, each 0 to 100."""

    x: float
    y: float
    words: str
    rule: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """All of it; ``sentence`` is the piece in a line."""

    title: str
    sentence: str
    harmony: Rows
    voices: list[Voice]
    cadences: list[Place]
    faults: list[Place]
    fault_count: int
    rates: Rows
    mood: Mood | None
    form: Rows
    likelihood: str
    likelihood_rows: Rows
    copying: Rows


def read(artifact: Artifact) -> Analysis | None:
    """The analysis that the file holds; None for another kind of file, and for one that cannot be read."""
    if artifact.media_type != REPORT or artifact.meta.get("kind") != KIND or artifact.size > MOST_BYTES:
        return None
    try:
        report = json.loads(services().store.read(artifact.hash))
    except (ArtifactDamaged, ValueError, RecursionError) as error:
        log.warning("the analysis %s cannot be read: %s", artifact.id, error)
        return None
    return of(report) if isinstance(report, dict) else None


def of(report: Mapping[str, Any]) -> Analysis:
    """A report as it is shown."""
    voices = _maps(report.get("parts"))
    names = [str(one.get("name", "")) for one in voices]
    leading = _map(report.get("voice_leading"))
    faults = _maps(leading.get("faults"))
    likelihood = _map(report.get("likelihood"))
    return Analysis(
        title=str(report.get("title") or ""),
        sentence=_sentence(report),
        harmony=_harmony(report),
        voices=[_voice(one) for one in voices],
        cadences=[_place(one, CADENCES, names) for one in _maps(report.get("cadences"))[:MOST_LISTED]],
        faults=[_place(one, FAULTS, names) for one in faults[:MOST_LISTED]],
        fault_count=_count(leading, faults),
        rates=rows({name: rate for name, rate in _map(leading.get("per_100_chords")).items() if rate}),
        mood=mood(_map(report.get("mood"))),
        form=rows(_map(report.get("repetition"))) + rows(_map(report.get("density"))),
        likelihood=str(likelihood.get("text") or ""),
        likelihood_rows=rows({"per_note": likelihood["per_note"]} if "per_note" in likelihood else {}),
        copying=rows(_map(report.get("copying"))),
    )


def rows(figures: Mapping[str, Any]) -> Rows:
    """Plain figures with their names; what is no figure, a sentence or a list, is left out."""
    return [
        (named(name), share(float(value)) if name in SHARES and not isinstance(value, str) else _said(value))
        for name, value in figures.items()
        if isinstance(value, int | float | str) and name != "text"
    ]


def named(name: str) -> str:
    """A figure's name as people read it."""
    known = FIGURES.get(name) or FAULTS.get(name)
    return _(known) if known else name.replace("_", " ").capitalize()


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return figure(value)
    return value if isinstance(value, str) else ""


def _sentence(report: Mapping[str, Any]) -> str:
    found = []
    name = _map(report.get("key")).get("name")
    if isinstance(name, str):
        found.append(key(name))
    meter = report.get("meter")
    if isinstance(meter, list) and len(meter) == 2:
        found.append(f"{meter[0]}/{meter[1]}")
    if isinstance(report.get("tempo"), int | float):
        found.append(_("%(n)s quarter notes a minute", n=figure(round(report["tempo"]))))
    if isinstance(report.get("bars"), int):
        found.append(bars(report["bars"]))
    if isinstance(report.get("seconds"), int | float):
        found.append(running(report["seconds"]))
    return " · ".join(found)


def _count(leading: Mapping[str, Any], faults: Sequence[Any]) -> int:
    """How many faults there are: a worker lists only the first ones."""
    counts = [count for count in _map(leading.get("counts")).values() if isinstance(count, int)]
    return max(sum(counts), len(faults))


def _harmony(report: Mapping[str, Any]) -> Rows:
    """The key and how clear it is, and how many chords there are."""
    found = _map(report.get("key"))
    told: Rows = []
    if isinstance(found.get("name"), str):
        told.append((_("Key"), key(found["name"])))
    if isinstance(found.get("clearness"), int | float):
        clear = _("%(x)s (over 0.1 few would doubt it)", x=figure(float(found["clearness"])))
        told.append((_("How clear it is"), clear))
    chords = _maps(report.get("chords"))
    if chords:
        kinds = {str(chord.get("roman", "")) for chord in chords}
        told.append((_("Chords"), _("%(n)s, %(kinds)s different", n=len(chords), kinds=len(kinds))))
    return told


def _voice(part: Mapping[str, Any]) -> Voice:
    low, median, high = (pitch(part.get(name)) for name in ("low", "median", "high"))
    return Voice(str(part.get("name", "")), low, median, high, _said(part.get("notes")))


def _place(one: Mapping[str, Any], kinds: Mapping[str, str], names: Sequence[str]) -> Place:
    kind = str(one.get("kind", ""))
    what = _(kinds[kind]) if kind in kinds else kind.replace("_", " ")
    seconds, text = one.get("seconds"), str(one.get("text") or "")
    return Place(
        bar=str(one.get("bar", "")),
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
        what=what,
        # Of a cadence the sentence begins with its chords.
        who=", ".join(_who(one["parts"], names)) if "parts" in one else text.partition(":")[0],
        text=text,
    )


def _who(parts: Any, names: Sequence[str]) -> Iterable[str]:
    for part in parts if isinstance(parts, list) else ():
        known = isinstance(part, int) and 0 <= part < len(names)
        yield names[part] if known else str(part)


def mood(told: Mapping[str, Any]) -> Mood | None:
    """The place on the square of moods; None where none is told."""
    valence, arousal = told.get("valence"), told.get("arousal")
    if not isinstance(valence, int | float) or not isinstance(arousal, int | float):
        return None
    listed = told.get("words")
    words = (
        ", ".join(_(MOODS.get(str(word), str(word))) for word in listed) if isinstance(listed, list) else ""
    )
    return Mood(_percent(valence), 100 - _percent(arousal), words, str(told.get("rule") or ""))


def _percent(value: float) -> float:
    return round(50 + 50 * max(-1.0, min(1.0, float(value))), 1)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
