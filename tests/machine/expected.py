"""What is asked for, and what one job must be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from shared.lifecycle import TERMINAL, State
from shared.records import Job
from tests.machine.world import SHAPES, Shape

#: What a row says and the model foretells.
SAID = (
    *("state", "reason", "token", "attempt", "worker", "cancel", "stop", "paused"),
    *("priority", "follows", "cached_from", "output", "error"),
)


@dataclass(frozen=True)
class Request:
    """What is asked for: whose, which of ``SHAPES``, and under which idempotency key."""

    owner: str
    shape: int
    priority: int = 0
    key: str | None = None
    max_attempts: int = 2
    deadline: bool = False
    retried_from: str | None = None

    @property
    def asks(self) -> Shape:
        """The shape itself."""
        return SHAPES[self.shape]

    def repeats(self, other: Request) -> bool:
        """Whether it may come under the same key."""
        return (self.shape, self.priority) == (other.shape, other.priority)


@dataclass
class Expected:
    """One job as it must be."""

    id: str
    request: Request
    priority: int
    state: State = State.QUEUED
    reason: str | None = None
    token: int = 0
    attempt: int = 0
    worker: str | None = None
    cancel: bool = False
    stop: bool = False
    paused: bool = False
    follows: str | None = None
    cached_from: str | None = None
    output: dict[str, Any] | None = None
    error: str | None = None
    ready_at: float = 0.0
    lease_until: float = 0.0
    moved_at: float = 0.0
    deadline_at: float | None = None
    files: tuple[str, ...] = ()
    steps: dict[int, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing may change any more."""
        return self.state in TERMINAL

    def said(self) -> dict[str, Any]:
        """What the row must say; ``row_said`` reads the same from the row."""
        return {name: getattr(self, name) for name in SAID}


def row_said(job: Job) -> dict[str, Any]:
    """What the row says of what the model foretells."""
    return {
        "state": job.state,
        "reason": job.reason,
        "token": job.lease_token,
        "attempt": job.attempt,
        "worker": job.worker_id,
        "cancel": job.cancel_requested,
        "stop": job.stop_requested,
        "paused": job.paused,
        "priority": job.priority,
        "follows": job.follows,
        "cached_from": job.cached_from,
        "output": job.output,
        "error": job.error_code,
    }


def again(one: Expected, key: str | None) -> Request:
    """What a retry of this job asks for."""
    return replace(one.request, key=key, priority=one.priority, deadline=False, retried_from=one.id)
