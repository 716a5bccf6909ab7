"""What can be listened to: a piece and the files beside it, told by media type and role, never by family."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared import views
from shared.files import Artifact
from web.context import services
from web.texts import _
from web.words import bars, figure, key, running

#: The media type of a piece, and that of a report about one.
PIECE, REPORT = "audio/midi", "application/json"
#: Files that stand beside a piece at its position.
BESIDE = ("audio", "notes", "score", "thumbnail")
_LABELS: Mapping[str, str] = {
    PIECE: "MIDI",
    "audio/wav": "WAV",
    "application/vnd.recordare.musicxml+xml": "MusicXML",
    REPORT: "JSON",
}

#: The files of one position by their role.
Siblings = Mapping[str, Artifact]


@dataclass(frozen=True, slots=True)
class Download:
    """A file to take home."""

    id: str
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece as the player shows it: ids of its files, empty where there is none. ``seconds`` it lasts."""

    id: str
    title: str
    audio: str
    notes: str
    thumbnail: str
    seconds: float
    downloads: tuple[Download, ...]


def beside(job_ids: Iterable[str]) -> dict[tuple[str, int], dict[str, Artifact]]:
    """What stands beside the works of these jobs, by job and position."""
    found: dict[tuple[str, int], dict[str, Artifact]] = {}
    for job_id, files in views.files_of_jobs(services().db, list(set(job_ids)), BESIDE).items():
        for file in files:
            found.setdefault((job_id, file.position), {})[file.role] = file
    return found


def siblings(artifact: Artifact) -> Siblings:
    """What stands beside one work."""
    if artifact.job_id is None:
        return {}
    return beside([artifact.job_id]).get((artifact.job_id, artifact.position), {})


def of(artifact: Artifact, title: str, around: Siblings) -> Piece | None:
    """The work as something to play; None where there is nothing to hear."""
    if "audio" not in around:
        return None
    return Piece(
        id=artifact.id,
        title=title,
        audio=around["audio"].id,
        notes=around["notes"].id if "notes" in around else "",
        thumbnail=around["thumbnail"].id if "thumbnail" in around else "",
        seconds=_number(artifact.meta, "seconds") or 0.0,
        downloads=downloads(artifact, around),
    )


def downloads(artifact: Artifact, around: Siblings) -> tuple[Download, ...]:
    """The work and what of it others can open."""
    taken = [artifact, *(around[role] for role in ("audio", "score") if role in around)]
    return tuple(Download(file.id, _label(file), file.name) for file in taken)


def facts(meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known about a piece, each with its name; what its file does not tell is left out."""
    rows = []
    if isinstance(meta.get("key"), str):
        rows.append((_("Key"), _key(meta["key"], meta)))
    count, parts, tempo = (_number(meta, name) for name in ("bars", "parts", "tempo"))
    if count is not None:
        rows.append((_("Length"), _length(int(count), meta)))
    if parts is not None:
        rows.append((_("Parts"), str(int(parts))))
    if tempo is not None:
        rows.append((_("Tempo"), _("%(n)s quarter notes a minute", n=figure(round(tempo)))))
    shared = _number(meta, "shared_notes")
    if shared is not None:
        rows.append((_("Longest run of notes also found in the training set"), _shared(shared, meta)))
    return rows


def warning(meta: Mapping[str, Any]) -> str:
    """What to say of a piece that repeats the training set; empty when it does not."""
    if not meta.get("copied"):
        return ""
    bound = _number(meta, "shared_bound")
    if bound is None:
        return _("A long run of notes also stands in the training set: this piece may be a copy.")
    return _(
        "A run of notes beyond the bound of %(bound)s also stands in the training set: it may be a copy.",
        bound=figure(int(bound)),
    )


def _length(count: int, meta: Mapping[str, Any]) -> str:
    seconds, asked = (_number(meta, name) for name in ("seconds", "bars_asked"))
    said = bars(count) if seconds is None else f"{bars(count)}, {running(seconds)}"
    if asked is None or asked <= count:
        return said
    return _("%(length)s (%(bars)s were asked for)", length=said, bars=bars(int(asked)))


def _key(name: str, meta: Mapping[str, Any]) -> str:
    asked = meta.get("key_asked")
    if not isinstance(asked, str):
        return key(name)
    return _("%(key)s (%(asked)s was asked for)", key=key(name), asked=key(asked))


def _shared(count: float, meta: Mapping[str, Any]) -> str:
    bound = _number(meta, "shared_bound")
    if bound is None:
        return figure(int(count))
    return _("%(n)s (the bound is %(bound)s)", n=figure(int(count)), bound=figure(int(bound)))


def _label(file: Artifact) -> str:
    return _LABELS.get(file.media_type, file.name.rpartition(".")[2].upper())


def _number(meta: Mapping[str, Any], name: str) -> float | None:
    value = meta.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
