"""Positions in the store: read for the lane, the trigger, the next flip and why (R-52 to R-60)."""

from datetime import date
from typing import Any

import orjson
import pytest

from connectors.store.people import AT_ONCE
from connectors.store.tables import confirmed, link
from processors.ports.intake import StoredLink, Value
from processors.ports.lane import FieldEnd, Flip, LinkChange, PersonResult, Result
from schemas.choice import Choice, Criterion
from schemas.connection import Connection, LinkState
from schemas.employee import Target
from schemas.person import PositionField, Projection
from tests.fixtures.stored import KARI, OLA, Stored

TITLE = PositionField.TITLE.value
TODAY = date(2026, 11, 23)
THEN = date(2027, 1, 1)
WHY = Choice("R-58", "p1", {"p2": Criterion.STATUS}, "2026-11-23")


def known(stored: Stored, version: int, **positions: dict[str, Any] | None) -> None:
    """Let an event of that version bring positions; None is deleted."""
    values = [Value(KARI, id_, version, b"e%d" % version, one) for id_, one in positions.items()]
    with stored.intake.transaction() as transaction:
        transaction.merge_positions(values)


def flips(stored: Stored) -> dict[str, str | None]:
    """Return the next flips, by person."""
    return dict(stored.rows(link.c.person, link.c.next_flip_on))


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection with two linked people; position data of one of them goes out."""
    one = stored.connect()
    stored.people(KARI, OLA)
    stored.linked(one, KARI, triggered=True)
    stored.linked(one, OLA)
    return one


@pytest.mark.rule("R-53", "R-71")
def test_the_lane_gets_all_positions_that_are_left(stored: Stored, one: Connection) -> None:
    """A position field is as young as the youngest of all, also of a deleted one."""
    known(stored, 3, p1={"id": "p1", "percentage": 50}, p2={"id": "p2"}, p3={"id": "p3"})
    known(stored, 7, p3=None)
    stored.change(one, KARI, 3, {TITLE: None})
    found = stored.subject(stored.claim(one))
    assert found.triggered
    assert found.positions == {
        "p1": Projection({"id": "p1", "percentage": 50}), "p2": Projection({"id": "p2"})
    }  # fmt: skip
    assert {found.versions[name] for name in PositionField} == {7}
    assert all(isinstance(whole, Projection) for whole in found.positions.values())


@pytest.mark.rule("R-71")
def test_intake_knows_the_version_of_a_position_field(stored: Stored) -> None:
    """The greatest of all positions; nothing where there is none."""
    known(stored, 3, p1={"id": "p1"})
    known(stored, 7, p2=None)
    names = [*PositionField, "phone"]
    with stored.intake.transaction() as transaction:
        assert transaction.versions([(KARI, name) for name in names]) == dict.fromkeys(
            ((KARI, name) for name in PositionField), 7
        )
        assert transaction.versions([(OLA, name) for name in names]) == {}


@pytest.mark.rule("R-83")
def test_a_repeat_of_a_position_is_known(stored: Stored) -> None:
    """By the position and the event that stored it, until a newer one did."""
    known(stored, 3, p1={"id": "p1"}, p2={"id": "p2"})
    known(stored, 4, p2=None)
    with stored.intake.transaction() as transaction:
        for name, event, expected in (("p1", b"e3", {(KARI, b"e3")}), ("p2", b"e3", set()),
                                      ("p2", b"e4", {(KARI, b"e4")})):  # fmt: skip
            found, _ = transaction.repeats([], [Value(KARI, name, 9, event, None)], [])
            assert found == expected


@pytest.mark.rule("R-52")
def test_a_trigger_stays(stored: Stored, one: Connection) -> None:
    """Whatever another process thought of the link; and it changes nothing else of it."""
    place = (one.id, KARI.user)
    with stored.intake.transaction() as transaction:
        transaction.save_links({place: StoredLink(LinkState.UNLINKED)}, one.organization)
        assert transaction.links([KARI]) == {place: StoredLink(LinkState.LINKED, triggered=True)}
        other = (one.id, OLA.user)
        told = StoredLink(LinkState.WANTED, triggered=True)
        transaction.save_links({other: told}, one.organization)
        assert transaction.links([OLA]) == {other: StoredLink(LinkState.LINKED, triggered=True)}


@pytest.mark.rule("R-53", "R-60")
def test_only_who_was_triggered_is_looked_at_again(stored: Stored, one: Connection) -> None:
    """Whoever is not has no position data that could be wrong."""
    with stored.intake.transaction() as transaction:
        transaction.look_again([(one.id, KARI.user), (one.id, OLA.user)])
    assert flips(stored) == {KARI.user: AT_ONCE, OLA.user: None}


@pytest.mark.rule("R-60")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, "2027-01-01", id="none"),
        pytest.param("2027-06-01", "2027-01-01", id="a later one"),
        pytest.param("2026-12-01", "2027-01-01", id="an earlier one that is no more"),
        pytest.param("2026-11-23", "2026-11-23", id="one that has come is the sweep's"),
        pytest.param(AT_ONCE, AT_ONCE, id="somebody wants the person looked at"),
    ],
)
def test_the_next_flip_is_kept(
    stored: Stored, one: Connection, before: str | None, after: str
) -> None:
    """With the answer that it belongs to; for those only whose position data goes out."""
    stored.set(link, link.c.triggered, next_flip_on=before)
    lease = stored.claim(one)
    results = [PersonResult(key.user, flip=Flip(TODAY, THEN)) for key in (KARI, OLA)]
    stored.finish(lease, *results)
    assert flips(stored) == {KARI.user: after, OLA.user: None}
    stored.finish(lease, PersonResult(KARI.user))
    assert flips(stored)[KARI.user] == after, "no position data was mapped"
    stored.finish(lease, PersonResult(KARI.user, flip=Flip(THEN, None)))
    assert flips(stored)[KARI.user] == (None if after > THEN.isoformat() else after)


@pytest.mark.rule("R-52", "R-60")
def test_a_creation_triggers_with_its_first_flip(stored: Stored, one: Connection) -> None:
    """The same answer says both."""
    lease = stored.claim(one)
    change = LinkChange(LinkState.LINKED, triggered=True)
    stored.finish(lease, PersonResult(OLA.user, link=change, flip=Flip(TODAY, THEN)))
    assert flips(stored)[OLA.user] == "2027-01-01"
    stored.finish(lease, PersonResult(OLA.user, link=LinkChange(incomplete=True)))
    assert dict(stored.rows(link.c.person, link.c.triggered))[OLA.user]


@pytest.mark.rule("R-57", "R-103")
def test_why_is_kept_with_what_was_confirmed(stored: Stored, one: Connection) -> None:
    """Of a value that has a position; another value has another reason, or none."""
    turns = stored.change(one, KARI, 1, {TITLE: None})
    lease = stored.claim(one)
    stored.subject(lease)
    values = {Target.CONTACT_JOB_TITLE: "Chef", Target.CONTACT_PHONE: "1"}
    ends = tuple(FieldEnd(name, turn, Result.APPLIED) for name, turn in turns.items())
    why = {Target.CONTACT_JOB_TITLE: WHY}
    stored.finish(lease, PersonResult(KARI.user, ends, confirmed=values, why=why))
    kept = dict(stored.rows(confirmed.c.target, confirmed.c.why))
    assert kept.pop("contact.phone") is None
    assert orjson.loads(kept["contact.jobTitle"]) == {
        "rule": "R-58", "chosen": "p1", "lost": {"p2": "status"}, "on": "2026-11-23",
    }  # fmt: skip
    stored.finish(lease, PersonResult(KARI.user, confirmed={Target.CONTACT_JOB_TITLE: None}))
    assert dict(stored.rows(confirmed.c.target, confirmed.c.why))["contact.jobTitle"] is None
