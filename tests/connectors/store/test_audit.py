"""The audit: rows can be added, and hold no values (R-102, R-104)."""

import pytest
from sqlalchemy import delete, text, update

from connectors.store.removal import remove
from connectors.store.tables import audit
from schemas.errors import Fault
from schemas.personal import Personal
from tests.fixtures.stored import ORGANIZATION, Stored, new_connection


@pytest.mark.rule("R-104")
@pytest.mark.parametrize(
    "statement",
    [update(audit).values(actor="nobody"), delete(audit), text("TRUNCATE audit")],
    ids=["update", "delete", "truncate"],
)
def test_a_row_is_neither_changed_nor_taken_away(stored: Stored, statement: object) -> None:
    """The database itself refuses it, whoever asks."""
    stored.connect()
    before = stored.rows(*audit.c)
    with pytest.raises(Fault), stored.store.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    assert stored.rows(*audit.c) == before != []


@pytest.mark.rule("R-104")
def test_every_change_of_a_connection_is_told(stored: Stored) -> None:
    """Who did what to which connection, in order; names of options, no value of any."""
    one = stored.connections.add(new_connection(token="canary-token"), "the administrator")
    stored.connections.change(one.id, {"name": "canary-name", "zone": "UTC"}, "operator")
    stored.connections.pause(one.id, "operator")
    stored.connections.resume(one.id, "operator")
    stored.connections.replace_token(one.id, Personal("canary-new"), "operator")
    stored.runs.plan(one.id, ORGANIZATION, "operator")
    remove(stored.store, stored.keyring, one, "operator")
    rows = stored.rows(audit.c.id, audit.c.action, audit.c.actor, audit.c.fields)
    assert [row[1:] for row in sorted(rows)] == [
        ("connection.added", "the administrator", None),
        ("connection.changed", "operator", "name,zone"),
        ("connection.paused", "operator", None),
        ("connection.resumed", "operator", None),
        ("token.replaced", "operator", None),
        ("sync.planned", "operator", None),
        ("connection.removed", "operator", None),
    ]
    whole = stored.rows(*audit.c)
    assert all(row[2:4] == (ORGANIZATION, one.id) and row[1] > 0 for row in whole)
    assert "canary" not in repr(whole)
