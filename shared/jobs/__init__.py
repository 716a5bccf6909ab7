"""Jobs: the only code that writes job rows. SQL is the truth; each write names the state it leaves."""

from shared.jobs.ageing import age
from shared.jobs.backoff import backoff_seconds
from shared.jobs.claim import Head, claim, head
from shared.jobs.finish import canceled, fail, requeue, succeed
from shared.jobs.lease import (
    add_artifact,
    checkpointed,
    forget_checkpoints,
    heartbeat,
    latest_checkpoint,
    note,
    record_metrics,
)
from shared.jobs.owner import cancel, check_priority, pause, resume, retry, set_priority, stop
from shared.jobs.preemption import outranked
from shared.jobs.queries import (
    Attempt,
    TimelineEvent,
    get,
    list_attempts,
    list_page,
    read_metrics,
    read_timeline,
    waiting_lanes,
)
from shared.jobs.rescue import Rescued, expire_leases, rescue
from shared.jobs.submit import cache_key, canonical, submit
from shared.records import (
    Checkpoint,
    Job,
    Lease,
    NewArtifact,
    NewCheckpoint,
    NewDataset,
    NewItem,
    NewJob,
    NewVersion,
    Progress,
    Result,
    Signals,
    Submitted,
)

__all__ = [
    "Attempt",
    "Checkpoint",
    "Head",
    "Job",
    "Lease",
    "NewArtifact",
    "NewCheckpoint",
    "NewDataset",
    "NewItem",
    "NewJob",
    "NewVersion",
    "Progress",
    "Rescued",
    "Result",
    "Signals",
    "Submitted",
    "TimelineEvent",
    "add_artifact",
    "age",
    "backoff_seconds",
    "cache_key",
    "cancel",
    "canceled",
    "canonical",
    "check_priority",
    "checkpointed",
    "claim",
    "expire_leases",
    "fail",
    "forget_checkpoints",
    "get",
    "head",
    "heartbeat",
    "latest_checkpoint",
    "list_attempts",
    "list_page",
    "note",
    "outranked",
    "pause",
    "read_metrics",
    "read_timeline",
    "record_metrics",
    "requeue",
    "rescue",
    "resume",
    "retry",
    "set_priority",
    "stop",
    "submit",
    "succeed",
    "waiting_lanes",
]
