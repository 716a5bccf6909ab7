"""Alembic migrations, run at start inside one transaction under a lock."""
