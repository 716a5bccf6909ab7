"""Equal jobs are looked up by key and owner: without it, SQLite went through all of the owner's jobs"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index anew."""
    op.drop_index("ix_jobs_cache", table_name="jobs")
    op.create_index("ix_jobs_cache", "jobs", ["cache_key", "owner_id", "id"])
