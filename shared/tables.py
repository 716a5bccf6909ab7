"""Every SQL table. Times are seconds since 1970 by the database's clock; CHECKs hold the invariants.

The invariants I1 to I10 are those of docs/architecture.md: I2 and I7 live in the guards of shared/jobs.
"""

from typing import Any

from sqlalchemy import JSON as JSONType
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    literal_column,
    text,
)

from shared.lifecycle import State
from shared.records import JOB_COLUMNS

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

ID = String(26)
HASH = String(64)
#: None is SQL's NULL, not JSON's null: CHECKs ask for it.
JSON = JSONType(none_as_null=True)
STATES = ", ".join(f"'{state}'" for state in State)


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Double, nullable=nullable)


owners = Table(
    "owners",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("weight", Double, nullable=False, server_default=text("1.0")),
    Column("max_running", Integer, nullable=True),
    _time("created_at"),
    CheckConstraint("weight > 0", name="weight_positive"),
)

# How far each owner's share of a lane is used up: fair queueing's finish tag of their latest job.
fair_shares = Table(
    "fair_shares",
    metadata,
    Column("owner_id", ForeignKey("owners.id"), primary_key=True),
    Column("lane", String(32), primary_key=True),
    Column("virtual_finish", Double, nullable=False),
)

families = Table(
    "families",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("description", JSON, nullable=False),
    _time("announced_at"),
)

models = Table(
    "models",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ForeignKey("owners.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("family", String(64), nullable=False),
    _time("created_at"),
    UniqueConstraint("owner_id", "name"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", HASH, primary_key=True),
    Column("model_id", ForeignKey("models.id"), nullable=False, index=True),
    Column("family", String(64), nullable=False),
    Column("family_version", String(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("config", JSON, nullable=False),
    Column("card", JSON, nullable=False),
    Column("dataset_hash", HASH, nullable=True),
    Column("job_id", ID, nullable=True),
    _time("created_at"),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ForeignKey("owners.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media", String(32), nullable=False),
    Column("hash", HASH, nullable=False),
    Column("item_count", Integer, nullable=False),
    Column("report", JSON, nullable=False),
    Column("job_id", ID, nullable=True),
    _time("created_at"),
    CheckConstraint("item_count > 0", name="not_empty"),
)

dataset_items = Table(
    "dataset_items",
    metadata,
    Column("dataset_id", ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("artifact_id", ForeignKey("artifacts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("meta", JSON, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ForeignKey("owners.id"), nullable=False),
    Column("family", String(64), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("lane", String(32), nullable=False),
    Column("model_id", ForeignKey("models.id"), nullable=True),
    Column("version_id", ForeignKey("versions.id"), nullable=True),
    Column("input", JSON, nullable=False),
    Column("batch_key", Text, nullable=True),
    Column("cache_key", HASH, nullable=True),
    Column("idempotency_key", String(255), nullable=True),
    Column("request_hash", HASH, nullable=False),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("rank", Integer, nullable=False, server_default=text("0")),
    Column("ranked_at", Double, nullable=False, server_default=text("0")),
    Column("virtual_start", Double, nullable=False),
    Column("cost_seconds", Double, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=True),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("max_attempts", Integer, nullable=False),
    Column("lease_token", Integer, nullable=False, server_default=text("0")),
    Column("lease_expires_at", Double, nullable=True),
    Column("worker_id", String(128), nullable=True),
    Column("cancel_requested", Boolean, nullable=False, server_default=false()),
    Column("stop_requested", Boolean, nullable=False, server_default=false()),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("not_before", Double, nullable=False, server_default=text("0")),
    Column("deadline_at", Double, nullable=True),
    Column("stall_seconds", Double, nullable=False),
    Column("progress", Double, nullable=False, server_default=text("0")),
    Column("progress_detail", JSON, nullable=False),
    _time("progress_at", nullable=True),
    Column("output", JSON, nullable=True),
    Column("error_code", String(64), nullable=True),
    Column("error_message", Text, nullable=True),
    Column("error_detail", JSON, nullable=True),
    Column("cached_from", ID, nullable=True),
    Column("follows", ID, nullable=True, index=True),
    Column("retried_from", ID, nullable=True),
    _time("created_at"),
    _time("started_at", nullable=True),
    _time("finished_at", nullable=True),
    UniqueConstraint("owner_id", "idempotency_key"),
    CheckConstraint(f"state IN ({STATES})", name="state_known"),
    CheckConstraint("attempt >= 0 AND attempt <= max_attempts", name="attempts_bounded"),  # I4
    CheckConstraint("(state = 'processing') = (worker_id IS NOT NULL)", name="processing_has_worker"),
    CheckConstraint("(state = 'processing') = (lease_expires_at IS NOT NULL)", name="processing_has_lease"),
    CheckConstraint(
        "(state IN ('succeeded', 'failed', 'canceled')) = (finished_at IS NOT NULL)",
        name="terminal_has_end",
    ),
    CheckConstraint("NOT (state = 'succeeded' AND cancel_requested)", name="cancel_wins"),  # I6
    CheckConstraint("(state = 'succeeded') = (output IS NOT NULL)", name="success_has_output"),
    CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failure_has_code"),
    CheckConstraint("progress >= 0 AND progress <= 1", name="progress_is_fraction"),
    CheckConstraint("priority BETWEEN -100 AND 100", name="priority_bounded"),
)

#: The columns of a job's record, in its order.
JOB = tuple(jobs.c[name] for name in JOB_COLUMNS)

#: What a claim may take. The words stand in the SQL itself: SQLite uses a partial index only for a condition
#: that it can read, and a bound parameter hides it.
QUEUED = jobs.c.state == literal_column("'queued'")
PROCESSING = jobs.c.state == literal_column("'processing'")
READY = and_(QUEUED, jobs.c.paused.is_(False), jobs.c.follows.is_(None))

# One index look-up a claim: the queue of a lane in its order, and the rest of a batch.
_ORDER = (jobs.c.rank.desc(), jobs.c.virtual_start, jobs.c.id)
# The rest of the columns let SQLite sum the work ahead of a job without reading a row.
_AHEAD = (jobs.c.cost_seconds, jobs.c.state, jobs.c.paused, jobs.c.follows)
Index("ix_jobs_queue", jobs.c.lane, *_ORDER, *_AHEAD, sqlite_where=READY, postgresql_where=READY)
Index("ix_jobs_batch", jobs.c.batch_key, *_ORDER, sqlite_where=READY, postgresql_where=READY)
Index("ix_jobs_leases", jobs.c.lease_expires_at, sqlite_where=PROCESSING, postgresql_where=PROCESSING)
# The virtual time of a lane is the largest start tag in service.
_SERVING = (jobs.c.lane, jobs.c.virtual_start)
Index("ix_jobs_serving", *_SERVING, sqlite_where=PROCESSING, postgresql_where=PROCESSING)
Index("ix_jobs_deadline", jobs.c.deadline_at, sqlite_where=QUEUED, postgresql_where=QUEUED)
Index("ix_jobs_cache", jobs.c.cache_key, jobs.c.owner_id, jobs.c.id)
# No index begins with the state: SQLite would take it for an equality that leaves a million rows.
Index("ix_jobs_owner_id", jobs.c.owner_id, jobs.c.id)
Index("ix_jobs_owner_state", jobs.c.owner_id, jobs.c.state, jobs.c.id)
Index("ix_jobs_lane_id", jobs.c.lane, jobs.c.id)

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("lease_token", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("worker_id", String(128), nullable=False),
    _time("started_at"),
    _time("ended_at", nullable=True),
    Column("outcome", String(16), nullable=True),
    Column("reason", String(64), nullable=True),
    CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_has_outcome"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner_id", ForeignKey("owners.id"), nullable=False),
    Column("hash", HASH, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("role", String(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("job_id", ID, nullable=True),
    Column("version_id", HASH, nullable=True, index=True),
    Column("position", Integer, nullable=False, server_default=text("0")),
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    Column("recipe", JSON, nullable=True),
    Column("meta", JSON, nullable=False),
    _time("created_at"),
    CheckConstraint("size >= 0", name="size_not_negative"),
)
Index("ix_artifacts_job_role", artifacts.c.job_id, artifacts.c.role)
Index("ix_artifacts_role_id", artifacts.c.role, artifacts.c.id)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("lease_token", Integer, nullable=False),
    Column("hash", HASH, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("meta", JSON, nullable=False),
    _time("created_at"),
)

timeline = Table(
    "timeline",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    _time("at"),
    Column("kind", String(32), nullable=False),
    Column("data", JSON, nullable=False),
)

training_metrics = Table(
    "training_metrics",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True),
    _time("at"),
    Column("metrics", JSON, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("device", String(64), nullable=False),
    Column("lanes", JSON, nullable=False),
    Column("families", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("holds", JSON, nullable=False),
    Column("jobs", JSON, nullable=False),
    Column("info", JSON, nullable=False),
    Column("drain_requested", Boolean, nullable=False, server_default=false()),
    _time("started_at"),
    _time("seen_at"),
    CheckConstraint("state IN ('starting', 'idle', 'busy', 'draining', 'gone')", name="state_known"),
)

# What jobs were measured to take, in seconds a piece; the newest samples stand last.
speeds = Table(
    "speeds",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("operation", String(64), primary_key=True),
    Column("device", String(64), primary_key=True),
    Column("samples", JSON, nullable=False),
    Column("count", Integer, nullable=False),
    _time("updated_at"),
)

# The one internal batch shape of a version on a type of device: whoever measures first decides for all.
batch_shapes = Table(
    "batch_shapes",
    metadata,
    Column("version_id", HASH, primary_key=True),
    Column("device", String(64), primary_key=True),
    Column("shape", Integer, nullable=False),
    Column("measured", JSON, nullable=False),
    _time("created_at"),
    CheckConstraint("shape > 0", name="shape_positive"),
)

webhook_outbox = Table(
    "webhook_outbox",
    metadata,
    Column("id", ID, primary_key=True),
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("event", String(32), nullable=False),
    Column("body", JSON, nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    _time("next_at"),
    _time("sent_at", nullable=True),
    _time("created_at"),
)
