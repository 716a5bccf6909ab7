"""What stands around every page: navigation, devices, language and theme, notices, problems' titles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for

from shared import jobs
from shared.errors import AtelierError, NotFound
from shared.workers import Worker, list_workers
from web.context import services
from web.texts import N_, _
from web.words import percent

THEME_COOKIE = "atelier_theme"
THEMES = ("light", "dark")
#: A worker not heard of for this many seconds is shown as silent.
SILENT_SECONDS = 45.0

_PAGES: tuple[tuple[str, str, bool], ...] = (
    ("create", N_("Create"), False),
    ("gallery", N_("Gallery"), False),
    ("analyze", N_("Analyze"), False),
    ("muse", N_("Muse"), False),
    ("collections", N_("Data sets"), True),
    ("models", N_("Models"), False),
    ("jobs", N_("Jobs"), True),
    ("workers", N_("Workers"), False),
)
_PROBLEMS: Mapping[str, str] = {
    "not_found": N_("Nothing here"),
    "csrf_failed": N_("The form is out of date"),
    "unauthorized": N_("A password is needed"),
    "forbidden": N_("Not allowed"),
    "foreign_origin": N_("Not allowed"),
    "too_large": N_("Too large"),
    "quota_exceeded": N_("Too many jobs are waiting"),
    "storage_full": N_("The disk is full"),
    "unavailable": N_("Not available just now"),
    "conflict": N_("Too late for that"),
    "internal_error": N_("Something went wrong"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation."""

    title: str
    url: str
    here: bool
    gap: bool


@dataclass(frozen=True, slots=True)
class Device:
    """A device in the top line: its name, what it does in a few words, and the colour of its dot."""

    name: str
    what: str
    tone: str


def register(app: Flask) -> None:
    """Offer the frame's parts to the templates of ``app``."""
    app.jinja_env.globals.update(
        navigation=navigation,
        devices=devices,
        theme=theme,
        notices=notices,
        problem_title=problem_title,
    )


def navigation() -> list[Entry]:
    """The pages, with the one that is shown."""
    # A report belongs to the page that asked for it.
    here = g.get("section") or {"works": "gallery"}.get(request.blueprint or "", request.blueprint)
    return [Entry(_(title), url_for(f"{name}.index"), name == here, gap) for name, title, gap in _PAGES]


def theme() -> str:
    """The chosen theme; empty while the browser's own setting decides."""
    value = request.cookies.get(THEME_COOKIE, "")
    return value if value in THEMES else ""


def notices() -> list[str]:
    """What this request wants to tell at the top of its page."""
    found: list[str] = g.get("notices", [])
    return found


def problem_title(problem: Mapping[str, Any]) -> str:
    """A problem's title in the reader's language."""
    code = str(problem.get("code", ""))
    return _(_PROBLEMS[code]) if code in _PROBLEMS else str(problem.get("title", code)).capitalize()


def devices() -> list[Device]:
    """The workers that are there, in a word each; none when the database does not answer."""
    try:
        # Who only takes files in computes nothing worth a place in the top line.
        there = [worker for worker in list_workers(services().db) if set(worker.lanes) != {"ingest"}]
        return [_device(worker) for worker in there[:3]]
    except AtelierError:
        return []


def device_name(name: str) -> str:
    """A device as people call it: CPU, GPU 0."""
    kind, _sep, number = name.partition(":")
    if kind == "cuda":
        return f"GPU {number or 0}"
    return kind.upper() + (f" {number}" if number else "")


def is_leaving(worker: Worker) -> bool:
    """Whether a worker was asked to leave and has not left yet."""
    return worker.drain_requested or worker.state == "draining"


def what_it_does(worker: Worker) -> str:
    """A worker's activity in a few words."""
    if worker.silent_seconds > SILENT_SECONDS:
        return _("silent")
    if is_leaving(worker):
        return _("leaving")
    if worker.state == "starting":
        return _("starting")
    if not worker.jobs:
        return _("ready")
    try:
        job = jobs.get(services().db, worker.jobs[0])
    except NotFound:
        return _("busy")
    if job.lane == "training":
        return _("training %(done)s", done=percent(job.progress))
    return _("busy")


def _device(worker: Worker) -> Device:
    silent = worker.silent_seconds > SILENT_SECONDS
    tone = "gone" if silent else "busy" if worker.jobs else ""
    return Device(device_name(worker.device), what_it_does(worker), tone)
