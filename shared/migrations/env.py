"""What Alembic runs: the connection comes from shared.migrate, which holds the lock and the transaction."""

from alembic import context

from shared.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
