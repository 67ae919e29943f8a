"""Only persons: users of another type stay out on every path (R-17)."""

from typing import Any

import pytest

from schemas.connection import LinkState
from schemas.employee import Target
from schemas.topics import REQUESTS
from tests.fixtures.arrivals import USER
from tests.processors.life.conftest import Life

NOT_A_PERSON = ("skipped", "not a person")
PHONE, GENDER = Target.CONTACT_PHONE, Target.CONTACT_GENDER
pytestmark = pytest.mark.rule("R-17")


@pytest.mark.parametrize("type_", ["service_user", "robot"])
def test_nobody_is_made_of_another_type(life: Life, type_: str) -> None:
    """Created, changed, with positions, deactivated and back: not a person, and no request."""
    bench = life.connect()
    life.created(5, type=type_, positions=[{"id": "p1"}])
    life.arrivals.updated(6, phone="6")
    life.position(7, "created")
    life.happened("user.deactivated", 8)
    life.happened("user.reactivated", 9)
    life.moved(10, "g1")
    life.live()
    assert life.ends() == dict.fromkeys((f"e{n}" for n in range(5, 11)), NOT_A_PERSON)
    assert bench.xledger.requests == []
    assert life.state() is None


@pytest.mark.parametrize("batch", ["together", "apart"])
def test_an_employee_who_becomes_another_type_is_left_alone(life: Life, batch: str) -> None:
    """Also what waited: such a user has no bank account to pay to."""
    life.connect()
    life.employ()
    life.arrivals.updated(5, phone="5")
    if batch == "apart":
        life.read()
    life.arrivals.updated(6, type="service_user", gender="Male")
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.ends() == dict.fromkeys(("e5", "e6", "e7"), NOT_A_PERSON)
    assert life.written() == []
    assert life.state() == "linked"


@pytest.mark.rule("R-74")
@pytest.mark.parametrize("batch", ["together", "apart"])
def test_who_is_a_person_again_is_compared(life: Life, batch: str) -> None:
    """Everything that changed meanwhile goes out, as after a lock."""
    life.connect()
    life.employ()
    life.arrivals.updated(6, type="service_user")
    life.arrivals.updated(7, gender="Male")
    job: dict[str, Any] = {"contractStartDate": "2020-01-01", "title": {"id": "t", "name": "Chef"}}
    life.position(8, "created", **job)
    if batch == "apart":
        life.live()
    life.arrivals.updated(9, type="user")
    life.live()
    assert (life.has()[GENDER], life.has()[Target.CONTACT_JOB_TITLE]) == ("M", "Chef")
    assert life.ends()["e9"] == ("applied", None)


def test_who_becomes_a_person_was_not_created_as_one(life: Life) -> None:
    """A change of the type is no creation: the next manual sync shows them (R-05)."""
    bench = life.connect()
    life.created(5, type="service_user")
    life.arrivals.updated(6, type="user")
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.ends()["e7"] == ("skipped", "not linked")
    assert bench.xledger.requests == []


@pytest.mark.rule("R-97")
def test_what_huma_says_when_asked_counts(life: Life) -> None:
    """Wanted, and only when read found to be a service user: nothing is made."""
    bench = life.connect(group="g1")
    life.huma.knows(USER, "g1", type="service_user")
    life.arrivals.arrive("user.created", {"user": {"email": "kari@x.no"}}, 5)
    life.live()
    assert life.ends() == {"e5": NOT_A_PERSON}
    assert bench.xledger.writes == []


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("xledger.resend.requested", {}),
        ("xledger.resend.requested", {"fields": ["phone"]}),
        ("xledger.day.turned", {}),
    ],
)
def test_a_request_of_ours_asks_nothing_for_them(
    life: Life, type_: str, data: dict[str, Any]
) -> None:
    """Neither what a human asks for nor a date that turned."""
    life.connect()
    life.employ()
    life.arrivals.updated(6, type="service_user")
    life.arrivals.arrive(type_, data, id_="r1", topic=REQUESTS.name)
    life.live()
    assert life.ends()["r1"] == NOT_A_PERSON


def test_a_replay_of_theirs_ends_so_too(life: Life) -> None:
    """The letter is of the time before."""
    life.connect()
    life.employ()
    life.arrivals.updated(6, type="service_user")
    life.replay(5, "c1", ["phone"], phone="5")
    life.live()
    assert life.ends()["e5"] == NOT_A_PERSON


def test_a_locked_one_comes_back_as_a_person_only_when_both_are_so(life: Life) -> None:
    """Inactive and of another type: each ends alone, the last one compares."""
    life.connect()
    life.employ()
    life.happened("user.deactivated", 5)
    life.arrivals.updated(6, type="service_user")
    life.arrivals.updated(7, gender="Male")
    life.arrivals.updated(8, type="user")
    life.live()
    assert life.ends()["e8"] == ("skipped", "locked")
    life.happened("user.reactivated", 9)
    life.live()
    assert life.has()[GENDER] == "M"


@pytest.mark.parametrize("state", [LinkState.UNLINKED, LinkState.AMBIGUOUS, LinkState.EXISTS])
def test_the_type_is_asked_before_the_link(life: Life, state: LinkState) -> None:
    """Whatever was known of them in Xledger."""
    life.connect()
    life.employ()
    life.set_state(state)
    life.arrivals.updated(6, type="service_user", phone="6")
    life.live()
    assert life.ends() == {"e6": NOT_A_PERSON}
