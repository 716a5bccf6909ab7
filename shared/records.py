"""What the job functions take and give: plain frozen records, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from shared.artifacts import Blob
from shared.lifecycle import TERMINAL, State


@dataclass(frozen=True, slots=True)
class Job:
    """One job's row. Times are seconds since 1970 by the database's clock."""

    id: str
    owner_id: str
    family: str
    operation: str
    lane: str
    model_id: str | None
    version_id: str | None
    input: dict[str, Any]
    batch_key: str | None
    cache_key: str | None
    idempotency_key: str | None
    priority: int
    rank: int
    virtual_start: float
    cost_seconds: float
    state: State
    reason: str | None
    attempt: int
    max_attempts: int
    lease_token: int
    lease_expires_at: float | None
    worker_id: str | None
    cancel_requested: bool
    stop_requested: bool
    paused: bool
    not_before: float
    deadline_at: float | None
    stall_seconds: float
    progress: float
    progress_detail: dict[str, Any]
    progress_at: float | None
    output: dict[str, Any] | None
    error_code: str | None
    error_message: str | None
    error_detail: dict[str, Any] | None
    cached_from: str | None
    follows: str | None
    retried_from: str | None
    created_at: float
    started_at: float | None
    finished_at: float | None

    @property
    def finished(self) -> bool:
        """Whether the job is in a state that never changes."""
        return self.state in TERMINAL

    @property
    def lease(self) -> "Lease":
        """The right to write this row, as its last claim gave it.

        Raises:
            ValueError: when nobody holds the job.
        """
        if self.worker_id is None:
            raise ValueError(f"job {self.id} is {self.state}: nobody holds it")
        return Lease(self.id, self.lease_token, self.worker_id)


JOB_COLUMNS = tuple(field.name for field in fields(Job))
#: Row by row this is what a status costs, so the names are looked up once.
_of_row = attrgetter(*JOB_COLUMNS)


def job_of(row: Row[Any]) -> Job:
    """The record of a row that has every column of ``jobs``."""
    return job_from(_of_row(row))


def job_from(values: Sequence[Any]) -> Job:
    """The record of values that stand in the order of ``JOB_COLUMNS``."""
    job = Job(*values)
    object.__setattr__(job, "state", State(job.state))
    return job


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim's proof: a write counts only while the row still carries this token."""

    job_id: str
    token: int
    worker_id: str


@dataclass(frozen=True, slots=True)
class NewJob:
    """A request that has been checked and can be queued.

    ``cost_seconds`` is the estimate in device seconds that fair queueing goes by; jobs of one
    ``batch_key`` may run in one pass; jobs of one ``cache_key`` have the same result. ``request`` is what
    the client sent, before a seed was chosen for it: a repeat under one idempotency key is compared by it
    and by the priority.
    ``uploads`` are ids of files that are the job's from now on and go when it ends. ``attached`` are ids of
    uploads that the input names, by field: they stay when it ends. ``retried_from`` is the job that this one
    repeats.
    """

    owner_id: str
    family: str
    operation: str
    lane: str
    input: Mapping[str, Any]
    model_id: str | None = None
    version_id: str | None = None
    batch_key: str | None = None
    cache_key: str | None = None
    idempotency_key: str | None = None
    request: Mapping[str, Any] | None = None
    uploads: tuple[str, ...] = ()
    attached: Mapping[str, str] = field(default_factory=dict)
    retried_from: str | None = None
    priority: int = 0
    cost_seconds: float = 1.0
    max_attempts: int = 3
    deadline_seconds: float | None = None
    stall_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a request; ``created`` is false when its idempotency key was known."""

    job: Job
    created: bool


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a canceled job leaves to its caller: hashes of files to delete, and a lane to ring.

    ``promoted`` is the lane in which an equal job took its place and waits now; None when there is none.
    """

    unneeded: list[str]
    promoted: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: ``fraction`` in 0..1, ``detail`` whatever the family tells (step, ETA ...)."""

    fraction: float
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the owner asked of a running job."""

    cancel_requested: bool
    stop_requested: bool
    paused: bool = False


@dataclass(frozen=True, slots=True)
class NewCheckpoint:
    """A stored training state: ``step`` optimizer steps done."""

    step: int
    blob: Blob
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A recorded training state."""

    job_id: str
    step: int
    hash: str
    size: int
    meta: dict[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """A stored file about to be recorded with a job.

    ``role`` is one of output, thumbnail, latent, preview, sample, grid, weights, upload, item, report;
    ``position`` orders the files of one role.
    """

    role: str
    name: str
    media_type: str
    blob: Blob
    position: int = 0
    width: int | None = None
    height: int | None = None
    recipe: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A trained network: its weights' blob names the version (SHA-256 of the safetensors file)."""

    weights: Blob
    family: str
    family_version: str
    config: Mapping[str, Any]
    card: Mapping[str, Any]
    dataset_hash: str | None = None


@dataclass(frozen=True, slots=True)
class NewItem:
    """One work of a new data set."""

    artifact: NewArtifact
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewDataset:
    """A collection about to be recorded; ``hash`` is that of its manifest."""

    name: str
    media: str
    hash: str
    items: tuple[NewItem, ...]
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a job made. ``output`` gains ``version`` or ``dataset`` (ids) when one comes with it."""

    output: Mapping[str, Any] = field(default_factory=dict)
    artifacts: tuple[NewArtifact, ...] = ()
    version: NewVersion | None = None
    dataset: NewDataset | None = None
