"""What is kept for a time only: it goes when that is over, a little at a time (R-78, R-95)."""

import pytest
from sqlalchemy import insert, text

from connectors.store import housekeeping
from connectors.store.clock import read_now
from connectors.store.desk_housekeeping import Kept
from connectors.store.housekeeping import DAY_MS, StoredHousekeeping
from connectors.store.quota import HOUR_MS
from connectors.store.tables import connection as connections
from connectors.store.tables import dirty, link, person, quota
from processors.ports.housekeeping import HousekeepingStore
from processors.ports.intake import Value
from schemas.person import PersonKey
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored

MONTHS_24 = 730


@pytest.fixture
def house(stored: Stored) -> HousekeepingStore:
    """Housekeeping as it is by default."""
    return StoredHousekeeping(stored.store, stored.keyring, 86_400.0, MONTHS_24, Kept(90, 90))


def now(stored: Stored) -> int:
    """Return the store's time."""
    with stored.store.read() as transaction:
        return read_now(transaction)


def deleted(stored: Stored, key: PersonKey, days: int) -> None:
    """Let a person have been deleted so many days ago."""
    with stored.intake.transaction() as transaction:
        transaction.merge([Value(key, "email", 1, b"", "k@x.no", digest_of="k@x.no")])
        transaction.delete_people([key])
    mine = (person.c.organization == key.organization) & (person.c.person == key.user)
    stored.set(person, mine, deleted_at=now(stored) - days * DAY_MS - 1000)


@pytest.mark.rule("R-78")
def test_tombstones_end_after_24_months(stored: Stored, house: HousekeepingStore) -> None:
    """With their links and turns; a younger one, somebody living and another organisation stay."""
    one, other = stored.connect("c1"), stored.connect("c2", organization=ELSEWHERE)
    namesake = KARI._replace(organization=ELSEWHERE)
    young = KARI._replace(user="young")
    stored.people(OLA, namesake)
    for each, key in ((one, KARI), (one, OLA), (one, young), (other, namesake)):
        stored.linked(each, key)
        stored.change(each, key, 1, {"phone": "1"})
    deleted(stored, KARI, MONTHS_24)
    deleted(stored, young, MONTHS_24 - 1)
    assert house.forget_tombstones() == 1
    assert house.forget_tombstones() == 0
    left = {(ORGANIZATION, OLA.user), (ORGANIZATION, "young"), (ELSEWHERE, KARI.user)}
    assert set(stored.rows(person.c.organization, person.c.person)) == left
    assert set(stored.rows(link.c.organization, link.c.person)) == left
    assert set(stored.rows(dirty.c.organization, dirty.c.person)) == left
    with stored.intake.transaction() as transaction:
        new = Value(KARI._replace(user="new"), "email", 1, b"", None, digest_of="k@x.no")
        transaction.merge([new])
        assert transaction.rehired([new.person]) == {new.person}
        assert KARI not in transaction.people([KARI])


@pytest.mark.rule("R-78")
def test_many_tombstones_go_a_few_at_a_time(
    stored: Stored, house: HousekeepingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest first; each call is one short transaction."""
    monkeypatch.setattr(housekeeping, "AT_ONCE", 2)
    for number in range(5):
        deleted(stored, KARI._replace(user=f"p{number}"), MONTHS_24 + number)
    assert house.forget_tombstones() == 2
    assert {row[0] for row in stored.rows(person.c.person)} == {"p0", "p1", "p2"}
    assert [house.forget_tombstones() for _ in range(3)] == [2, 1, 0]


@pytest.mark.rule("R-95")
def test_counts_of_a_past_day_go(
    stored: Stored, house: HousekeepingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This hour's count goes on; a day's are left to look at."""
    monkeypatch.setattr(housekeeping, "AT_ONCE", 2)
    hour = now(stored) // HOUR_MS
    with stored.store.begin() as transaction:
        for name in ("a", "b"):
            for ago in (0, 23, 25, 26, 400):
                row = {"name": name, "hour": hour - ago, "used": 1}
                transaction.execute(insert(quota).values(**row))
    counts = [house.forget_counts() for _ in range(4)]
    assert counts == [2, 2, 2, 0]
    assert {row[0] for row in stored.rows(quota.c.hour)} == {hour, hour - 23}


@pytest.mark.rule("R-07")
def test_a_preview_that_nobody_finished_expires(stored: Stored, house: HousekeepingStore) -> None:
    """After a day, as the setting says."""
    one = stored.connect(active=False)
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.set(connections, connections.c.id == one.id, preview_at=now(stored) - DAY_MS - 1000)
    assert len(house.expire_previews()) == 1
    assert stored.ended() == {"e1": ("skipped", "not active")}


def test_one_process_at_a_time_keeps_house(house: HousekeepingStore) -> None:
    """Whoever has the lease renews it; another waits until it is given back."""
    assert house.claim("me", 60.0)
    assert not house.claim("other", 60.0)
    assert house.claim("me", 60.0)
    house.release("me")
    assert house.claim("other", 60.0)


def test_the_old_are_found_by_an_index(stored: Stored) -> None:
    """Not by a look at everybody, every hour."""
    query = "EXPLAIN QUERY PLAN SELECT person FROM person WHERE deleted_at < 5"
    with stored.store.read() as transaction:
        if stored.store.dialect == "postgresql":
            query = query.replace("QUERY PLAN ", "")
            transaction.execute(text("SET LOCAL enable_seqscan = off"))  # the table is small
        assert "person_deleted" in repr(transaction.execute(text(query)).all())
