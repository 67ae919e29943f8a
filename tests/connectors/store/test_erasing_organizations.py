"""Erasing an organisation: nothing of it is left, and its data key is gone (R-108)."""

import threading

import pytest
from sqlalchemy import text

from connectors.store import audit, outbox
from connectors.store.answers import finish
from connectors.store.erasure import erase_organization
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.lanes import guard
from connectors.store.organizations import HumaClientOf, Organizations
from connectors.store.outbox import NewRow, StoredOutbox
from connectors.store.removal import remove
from connectors.store.tables import audit as audits
from connectors.store.tables import confirmed, generation, metadata, organization
from processors.ports.intake import Value
from processors.ports.lane import PersonResult
from schemas.employee import Target
from schemas.errors import NotFound, StopProcess
from schemas.person import PersonKey
from schemas.personal import Personal
from schemas.topics import DEAD_LETTERS, OUTCOMES
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored
from tests.fixtures.waiting import until

WHY = Personal("they left")
ELSEWHERE_KARI = PersonKey(ELSEWHERE, KARI.user)
CLIENT = HumaClientOf("https://h.example", Personal("id"), Personal("secret"))


def erase(stored: Stored, whose: str = ORGANIZATION) -> None:
    """Erase an organisation with all its connections."""
    for one in stored.connections.shown():
        if one.connection.organization == whose:
            remove(stored.store, stored.keyring, one.connection, "operator")
    erase_organization(stored.store, stored.keyring, whose, "operator", WHY)


def another_process(stored: Stored) -> Stored:
    """Return the same store as another process has it, with a keyring of its own."""
    return Stored(stored.store, Keyring(stored.keyring.vault))


def blocked(stored: Stored) -> bool:
    """Say whether somebody waits for a lock; on SQLite whoever comes second does."""
    if stored.store.dialect == "sqlite":
        return True
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with stored.store.read() as connection:
        return bool(connection.execute(query).scalar_one())


@pytest.mark.rule("R-108")
def test_nothing_of_it_is_left_but_the_audit(stored: Stored) -> None:
    """Whatever table: tombstones, clients, letters; another organisation's keeps everything."""
    Organizations(stored.store, stored.keyring).set_huma(ORGANIZATION, CLIENT)
    for name, key in (("c1", KARI), ("c2", ELSEWHERE_KARI)):
        one = stored.connect(name, organization=key.organization)
        stored.people(key)
        stored.linked(one, key)
        stored.change(one, key, 1, {"phone": "1"})
    with stored.intake.transaction() as transaction:
        transaction.delete_people([OLA])
    rows = [
        NewRow(DEAD_LETTERS.name, b"odd", b"1", organization=ORGANIZATION),
        NewRow(DEAD_LETTERS.name, ":".join(OLA).encode(), b"2", organization=NOBODY),
        NewRow(DEAD_LETTERS.name, None, b"3", organization=ELSEWHERE),
    ]
    with stored.store.begin() as connection:
        outbox.write(connection, stored.keyring, rows, 1)
    erase(stored)
    named = {
        table.name
        for table in metadata.sorted_tables
        for row in stored.rows(*table.columns)
        if table.name != "outbox" and ORGANIZATION in repr(row)
    }
    assert named == {"audit"}
    left = [row.value for row in stored.outbox.rows(0, 99) if row.topic != OUTCOMES.name]
    assert left == [b"3"]
    assert stored.ended() == {"e1": ("skipped", "connection removed")}
    (still,) = stored.connections.shown()
    assert stored.subject(stored.claim(still.connection)).user == ELSEWHERE_KARI.user


@pytest.mark.rule("R-108")
def test_no_process_goes_on_with_the_destroyed_key(stored: Stored) -> None:
    """One that kept it takes the new one when the organisation connects again; so does a relay."""
    running = another_process(stored)
    one = stored.connect("c1")
    stored.change(one, KARI, 1, {"phone": "1"})
    assert running.subject(running.claim(one)).projection["phone"] == "1"
    old = stored.rows(organization.c.id, organization.c.data_key)
    erase(stored)
    again = stored.connect("c2")
    new = stored.rows(organization.c.id, organization.c.data_key)
    assert dict(new)[ORGANIZATION] != dict(old)[ORGANIZATION]
    running.change(again, KARI, 1, {"phone": "2"})
    fresh = another_process(stored)
    assert fresh.subject(fresh.claim(again)).projection["phone"] == "2"
    with running.store.begin() as connection:
        row = NewRow("t", None, b"letter", organization=ORGANIZATION)
        outbox.write(connection, running.keyring, [row], 1)
    relayed = StoredOutbox(fresh.store, fresh.keyring).rows(0, 99)
    assert b"letter" in [row.value for row in relayed]


@pytest.mark.rule("R-108")
def test_an_erasure_that_was_rolled_back_confuses_nobody(stored: Stored) -> None:
    """What was kept under it is not taken for good, whatever another process does then."""
    running = another_process(stored)
    stored.connect("c1")

    def undone() -> None:
        with running.store.begin() as connection:
            connection.execute(generation.update().values(keys="undone"))
            running.keyring.cipher_of(connection, ORGANIZATION)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    erase(stored)
    again = stored.connect("c2")
    running.change(again, KARI, 1, {"phone": "2"})
    assert stored.subject(stored.claim(again)).projection["phone"] == "2"


@pytest.mark.rule("R-108")
def test_a_batch_under_way_leaves_nothing(stored: Stored) -> None:
    """Intake that judged before is waited for, and what it wrote is erased too."""
    stored.connect("c1")
    stored.people(KARI)
    for one in stored.connections.shown():
        remove(stored.store, stored.keyring, one.connection, "operator")
    command = threading.Thread(
        target=erase_organization,
        args=(stored.store, stored.keyring, ORGANIZATION, "operator", WHY),
    )
    with stored.intake.transaction() as transaction:
        transaction.generation()
        command.start()
        until(lambda: blocked(stored))
        transaction.merge([Value(KARI, "phone", 1, b"", "1")])
    command.join(20)
    assert stored.rows(organization.c.id) == [(NOBODY,)]
    assert {table for table in ("field", "person") if stored.rows(metadata.tables[table])} == set()


@pytest.mark.rule("R-09", "R-108")
def test_a_lane_under_way_leaves_nothing(stored: Stored) -> None:
    """An answer that is just recorded is waited for; what it confirmed goes with the connection."""
    one = stored.connect("c1")
    stored.linked(one, KARI)
    lease = stored.claim(one)
    command = threading.Thread(target=erase, args=(stored,))
    answer = PersonResult(KARI.user, confirmed={Target.CONTACT_PHONE: "1"}, turn=1)
    with stored.store.begin() as transaction:
        guard(transaction, lease)
        command.start()
        until(lambda: blocked(stored))
        finish(transaction, stored.keyring, lease, [answer], None, None)
    command.join(20)
    assert stored.rows(confirmed.c.connection) == []
    assert stored.rows(organization.c.id) == [(NOBODY,)]


@pytest.mark.rule("R-108")
def test_one_that_is_connected_meanwhile_stays(stored: Stored) -> None:
    """Somebody connected it between plan and erasure: nothing is destroyed."""
    one = stored.connect("c1")
    before = stored.rows(*organization.c)
    with pytest.raises(StopProcess, match="connected meanwhile: repeat"):
        erase_organization(stored.store, stored.keyring, ORGANIZATION, "operator", WHY)
    assert stored.rows(*organization.c) == before
    assert stored.connections.token(one.id) == Personal("token of c1")


@pytest.mark.rule("R-108")
def test_one_that_nobody_knows_is_refused(stored: Stored) -> None:
    """A wrong id is said, and not audited as if something had been erased."""
    with pytest.raises(NotFound, match=ORGANIZATION):
        erase_organization(stored.store, stored.keyring, ORGANIZATION, "operator", WHY)
    assert stored.rows(audits.c.action) == []


@pytest.mark.rule("R-108", "R-104")
def test_why_it_was_erased_stays_readable(stored: Stored) -> None:
    """The reason is sealed by nobody's key: its own organisation's is gone."""
    stored.connect("c1")
    erase(stored)
    rows = stored.rows(audits.c.action, audits.c.organization, audits.c.actor, audits.c.reason)
    ((*who, reason),) = [row for row in rows if row[0] == "organization.erased"]
    assert who == ["organization.erased", ORGANIZATION, "operator"]
    assert WHY.reveal().encode() not in reason
    with stored.store.read() as transaction:
        assert audit.opened(transaction, stored.keyring, NOBODY, reason) == WHY
