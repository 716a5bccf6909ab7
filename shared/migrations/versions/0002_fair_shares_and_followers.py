"""Fair shares by lane, ranks, pauses, followers, learned speeds and batch shapes"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEUED = "state = 'queued'"
PROCESSING = "state = 'processing'"
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Add the columns and tables; the partial indexes are made anew."""
    op.drop_column("owners", "virtual_finish")
    op.add_column("owners", sa.Column("max_running", sa.Integer(), nullable=True))
    zero = sa.text("0")
    op.add_column("jobs", sa.Column("rank", sa.Integer(), server_default=zero, nullable=False))
    op.add_column("jobs", sa.Column("ranked_at", sa.Double(), server_default=zero, nullable=False))
    op.add_column("jobs", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("jobs", sa.Column("follows", sa.String(length=26), nullable=True))
    op.add_column("jobs", sa.Column("retried_from", sa.String(length=26), nullable=True))
    op.execute("UPDATE jobs SET rank = priority, ranked_at = created_at")
    _indexes()
    op.create_table(
        "fair_shares",
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("virtual_finish", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_fair_shares_owner_id")),
        sa.PrimaryKeyConstraint("owner_id", "lane", name=op.f("pk_fair_shares")),
    )
    op.create_table(
        "speeds",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("samples", JSON, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "operation", "device", name=op.f("pk_speeds")),
    )
    op.create_table(
        "batch_shapes",
        sa.Column("version_id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("shape", sa.Integer(), nullable=False),
        sa.Column("measured", JSON, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint("shape > 0", name=op.f("ck_batch_shapes_shape_positive")),
        sa.PrimaryKeyConstraint("version_id", "device", name=op.f("pk_batch_shapes")),
    )


def _indexes() -> None:
    for name in ("queue", "batch", "leases", "cache", "owner_state", "state_id"):
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")
    order = [sa.text("rank DESC"), "virtual_start", "id"]
    ahead = ["cost_seconds", "state", "paused", "follows"]
    _partial("ix_jobs_queue", ["lane", *order, *ahead], ready=True)
    _partial("ix_jobs_batch", ["batch_key", *order], ready=True)
    _partial("ix_jobs_leases", ["lease_expires_at"])
    _partial("ix_jobs_serving", ["lane", "virtual_start"])
    _partial("ix_jobs_deadline", ["deadline_at"], where=QUEUED)
    op.create_index("ix_jobs_cache", "jobs", ["cache_key", "id"])
    op.create_index("ix_jobs_owner_id", "jobs", ["owner_id", "id"])
    op.create_index("ix_jobs_owner_state", "jobs", ["owner_id", "state", "id"])
    op.create_index(op.f("ix_dataset_items_artifact_id"), "dataset_items", ["artifact_id"])
    op.drop_index("ix_artifacts_job_id", table_name="artifacts")
    op.create_index("ix_artifacts_job_role", "artifacts", ["job_id", "role"])
    op.create_index(op.f("ix_jobs_follows"), "jobs", ["follows"])


def _partial(name: str, columns: list[Any], *, where: str = PROCESSING, ready: bool = False) -> None:
    conditions = {
        dialect: sa.text(f"{QUEUED} AND paused IS {no} AND follows IS NULL" if ready else where)
        for dialect, no in (("sqlite", "0"), ("postgresql", "false"))
    }
    op.create_index(
        name,
        "jobs",
        columns,
        sqlite_where=conditions["sqlite"],
        postgresql_where=conditions["postgresql"],
    )
