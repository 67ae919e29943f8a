"""PostgreSQL's own rights: the program works with them, and cannot change the audit (R-104)."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from connectors.store.desk_housekeeping import Kept
from connectors.store.engine import Store, open_store
from connectors.store.erasure import erase_organization, erase_person
from connectors.store.housekeeping import StoredHousekeeping
from connectors.store.keyring import Keyring
from connectors.store.migrate import migrate, require_current
from connectors.store.refetching import Refetching
from connectors.store.removal import remove
from connectors.store.rights import warning
from connectors.store.rotation import rotate
from connectors.store.tables import audit, metadata
from processors.ports.huma import HumaPerson
from schemas.employee import Target
from schemas.errors import Fault, StopProcess
from schemas.personal import Personal
from schemas.topics import OUTCOMES
from tests.fixtures.arrivals import ORGANIZATION, Arrivals
from tests.fixtures.databases import LIMITS
from tests.fixtures.stored import Stored
from tests.fixtures.working import Bench, person, whole

pytestmark = pytest.mark.postgres
KARI = person(1)
WHY = Personal("a reason")


@dataclass(frozen=True, slots=True)
class Server:
    """A database with an owner of its own, and the program's role beside it."""

    address: str
    name: str

    def store(self, role: str) -> Store:
        """Open the store as a role."""
        return open_store(self.url(role), None, LIMITS)

    def url(self, role: str) -> str:
        """Return the database's address for a role."""
        return f"{self.address.replace('postgres@', f'{role}@')}/{self.name}"

    def does(self, role: str, *statements: str) -> None:
        """Execute as a role."""
        with psycopg.connect(self.url(role), autocommit=True) as connection:
            for one in statements:
                connection.execute(one.encode())


@pytest.fixture
def server(postgresql: str) -> Iterator[Server]:
    """An empty database of `owner`'s; the roles are made once for the whole server."""
    server = Server(postgresql, "rights")
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in sorted({"owner", "program", "other-program", "deputy"} - known):
            connection.execute(f'CREATE ROLE "{role}" LOGIN'.encode())
        connection.execute("GRANT owner TO deputy")
        connection.execute("DROP DATABASE IF EXISTS rights WITH (FORCE)")
        connection.execute("CREATE DATABASE rights OWNER owner")
    yield server
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE rights WITH (FORCE)")


@pytest.fixture
def owner(server: Server) -> Iterator[Store]:
    """The store as its owner has it, migrated, and granted to the program."""
    store = server.store("owner")
    migrate(store, "program")
    yield store
    store.close()


@pytest.fixture
def program(server: Server, owner: Store) -> Iterator[Store]:
    """The store as the program has it."""
    assert owner.dialect == "postgresql"
    store = server.store("program")
    yield store
    store.close()


@pytest.mark.rule("R-104")
def test_a_day_of_the_program_needs_no_other_right(program: Store, keyring: Keyring) -> None:
    """Connecting, intake, a lane, a relay, commands, housekeeping, erasures: all of it works."""
    require_current(program)
    arrivals, stored = Arrivals(program, keyring), Stored(program, keyring)
    bench = Bench(stored)
    user = {**whole(1), "type": "user", "status": {"active": True}, "positions": [{"id": "p1"}]}
    arrivals.arrive("user.created", {"user": user, "origin": "manual"}, 1, user=KARI.user)
    arrivals.read()
    bench.run(lambda: not stored.open(bench.connection))
    arrivals.updated(2, KARI.user, phone="41111111")
    arrivals.read()
    bench.run(lambda: not stored.open(bench.connection))
    assert arrivals.read() == {"e1": ("applied", None), "e2": ("applied", None)}
    (contact,) = bench.xledger.records[Target.CONTACT_PHONE.root].values()
    assert contact[Target.CONTACT_PHONE] == "41111111"
    assert stored.outbox.claim("relay", 10.0)
    stored.outbox.delete([row.id for row in stored.outbox.rows(0, 100)])
    stored.outbox.release("relay")
    stored.connections.pause(bench.connection.id, "operator")
    stored.connections.replace_token(bench.connection.id, Personal("another"), "operator")
    stored.runs.plan(bench.connection.id, ORGANIZATION, "operator")
    keeping = StoredHousekeeping(program, keyring, 86_400.0, 730, Kept(90, 90))
    assert keeping.claim("keeper", 10.0)
    assert (keeping.expire_previews(), keeping.forget_tombstones()) == ([], 0)
    assert (keeping.forget_counts(), keeping.forget_desk()) == (0, 0)
    keeping.release("keeper")
    refetching = Refetching(program, keyring)
    read = HumaPerson(KARI.user, "user", True, (), whole(1), {})  # noqa: FBT003 - a person
    asked = refetching.asked(KARI)
    for reset in (False, True):
        assert refetching.merge(KARI, asked, read, None, "operator", WHY, reset=reset) is not None
    assert rotate(program, keyring.vault, keyring.vault, "operator", execute=True) == 0
    arrivals.updated(3, KARI.user, phone="42222222")
    arrivals.read()
    assert len(erase_person(program, keyring, KARI, "operator", WHY)) == 1
    remove(program, keyring, bench.connection, "operator")
    erase_organization(program, keyring, ORGANIZATION, "operator", WHY)
    assert {row.topic for row in stored.outbox.rows(0, 100)} == {OUTCOMES.name}
    assert len(stored.rows(audit.c.id)) > 10


@pytest.mark.rule("R-104")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_added_only ON audit",
        "ALTER FUNCTION audit_added_only() RENAME TO something_else",
        "SET session_replication_role = replica",
        "SELECT setval('audit_id_seq', 1)",
        "DROP TABLE audit",
        "UPDATE alembic_version SET version_num = '0'",
        "TRUNCATE person",
        "CREATE TABLE anything (id int)",
    ],
)
def test_what_the_program_may_not(server: Server, program: Store, statement: str) -> None:
    """The database refuses it for want of rights, before any trigger is asked."""
    assert program.dialect == "postgresql"
    with pytest.raises(InsufficientPrivilege):
        server.does("program", statement)


@pytest.mark.rule("R-104")
def test_every_table_is_granted(server: Server, program: Store) -> None:
    """Whatever table there is; a new one without rights would be noticed here."""
    assert program.dialect == "postgresql"
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    found: dict[str, tuple[str, ...]] = {}
    with psycopg.connect(server.url("program")) as connection:
        ask = (
            "SELECT tablename, v FROM pg_tables CROSS JOIN unnest(%s::text[]) AS v WHERE "
            "schemaname = 'public' AND has_table_privilege(quote_ident(tablename), v)"
        )
        for table, verb in connection.execute(ask, (list(verbs),)).fetchall():
            found[table] = (*found.get(table, ()), verb)
    assert {table: sorted(has) for table, has in found.items()} == {
        **dict.fromkeys(metadata.tables, sorted(verbs[:4])),
        "audit": sorted(verbs[:2]),
        "alembic_version": ["SELECT"],
    }


@pytest.mark.rule("R-104")
def test_too_much_is_taken_back(server: Server, owner: Store) -> None:
    """Somebody who granted everything by hand: granting again leaves what is needed."""
    server.does("owner", "GRANT ALL ON ALL TABLES IN SCHEMA public TO program")
    server.does("program", "UPDATE generation SET value = 1")
    migrate(owner, "program")
    with pytest.raises(InsufficientPrivilege):
        server.does("program", "DELETE FROM audit")


@pytest.mark.rule("R-104")
def test_a_later_migration_grants_again(server: Server, owner: Store) -> None:
    """Also without being told, to everybody who was granted before."""
    migrate(owner, "other-program")
    server.does("owner", 'REVOKE ALL ON person FROM program, "other-program"')
    for role in ("program", "other-program"):
        with pytest.raises(InsufficientPrivilege):
            server.does(role, "SELECT * FROM person")
    migrate(owner)
    for role in ("program", "other-program"):
        server.does(role, "SELECT * FROM person")


@pytest.mark.rule("R-104")
@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("nobody at all", 'has no role nobody at all: CREATE ROLE "nobody at all" LOGIN'),
        ("owner", "could still change the audit"),
        ("deputy", "could still change the audit"),
        ("postgres", "could still change the audit"),
    ],
)
def test_a_role_that_could_change_it_is_refused(server: Server, role: str, says: str) -> None:
    """Nothing is changed then: the store is as empty as before."""
    store = server.store("owner")
    try:
        with pytest.raises(StopProcess, match=says):
            migrate(store, role)
        with pytest.raises(StopProcess, match="the store is empty"):
            require_current(store)
    finally:
        store.close()


@pytest.mark.rule("R-104")
@pytest.mark.parametrize("role", ["owner", "postgres", "deputy"])
def test_who_could_change_it_is_warned(server: Server, owner: Store, role: str) -> None:
    """With what to do; small installations go on all the same."""
    assert owner.dialect == "postgresql"
    store = server.store(role)
    try:
        said = warning(store)
    finally:
        store.close()
    assert said is not None
    assert f"role {role} could change the audit" in said
    assert "store migrate --grant-to" in said


@pytest.mark.rule("R-104")
def test_nobody_else_is_warned(program: Store) -> None:
    """The program with the rights that it needs."""
    assert warning(program) is None


@pytest.mark.rule("R-104")
def test_the_program_cannot_migrate(program: Store) -> None:
    """Only the schema's owner can; it says that rights are missing."""
    with pytest.raises(Fault, match="rights"):
        migrate(program, "program")
