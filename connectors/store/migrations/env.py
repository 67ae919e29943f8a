"""Runs migrations on the connection that `connectors.store.migrate` hands over."""

from alembic import context

from connectors.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
context.run_migrations()
