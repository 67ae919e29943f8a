"""One event, one effect and one outcome, in whatever state it finds somebody (R-82, R-83)."""

from typing import Any

import pytest

from schemas.employee import Target
from schemas.metrics import DUPLICATES
from tests.processors.life.conftest import Life

APPLIED = ("applied", None)


@pytest.mark.rule("R-83", "R-82")
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("before", "code"),
    [
        (("user.deactivated", {}), "locked"),
        (("user.groups-changed", {"groups": []}), "out of scope"),
        (("user.updated", {"changes": {"type": "service_user"}}), "not a person"),
        (None, "not linked"),
    ],
)
def test_a_repeat_of_what_was_skipped_is_only_counted(
    life: Life, before: tuple[str, dict[str, Any]] | None, code: str, *, together: bool
) -> None:
    """Its value is stored, so that it is known: no second outcome."""
    life.connect(group="g1")
    if before is not None:
        life.employ()
        life.arrivals.arrive(before[0], before[1], 2)
    change = life.arrivals.updated(3, phone="3")
    if not together:
        life.read()
    life.arrivals.again(change)
    life.read()
    assert life.ends()["e3"] == ("skipped", code)
    assert life.arrivals.numbers.of(DUPLICATES) == 1


@pytest.mark.rule("R-83", "R-74")
@pytest.mark.parametrize("together", [True, False])
def test_a_repeat_of_a_reactivation_ends_nothing(life: Life, *, together: bool) -> None:
    """It brought no value, and waits: the second delivery does not say that it was nothing."""
    life.connect()
    life.employ()
    life.happened("user.deactivated", 2)
    life.arrivals.updated(3, phone="3")
    life.read()
    back = life.arrivals.arrive("user.reactivated", {}, 4)
    if not together:
        life.read()
    life.arrivals.again(back)
    life.live()
    assert life.ends()["e4"] == APPLIED
    assert life.has()[Target.CONTACT_PHONE] == "3"


@pytest.mark.rule("R-82", "R-37", "R-05")
def test_a_repeat_of_a_creation_makes_nobody_wanted(life: Life) -> None:
    """Created while the option was off, read again when it is on: nobody is made afterwards."""
    bench = life.connect(add=False)
    data = {"user": {"email": "k@x.no", "givenName": "K", "familyName": "M"}}
    created = life.arrivals.arrive("user.created", data, 1)
    life.read()
    life.stored.connections.change(bench.connection.id, {"add_new_users": True}, "admin")
    life.arrivals.again(created)
    life.live()
    assert life.ends() == {"e1": ("skipped", "not linked")}
    assert (life.state(), bench.xledger.requests) == (None, [])


@pytest.mark.rule("R-83", "R-37")
def test_a_creation_that_comes_late_is_none(life: Life) -> None:
    """All that it says is older than what is known, and it was never here: it counts."""
    life.connect()
    known = {"email": "k@x.no", "givenName": "K", "familyName": "M"}
    life.arrivals.updated(2, **known)
    life.arrivals.arrive("user.created", {"user": {"email": "old@x.no"}}, 1)
    life.live()
    assert life.has()[Target.CONTACT_EMAIL] == "k@x.no"
