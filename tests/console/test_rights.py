"""The audit's rights by command, and what a role says that could change it (R-104)."""

from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from tests.console.conftest import Operator
from tests.console.test_running import is_ready
from tests.fixtures.waiting import until

ROLE = "program_by_command"


@pytest.fixture
def granted(operator: Operator, postgresql: str, noida_broker: str) -> Iterator[Operator]:
    """An operator with a store on PostgreSQL that a role of its own may use, and topics."""
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE by_command")
        connection.execute(f"CREATE ROLE {ROLE} LOGIN".encode())
        ready = operator.but(
            STORE__URL=f"{postgresql}/by_command", KAFKA__BOOTSTRAP_SERVERS=noida_broker
        )
        for command in (
            ("keys", "create", ready.settings["MASTER_KEY_FILE"]),
            ("store", "migrate", "--grant-to", ROLE),
            ("topics", "apply"),
        ):
            said = ready.types(*command)
            assert said.code == 0, said.err
        yield ready
        connection.execute("DROP DATABASE by_command WITH (FORCE)")
        connection.execute(f"DROP ROLE {ROLE}".encode())


@pytest.mark.postgres
@pytest.mark.rule("R-104")
def test_a_role_that_could_change_the_audit_says_so_and_runs(granted: Operator) -> None:
    """Once, with what to do; run as the role of its own it says nothing."""
    mine = granted.settings["STORE__URL"].replace("postgres@", f"{ROLE}@")
    logs = []
    for name, operator in (("owner", granted), ("program", granted.but(STORE__URL=mine))):
        with operator.program(name, "run", "intake") as program:
            until(partial(is_ready, program.start()["url"]))
            assert program.stop() == 0
            logs.append(program.log.read_text("utf-8"))
    assert [log.count("store.rights") for log in logs] == [1, 0]
    assert "store migrate --grant-to ROLE" in logs[0]


def test_sqlite_has_no_roles(operator: Operator) -> None:
    """It is said in one sentence, and nothing is migrated."""
    said = operator.types("store", "migrate", "--grant-to", ROLE)
    assert (said.code, "is for PostgreSQL" in said.err) == (1, True)
    assert operator.types("store", "version", "--json").json["version"] == "nothing"
