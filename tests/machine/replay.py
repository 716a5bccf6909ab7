"""A job's row, made again from its timeline alone (I10); each step is one that the state machine allows."""

from collections.abc import Iterable
from typing import Any

from shared.lifecycle import HAND_BACKS, Event, IllegalTransition, Reason, State, next_state
from shared.records import Job

#: What a replay gives of a row.
FIELDS = (
    *("state", "reason", "attempt", "worker_id", "cancel_requested", "stop_requested"),
    *("paused", "priority", "follows", "error_code"),
)
Entry = tuple[int, str, dict[str, Any]]


class Broken(AssertionError):
    """An invariant does not hold; the text begins with its name."""


def replayed(entries: Iterable[Entry], priority: int) -> dict[str, Any]:
    """The row's ``FIELDS``, and of a running job its ``lease_token``. ``priority``: what was asked for first.

    Raises:
        Broken: the entries are not numbered one after the other, or a step is none of the state machine.
    """
    row: dict[str, Any] = dict.fromkeys(FIELDS) | {"attempt": 0, "priority": priority}
    row |= {"cancel_requested": False, "stop_requested": False, "paused": False}
    for place, (seq, kind, data) in enumerate(entries, 1):
        if seq != place or (place == 1) != (kind == "submitted"):
            raise Broken(f"I10: entry {seq} ({kind}) stands at place {place}")
        if kind in set(Event):
            _move(row, Event(kind), data)
        else:
            _note(row, kind, data)
    return row


def _move(row: dict[str, Any], event: Event, data: dict[str, Any]) -> None:
    try:
        state = next_state(State(row["state"]), event)
    except IllegalTransition as error:
        raise Broken(f"I10: {error}") from error
    if data["state"] != state:
        raise Broken(f"I10: {event} is told to lead to {data['state']}")
    reason = data.get("reason")
    row |= {"state": state, "reason": reason, "worker_id": None}
    row.pop("lease_token", None)
    if event is Event.CLAIM:
        row |= {"worker_id": data["worker"], "attempt": data["attempt"], "lease_token": data["token"]}
    elif event is Event.REQUEUE and Reason(str(reason)) in HAND_BACKS:
        row["attempt"] -= 1
    elif event is not Event.REQUEUE:
        row |= {"follows": None, "error_code": data.get("code")}
        row["cancel_requested"] |= event is Event.CANCEL


def _note(row: dict[str, Any], kind: str, data: dict[str, Any]) -> None:
    if kind == "submitted":
        row |= {"state": data["state"], "reason": data.get("reason"), "follows": data.get("follows")}
    elif kind == "promoted":
        row["follows"] = data["follows"]
    elif kind in ("paused", "resumed"):
        row["paused"] = kind == "paused"
    elif kind in ("cancel_requested", "stop_requested"):
        row[kind] = True
    elif kind == "priority":
        row["priority"] = data["to"]


def compare(job: Job, entries: Iterable[Entry], priority: int) -> None:
    """Raises Broken where the row is not what its timeline comes to."""
    for name, value in replayed(entries, priority).items():
        if (found := getattr(job, name)) != value:
            raise Broken(f"I10: {name} of {job.id} is {found!r}, the timeline comes to {value!r}")
