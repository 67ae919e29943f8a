"""Removing a connection (R-09), and the last one of an organisation (R-98)."""

import pytest
from sqlalchemy import select

from connectors.store.removal import remove
from connectors.store.tables import (
    audit,
    confirmed,
    connection,
    dirty,
    field,
    lane,
    letter,
    link,
    organization,
    pending,
    pending_field,
    person,
    position,
)
from processors.ports.intake import Value
from processors.ports.lane import FieldEnd, LeaseLost, PersonResult, Result
from schemas.desk import LetterState
from schemas.employee import Target
from schemas.errors import NotFound
from tests.fixtures.letters import a_letter, file
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored


@pytest.mark.rule("R-09")
def test_what_is_pending_ends_and_the_rest_goes(stored: Stored) -> None:
    """Token, links, confirmed values and pending work go; the audit stays; others work on."""
    one, other = stored.connect("c1", group="g1"), stored.connect("c2", group="g2")
    for each in (one, other):
        stored.linked(each, KARI)
    stored.change(one, KARI, 1, {"phone": "1"})
    stored.change(other, KARI, 2, {"phone": "2"})
    stored.finish(
        stored.claim(one), PersonResult(KARI.user, confirmed={Target.CONTACT_PHONE: "1"}, turn=1)
    )
    assert remove(stored.store, stored.keyring, one, "admin") == 1
    assert stored.ended() == {"e1": ("skipped", "connection removed")}
    tables = (link, dirty, pending, pending_field, lane)
    assert [stored.rows(table.c.connection) for table in tables] == [[(other.id,)]] * 5
    assert stored.rows(confirmed.c.connection) == []
    assert stored.rows(connection.c.id) == [(other.id,)]
    assert (one.id, "connection.removed") in stored.rows(audit.c.connection, audit.c.action)
    assert stored.rows(field.c.field) == [("phone",)]
    with pytest.raises(NotFound):
        stored.connections.get(one.id)


@pytest.mark.rule("R-09", "R-89")
def test_its_letters_close_whenever_watch_read_them(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a replay that is under way; what was ignored stays so, others' letters stay open."""
    monkeypatch.setattr("connectors.store.removal.AT_ONCE", 2)
    one, other = stored.connect("c1", group="g1"), stored.connect("c2", group="g2")
    mine = [a_letter(number, connection=one.id, state=state)
            for number, state in enumerate(LetterState)]  # fmt: skip
    file(stored.store, [*mine, a_letter(8, connection=other.id), a_letter(9, connection=None)])
    remove(stored.store, stored.keyring, one, "admin")
    states = {number: (state, how) for number, state, how in stored.rows(
        letter.c.event, letter.c.state, letter.c.closed_as)}  # fmt: skip
    closed = ("resolved", "connection removed")
    assert {states[f"e{number}"] for number in (0, 1, 4)} == {closed}
    assert (states["e2"], states["e3"]) == (("resolved", None), ("ignored", None))
    assert (states["e8"], states["e9"]) == (("open", None), ("open", None))


@pytest.mark.rule("R-09")
def test_a_lane_of_a_removed_connection_changes_nothing(stored: Stored) -> None:
    """An answer that comes afterwards finds no lane; nobody takes it again."""
    one = stored.connect()
    stored.linked(one, KARI)
    turn = stored.change(one, KARI, 1, {"phone": "1"})["phone"]
    lease = stored.claim(one)
    remove(stored.store, stored.keyring, one, "admin")
    with pytest.raises(LeaseLost):
        stored.finish(
            lease, PersonResult(KARI.user, (FieldEnd("phone", turn, Result.APPLIED),), turn=turn)
        )
    assert stored.lanes.claim(one.id, "me", 90, 60) is None
    assert stored.rows(lane.c.connection) == []


@pytest.mark.rule("R-98", "R-78")
def test_the_last_one_takes_the_projection_with_it(stored: Stored) -> None:
    """People are unknown again, but for the tombstones; other organisations are left alone."""
    one = stored.connect("c1")
    stored.connect("c2", organization=ELSEWHERE)
    stored.people(KARI, OLA)
    elsewhere = type(KARI)(ELSEWHERE, KARI.user)
    with stored.intake.transaction() as transaction:
        transaction.merge([Value(key, "phone", 1, b"", "1") for key in (KARI, elsewhere)])
        transaction.merge_positions([Value(KARI, "p1", 1, b"", {"id": "p1"})])
        transaction.delete_people([OLA])
    remove(stored.store, stored.keyring, one, "admin")
    assert stored.rows(field.c.organization) == [(ELSEWHERE,)]
    assert stored.rows(position.c.person) == []
    assert stored.rows(person.c.person) == [(OLA.user,)]
    with stored.store.read() as reading:
        row = reading.execute(
            select(organization.c.huma_client).where(organization.c.id == ORGANIZATION)
        ).one()
    assert row == (None,)


@pytest.mark.rule("R-98")
def test_intake_is_told(stored: Stored) -> None:
    """The generation rises, so that a batch judged before is judged again."""
    one = stored.connect()
    before = stored.intake.connections()
    remove(stored.store, stored.keyring, one, "admin")
    after = stored.intake.connections()
    assert after.generation > before.generation
    assert after.by_organization == {}
