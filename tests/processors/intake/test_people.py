"""What becomes of people: locked, deleted, created, in a group or not."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.store.tables import (
    confirmed,
    dirty,
    intent,
    pending,
    pending_field,
    person,
    position,
)
from schemas.connection import LinkState
from tests.fixtures.arrivals import ORGANIZATION, START, USER, Arrivals

OTHER = "9b2e0c1a-0000-4000-8000-0000000000bb"


@pytest.mark.rule("R-04", "R-05", "R-06")
@pytest.mark.parametrize("origin", ["manual", "teamtailor", "import", "integration:x"])
@pytest.mark.parametrize("add", [True, False])
def test_a_created_user(arrivals: Arrivals, origin: str, add: bool) -> None:  # noqa: FBT001 - the option
    """With the option on a new user is wanted, wherever from; with it off, skipped for good."""
    arrivals.connect(add=add)
    user = {"email": "kari@x.no", "givenName": "Kari", "familyName": "Vik"}
    arrivals.arrive("user.created", {"user": user, "origin": origin}, 5)
    arrivals.updated(6, phone="1")
    ends = arrivals.read()
    if add:
        assert ends == {}
        assert arrivals.state() == "wanted"
        assert set(arrivals.dirty()) == {"email", "givenName", "familyName", "phone"}
    else:
        assert ends == dict.fromkeys(("e5", "e6"), ("skipped", "not linked"))
        assert arrivals.state() is None


@pytest.mark.rule("R-37")
def test_who_was_created_before_activation_is_not_wanted(arrivals: Arrivals) -> None:
    """The time of the change in Huma decides, not that of its arrival."""
    arrivals.connect()
    earlier = START - timedelta(hours=2)
    arrivals.arrive("user.created", {"user": {"email": "k@x.no"}}, 5, time=earlier)
    assert arrivals.read() == {"e5": ("skipped", "not linked")}


@pytest.mark.rule("R-37")
def test_a_runs_decision_stands(arrivals: Arrivals) -> None:
    """A link that somebody decided about is not made wanted by a late creation."""
    arrivals.connect()
    arrivals.linked(LinkState.DECLINED)
    arrivals.arrive("user.created", {"user": {"email": "k@x.no"}}, 5)
    assert arrivals.read() == {"e5": ("skipped", "declined")}
    assert arrivals.state() == "declined"


def test_turns_rise_though_the_clock_stands(arrivals: Arrivals) -> None:
    """A turn is above the last one, also when that one lies in the future."""
    arrivals.connect()
    arrivals.linked()
    arrivals.updated(5, phone="5")
    arrivals.read()
    with arrivals.store.begin() as transaction:
        transaction.execute(update(dirty).values(turn=2**50, open=False))
    arrivals.updated(6, phone="6")
    arrivals.read()
    assert arrivals.all(dirty, dirty.c.turn, dirty.c.open) == [(2**50 + 1, True)]


@pytest.mark.rule("R-70", "R-71")
def test_the_lock_is_a_version(arrivals: Arrivals) -> None:
    """What is older than the deactivation still goes out, what is younger is locked."""
    arrivals.connect()
    arrivals.linked()
    arrivals.arrive("user.deactivated", {}, 6)
    arrivals.updated(5, phone="5")
    arrivals.updated(7, gender="Male")
    assert arrivals.read() == {"e6": ("skipped", "nothing to do"), "e7": ("skipped", "locked")}
    assert arrivals.dirty() == {"phone": (5, True), "gender": (7, False)}
    assert arrivals.projection()["gender"] == (7, "Male")


@pytest.mark.rule("R-74", "R-112")
def test_reactivation_brings_back_what_changed(arrivals: Arrivals) -> None:
    """Reactivated, every field goes out again that we confirmed or that changed since the link."""
    arrivals.connect()
    arrivals.linked()
    with arrivals.store.begin() as transaction:
        transaction.execute(
            confirmed.insert().values(
                connection="c1", person=USER, target="contact.email",
                organization=ORGANIZATION, turn=1, at=1,
            )
        )  # fmt: skip
    arrivals.arrive("user.deactivated", None, 6)
    arrivals.updated(7, gender="Male")
    arrivals.read()
    arrivals.forget()
    arrivals.arrive("user.reactivated", {}, 8)
    assert arrivals.read() == {}
    assert {name for name, (_, open_) in arrivals.dirty().items() if open_} == {"gender", "email"}


def test_a_locked_newcomer_waits_for_the_account(arrivals: Arrivals) -> None:
    """Somebody created inactive is locked, and created in Xledger once the account is active."""
    arrivals.connect()
    user: dict[str, Any] = {"email": "k@x.no", "status": {"active": False}}
    arrivals.arrive("user.created", {"user": user}, 5)
    arrivals.updated(6, givenName="Kari")
    assert arrivals.read()["e6"] == ("skipped", "locked")
    arrivals.arrive("user.reactivated", {}, 7)
    arrivals.read()
    assert arrivals.state() == "wanted"
    assert {"email", "givenName", "familyName"} <= set(arrivals.dirty())


@pytest.mark.rule("R-75", "R-78")
def test_deletion_erases_and_ends_everything(arrivals: Arrivals) -> None:
    """Values go, what waits is skipped, the tombstone stays, and nothing comes after."""
    arrivals.connect()
    arrivals.linked()
    with arrivals.store.begin() as transaction:
        for table, more in ((confirmed, {"target": "x", "turn": 1}), (intent, {"step": "x"})):
            transaction.execute(
                table.insert().values(
                    connection="c1", person=USER, organization=ORGANIZATION, at=1,
                    **({"keys": b"", "found": "[]", "epoch": 1} if table is intent else {}),
                    **more,
                )
            )  # fmt: skip
    arrivals.updated(5, phone="5", email="kari@x.no")
    arrivals.arrive("position.created", {"position": {"id": "p1"}}, 6)
    arrivals.read()
    arrivals.updated(7, gender="Male")
    arrivals.arrive("user.deleted", {}, 8)
    arrivals.updated(9, phone="9")
    ends = arrivals.read()
    assert ends == dict.fromkeys(("e5", "e6", "e7", "e8", "e9"), ("skipped", "deleted"))
    assert arrivals.projection() == {}
    for table in (position, confirmed, intent, pending, pending_field):
        assert arrivals.all(table) == []
    assert {open_ for _, open_ in arrivals.dirty().values()} == {False}
    assert arrivals.state() == "deleted"
    with arrivals.store.read() as transaction:
        row = transaction.execute(select(person)).one()
    assert row.deleted_at is not None
    assert row.email_digest is not None


@pytest.mark.rule("R-79")
@pytest.mark.parametrize("batch", [1, 100])
def test_delete_before_create(arrivals: Arrivals, batch: int) -> None:
    """In whatever order they come, and together or not: deleted, and no link to create by."""
    arrivals.limits = type(arrivals.limits)(batch, 0.01, 0.01, 3)
    arrivals.renew()
    arrivals.connect()
    arrivals.arrive("user.deleted", {}, 6)
    arrivals.arrive("user.created", {"user": {"email": "k@x.no"}}, 5)
    assert arrivals.read() == dict.fromkeys(("e6", "e5"), ("skipped", "deleted"))
    assert arrivals.state() is None
    assert arrivals.projection() == {}


@pytest.mark.rule("R-78")
def test_a_rehire_is_for_a_human(arrivals: Arrivals) -> None:
    """A new person with the email of a deleted one is not created by itself."""
    arrivals.connect()
    arrivals.updated(5, email=" Kari@X.no")
    arrivals.read()
    arrivals.arrive("user.deleted", {}, 6)
    arrivals.read()
    arrivals.arrive("user.created", {"user": {"email": "kari@x.no"}}, 7, user=OTHER)
    assert arrivals.read()["e7"] == ("skipped", "ambiguous")
    assert arrivals.state(user=OTHER) == "ambiguous"


@pytest.mark.rule("R-78", "R-83")
def test_a_stale_email_does_not_speak_for_a_person(arrivals: Arrivals) -> None:
    """The digest that a rehire is known by is that of the newest email, not of the last to come."""
    arrivals.connect()
    arrivals.updated(5, email="new@x.no")
    arrivals.read()
    arrivals.updated(4, email="old@x.no")
    arrivals.arrive("user.deleted", {}, 6)
    arrivals.read()
    arrivals.arrive("user.created", {"user": {"email": "old@x.no"}}, 7, user=OTHER)
    arrivals.read()
    assert arrivals.state(user=OTHER) == "wanted"


@pytest.mark.rule("R-17")
@pytest.mark.parametrize("type_", ["service_user", "robot"])
def test_only_persons(arrivals: Arrivals, type_: str) -> None:
    """A user of another type is out of scope, and is not wanted either."""
    arrivals.connect()
    arrivals.arrive("user.created", {"user": {"email": "k@x.no", "type": type_}}, 5)
    assert arrivals.read() == {"e5": ("skipped", "not a person")}
    assert arrivals.state() is None


@pytest.mark.rule("R-100", "R-101")
def test_groups(arrivals: Arrivals) -> None:
    """Each connection has its group: who leaves it is out of scope, who joins it is new there."""
    arrivals.connect("c1", group="g1")
    arrivals.connect("c2", group="g2")
    groups = [{"id": "g1", "type": "team"}]
    arrivals.arrive("user.created", {"user": {"email": "k@x.no", "groups": groups}}, 5)
    arrivals.read()
    by = {(one["connection"], one["event"]["id"]): one.get("reason") for one in arrivals.outcomes()}
    assert by == {("c2", "e5"): "out of scope"}
    assert (arrivals.state("c1"), arrivals.state("c2")) == ("wanted", None)
    arrivals.arrive("user.groups-changed", {"groups": [{"id": "g2"}]}, 6)
    arrivals.read()
    by = {(one["connection"], one["event"]["id"]): one.get("reason") for one in arrivals.outcomes()}
    assert by == {("c2", "e5"): "out of scope", ("c1", "e6"): "out of scope"}
    assert arrivals.state("c2") == "wanted"
