"""The schema's history (Alembic). Migrations only add; removal comes a release later."""
