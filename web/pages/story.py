"""A job's timeline and attempts, told in sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from shared.jobs import Attempt, TimelineEvent
from web.texts import N_, _

_REASONS: Mapping[str, str] = {
    "lease_expired": N_("worker lost"),
    "stalled": N_("no progress"),
    "drained": N_("its worker had to leave"),
    "preempted": N_("something more urgent came"),
    "paused": N_("you paused it"),
    "owner": N_("you canceled it"),
    "retry": N_("something it needs was away for a moment"),
    "worker_lost": N_("worker lost again and again"),
    "deadline": N_("its time was over"),
    "out_of_memory": N_("the device ran out of memory"),
}


_ENDS: Mapping[str, str] = {
    "succeeded": N_("done"),
    "failed": N_("failed"),
    "canceled": N_("canceled"),
    "requeued": N_("handed back"),
    "lost": N_("broken off"),
}


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: its number, its worker, when and for how long, and how it ended (empty while it runs)."""

    number: int
    worker: str
    at: float
    seconds: float | None
    end: str
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: when, what, and whether it is good or bad news."""

    at: float
    text: str
    tone: str = ""


def tell(events: Sequence[TimelineEvent]) -> list[Line]:
    """The timeline in sentences, the first one first."""
    return [Line(event.at, *_TELLERS.get(event.kind, _other)(event)) for event in events]


def attempts(tries: Sequence[Attempt], events: Sequence[TimelineEvent]) -> str:
    """How often the job was tried, and what ended the tries before the last: "2: worker lost at 171 kimg"."""
    count = str(len(tries))
    breaks = []
    for place, event in enumerate(events):
        if event.kind != "requeue":
            continue
        what, where = reason(str(event.data.get("reason", ""))), _where(event.data)
        after = _until_the_next_break(events[place + 1 :])
        if any(later.kind == "note" and _resumed(later) for later in after):
            breaks.append(_("%(what)s%(where)s, resumed exactly", what=what, where=where))
        else:
            breaks.append(what + where)
    return f"{count}: {'; '.join(breaks)}" if breaks else count


def _until_the_next_break(events: Sequence[TimelineEvent]) -> list[TimelineEvent]:
    return list(takewhile(lambda event: event.kind != "requeue", events))


def _resumed(event: TimelineEvent) -> bool:
    return str(event.data.get("text", "")).startswith("resumed from step")


def told_attempts(tries: Sequence[Attempt]) -> list[Try]:
    """Every try at a job, the first one first. A hand-back counts none, so a number may come twice."""
    return [
        Try(
            one.number,
            one.worker_id,
            one.started_at,
            None if one.ended_at is None else one.ended_at - one.started_at,
            _end(one),
            {"succeeded": "good", "failed": "bad", "lost": "bad"}.get(one.outcome or "", ""),
        )
        for one in tries
    ]


def _end(one: Attempt) -> str:
    if one.outcome is None:
        return ""
    said = _(_ENDS[one.outcome]) if one.outcome in _ENDS else one.outcome
    if one.reason is None or one.outcome == "canceled":
        return said
    return _("%(end)s: %(why)s", end=said, why=reason(one.reason))


def reason(code: str) -> str:
    """Why a job left its worker, in words."""
    return _(_REASONS[code]) if code in _REASONS else code.replace("_", " ")


def _where(data: Mapping[str, Any]) -> str:
    at = data.get("at")
    if not isinstance(at, dict):
        return ""
    if isinstance(at.get("kimg"), int | float):
        return _(" at %(kimg)s kimg", kimg=f"{at['kimg']:.4g}")
    if isinstance(at.get("step"), int | float):
        return _(" at step %(step)s", step=int(at["step"]))
    return ""


def _submitted(event: TimelineEvent) -> tuple[str, str]:
    if event.data.get("reason") == "cached":
        return _("Asked for; an equal request was answered before, so its result was taken"), "good"
    if event.data.get("follows"):
        return _("Asked for; an equal request is on its way, so this one shares its result"), ""
    return _("Asked for"), ""


def _claim(event: TimelineEvent) -> tuple[str, str]:
    worker = str(event.data.get("worker", ""))
    if event.data.get("attempt", 1) == 1:
        return _("Taken by the worker %(worker)s", worker=worker), ""
    return _("Taken by the worker %(worker)s, attempt %(n)s", worker=worker, n=event.data["attempt"]), ""


def _requeue(event: TimelineEvent) -> tuple[str, str]:
    code = str(event.data.get("reason", ""))
    text = _("Back in the queue%(where)s: %(why)s", where=_where(event.data), why=reason(code))
    return text, "" if code in ("drained", "preempted", "paused") else "bad"


def _fail(event: TimelineEvent) -> tuple[str, str]:
    return _("Failed: %(message)s", message=event.data.get("message") or event.data.get("code", "")), "bad"


def _note(event: TimelineEvent) -> tuple[str, str]:
    text = str(event.data.get("text", ""))
    step = event.data.get("step")
    if text.startswith("resumed from step") and step is not None:
        return _("Resumed exactly, from step %(step)s", step=step), "good"
    return _(text) if text else "", ""


def _other(event: TimelineEvent) -> tuple[str, str]:
    return event.kind.replace("_", " ").capitalize(), ""


def _promoted(event: TimelineEvent) -> tuple[str, str]:
    if event.data.get("follows"):
        return _("The equal request was canceled; this one shares the result of the next in line"), ""
    return _("The equal request was canceled; this one has its place in line"), ""


_TELLERS: dict[str, Callable[[TimelineEvent], tuple[str, str]]] = {
    "submitted": _submitted,
    "claim": _claim,
    "requeue": _requeue,
    "fail": _fail,
    "promoted": _promoted,
    "note": _note,
    "succeed": lambda _event: (_("Done"), "good"),
    "cancel": lambda _event: (_("Canceled"), ""),
    "share": lambda _event: (_("Done, with the result of the equal request"), "good"),
    "paused": lambda _event: (_("You paused it"), ""),
    "resumed": lambda _event: (_("You put it back in line"), ""),
    "priority": lambda event: (_("Its priority is now %(n)s", n=event.data.get("to", 0)), ""),
    "cancel_requested": lambda _event: (_("You asked to cancel it"), ""),
    "stop_requested": lambda _event: (_("You asked to stop and keep the best"), ""),
}
