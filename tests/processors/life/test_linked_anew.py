"""Whose employee is gone, and who is linked to another: nothing is confirmed of it (R-112)."""

import pytest

from processors.ports.sync import NewLink
from schemas.employee import Root, Target
from schemas.events import EventType
from tests.fixtures.arrivals import USER
from tests.processors.life.conftest import Life

PHONE, EMAIL = Target.CONTACT_PHONE, Target.CONTACT_EMAIL


@pytest.mark.rule("R-84", "R-112")
def test_what_the_former_employee_had_is_not_confirmed_of_the_next(life: Life) -> None:
    """The employee was deleted in Xledger, and made again by hand: a resend fills it."""
    bench = life.connect()
    life.created(1, phone="1")
    life.live()
    del bench.xledger.records[Root.EMPLOYEE][life.link()["employee"]]
    life.position(2, "created", contractStartDate="2020-01-01")
    life.live()
    assert life.state() == "gone"
    ids = {root: bench.xledger.add(7, root) for root in Root}
    new = NewLink(USER, ids[Root.EMPLOYEE], ids[Root.CONTACT], ids[Root.SUBLEDGER])
    lease = life.stored.claim(bench.connection)
    assert life.stored.sync.link(lease, bench.connection.company, [new], []) == 1
    life.stored.lanes.release([lease])
    data = {"connection": bench.connection.id, "fields": ["phone", "email", "contractStartDate"]}
    type_ = EventType.RESEND_REQUESTED.removeprefix("com.humahr.").removesuffix(".v1")
    life.arrivals.arrive(type_, data, topic="huma.xledger.requests.v1", id_="again")
    life.live()
    assert life.ends()["again"] == ("applied", None)
    assert (life.has()[PHONE], life.has()[EMAIL]) == ("1", "kari@x.no")
    assert life.has()[Target.EMPLOYMENT_FROM] == "2020-01-01"
