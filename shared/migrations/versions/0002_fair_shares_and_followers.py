"""Fair shares by lane, ranks, pauses, followers, learned speeds and batch shapes"""

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
    for name in ("ix_jobs_queue", "ix_jobs_batch", "ix_jobs_leases", "ix_jobs_cache"):
        op.drop_index(name, table_name="jobs")
    order = [sa.text("rank DESC"), "virtual_start", "id"]
    _partial("ix_jobs_queue", ["lane", *order], ready=True)
    _partial("ix_jobs_batch", ["batch_key", *order], ready=True)
    _partial("ix_jobs_leases", ["lease_expires_at"])
    _partial("ix_jobs_serving", ["lane", "virtual_start"])
    op.create_index("ix_jobs_cache", "jobs", ["cache_key"])
    op.create_index(op.f("ix_jobs_follows"), "jobs", ["follows"])


def _partial(name: str, columns: list[object], *, ready: bool = False) -> None:
    no = {"sqlite": "0", "postgresql": "false"}
    where = {
        dialect: sa.text(f"{QUEUED} AND paused IS {word} AND follows IS NULL" if ready else PROCESSING)
        for dialect, word in no.items()
    }
    op.create_index(
        name, "jobs", columns, sqlite_where=where["sqlite"], postgresql_where=where["postgresql"]  # type: ignore[arg-type]
    )
