"""The store: SQLAlchemy Core on SQLite or PostgreSQL (`design.md`, Store)."""
