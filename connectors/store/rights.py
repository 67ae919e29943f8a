"""PostgreSQL's own rights: the program's role may add to the audit, and not change it (R-104).

Whoever owns the tables, and a superuser, can do everything: so the schema has an owner, who
migrates it, and the program runs as another role.
"""

from typing import Any, Final

from sqlalchemy import Connection, text

from connectors.store.engine import Store
from connectors.store.tables import audit, metadata
from schemas.errors import StopProcess

VERSIONS: Final = "alembic_version"
ADDED_ONLY: Final = audit.name
MAY_CHANGE: Final = """
SELECT pg_has_role(:who, c.relowner, 'MEMBER')
  OR has_table_privilege(:who, c.oid, 'UPDATE, DELETE, TRUNCATE')
  OR has_any_column_privilege(:who, c.oid, 'UPDATE')
FROM pg_class AS c WHERE c.oid = to_regclass(:audit)
"""
GRANTED: Final = """
SELECT r.rolname FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a
JOIN pg_roles AS r ON r.oid = a.grantee
WHERE c.oid = to_regclass(:audit) AND NOT pg_has_role(r.oid, c.relowner, 'MEMBER')
GROUP BY r.rolname
HAVING bool_or(a.privilege_type = 'INSERT')
  AND NOT bool_or(a.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE'))
ORDER BY r.rolname
"""


def grant(connection: Connection, role: str) -> None:
    """Give a role what the program needs, and no more; repeating it changes nothing.

    Args:
        connection: in a transaction of the schema's owner.
        role: who runs the program.

    Raises:
        StopProcess: there is no such role, or it could change the audit all the same.
    """
    if connection.dialect.name == "sqlite":
        raise StopProcess("--grant-to is for PostgreSQL: SQLite has no roles, and triggers alone")
    quote = connection.dialect.identifier_preparer.quote_identifier
    if _one(connection, "SELECT 1 FROM pg_roles WHERE rolname = :role", role=role) is None:
        raise StopProcess(f"PostgreSQL has no role {role}: CREATE ROLE {quote(role)} LOGIN")
    rights = dict.fromkeys(map(quote, metadata.tables), "SELECT, INSERT, UPDATE, DELETE")
    rights |= {quote(ADDED_ONLY): "SELECT, INSERT", quote(VERSIONS): "SELECT"}
    rights |= {f"SEQUENCE {name}": "USAGE" for name in _sequences(connection)}
    schema = _one(connection, "SELECT current_schema()")
    if not _one(connection, "SELECT has_schema_privilege(:r, :s, 'USAGE')", r=role, s=schema):
        rights[f"SCHEMA {quote(str(schema))}"] = "USAGE"
    for what, verbs in rights.items():
        connection.execute(text(f"REVOKE ALL ON {what} FROM {quote(role)}"))
        connection.execute(text(f"GRANT {verbs} ON {what} TO {quote(role)}"))
    if _one(connection, MAY_CHANGE, who=role, audit=ADDED_ONLY):
        raise StopProcess(
            f"role {role} could still change the audit: it owns the table, belongs to its owner or "
            "to another role that may, or is a superuser; take a role of its own"
        )


def granted(connection: Connection) -> list[str]:
    """Return the roles that were granted before: a later migration's tables are theirs, too."""
    if connection.dialect.name == "sqlite":
        return []
    return list(connection.execute(text(GRANTED), {"audit": ADDED_ONLY}).scalars())


def warning(store: Store) -> str | None:
    """Return what to do when this process's role could change the audit; None when it cannot.

    SQLite has no roles: whoever may write its file may do anything.
    """
    if store.dialect == "sqlite":
        return None
    with store.read() as connection:
        who = str(_one(connection, "SELECT current_user"))
        if not _one(connection, MAY_CHANGE, who=who, audit=ADDED_ONLY):
            return None
    return (
        f"role {who} could change the audit: run the program as a role of its own, to which the "
        "schema's owner gives its rights by `store migrate --grant-to ROLE` (R-104)"
    )


def _sequences(connection: Connection) -> list[str]:
    """Return the sequences behind growing numbers, quoted as SQL needs them."""
    growing = [
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.autoincrement is True
    ]
    ask = "SELECT pg_get_serial_sequence(:table, :column)"
    return [str(_one(connection, ask, table=table, column=name)) for table, name in growing]


def _one(connection: Connection, sql: str, **given: Any) -> Any:
    return connection.execute(text(sql), given).scalar_one_or_none()
