"""A first read may be ahead of the events that are still to come: what they end counts (R-97)."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.store.tables import person
from schemas.employee import Target
from tests.fixtures.arrivals import USER
from tests.fixtures.stored import ORGANIZATION
from tests.processors.life.conftest import Life

JOB: dict[str, Any] = {"contractStartDate": "2020-01-01", "title": {"id": "t", "name": "Chef"}}


@pytest.fixture
def listed(life: Life) -> Life:
    """Kari is an employee in the first of two groups, and known from a sync's listing alone."""
    life.connect("c1", "g1")
    life.connect("c2", "g2")
    life.employ()
    mine = person.c.organization == ORGANIZATION
    life.stored.set(person, mine, complete=False, groups='["g1"]')
    return life


@pytest.mark.rule("R-97", "R-101")
def test_an_answer_ahead_of_a_joining_takes_it_from_nobody(listed: Life) -> None:
    """She is read between her move and the event that tells it: the other group makes her."""
    life = listed
    life.huma.knows(USER, "g2")
    life.arrivals.updated(5, phone="5")
    life.live()
    life.moved(6, "g2")
    life.live()
    assert life.state("c2") == "linked"
    assert life.has("c2")[Target.CONTACT_PHONE] == "5"


@pytest.mark.rule("R-71", "R-97")
def test_an_answer_ahead_of_a_deactivation_locks_nothing_older(listed: Life) -> None:
    """The contract's end was set before the deactivation that the answer knows: it arrives."""
    life = listed
    life.huma.knows(USER, "g1")
    life.huma.people[USER] = replace(life.huma.people[USER], active=False)
    life.arrivals.updated(5, phone="5")
    life.live()
    life.position(6, id="p1", **JOB, contractEndDate="2026-12-31")
    life.happened("user.deactivated", 7)
    life.arrivals.updated(8, phone="8")
    life.live()
    assert life.has("c1")[Target.EMPLOYMENT_TO] == "2026-12-31"
    assert life.ends("c1")["e8"] == ("skipped", "locked")


@pytest.mark.rule("R-71", "R-97")
def test_a_listing_ahead_of_a_deactivation_locks_nothing_older(listed: Life) -> None:
    """What was skipped goes out once the deactivation tells when the lock began."""
    life = listed
    mine = person.c.organization == ORGANIZATION
    life.stored.set(person, mine, active=False, complete=True)
    life.position(6, id="p1", **JOB, contractEndDate="2026-12-31")
    life.live()
    life.happened("user.deactivated", 7)
    life.arrivals.updated(8, phone="8")
    life.live()
    assert life.ends("c1")["e6"] == ("skipped", "locked")
    assert life.ends("c1")["e7"] == ("applied", None)
    assert life.has("c1")[Target.EMPLOYMENT_TO] == "2026-12-31"
    assert life.ends("c1")["e8"] == ("skipped", "locked")


@pytest.mark.rule("R-71", "R-74")
def test_a_reactivation_that_comes_late_keeps_nothing_back(listed: Life) -> None:
    """Deactivated, back, changed, and deactivated again, told in another order."""
    life = listed
    life.stored.set(person, person.c.organization == ORGANIZATION, complete=True)
    life.happened("user.deactivated", 5)
    life.arrivals.updated(7, phone="7")
    life.live()
    life.happened("user.deactivated", 8)
    life.happened("user.reactivated", 6)
    life.live()
    life.arrivals.updated(9, phone="9")
    life.live()
    assert life.has("c1")[Target.CONTACT_PHONE] == "7"
