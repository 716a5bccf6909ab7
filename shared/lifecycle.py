"""The state machine of a job, as data. Nothing here touches a database or a clock.

docs/job_states.md draws it; a test holds the two together.
"""

from enum import StrEnum

#: Celery queues, and the kinds of work that workers choose from.
LANES = ("interactive", "training", "ingest")


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class Event(StrEnum):
    """What moves a job from one state to another."""

    CLAIM = "claim"
    SUCCEED = "succeed"
    FAIL = "fail"
    REQUEUE = "requeue"
    CANCEL = "cancel"
    SHARE = "share"


class Reason(StrEnum):
    """Why a transition happened; it stands beside the transition and is not a state."""

    LEASE_EXPIRED = "lease_expired"
    STALLED = "stalled"
    DRAINED = "drained"
    PREEMPTED = "preempted"
    PAUSED = "paused"
    WORKER_LOST = "worker_lost"
    DEADLINE = "deadline"
    OWNER = "owner"
    CACHED = "cached"
    RETRY = "retry"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.QUEUED, Event.CLAIM): State.PROCESSING,
    (State.QUEUED, Event.CANCEL): State.CANCELED,
    (State.QUEUED, Event.FAIL): State.FAILED,
    (State.QUEUED, Event.SHARE): State.SUCCEEDED,
    (State.PROCESSING, Event.SUCCEED): State.SUCCEEDED,
    (State.PROCESSING, Event.FAIL): State.FAILED,
    (State.PROCESSING, Event.REQUEUE): State.QUEUED,
    (State.PROCESSING, Event.CANCEL): State.CANCELED,
}

TERMINAL: frozenset[State] = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELED})

#: Hand-backs: the worker was well and gave the job up on purpose, so the attempt is not counted.
HAND_BACKS: frozenset[Reason] = frozenset({Reason.DRAINED, Reason.PREEMPTED, Reason.PAUSED})


class IllegalTransition(ValueError):
    """The event means nothing in this state."""


def next_state(state: State, event: Event) -> State:
    """The state that ``event`` leads to from ``state``.

    Raises:
        IllegalTransition: if the table has no such transition.
    """
    try:
        return TRANSITIONS[(state, event)]
    except KeyError:
        raise IllegalTransition(f"a {state} job cannot {event}") from None


def sources(event: Event) -> tuple[State, ...]:
    """The states that ``event`` may leave, in the order of the table."""
    return tuple(state for (state, known) in TRANSITIONS if known is event)
