"""What may have been written and is not sent again: nobody knows any more what Xledger holds."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.employee import Target
from schemas.errors import Ambiguous
from tests.fixtures.working import Bad
from tests.processors.life.conftest import Life

PHONE = Target.CONTACT_PHONE
BANK = Target.SUBLEDGER_BANK_ACCOUNT
TO = Target.EMPLOYMENT_TO
RIGHT = {"type": "national", "code": "NO", "country": "NO", "number": "86011117947"}
OTHER = RIGHT | {"number": "15032080119"}
WRONG = RIGHT | {"number": "86011117948"}
JOB: dict[str, Any] = {"contractStartDate": "2020-01-01", "title": {"id": "t", "name": "Chef"}}
NO_ANSWER = Ambiguous("Xledger does not answer in time")


def written_unseen(life: Life, change: Callable[[], object]) -> None:
    """Let a change be written, and its answer be lost."""
    bench = life.benches["c1"]
    bench.xledger.faults = [(NO_ANSWER, True)]
    change()
    life.read()
    life.attempt()


@pytest.fixture
def employed(life: Life) -> Life:
    """Kari is an employee."""
    life.connect()
    life.employ()
    return life


@pytest.mark.rule("R-71", "R-74", "R-112")
def test_who_comes_back_gets_the_old_value_though_it_was_confirmed(employed: Life) -> None:
    """Changed without an answer, locked, changed back: the last write is undone on the return."""
    life = employed
    life.arrivals.updated(4, phone="4")
    life.live()
    written_unseen(life, lambda: life.arrivals.updated(5, phone="5"))
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, phone="4")
    life.live()
    assert life.has()[PHONE] == "5"
    life.happened("user.reactivated", 8)
    life.live()
    assert life.has()[PHONE] == "4"


@pytest.mark.rule("R-71", "R-74", "R-112")
def test_a_contract_end_that_is_taken_back_is_taken_back(employed: Life) -> None:
    """The end was written without an answer, then HR deactivates, and changes their mind."""
    life = employed
    life.position(4, "created", **JOB)
    life.live()
    written_unseen(life, lambda: life.position(5, contractEndDate="2026-12-31", **JOB))
    life.happened("user.deactivated", 6)
    life.position(7, **JOB)
    life.live()
    assert life.has()[TO] == "2026-12-31"
    life.happened("user.reactivated", 8)
    life.live()
    assert life.has()[TO] is None


@pytest.mark.rule("R-44", "R-84", "R-112")
def test_an_account_is_sent_again_after_one_that_cannot_be(employed: Life) -> None:
    """One is written without an answer, one is wrong, and the first one of all comes back."""
    life = employed
    life.arrivals.updated(4, bankAccount=RIGHT)
    life.live()
    written_unseen(life, lambda: life.arrivals.updated(5, bankAccount=OTHER))
    life.arrivals.updated(6, bankAccount=WRONG)
    life.live()
    assert life.has()[BANK] == OTHER["number"]
    life.arrivals.updated(7, bankAccount=RIGHT)
    life.live()
    assert life.has()[BANK] == RIGHT["number"]


@pytest.mark.rule("R-84", "R-112")
def test_a_value_is_sent_again_after_one_that_xledger_refused(employed: Life) -> None:
    """One is written without an answer, the next is refused, and the first one of all is back."""
    life = employed
    life.arrivals.updated(4, phone="4")
    life.live()
    written_unseen(life, lambda: life.arrivals.updated(5, phone="5"))
    life.benches["c1"].xledger.bad = [Bad(PHONE, "6")]
    life.arrivals.updated(6, phone="6")
    life.live()
    assert life.has()[PHONE] == "5"
    life.arrivals.updated(7, phone="4")
    life.live()
    assert life.has()[PHONE] == "4"


@pytest.mark.rule("R-84")
def test_what_was_answered_in_the_end_is_known_again(employed: Life) -> None:
    """Written twice, as the answer to the first was lost: then it is as sure as any other value."""
    life = employed
    written_unseen(life, lambda: life.arrivals.updated(5, phone="5"))
    life.live()
    before = len(life.written())
    life.arrivals.updated(6, phone="5")
    life.live()
    assert life.ends()["e6"] == ("unchanged", None)
    assert len(life.written()) == before


@pytest.mark.rule("R-111", "R-112")
def test_a_gap_that_is_filled_sends_what_may_differ(employed: Life) -> None:
    """Written without an answer, changed back while the family name was missing: it goes again."""
    life = employed
    life.arrivals.updated(4, phone="4")
    life.live()
    written_unseen(life, lambda: life.arrivals.updated(5, phone="5"))
    life.arrivals.updated(6, phone="4", familyName=None)
    life.live()
    assert life.has()[PHONE] == "5"
    life.arrivals.updated(7, familyName="Moe")
    life.live()
    assert life.has()[PHONE] == "4"
