"""Creations: an intent before each step, and one connection a person and company (R-09, R-82)."""

import threading

import pytest

from connectors.store.tables import intent, link
from processors.ports.lane import (
    Claim,
    FieldEnd,
    Holders,
    Intent,
    Lease,
    LinkChange,
    PersonResult,
    Result,
    Step,
)
from processors.ports.xledger import ListedEmployee
from schemas.connection import Connection, LinkState
from schemas.reasons import Code
from tests.fixtures.stored import KARI, OLA, Stored

INTENT = Intent(Step.RECORDS, "S1", "E1", "kari@x.no", ("7",))
ENTITY = "one company"


@pytest.fixture
def pair(stored: Stored) -> tuple[Connection, Connection]:
    """Two groups' connections to one company; both are to create Kari and Ola."""
    stored.people(KARI, OLA)
    pair = tuple(stored.connect(name, group=name, entity=ENTITY) for name in ("c1", "c2"))
    for version, one in enumerate(pair):
        stored.linked(one, KARI, OLA, state=LinkState.WANTED)
        stored.change(one, KARI, version + 1, {"phone": "1"})
    return pair[0], pair[1]


def begin(stored: Stored, lease: Lease, one: Connection, *users: str) -> frozenset[str]:
    """Store intents."""
    return stored.lanes.begin(lease, [Claim(user, INTENT) for user in users], one.company)


@pytest.mark.rule("R-82")
def test_an_intent_is_stored_before_the_step(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """It says the step, the keys sealed, what existed before, the epoch and the store's time."""
    one = pair[0]
    lease = stored.claim(one)
    assert begin(stored, lease, one, KARI.user) == frozenset()
    columns = (intent.c.person, intent.c.step, intent.c.found, intent.c.epoch)
    assert stored.rows(*columns) == [(KARI.user, "records", '["7"]', lease.epoch)]
    assert stored.state(one) == "creating"
    assert stored.subject(lease).intent == INTENT


@pytest.mark.rule("R-82")
def test_the_next_step_replaces_the_intent(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """There is one for each person; sent again, it has a new time."""
    one = pair[0]
    lease = stored.claim(one)
    begin(stored, lease, one, KARI.user)
    stored.set(intent, intent.c.person == KARI.user, at=1)
    later = Intent(Step.EMPLOYEE, "S1", None, None, ())
    stored.lanes.begin(lease, [Claim(KARI.user, later)], one.company)
    ((at,),) = stored.rows(intent.c.at)
    assert at > 1
    assert stored.subject(lease).intent == later


@pytest.mark.rule("R-82")
def test_the_ids_are_stored_with_the_end_of_the_intent(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """In one transaction; an intent that is not done stays."""
    one = pair[0]
    lease = stored.claim(one)
    begin(stored, lease, one, KARI.user, OLA.user)
    made = LinkChange(LinkState.CREATING, "11", "12", intent_done=True)
    stored.finish(lease, PersonResult(KARI.user, link=made), PersonResult(OLA.user))
    assert stored.rows(intent.c.person) == [(OLA.user,)]
    assert (KARI.user, "11", "12") in stored.rows(link.c.person, link.c.contact, link.c.subledger)


@pytest.mark.rule("R-09")
def test_one_connection_of_a_company_holds_a_person(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """The other one is told who is held, and has no intent; others of it go on."""
    one, two = pair
    begin(stored, stored.claim(one), one, KARI.user)
    assert begin(stored, stored.claim(two), two, KARI.user, OLA.user) == {KARI.user}
    assert stored.rows(intent.c.connection, intent.c.person) == sorted(
        [(one.id, KARI.user), (two.id, OLA.user)], key=repr
    )
    assert (stored.state(two, KARI), stored.state(two, OLA)) == ("wanted", "creating")


@pytest.mark.rule("R-09")
@pytest.mark.parametrize(
    ("becomes", "held"),
    [
        (LinkState.LINKED, True),
        (LinkState.CREATING, True),
        (LinkState.WANTED, False),
        (LinkState.EXISTS, False),
        (LinkState.AMBIGUOUS, False),
        (LinkState.GONE, False),
    ],
)
def test_a_person_is_held_until_the_first_lets_go(
    stored: Stored, pair: tuple[Connection, Connection], becomes: LinkState, *, held: bool
) -> None:
    """Linked or being created is held; a creation that ended otherwise lets the second one try."""
    one, two = pair
    lease = stored.claim(one)
    begin(stored, lease, one, KARI.user)
    change = LinkChange(becomes, intent_done=True)
    stored.finish(lease, PersonResult(KARI.user, link=change))
    assert begin(stored, stored.claim(two), two, KARI.user) == ({KARI.user} if held else set())


@pytest.mark.rule("R-09")
def test_a_field_that_ends_meanwhile_lets_nobody_go(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """A link that only changes in part is held as before."""
    one, two = pair
    lease = stored.claim(one)
    begin(stored, lease, one, KARI.user)
    stored.finish(lease, PersonResult(KARI.user, link=LinkChange(incomplete=False)))
    assert begin(stored, stored.claim(two), two, KARI.user) == {KARI.user}


@pytest.mark.rule("R-09")
def test_deletion_lets_go(stored: Stored, pair: tuple[Connection, Connection]) -> None:
    """A person who is gone is nobody's; the intent goes with the values."""
    one, _ = pair
    begin(stored, stored.claim(one), one, KARI.user)
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
    assert stored.rows(intent.c.person) == []
    assert {row[0] for row in stored.rows(link.c.company)} == {None}


@pytest.mark.rule("R-09")
def test_of_two_at_once_one_holds_the_person(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """Two processes that create the same person for one company: one of them does."""
    leases = [stored.claim(one, one.id) for one in pair]
    barrier, held = threading.Barrier(2), []

    def race(lease: Lease, one: Connection) -> None:
        barrier.wait(10)
        held.append(begin(stored, lease, one, KARI.user))

    threads = [
        threading.Thread(target=race, args=(lease, one))
        for lease, one in zip(leases, pair, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(len, held)) == [0, 1]
    assert len(stored.rows(intent.c.person)) == 1


@pytest.mark.rule("R-09")
def test_who_is_held_ends_as_linked_by_another(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """The second connection's event ends with that reason; the first one's link stays."""
    one, two = pair
    begin(stored, stored.claim(one), one, KARI.user)
    lease = stored.claim(two)
    subject = stored.subject(lease)
    assert begin(stored, lease, two, KARI.user) == {KARI.user}
    end = FieldEnd("phone", subject.dirty[0].turn, Result.SKIPPED, Code.LINKED_BY_ANOTHER)
    change = LinkChange(LinkState.EXISTS, intent_done=True)
    stored.finish(lease, PersonResult(KARI.user, (end,), link=change))
    assert stored.ended() == {"e2": ("skipped", "linked by another connection")}
    assert (stored.state(one), stored.state(two)) == ("creating", "exists")


@pytest.mark.rule("R-36", "R-82")
def test_holders_are_the_links_of_the_company(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """Whoever of any connection of this company holds a record; another company's do not."""
    one, two = pair
    other = stored.connect("other")
    stored.linked(other, KARI, company=other.company, employee="31", subledger="21")
    stored.linked(two, KARI, company=two.company, employee="32", subledger="22")
    lease = stored.claim(one)
    found = stored.lanes.holders(lease, one.company, ["31", "32", "21", "22", "99"])
    assert found == Holders({"32": KARI.user}, {"22": KARI.user})


@pytest.mark.rule("R-12", "R-36")
def test_an_email_elsewhere_is_known_by_the_last_listing(
    stored: Stored, pair: tuple[Connection, Connection]
) -> None:
    """By digests of this connection's listing; a new listing replaces the old one."""
    one, two = pair
    employee = ListedEmployee("31", "11", "21", "E1", "Kari@x.no", None, None)
    lease = stored.claim(one)
    stored.sync.remember_employees(lease, [(employee, "kari@x.no")])
    emails = {KARI.user: "kari@x.no", OLA.user: "ola@x.no"}
    assert stored.lanes.elsewhere(lease, emails) == {KARI.user: "31"}
    assert stored.lanes.elsewhere(stored.claim(two), emails) == {}
    stored.sync.remember_employees(lease, [(employee, None)])
    assert stored.lanes.elsewhere(lease, emails) == {}
