"""The store's own clock, in the statement that uses it: leases, turns, settle times (`design.md`).

Milliseconds since 1970, UTC. PostgreSQL's `now()` stands still during a transaction, so it is
`clock_timestamp()` there; SQLite 3.40 has no sub-second `unixepoch`.
"""

from typing import Any

from sqlalchemy import BigInteger, Connection, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now_ms(FunctionElement[int]):  # noqa: N801 - reads as the function it is
    """The store's time, in milliseconds."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "postgresql")
def _postgresql(_element: now_ms, _compiler: Any, **_: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


@compiles(now_ms, "sqlite")
def _sqlite(_element: now_ms, _compiler: Any, **_: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


def read_now(connection: Connection) -> int:
    """Return the store's time."""
    return int(connection.execute(select(now_ms())).scalar_one())
