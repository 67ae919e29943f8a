"""What was only read from Huma is not younger than a lock, whenever it was read (R-71, R-97)."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete

from connectors.store.tables import field, person
from schemas.employee import Target
from tests.fixtures.arrivals import USER
from tests.fixtures.stored import ORGANIZATION
from tests.processors.life.conftest import Life

JOB: dict[str, Any] = {"contractStartDate": "2020-01-01", "title": {"id": "t", "name": "Chef"}}
OLD: dict[str, Any] = {"contractStartDate": "2010-01-01", "contractEndDate": "2011-01-01"}
ENDS = {"contractEndDate": "2026-12-31"}


@pytest.fixture
def unread(life: Life) -> Life:
    """Kari is an employee with two positions, and nothing was ever read of her."""
    life.connect()
    life.employ()
    life.stored.set(person, person.c.organization == ORGANIZATION, complete=False)
    with life.stored.store.begin() as transaction:
        transaction.execute(delete(field))
    life.huma.knows(phone="7", givenName="Karin")
    positions = {"p1": {"id": "p1", **JOB, **ENDS}, "p2": {"id": "p2", **OLD}}
    life.huma.people[USER] = replace(life.huma.people[USER], positions=positions)
    return life


@pytest.mark.rule("R-71", "R-97")
def test_a_contract_end_goes_out_though_other_positions_are_read_later(unread: Life) -> None:
    """Set, deactivated, and something else changed, before she is read: the end arrives."""
    life = unread
    life.position(5, **JOB, **ENDS)
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.has()[Target.EMPLOYMENT_TO] == "2026-12-31"
    assert life.has()[Target.EMPLOYMENT_FROM] == "2010-01-01"
    assert Target.CONTACT_PHONE not in life.has()


@pytest.mark.rule("R-41", "R-71", "R-97")
def test_a_name_goes_out_though_the_other_one_is_read_later(unread: Life) -> None:
    """The description is made of both, and no event told the family name."""
    life = unread
    life.arrivals.updated(5, givenName="Karin")
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.has()[Target.SUBLEDGER_DESCRIPTION] == "Karin Moe"
    assert Target.CONTACT_PHONE not in life.has()


@pytest.mark.rule("R-56", "R-71", "R-97")
def test_an_answer_ahead_of_the_events_mixes_no_positions(unread: Life) -> None:
    """Huma has undone a handover, after a lock, whose events are still to come: they skip."""
    life = unread
    life.position(5, **JOB, **ENDS)
    life.position(6, id="p3", contractStartDate="2027-01-01", title={"id": "t", "name": "Boss"})
    undone = life.huma.people[USER]
    life.huma.people[USER] = replace(undone, active=False, positions={"p1": {"id": "p1", **JOB}})
    life.live()
    life.happened("user.deactivated", 7)
    life.position(8, **JOB)
    life.position(9, "deleted", id="p3")
    life.live()
    assert life.has()[Target.CONTACT_JOB_TITLE] == "Chef"
    assert life.has()[Target.EMPLOYMENT_TO] is None
