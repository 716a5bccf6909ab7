"""Alembic migrations, run at start inside one transaction under a lock."""

#: The newest revision; a start compares it with the database's before it loads Alembic.
HEAD = "0004"
