"""Figures and states in plain words, in the reader's language."""

import math
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask

from shared.jobs import Job
from shared.lifecycle import State
from web.texts import N_, _, language, ngettext

STATES: Mapping[str, str] = {
    State.QUEUED: N_("waiting"),
    State.PROCESSING: N_("working"),
    State.SUCCEEDED: N_("done"),
    State.FAILED: N_("failed"),
    State.CANCELED: N_("canceled"),
}
TONES: Mapping[str, str] = {
    State.PROCESSING: "on",
    State.SUCCEEDED: "good",
    State.FAILED: "bad",
}
#: What trainings call their speed, and how it is said.
SPEEDS: Mapping[str, str] = {
    "images_per_second": N_("%(n)s pictures a second"),
    "notes_per_second": N_("%(n)s notes a second"),
}


def state(job: Job) -> str:
    """The word for how a job stands: its state, or that it is paused or about to be."""
    if job.paused and not job.finished:
        return _("paused") if job.state is State.QUEUED else _("pausing")
    return _(STATES[job.state])


def tone(job: Job) -> str:
    """The CSS class that goes with a job's state ("" for none)."""
    return TONES.get(job.state, "")


def duration(seconds: float | None) -> str:
    """A length of time, as coarse as one would say it: 40 s, 12 min, 1 h 20 min, 3 d 4 h."""
    if seconds is None:
        return _("unknown")
    if seconds < 1:
        return _("under a second")
    if seconds < 90:
        return _("%(s)s s", s=round(seconds))
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(m)s min", m=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return _("%(h)s h %(m)s min", h=hours, m=minutes) if minutes else _("%(h)s h", h=hours)
    days, hours = divmod(hours, 24)
    return _("%(d)s d %(h)s h", d=days, h=hours) if hours else _("%(d)s d", d=days)


def about(seconds: float) -> str:
    """An estimate of a length of time, said as one."""
    return duration(seconds) if seconds < 1 else _("about %(time)s", time=duration(seconds))


def within(seconds: float) -> str:
    """A length of time that ``seconds`` does not exceed: rounded up where ``duration`` rounds."""
    unit = 1 if seconds < 89 else 60 if seconds < 86_400 else 3600
    return duration(unit * math.ceil(seconds / unit))


def ago(moment: float | None) -> str:
    """How long ago ``moment`` (seconds since 1970) was."""
    if moment is None:
        return _("never")
    seconds = time.time() - moment
    return _("just now") if seconds < 5 else _("%(time)s ago", time=duration(seconds))


def clock(moment: float) -> str:
    """``moment`` as date and time, UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))


def moment(at: float) -> str:
    """A moment of this year, UTC, to the second."""
    return time.strftime("%m-%d %H:%M:%S", time.gmtime(at))


def share(fraction: float) -> str:
    """A fraction in whole per cent, also above 100."""
    return f"{fraction * 100:.0f} %"


def iso(moment: float | None) -> str | None:
    """``moment`` as RFC 3339 in UTC with milliseconds; None stays None."""
    if moment is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1000) % 1000:03d}Z"


def size(count: int) -> str:
    """A number of bytes: 12 KiB, 3.4 MiB; settings and limits are in these units too."""
    value, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.1f} {unit}" if value < 10 and unit != "B" else f"{value:.0f} {unit}"


def place(position: int) -> str:
    """A place in the queue: 1st, 2nd, 3rd, 11th."""
    if language() == "zh":
        return _("place %(n)s", n=position)
    tens, ones = position % 100, position % 10
    ending = "th" if 10 < tens < 20 else {1: "st", 2: "nd", 3: "rd"}.get(ones, "th")
    return f"{position}{ending}"


def figure(value: Any) -> str:
    """A measured number, short: 0.0412, 12.3, 4,210."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def percent(fraction: float) -> str:
    """A fraction in whole per cent, never 100 before the end."""
    return f"{min(int(fraction * 100), 99 if fraction < 1 else 100)} %"


def pictures(count: int) -> str:
    """So many pictures."""
    return ngettext("%(num)s picture", "%(num)s pictures", count)


def works(count: int) -> str:
    """So many works."""
    return ngettext("%(num)s work", "%(num)s works", count)


def pieces(count: int) -> str:
    """So many pieces of music."""
    return ngettext("%(num)s piece", "%(num)s pieces", count)


def bars(count: int) -> str:
    """So many bars."""
    return ngettext("%(num)s bar", "%(num)s bars", count)


def counted(count: int, media: str) -> str:
    """So many of what a family of that media makes: pictures, pieces, works."""
    kinds = {"painting": pictures, "image": pictures, "music": pieces}
    return kinds.get(media, works)(count)


def speed(told: Mapping[str, Any]) -> str | None:
    """How fast a training goes, in the unit that it tells; None when it tells none."""
    for name, text in SPEEDS.items():
        if isinstance(told.get(name), int | float):
            return _(text, n=figure(float(told[name])))
    return None


def running(seconds: float) -> str:
    """A place in a recording: 0:34, 12:05."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def key(name: str) -> str:
    """The name of a key, "G minor", in the reader's language."""
    tonic, _sep, mode = name.partition(" ")
    if mode == "minor":
        return _("%(tonic)s minor", tonic=tonic)
    return _("%(tonic)s major", tonic=tonic) if mode == "major" else name


def register(app: Flask) -> None:
    """Offer these words to the templates."""
    app.jinja_env.filters.update(
        about=about,
        ago=ago,
        bars=bars,
        bytes=size,
        clock=clock,
        duration=duration,
        figure=figure,
        iso=iso,
        key=key,
        moment=moment,
        percent=percent,
        pictures=pictures,
        place=place,
        running=running,
        state_word=state,
        tone=tone,
        works=works,
    )
