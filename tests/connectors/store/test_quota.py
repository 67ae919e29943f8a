"""How often something may happen in an hour (R-95)."""

import threading

import pytest

from connectors.store import quota
from connectors.store.tables import quota as counts
from tests.fixtures.stored import Stored


@pytest.mark.rule("R-95")
def test_a_quota_is_used_up(stored: Stored) -> None:
    """The first ones of the hour are within it, the others are not; each name has its own."""
    with stored.intake.transaction() as transaction:
        assert [transaction.within("a", 2) for _ in range(4)] == [True, True, False, False]
        assert transaction.within("b", 2)
        assert not transaction.within("c", 0)
    with stored.store.read() as connection:
        assert (quota.used(connection, "a"), quota.used(connection, "c")) == (2, 0)


@pytest.mark.rule("R-95")
def test_a_new_hour_begins_at_nothing(stored: Stored) -> None:
    """What was counted in another hour does not count in this one."""
    with stored.intake.transaction() as transaction:
        assert transaction.within("a", 1)
    stored.set(counts, counts.c.name == "a", hour=1)
    with stored.intake.transaction() as transaction:
        assert transaction.within("a", 1)


@pytest.mark.rule("R-95")
def test_a_batch_taken_back_is_not_counted(stored: Stored) -> None:
    """A count is part of its transaction."""

    def fail() -> None:
        with stored.intake.transaction() as transaction:
            assert transaction.within("a", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with stored.intake.transaction() as transaction:
        assert transaction.within("a", 1)


@pytest.mark.rule("R-95")
def test_several_at_once_keep_within_the_limit(stored: Stored) -> None:
    """Processes that count at the same time share the limit."""
    barrier, allowed = threading.Barrier(4), []

    def count() -> None:
        barrier.wait(10)
        for _ in range(5):
            with stored.intake.transaction() as transaction:
                allowed.append(transaction.within("a", 7))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(allowed), sum(allowed)) == (20, 7)
