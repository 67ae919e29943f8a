"""Whose email it is, as far as our links and the last listing know (R-12)."""

import pytest

from connectors.store.clock import read_now
from connectors.store.tables import connection as connections
from processors.ports.intake import Value
from processors.ports.lane import Lease, NewEmail, PersonResult
from processors.ports.xledger import ListedEmployee
from schemas.connection import Connection, LinkState
from schemas.employee import Target
from schemas.person import PersonKey
from tests.fixtures.stored import KARI, OLA, Stored

pytestmark = pytest.mark.rule("R-12")

SHARED = "shared@x.no"
MINE, THEIRS = "1", "2"


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection to which Kari and Ola are linked."""
    one = stored.connect()
    stored.people(KARI, OLA)
    for key, employee in ((KARI, MINE), (OLA, THEIRS)):
        stored.linked(one, key, company=one.company, employee=employee)
    return one


@pytest.fixture
def lease(stored: Stored, one: Connection) -> Lease:
    """Its lane."""
    return stored.claim(one)


def listed(stored: Stored, lease: Lease, *rows: tuple[str, str | None]) -> None:
    """Let a listing have shown these employees with these emails, just now."""
    employees = [
        (ListedEmployee(employee, None, None, None, email, None, None), email)
        for employee, email in rows
    ]
    stored.sync.remember_employees(lease, employees)
    with stored.store.read() as transaction:
        now = read_now(transaction)
    stored.set(connections, connections.c.id == lease.connection, listed_at=now - 1000)


def has(stored: Stored, key: PersonKey, email: str) -> None:
    """Let Huma have said that a person has an email."""
    with stored.intake.transaction() as transaction:
        transaction.merge([Value(key, "email", 1, b"", email, digest_of=email)])


def of_others(stored: Stored, one: Connection, lease: Lease, email: str = SHARED) -> dict[str, str]:
    """Ask who else has the email that Kari gets."""
    asked = [NewEmail(KARI.user, email, MINE), NewEmail("somebody", "free@x.no", None)]
    return dict(stored.lanes.of_others(lease, one.company, asked))


def test_the_listing_knows_whom_nobody_is_linked_to(
    stored: Stored, one: Connection, lease: Lease
) -> None:
    """The person's own employee is nobody else; of several the same one is named each time."""
    listed(stored, lease, (MINE, SHARED), ("9", SHARED), ("8", SHARED), ("7", None))
    assert of_others(stored, one, lease) == {KARI.user: "8"}
    assert of_others(stored, one, lease, "nobody@x.no") == {}


def test_the_own_email_is_no_other_ones(stored: Stored, one: Connection, lease: Lease) -> None:
    """Sent again, or changed back to what the listing showed: no warning."""
    listed(stored, lease, (MINE, SHARED))
    has(stored, KARI, SHARED)
    assert of_others(stored, one, lease) == {}


def test_an_email_that_we_have_changed_since_is_free(
    stored: Stored, one: Connection, lease: Lease
) -> None:
    """The listing is older than what Xledger acknowledged; a phone number says nothing of it."""
    listed(stored, lease, (THEIRS, SHARED))
    assert of_others(stored, one, lease) == {KARI.user: THEIRS}
    for target, then in ((Target.CONTACT_PHONE, {KARI.user: THEIRS}), (Target.CONTACT_EMAIL, {})):
        stored.finish(lease, PersonResult(OLA.user, confirmed={target: "new"}, turn=1))
        assert of_others(stored, one, lease) == then


@pytest.mark.parametrize(
    ("state", "known"),
    [(LinkState.LINKED, True), (LinkState.DELETED, True), (LinkState.GONE, False)],
)
def test_our_links_know_who_came_since_the_listing(
    stored: Stored, one: Connection, lease: Lease, state: LinkState, *, known: bool
) -> None:
    """Also of the deleted in Huma, who are as they were in Xledger; not of those who are gone."""
    has(stored, OLA, SHARED)
    stored.linked(one, OLA, state=state)
    assert of_others(stored, one, lease) == ({KARI.user: THEIRS} if known else {})


def test_another_connection_knows_nothing_of_it(stored: Stored, one: Connection) -> None:
    """Each has a company of its own, with its own employees."""
    two = stored.connect("c2")
    stored.linked(two, OLA, employee="5")
    has(stored, OLA, SHARED)
    stored.linked(one, OLA, state=LinkState.UNLINKED, employee=None)
    listed(stored, stored.claim(two), ("6", SHARED))
    assert of_others(stored, one, stored.claim(one)) == {}
