"""Connections: what an administrator ties to which company (R-03, R-04, R-07 to R-09)."""

import threading

import pytest

from connectors.store.tables import connection, generation, lane, link
from schemas.connection import LaneState, LinkState
from schemas.errors import NotFound, StopProcess
from schemas.personal import Personal
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored, new_connection


def generation_of(stored: Stored) -> int:
    """Return what intake compares with."""
    ((value,),) = stored.rows(generation.c.value)
    return int(value)


@pytest.mark.rule("R-03")
def test_a_new_connection_is_inactive(stored: Stored) -> None:
    """It is what was decided, with an id of ours and a lane that runs."""
    added = stored.connections.add(new_connection("c1", group="g1"), "admin")
    assert stored.connections.get(added.id) == added
    assert (added.organization, added.group, added.name) == (ORGANIZATION, "g1", "c1")
    assert (added.zone, added.country, added.add_new_users) == ("Europe/Oslo", "NO", True)
    assert added.activated_at is None
    (shown,) = stored.connections.shown()
    assert (shown.connection, shown.state, shown.reason) == (added, LaneState.RUNNING, None)


@pytest.mark.rule("R-08", "R-103")
def test_the_token_is_sealed_at_rest(stored: Stored) -> None:
    """It opens for calls to Xledger only; nothing stored, and nothing printed, shows it."""
    new = new_connection(token="canary-token")
    added = stored.connections.add(new, "admin")
    assert stored.connections.token(added.id) == Personal("canary-token")
    ((token, notify),) = stored.rows(connection.c.token, connection.c.notify)
    assert b"canary" not in token
    assert b"admin@x.example" not in notify
    for thing in (new, added, stored.connections.shown(), stored.connections.token(added.id)):
        assert "canary" not in repr(thing)


@pytest.mark.rule("R-08")
def test_a_token_moved_to_another_connection_does_not_open(stored: Stored) -> None:
    """A row's ciphertext belongs to that row."""
    one, two = stored.connect("c1"), stored.connect("c2")
    rows = dict(stored.rows(connection.c.id, connection.c.token))
    stored.set(connection, connection.c.id == two.id, token=rows[one.id])
    with pytest.raises(StopProcess, match=r"connection\.token"):
        stored.connections.token(two.id)


@pytest.mark.rule("R-09")
@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ({"token": "same"}, {"token": "same"}, "token is in use"),
        ({"token": "same"}, {"token": "same", "organization": ELSEWHERE}, "token is in use"),
        ({"group": "g1"}, {"group": "g1"}, "same company for the same group"),
        ({}, {}, "same company for the same group"),
        ({}, {"group": "g1"}, "only for different groups"),
        ({"group": "g1"}, {}, "only for different groups"),
        ({}, {"organization": ELSEWHERE}, "only for different groups"),
        ({"url": "https://X.example/graphql/"}, {}, "same company for the same group"),
        ({"url": "https://x.example"}, {}, "same company for the same group"),
        ({"url": "https://x.example:443/GraphQL"}, {}, "same company for the same group"),
    ],
)
def test_what_is_refused_twice(
    stored: Stored, first: dict[str, str], second: dict[str, str], says: str
) -> None:
    """The same token; the same company, unless for different groups. Nothing is saved."""
    same = {"entity": "7"} if "token" not in first else {}
    stored.connections.add(new_connection("c1", **same, **first), "admin")
    before = generation_of(stored)
    with pytest.raises(StopProcess, match=says) as caught:
        stored.connections.add(new_connection("c2", **same, **second), "admin")
    assert len(stored.connections.shown()) == 1
    assert generation_of(stored) == before
    assert "same token" not in str(caught.value)


@pytest.mark.rule("R-09", "R-100")
def test_one_company_takes_several_groups(stored: Stored) -> None:
    """One connection each; the same entity of another environment is another company."""
    stored.connect("c1", group="g1", entity="7")
    stored.connect("c2", group="g2", entity="7")
    stored.connections.add(new_connection("c3", entity="7", url="https://y.example"), "admin")
    assert len(stored.connections.shown()) == 3


@pytest.mark.rule("R-09")
def test_of_two_at_once_one_is_refused(stored: Stored) -> None:
    """Administrators who connect the same company at the same time: one of them does."""
    stored.connect("before")
    barrier, done = threading.Barrier(2), []

    def add(name: str) -> None:
        new = new_connection(name, entity="7")
        barrier.wait(10)
        try:
            done.append(stored.connections.add(new, "admin").id)
        except StopProcess as refused:
            done.append(str(refused))

    threads = [threading.Thread(target=add, args=(name,)) for name in ("c1", "c2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(stored.connections.shown()) == 2
    assert sum("same company" in one for one in done) == 1


@pytest.mark.rule("R-09")
def test_a_replaced_token_lets_the_lane_try_at_once(stored: Stored) -> None:
    """Links, activation and options stay; a token that another connection uses is refused."""
    one, two = stored.connect("c1"), stored.connect("c2")
    stored.linked(one, KARI)
    stored.set(lane, lane.c.connection == one.id, state="paused", reason="credential", until=9**17)
    stored.connections.replace_token(one.id, Personal("new"), "admin")
    assert stored.connections.token(one.id) == Personal("new")
    assert stored.connections.get(one.id) == one
    assert stored.state(one) == "linked"
    states = stored.rows(lane.c.connection, lane.c.state, lane.c.until)
    assert (one.id, "running", 0) in states
    with pytest.raises(StopProcess, match="in use by another connection"):
        stored.connections.replace_token(two.id, Personal("new"), "admin")
    assert stored.connections.token(two.id) == Personal("token of c2")


@pytest.mark.rule("R-09", "R-94", "R-93")
@pytest.mark.parametrize(
    ("state", "reason", "then"),
    [
        ("paused", "by hand", "paused"),
        ("held", None, "held"),
        ("paused", "other company", "running"),
        ("waiting", "credits", "running"),
    ],
)
def test_a_new_token_ends_no_pause_of_a_humans(
    stored: Stored, state: str, reason: str | None, then: str
) -> None:
    """What only a human ends stays; the token's own trouble is over."""
    one = stored.connect()
    stored.set(lane, lane.c.connection == one.id, state=state, reason=reason)
    stored.connections.replace_token(one.id, Personal("new"), "admin")
    assert stored.rows(lane.c.state) == [(then,)]
    assert stored.connections.token(one.id) == Personal("new")


def test_a_pause_and_its_end(stored: Stored) -> None:
    """A pause by hand shows why and since when; the lane runs again when told so."""
    one = stored.connect()
    stored.connections.pause(one.id, "admin")
    (paused,) = stored.connections.shown(one.id)
    assert (paused.state, paused.reason) == (LaneState.PAUSED, "by hand")
    assert paused.since > 0
    stored.connections.resume(one.id, "admin")
    (running,) = stored.connections.shown(one.id)
    assert (running.state, running.reason) == (LaneState.RUNNING, None)


@pytest.mark.rule("R-04", "R-104")
def test_options_change_later(stored: Stored) -> None:
    """Only what is told changes, and the audit names it."""
    one = stored.connect()
    changed = stored.connections.change(one.id, {"add_new_users": False, "zone": "UTC"}, "admin")
    assert (changed.add_new_users, changed.zone, changed.name) == (False, "UTC", one.name)


@pytest.mark.rule("R-59", "R-60")
def test_in_another_zone_everybody_is_looked_at_again(stored: Stored) -> None:
    """Whose position data goes out: it may be another day there. Other options change nothing."""
    one, other = stored.connect("c1"), stored.connect("c2", group="g2")
    stored.linked(one, KARI, triggered=True, next_flip_on="2027-01-01")
    stored.linked(one, OLA)
    stored.linked(other, KARI, triggered=True, next_flip_on="2027-01-01")
    columns = (link.c.connection, link.c.person, link.c.next_flip_on)
    before = stored.rows(*columns)
    stored.connections.change(one.id, {"name": "another", "country": "SE"}, "admin")
    assert stored.rows(*columns) == before
    stored.connections.change(one.id, {"zone": "America/Los_Angeles"}, "admin")
    assert {row[:2]: row[2] for row in stored.rows(*columns)} == {
        (one.id, KARI.user): "0001-01-01",
        (one.id, OLA.user): None,
        (other.id, KARI.user): "2027-01-01",
    }


@pytest.mark.rule("R-07")
def test_activation_happens_once(stored: Stored) -> None:
    """The first one stays, whatever comes later; it ends the preview."""
    one = stored.connect(active=False)
    at = stored.connections.preview(one.id)
    (standing,) = stored.intake.connections().by_organization[ORGANIZATION]
    assert standing.preview
    stored.connections.activate(one.id, at)
    stored.connections.activate(one.id, at + 99)
    (standing,) = stored.intake.connections().by_organization[ORGANIZATION]
    assert not standing.preview
    assert standing.connection.activated_at is not None
    assert standing.connection.activated_at.timestamp() * 1000 == pytest.approx(at)


@pytest.mark.rule("R-07")
def test_a_preview_expires(stored: Stored) -> None:
    """After a day it is no longer open, without anybody closing it."""
    one = stored.connect(active=False)
    at = stored.connections.preview(one.id)
    stored.set(connection, connection.c.id == one.id, preview_at=at - 86_401_000)
    (standing,) = stored.intake.connections().by_organization[ORGANIZATION]
    assert not standing.preview


def test_intake_is_told_of_every_change(stored: Stored) -> None:
    """Whatever the gate asks of a connection raises the generation."""
    one = stored.connect()
    changes = (
        lambda: stored.connect("c2"),
        lambda: stored.connections.change(one.id, {"add_new_users": False}, "admin"),
        lambda: stored.connections.replace_token(one.id, Personal("new"), "admin"),
        lambda: stored.connections.preview(one.id),
        lambda: stored.connections.activate(one.id, 7),
    )
    for change in changes:
        before = generation_of(stored)
        change()
        assert generation_of(stored) > before


@pytest.mark.rule("R-98", "R-100")
def test_intake_sees_connections_by_organisation(stored: Stored) -> None:
    """Each organisation with all of its own; without one there is nothing, at generation 0."""
    assert stored.intake.connections().generation == 0
    assert stored.intake.connections().by_organization == {}
    ids = {
        organization: {
            stored.connect(f"{organization}{n}", organization=organization, group=str(n)).id
            for n in range(2)
        }
        for organization in (ORGANIZATION, ELSEWHERE)
    }
    seen = stored.intake.connections().by_organization
    assert {
        organization: {one.connection.id for one in standings}
        for organization, standings in seen.items()
    } == ids


def test_links_are_counted_by_state(stored: Stored) -> None:
    """As a command shows them, for each connection."""
    one = stored.connect("c1")
    stored.connect("c2")
    stored.linked(one, KARI)
    stored.linked(one, OLA, state=LinkState.WANTED)
    shown = {each.connection.name: each.links for each in stored.connections.shown()}
    assert shown == {"c1": {"linked": 1, "wanted": 1}, "c2": {}}


def test_what_is_not_there_is_said_so(stored: Stored) -> None:
    """A wrong id is one sentence that names the command."""
    with pytest.raises(NotFound, match="connections list"):
        stored.connections.get("nobody")
    with pytest.raises(NotFound):
        stored.connections.pause("nobody", "admin")
    assert stored.connections.shown("nobody") == []
