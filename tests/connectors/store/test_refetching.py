"""Reading somebody from Huma on demand: it fills, or it replaces everything (R-97)."""

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from connectors.store import audit
from connectors.store.merging import Changed
from connectors.store.people import AT_ONCE
from connectors.store.refetching import Refetching
from connectors.store.removal import remove
from connectors.store.tables import audit as audits
from connectors.store.tables import dirty, field, link, pending_field, person, position
from processors.ports.huma import HumaPerson
from processors.ports.intake import StoredPerson, Value
from processors.ports.lane import Unread
from schemas.connection import Connection
from schemas.errors import StopProcess
from schemas.personal import Personal
from tests.fixtures.stored import KARI, ORGANIZATION, Stored

WHY = Personal("the revision was wrong")
WRONG = 999_999_999
NEXT = 101


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection with a linked person: known fields and positions, of a revision far too high."""
    one = stored.connect()
    stored.people(KARI, type="user", active=False, active_version=WRONG, revision=WRONG)
    stored.linked(one, KARI, triggered=True)
    with stored.intake.transaction() as transaction:
        transaction.merge_positions(
            [
                Value(KARI, "p1", WRONG, b"e", {"id": "p1", "primary": True, "percentage": 50}),
                Value(KARI, "p2", 7, b"e", {"id": "p2", "primary": False}),
                Value(KARI, "gone", 7, b"e", {"id": "gone"}),
                Value(KARI, "deleted", 7, b"e", None),
            ]
        )
    stored.change(
        one, KARI, WRONG, {"phone": "wrong", "gender": "Female", "homeAddress": {"city": "x"}}
    )
    return one


def answer(**more: Any) -> HumaPerson:
    """Return what Huma says of Kari now."""
    fields = {
        "phone": "right", "gender": "Female", "email": "k@x.no",
        "homeAddress": {"city": "x", "line1": None},
    }  # fmt: skip
    positions = {
        "p1": {"id": "p1", "percentage": 80}, "p2": {"id": "p2"}, "new": {"id": "new"},
    }  # fmt: skip
    given: dict[str, Any] = {"type": "user", "active": True, "groups": ("g1",)}
    return HumaPerson(KARI.user, **{**given, "fields": fields, "positions": positions, **more})


def merge(
    stored: Stored, read: HumaPerson, *, reset: bool, revision: int = WRONG
) -> Changed | None:
    """Merge an answer that was asked for at a revision."""
    asked, email = Unread(KARI.user, revision), "k@x.no"
    return Refetching(stored.store, stored.keyring).merge(
        KARI, asked, read, email, "operator", WHY, reset=reset
    )


def values(stored: Stored) -> dict[str, tuple[int, Any]]:
    """Return version and value of every field and position."""
    found = {}
    with stored.store.read() as transaction:
        cipher = stored.keyring.cipher_of(transaction, ORGANIZATION)
        for table, column in ((field, "field.value/{}"), (position, "position.value")):
            name = table.c[table.name]
            for key, version, value in transaction.execute(
                select(name, table.c.version, table.c.value)
            ):
                place = column.format(key)
                whole = None if value is None else cipher.open(KARI.user, place, bytes(value))
                found[key] = (version, None if whole is None else orjson.loads(whole))
    return found


@pytest.mark.rule("R-97", "R-112")
def test_a_refetch_fills_what_no_event_has_told(stored: Stored, one: Connection) -> None:
    """What has a version stays; what Huma no longer has goes; nothing becomes dirty by it."""
    before, open_ = values(stored), stored.open(one)
    changed = merge(stored, answer(), reset=False)
    assert changed == Changed(("email",), ("gone", "new"), ("type", "groups"))
    assert values(stored) == {
        **before,
        "email": (WRONG, "k@x.no"), "new": (WRONG, {"id": "new"}), "gone": (WRONG, None),
    }  # fmt: skip
    assert stored.open(one) == open_
    assert stored.rows(person.c.complete, person.c.active) == [(True, False)]


@pytest.mark.rule("R-97", "R-83")
@pytest.mark.usefixtures("one")
def test_what_a_read_deleted_is_not_brought_back_by_what_is_older(stored: Stored) -> None:
    """A position that the API no longer has is deleted as of the read."""
    assert merge(stored, answer(), reset=False)
    with stored.intake.transaction() as transaction:
        old = Value(KARI, "gone", 8, b"", {"id": "gone"})
        assert transaction.merge_positions([old]) == {}
    assert values(stored)["gone"] == (WRONG, None)


@pytest.mark.rule("R-97")
@pytest.mark.usefixtures("one")
def test_a_reset_replaces_everything_at_version_0(stored: Stored) -> None:
    """Fields, positions, type, account and groups; `primary`, which the API lacks, stays."""
    changed = merge(stored, answer(), reset=True)
    assert changed == Changed(("phone", "email"), ("gone", "new", "p1"), ("active", "groups"))
    assert values(stored) == {
        "phone": (0, "right"),
        "gender": (0, "Female"),
        "email": (0, "k@x.no"),
        "homeAddress": (0, {"city": "x", "line1": None}),
        "p1": (0, {"id": "p1", "primary": True, "percentage": 80}),
        "p2": (0, {"id": "p2", "primary": False}),
        "new": (0, {"id": "new"}),
        "gone": (0, None),
        "deleted": (0, None),
    }
    with stored.intake.transaction() as transaction:
        known = transaction.people([KARI])[KARI]
    assert known == StoredPerson("user", 0, True, 0, ("g1",), 0, 0, complete=True)  # noqa: FBT003 - a person
    assert stored.rows(person.c.email_digest) != [(None,)]
    assert {row for table in (field, position) for row in stored.rows(table.c.event)} == {(None,)}


@pytest.mark.rule("R-97", "R-83", "R-71")
def test_after_a_reset_the_next_event_wins(stored: Stored, one: Connection) -> None:
    """Whatever its revision: also over what waits, which ends superseded."""
    merge(stored, answer(), reset=True)
    assert set(stored.rows(dirty.c.version)) == {(0,)}
    assert set(stored.rows(pending_field.c.version)) == {(0,)}
    stored.change(one, KARI, NEXT, {"phone": "new", "gender": None, "homeAddress": None})
    assert values(stored)["phone"] == (NEXT, "new")
    assert stored.ended() == {f"e{WRONG}": ("superseded", None)}
    with stored.intake.transaction() as transaction:
        locked = StoredPerson(active=False, active_version=NEXT, revision=NEXT)
        transaction.save_people({KARI: locked})
        assert transaction.people([KARI])[KARI].active is False


@pytest.mark.rule("R-97", "R-112")
def test_a_reset_makes_nothing_dirty(stored: Stored, one: Connection) -> None:
    """What was open stays so, with its turn; what was not stays clean."""
    before = stored.open(one)
    merge(stored, answer(), reset=True)
    assert stored.open(one) == before


@pytest.mark.rule("R-97")
@pytest.mark.usefixtures("one")
@pytest.mark.parametrize("reset", [False, True])
def test_an_answer_that_an_event_overtook_is_dropped(stored: Stored, *, reset: bool) -> None:
    """Nothing of it is stored, and nothing is said in the audit: it is asked again."""
    before = values(stored)
    assert merge(stored, answer(), reset=reset, revision=WRONG - 1) is None
    assert values(stored) == before
    assert "operator" not in [row[0] for row in stored.rows(audits.c.actor)]


@pytest.mark.rule("R-97", "R-60")
@pytest.mark.usefixtures("one")
@pytest.mark.parametrize("reset", [False, True])
def test_changed_positions_are_looked_at_by_the_clock(stored: Stored, *, reset: bool) -> None:
    """Where position data goes out; where nothing changed there is nothing to look at."""
    merge(stored, answer(), reset=reset)
    assert stored.rows(link.c.next_flip_on) == [(AT_ONCE,)]
    stored.set(link, link.c.person == KARI.user, next_flip_on=None)
    revision = 0 if reset else WRONG
    merge(stored, answer(), reset=reset, revision=revision)
    assert stored.rows(link.c.next_flip_on) == [(None,)]


@pytest.mark.rule("R-97")
@pytest.mark.usefixtures("one")
def test_a_plan_names_what_differs_and_changes_nothing(stored: Stored) -> None:
    """The same as what a reset would change."""
    before = values(stored)
    refetching = Refetching(stored.store, stored.keyring)
    assert refetching.asked(KARI) == Unread(KARI.user, WRONG)
    assert refetching.plan(KARI, answer()) == Changed(
        ("phone", "email"), ("gone", "new", "p1"), ("active", "groups")
    )
    assert values(stored) == before


@pytest.mark.rule("R-97", "R-78")
@pytest.mark.usefixtures("one")
@pytest.mark.parametrize("reset", [False, True])
def test_nobody_who_was_deleted_comes_back(stored: Stored, *, reset: bool) -> None:
    """Neither asked about nor, deleted meanwhile, stored."""
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
    with pytest.raises(StopProcess, match="was deleted or erased"):
        Refetching(stored.store, stored.keyring).asked(KARI)
    assert merge(stored, answer(), reset=reset) is None
    assert values(stored) == {}


@pytest.mark.rule("R-97", "R-98")
@pytest.mark.parametrize("reset", [False, True])
def test_an_organisation_that_was_disconnected_gets_no_projection(
    stored: Stored, one: Connection, *, reset: bool
) -> None:
    """Removed while Huma was asked: nothing is stored."""
    remove(stored.store, stored.keyring, one, "admin")
    with pytest.raises(StopProcess, match="has no connection"):
        merge(stored, answer(), reset=reset, revision=-1)
    assert (values(stored), stored.rows(person.c.person)) == ({}, [])


@pytest.mark.rule("R-97")
def test_who_was_only_ever_linked_is_known_afterwards(stored: Stored) -> None:
    """A link without a projection gets one, which the first event overrules."""
    one = stored.connect()
    stored.linked(one, KARI)
    assert Refetching(stored.store, stored.keyring).asked(KARI) == Unread(KARI.user, -1)
    assert merge(stored, answer(), reset=False, revision=-1)
    assert values(stored)["phone"] == (0, "right")


@pytest.mark.rule("R-97", "R-104")
@pytest.mark.usefixtures("one")
@pytest.mark.parametrize(
    ("reset", "action", "fields"),
    [
        (False, "person.refetched", "email,type,groups"),
        (True, "versions.reset", "phone,email,active,groups"),
    ],
)
def test_it_is_audited_with_a_sealed_reason(
    stored: Stored, *, reset: bool, action: str, fields: str
) -> None:
    """Names of what changed, who did it and why."""
    merge(stored, answer(), reset=reset)
    rows = stored.rows(audits.c.action, audits.c.person, audits.c.fields, audits.c.reason)
    ((*told, reason),) = [row for row in rows if row[1] == KARI.user]
    assert told == [action, KARI.user, fields]
    with stored.store.read() as transaction:
        assert audit.opened(transaction, stored.keyring, ORGANIZATION, reason, KARI.user) == WHY
