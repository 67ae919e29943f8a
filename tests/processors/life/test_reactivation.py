"""Reactivated: everything that differs is compared, and skipped events stay skipped (R-74)."""

from typing import Any

import pytest

from schemas.employee import Target
from tests.processors.life.conftest import Life

LOCKED = ("skipped", "locked")
APPLIED = ("applied", None)
PHONE, GENDER, BORN = Target.CONTACT_PHONE, Target.CONTACT_GENDER, Target.CONTACT_BIRTHDAY
JOB: dict[str, Any] = {"contractStartDate": "2020-01-01", "title": {"id": "t", "name": "Chef"}}


@pytest.fixture
def locked(life: Life) -> Life:
    """Kari is an employee whose phone number we wrote, and locked."""
    life.connect()
    life.employ()
    life.arrivals.updated(5, phone="5")
    life.live()
    life.happened("user.deactivated", 6)
    life.read()
    return life


@pytest.mark.rule("R-74", "R-112")
@pytest.mark.parametrize("together", [True, False])
def test_what_changed_meanwhile_goes_out_with_the_reactivation(
    locked: Life, *, together: bool
) -> None:
    """The newest values, in one request; the skipped events end as they ended, one by one."""
    life = locked
    life.arrivals.updated(7, phone="7", gender="Male")
    life.arrivals.updated(8, phone="8", birthDate="1990-01-08")
    if not together:
        life.live()
    requests = len(life.written())
    life.happened("user.reactivated", 9)
    life.live()
    assert life.ends() == {
        "e5": APPLIED, "e6": ("skipped", "nothing to do"), "e7": LOCKED, "e8": LOCKED,
        "e9": APPLIED,
    }  # fmt: skip
    assert {target: life.has()[target] for target in (PHONE, GENDER, BORN)} == {
        PHONE: "8", GENDER: "M", BORN: "1990-01-08",
    }  # fmt: skip
    assert len(life.written()) == requests + 1


@pytest.mark.rule("R-74", "R-84")
def test_what_does_not_differ_costs_no_call(locked: Life) -> None:
    """Nothing changed meanwhile: unchanged, and not a request."""
    life = locked
    requests = len(life.written())
    life.happened("user.reactivated", 9)
    life.live()
    assert life.ends()["e9"] == ("unchanged", None)
    assert len(life.written()) == requests


@pytest.mark.rule("R-74")
def test_a_person_may_come_with_the_event(locked: Life) -> None:
    """What the event brings counts beside what changed meanwhile; what is older is stale."""
    life = locked
    life.arrivals.updated(7, birthDate="1990-01-07")
    life.arrivals.updated(10, gender="Male")
    user: dict[str, Any] = {"phone": "9", "gender": "Female", "status": {"active": True}}
    life.happened("user.reactivated", 9, user=user)
    life.live()
    assert {target: life.has()[target] for target in (PHONE, GENDER, BORN)} == {
        PHONE: "9", GENDER: "M", BORN: "1990-01-07",
    }  # fmt: skip
    assert life.ends()["e9"] == APPLIED


@pytest.mark.rule("R-74", "R-71")
@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("user.reactivated", {}),
        ("user.updated", {"changes": {"status": {"active": True}}}),
        ("user.updated", {"changes": {"status": {"active": True}, "phone": "9"}}),
        ("user.reactivated", {"user": {"phone": "9"}}),
    ],
)
def test_the_account_is_active_by_whatever_says_so(
    locked: Life, type_: str, data: dict[str, Any]
) -> None:
    """A field `status` means what the event of that name means."""
    life = locked
    life.arrivals.updated(7, gender="Male")
    life.arrivals.arrive(type_, data, 8)
    life.live()
    assert life.has()[GENDER] == "M"
    assert life.has()[PHONE] == ("9" if "phone" in str(data) else "5")
    life.arrivals.updated(9, phone="99")
    life.live()
    assert life.has()[PHONE] == "99"


@pytest.mark.rule("R-74", "R-52", "R-61")
@pytest.mark.parametrize("triggered", [True, False])
def test_position_data_goes_if_it_was_triggered(life: Life, *, triggered: bool) -> None:
    """Triggered before or under the lock, all position fields are compared; else none is."""
    life.connect()
    life.employ()
    if triggered:
        life.position(4, "created", **JOB)
    life.live()
    life.happened("user.deactivated", 6)
    job: dict[str, Any] = {
        **JOB,
        "title": {"id": "t", "name": "Head chef"},
        "contractEndDate": "2027-01-31",
    }
    if triggered:
        life.position(7, **job)
    else:
        life.position(7, "deleted")
    life.read()
    before = len(life.written())
    life.happened("user.reactivated", 8)
    life.live()
    if triggered:
        (last,) = life.written()[before:]
        title, end = Target.CONTACT_JOB_TITLE, Target.EMPLOYMENT_TO
        assert last == {title: "Head chef", end: "2027-01-31"}
    else:
        assert life.written() == []


@pytest.mark.rule("R-74", "R-112")
def test_what_no_event_changed_is_left_alone(locked: Life) -> None:
    """Kari was matched: names and email, which nobody changed here, are not ours to write."""
    life = locked
    life.arrivals.updated(7, gender="Male")
    life.happened("user.reactivated", 8)
    life.live()
    assert set(life.has()) == {PHONE, Target.SUBLEDGER_PHONE, GENDER}


@pytest.mark.rule("R-74", "R-71")
def test_an_older_reactivation_ends_nothing(locked: Life) -> None:
    """Out of order, it is the earlier one: she stays locked."""
    life = locked
    life.happened("user.reactivated", 4)
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.ends()["e4"] == ("skipped", "nothing to do")
    assert life.ends()["e7"] == LOCKED


@pytest.mark.rule("R-71", "R-74")
def test_locked_again_before_the_lane_came_it_all_still_goes(locked: Life) -> None:
    """What the reactivation asked for is older than the second lock."""
    life = locked
    life.arrivals.updated(7, phone="7")
    life.happened("user.reactivated", 8)
    life.happened("user.deactivated", 9)
    life.arrivals.updated(10, gender="Male")
    life.live()
    assert (life.has()[PHONE], life.ends()["e8"], life.ends()["e10"]) == ("7", APPLIED, LOCKED)
    assert GENDER not in life.has()


@pytest.mark.rule("R-74", "R-112")
def test_what_changed_while_the_creation_was_under_way_is_not_lost(life: Life) -> None:
    """Locked, changed and back while the employee is made of what she was before."""
    bench = life.connect()
    life.created(5)
    life.read()
    lease = life.stored.claim(bench.connection, settle=0.0)
    life.stored.subject(lease)  # a lane has read her
    life.happened("user.deactivated", 6)
    life.arrivals.updated(7, phone="7", gender="Male")
    life.read()
    life.happened("user.reactivated", 8)
    life.read()
    assert {"phone", "gender"} <= life.open()


@pytest.mark.rule("R-74", "R-111")
def test_somebody_incomplete_stays_so(locked: Life) -> None:
    """A required field was emptied meanwhile: nothing goes out before it is filled."""
    life = locked
    life.arrivals.updated(7, phone="7", familyName=None)
    life.happened("user.reactivated", 8)
    life.live()
    assert life.ends()["e8"] == ("skipped", "missing family name")
    life.arrivals.updated(9, familyName="Moe")
    life.live()
    assert life.has()[PHONE] == "7"
