"""Records that are there already are taken over, and hold in the end what Huma says (R-36)."""

import pytest

from connectors.store.removal import remove
from schemas.employee import Root, Target
from schemas.errors import Ambiguous
from schemas.topics import REQUESTS
from tests.fixtures.working import Bad
from tests.processors.life.conftest import Life

APPLIED = ("applied", None)
PHONE, EMAIL, BANK = Target.CONTACT_PHONE, Target.CONTACT_EMAIL, Target.SUBLEDGER_BANK_ACCOUNT
ACCOUNT = {"number": "86011117947", "country": "NO", "type": "national", "code": None}
WRONG = {**ACCOUNT, "number": "86011117948"}


@pytest.mark.rule("R-36", "R-82", "R-112")
def test_the_employee_of_a_former_connection_gets_what_changed_since(life: Life) -> None:
    """Made, removed, changed, connected again: found by her code, and everything is compared."""
    first = life.connect("c1", "g1", entity="7")
    group = [{"id": "g1", "type": "team"}]
    life.created(1, groups=group, phone="1")
    life.live()
    remove(life.stored.store, life.stored.keyring, first.connection, "admin")
    del life.benches["c1"]
    second = life.connect("c2", "g1", entity="7")
    second.xledger = first.xledger
    life.created(2, groups=group, phone="2", bankAccount=ACCOUNT)
    life.live()
    assert life.ends("c2")["e2"] == APPLIED
    assert (life.has("c2")[PHONE], life.has("c2")[BANK]) == ("2", "86011117947")
    assert {len(made) for made in first.xledger.records.values()} == {1}


@pytest.mark.rule("R-36", "R-82", "R-112")
def test_what_no_event_waits_for_is_compared_by_a_request(life: Life) -> None:
    """The joining waits for nothing of it: a request of ours names every field, and is told."""
    life.connect("c1", "g1", entity="7")
    second = life.connect("c2", "g2", entity="7")
    first, second.xledger = life.benches["c1"], life.benches["c1"].xledger
    life.created(1, groups=[{"id": "g1", "type": "team"}], phone="1")
    life.live()
    life.moved(2, "g2")
    life.arrivals.updated(3, phone="3", bankAccount=ACCOUNT)
    life.live()
    remove(life.stored.store, life.stored.keyring, first.connection, "admin")
    del life.benches["c1"]
    life.arrivals.updated(4, gender="Male")
    life.live()
    (row,) = life.arrivals.rows(REQUESTS.name)
    assert second.connection.id.encode() in (row.value or b"")
    ends = [end for id_, end in life.ends("c2").items() if id_.startswith("compare/")]
    assert ends == [APPLIED]
    assert (life.has("c2")[PHONE], life.has("c2")[BANK]) == ("3", "86011117947")


@pytest.mark.rule("R-37", "R-87", "R-112")
def test_a_half_made_person_gets_what_changed_since_it_was_half_made(life: Life) -> None:
    """The supplier was refused, the phone changed meanwhile: the contact is not left behind."""
    bench = life.connect()
    bench.xledger.bad = [Bad(Target.SUBLEDGER_EMAIL, "bad@x.no")]
    life.created(1, email="bad@x.no", phone="1")
    life.live()
    life.arrivals.updated(2, phone="2")
    life.live()
    assert [len(made) for made in bench.xledger.records.values()] == [1, 0, 0]
    life.arrivals.updated(3, email="kari@x.no")
    life.live()
    has = life.has()
    assert (has[PHONE], has[Target.SUBLEDGER_PHONE], has[EMAIL]) == ("2", "2", "kari@x.no")
    assert {len(made) for made in bench.xledger.records.values()} == {1}


@pytest.mark.rule("R-32", "R-87", "R-112")
@pytest.mark.parametrize("linked", [True, False])
def test_what_was_skipped_with_its_event_is_told_later(life: Life, *, linked: bool) -> None:
    """A bad account beside a missing name: once the name is there, a letter says so."""
    life.connect()
    if linked:
        life.employ()
        life.arrivals.updated(1, familyName=None)
        life.live()
        life.arrivals.updated(2, bankAccount=WRONG, phone="2")
    else:
        life.created(2, familyName=None, bankAccount=WRONG, phone="2")
    life.live()
    assert life.ends()["e2"] == ("skipped", "missing family name")
    life.arrivals.updated(3, familyName="Moe")
    life.live()
    assert (life.ends()["e3"], life.has()[PHONE]) == (APPLIED, "2")
    assert BANK not in life.has()
    ends = [end for id_, end in life.ends().items() if id_.startswith("compare/")]
    assert ends == [("dead-lettered", "invalid bank account")]


@pytest.mark.rule("R-32", "R-87", "R-112")
@pytest.mark.parametrize("linked", [True, False])
def test_what_xledger_refuses_of_it_is_told_too(life: Life, *, linked: bool) -> None:
    """The phone number that no event waits for is refused: a letter of a request of ours."""
    bench = life.connect()
    bench.xledger.bad = [Bad(PHONE, "2")]
    if linked:
        life.employ()
        life.arrivals.updated(1, familyName=None)
        life.arrivals.updated(2, phone="2")
    else:
        life.created(2, familyName=None, phone="2")
    life.live()
    life.arrivals.updated(3, familyName="Moe")
    life.live()
    assert life.ends()["e3"] == APPLIED
    ends = [end for id_, end in life.ends().items() if id_.startswith("compare/")]
    assert ends == [("dead-lettered", "refused by Xledger")]


@pytest.mark.rule("R-32", "R-37", "R-82")
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("step", [0, 1])
def test_nobody_is_finished_without_a_name(life: Life, step: int, *, happened: bool) -> None:
    """The answer was lost, and the name emptied: what was made is found, and no nameless record."""
    bench = life.connect()
    lost = Ambiguous("Xledger does not answer in time")
    bench.xledger.faults = [None] * step + [(lost, happened)]
    life.created(1, phone="1")
    life.read()
    life.attempt()
    life.arrivals.updated(2, familyName=None)
    life.live()
    made = step == 1 and happened
    assert life.ends()["e2"] == ("skipped", "missing family name")
    assert life.state() == ("linked" if made else "wanted")
    written = [values for values in life.written() if EMAIL in values]
    assert all(values.get(Target.CONTACT_LAST_NAME) for values in written)
    life.arrivals.updated(3, familyName="Moe", phone="3")
    life.live()
    assert (life.state(), life.has()[PHONE]) == ("linked", "3")
    assert (life.has()[Target.CONTACT_LAST_NAME], life.has()[EMAIL]) == ("Moe", "kari@x.no")
    assert {len(made) for made in bench.xledger.records.values()} == {1}


@pytest.mark.rule("R-71", "R-82")
def test_who_was_locked_since_is_compared_when_back(life: Life) -> None:
    """The request that follows a take-over ends as locked; the reactivation compares."""
    bench = life.connect()
    lost = Ambiguous("Xledger does not answer in time")
    bench.xledger.faults = [None, (lost, True)]
    life.created(1, phone="1")
    life.read()
    life.happened("user.deactivated", 2)
    life.attempt()
    life.live()
    assert len(bench.xledger.records[Root.EMPLOYEE]) == 1
    ends = [end for id_, end in life.ends().items() if id_.startswith("compare/")]
    assert ends == [("skipped", "locked")]
    life.arrivals.updated(3, phone="3")
    life.happened("user.reactivated", 4)
    life.live()
    assert life.has()[PHONE] == "3"
