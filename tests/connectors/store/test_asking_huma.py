"""People whom Huma is asked about before the first write (R-97)."""

from typing import Any

import pytest

from connectors.store.organizations import HumaClientOf, Organizations
from connectors.store.tables import field, organization, person, position
from processors.ports.huma import HumaPerson
from processors.ports.intake import StoredPerson, Value
from processors.ports.lane import Lease, Unread
from schemas.connection import Connection, LinkState
from schemas.person import PersonKey
from schemas.personal import Personal
from tests.fixtures.stored import KARI, OLA, ORGANIZATION, Stored


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection with a linked person who was never read whole, and has work."""
    one = stored.connect()
    stored.people(KARI, complete=False, revision=5)
    stored.linked(one, KARI)
    stored.change(one, KARI, 5, {"phone": "1"})
    return one


def read(**more: Any) -> HumaPerson:
    """Return what Huma says of Kari."""
    given: dict[str, Any] = {"type": "user", "active": True, "groups": ("g1",), "fields": {}}
    return HumaPerson(**{"id": KARI.user, "positions": {}, **given, **more})


def fields(stored: Stored, lease: Lease) -> dict[str, tuple[int, Any]]:
    """Return version and value of the person's fields."""
    subject = stored.subject(lease)
    rows = stored.rows(field.c.person, field.c.field, field.c.version)
    versions = {name: version for person_, name, version in rows if person_ == subject.user}
    return {name: (versions[name], value) for name, value in subject.projection.items()}


@pytest.mark.rule("R-97")
def test_the_incomplete_with_work_are_asked_about(stored: Stored, one: Connection) -> None:
    """With the highest revision known; up to the limit."""
    lease = stored.claim(one)
    assert stored.lanes.unread(lease, 9) == [Unread(KARI.user, 5)]
    stored.people(OLA, complete=False)
    stored.linked(one, OLA, state=LinkState.WANTED)
    stored.change(one, OLA, 1, {"phone": "2"})
    assert len(stored.lanes.unread(lease, 9)) == 2
    assert len(stored.lanes.unread(lease, 1)) == 1


@pytest.mark.rule("R-97")
@pytest.mark.parametrize("why", ["complete", "deleted", "not linked", "no work"])
def test_nobody_else_is(stored: Stored, one: Connection, why: str) -> None:
    """Huma is spared: only who is about to be written, and was never read."""
    lease = stored.claim(one)
    if why == "complete":
        stored.people(KARI)
    elif why == "deleted":
        stored.set(person, person.c.person == KARI.user, deleted_at=1)
    elif why == "not linked":
        stored.linked(one, KARI, state=LinkState.DECLINED)
    else:
        stored.lanes.unknown_in_huma(lease, KARI.user)
    assert stored.lanes.unread(lease, 9) == []


@pytest.mark.rule("R-97", "R-112")
def test_a_read_fills_only_what_has_no_version(stored: Stored, one: Connection) -> None:
    """An event's value stays; the rest takes the revision; nothing becomes dirty by it."""
    lease = stored.claim(one)
    before = stored.open(one)
    answer = read(fields={"phone": "stale", "email": "k@x.no", "gender": None})
    assert stored.lanes.merge_read(lease, Unread(KARI.user, 5), answer, None)
    assert stored.open(one) == before
    assert fields(stored, lease) == {"phone": (5, "1"), "email": (5, "k@x.no"), "gender": (5, None)}
    assert stored.lanes.unread(lease, 9) == []


@pytest.mark.rule("R-97")
def test_a_read_overtaken_by_an_event_is_repeated(stored: Stored, one: Connection) -> None:
    """The answer may be older than the event: it is dropped."""
    lease = stored.claim(one)
    with stored.intake.transaction() as transaction:
        transaction.save_people({KARI: StoredPerson(revision=6)})
    assert not stored.lanes.merge_read(
        lease, Unread(KARI.user, 5), read(fields={"email": "x"}), None
    )
    assert stored.lanes.unread(lease, 9) == [Unread(KARI.user, 6)]
    assert stored.lanes.merge_read(lease, Unread(KARI.user, 6), read(fields={"email": "y"}), None)
    assert fields(stored, lease)["email"] == (6, "y")


@pytest.mark.rule("R-97")
def test_who_is_known_from_a_listing_only_is_read_at_version_0(
    stored: Stored, one: Connection
) -> None:
    """So that the first event of the person is newer."""
    stored.people(OLA, complete=False)
    lease = stored.claim(one)
    answer = HumaPerson(OLA.user, "user", None, None, {"phone": "2"}, {})
    assert stored.lanes.merge_read(lease, Unread(OLA.user, -1), answer, None)
    with stored.intake.transaction() as transaction:
        assert transaction.versions([(OLA, "phone")]) == {(OLA, "phone"): 0}
        assert transaction.merge([Value(OLA, "phone", 1, b"", "3")]) == {(OLA, "phone"): 0}


@pytest.mark.rule("R-97")
def test_positions_that_events_told_stay_as_they_told(stored: Stored, one: Connection) -> None:
    """Also one that the API lacks: the event of its deletion comes, or the answer is behind."""
    with stored.intake.transaction() as transaction:
        transaction.merge_positions(
            [Value(KARI, id_, 5, b"", {"id": id_, "primary": True}) for id_ in ("kept", "lacking")]
        )
        elsewhere = PersonKey(ORGANIZATION, OLA.user)
        transaction.merge_positions([Value(elsewhere, "other", 5, b"", {"id": "other"})])
    lease = stored.claim(one)
    found = {id_: {"id": id_} for id_ in ("kept", "new")}
    assert stored.lanes.merge_read(lease, Unread(KARI.user, 5), read(positions=found), None)
    rows = stored.rows(position.c.position, position.c.value)
    assert {id_: sealed is None for id_, sealed in rows} == {
        "kept": False, "lacking": False, "new": False, "other": False,
    }  # fmt: skip


@pytest.mark.rule("R-97")
def test_state_and_groups_are_filled_where_unknown(stored: Stored, one: Connection) -> None:
    """What an event said of them is newer than a read."""
    stored.people(KARI, complete=False, active=False, active_version=3, revision=5)
    lease = stored.claim(one)
    stored.lanes.merge_read(lease, Unread(KARI.user, 5), read(), None)
    facts = stored.subject(lease).facts
    assert (facts.active, facts.active_version) == (False, 3)
    assert (facts.type, facts.groups, facts.groups_version) == ("user", ("g1",), 5)


@pytest.mark.rule("R-97")
def test_whom_huma_does_not_know_ends_as_such(stored: Stored, one: Connection) -> None:
    """Everything pending in this connection ends; another person's goes on."""
    stored.change(one, OLA, 6, {"phone": "2"})
    (ended,) = stored.lanes.unknown_in_huma(stored.claim(one), KARI.user)
    assert (ended.result.value, ended.reason) == ("skipped", "unknown in Huma")
    assert stored.ended() == {"e5": ("skipped", "unknown in Huma")}
    assert len(stored.open(one)) == 1


@pytest.mark.rule("R-97")
def test_while_huma_is_away_nobody_is_asked(stored: Stored, one: Connection) -> None:
    """One notice for each change; after the probe's time, or when it is well again, it goes on."""
    lease = stored.claim(one)
    assert stored.lanes.huma_state(lease, "503", 900.0)
    assert not stored.lanes.huma_state(lease, "503", 900.0)
    assert stored.lanes.unread(lease, 9) == []
    stored.set(organization, organization.c.id == ORGANIZATION, huma_probe_at=1)
    assert len(stored.lanes.unread(lease, 9)) == 1
    stored.lanes.huma_state(lease, "503", 900.0)
    assert stored.lanes.huma_state(lease, "ok", 0.0)
    assert len(stored.lanes.unread(lease, 9)) == 1


@pytest.mark.rule("R-97", "R-38")
def test_a_new_client_of_huma_is_tried_at_once(stored: Stored, one: Connection) -> None:
    """Whoever replaces it need not wait for the probe; nothing of it is printed."""
    lease = stored.claim(one)
    stored.lanes.huma_state(lease, "credential", 900.0)
    client = HumaClientOf("https://h.example", Personal("id"), Personal("canary"))
    organizations = Organizations(stored.store, stored.keyring)
    organizations.set_huma(ORGANIZATION, client)
    assert len(stored.lanes.unread(lease, 9)) == 1
    assert organizations.huma(ORGANIZATION) == client
    assert "canary" not in repr(organizations.huma(ORGANIZATION))
