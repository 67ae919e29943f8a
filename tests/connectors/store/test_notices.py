"""One notice for each change of how a connection stands, in the change's own transaction (R-94)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from connectors.store.delivery import StoredLanes
from connectors.store.erasure import erase_organization
from connectors.store.holds import release
from connectors.store.mails import StoredMails
from connectors.store.notices import Patience
from connectors.store.removal import remove
from connectors.store.tables import lane, organization, outbox
from processors.lane.guard import Guard
from processors.ports.lane import BY_HAND, LaneStatus, Lease
from processors.ports.mail import Mail
from schemas.connection import Connection, LaneState
from schemas.guard import GuardLimits
from schemas.notice import Notice, NoticeAbout
from schemas.personal import Personal
from tests.fixtures.stored import BOUNDS, ELSEWHERE, KARI, OLA, ORGANIZATION, Stored

RUNS = LaneStatus()
BROKEN = LaneStatus(LaneState.BROKEN, "Xledger is away", 9.0)
CREDITS = LaneStatus(LaneState.WAITING, "credits", 9.0)
REFUSED = LaneStatus(LaneState.PAUSED, "credential", 900.0)
FAILING = LaneStatus(LaneState.FAILING, "most people fail", 60.0)


@dataclass
class Desk:
    """A connection whose lane is somebody's, and the mails that its states leave."""

    stored: Stored
    one: Connection
    lease: Lease

    def __post_init__(self) -> None:
        patience = Patience(after=300.0, waiting=3600.0)
        self.mails = StoredMails(self.stored.store, self.stored.keyring, patience)

    def put(self, *states: LaneStatus) -> None:
        """Let the lane's owner store states."""
        for status in states:
            self.stored.lanes.set_status(self.lease, status)

    def let_pass(self, minutes: int) -> None:
        """Let the lane have been in its state for longer, and look."""
        earlier = minutes * 60_000
        self.stored.set(lane, lane.c.connection == self.one.id, since=lane.c.since - earlier)
        self.stored.set(organization, organization.c.id == ORGANIZATION,
                        huma_since=organization.c.huma_since - earlier)  # fmt: skip
        self.mails.tell()

    def waiting(self) -> Sequence[Mail]:
        """Return the mails that wait."""
        return self.mails.mails(0, 100)

    def told(self) -> list[str]:
        """Return what was told, in order, since the last time it was asked; then it is gone."""
        mails = self.waiting()
        for mail in mails:
            self.mails.delete(mail.id)
        return [
            mail.notice.state + (f": {mail.notice.reason}" if mail.notice.reason else "")
            for mail in mails
        ]


@pytest.fixture
def desk(stored: Stored) -> Desk:
    """A connection that runs."""
    one = stored.connect()
    return Desk(stored, one, stored.claim(one))


@pytest.mark.rule("R-94")
@pytest.mark.parametrize(
    ("status", "says"),
    [
        (REFUSED, "paused: credential"),
        (LaneStatus(LaneState.PAUSED, "other company", 900.0), "paused: other company"),
        (FAILING, "failing: most people fail"),
        (LaneStatus(LaneState.HELD, "sensitive fields"), "held: sensitive fields"),
    ],
)
def test_what_needs_a_human_is_told_at_once_and_once(
    desk: Desk, status: LaneStatus, says: str
) -> None:
    """However often a probe finds it so."""
    desk.put(status, status, status)
    assert desk.told() == [says]
    desk.let_pass(600)
    assert desk.told() == []


@pytest.mark.rule("R-93", "R-94")
def test_what_the_guard_holds_is_told_and_so_is_its_release(desk: Desk) -> None:
    """Whoever knows of the import is asked before anything of it leaves."""
    stored, one = desk.stored, desk.one
    guard = Guard(GuardLimits(1, 0, 1, 0), 3600.0)
    stored.lanes = StoredLanes(stored.store, stored.keyring, BOUNDS, guard)
    stored.people(KARI, OLA)
    stored.linked(one, KARI, OLA)
    for version, key in enumerate((KARI, OLA), 1):
        stored.change(one, key, version, {"phone": "1"})
    assert stored.take(desk.lease).people == ()
    assert desk.told() == ["held: many people"]
    release(stored.store, stored.keyring, one, "admin", Personal("a raise for all"))
    desk.let_pass(6)
    assert desk.told() == ["running"]


@pytest.mark.rule("R-93", "R-94")
def test_a_second_hold_soon_after_a_release_is_told_too(desk: Desk) -> None:
    """Somebody decided about the first one; the next is another question, and waits for a human."""
    stored, one = desk.stored, desk.one
    guard = Guard(GuardLimits(1, 0, 1, 0), 3600.0)
    stored.lanes = StoredLanes(stored.store, stored.keyring, BOUNDS, guard)
    stored.people(KARI, OLA)
    stored.linked(one, KARI, OLA)
    for first in (1, 3):
        for version, key in enumerate((KARI, OLA), first):
            stored.change(one, key, version, {"phone": str(version)})
        assert stored.take(desk.lease).people == ()
        assert desk.told() == ["held: many people"]
        release(stored.store, stored.keyring, one, "admin", Personal("a raise for all"))
        time.sleep(0.005)  # a turn of the same millisecond was there when it was released
    desk.let_pass(6)
    assert desk.told() == ["running"]


@pytest.mark.rule("R-94")
def test_a_pause_by_hand_is_told_and_so_is_its_end_once_it_lasts(desk: Desk) -> None:
    """A colleague's pause that nobody else knows of is how wages are forgotten."""
    desk.stored.connections.pause(desk.one.id, "colleague")
    assert desk.told() == [f"paused: {BY_HAND}"]
    desk.stored.connections.resume(desk.one.id, "colleague")
    desk.let_pass(4)
    assert desk.told() == []
    desk.let_pass(2)
    assert desk.told() == ["running"]


@pytest.mark.rule("R-94")
def test_trouble_that_comes_and_goes_is_one_mail(desk: Desk) -> None:
    """What recovers for less than five minutes has not recovered; what breaks so, neither."""
    desk.put(BROKEN, RUNS, BROKEN, RUNS)
    desk.let_pass(10)
    assert desk.told() == []
    desk.put(BROKEN)
    desk.let_pass(6)
    assert desk.told() == ["broken: Xledger is away"]
    for _ in range(5):
        desk.put(RUNS)
        desk.let_pass(4)
        desk.put(BROKEN)
        desk.let_pass(6)
    assert desk.told() == []
    desk.put(RUNS)
    desk.let_pass(6)
    assert desk.told() == ["running"]


@pytest.mark.rule("R-94")
def test_a_limit_is_told_when_nothing_else_happened_for_an_hour(desk: Desk) -> None:
    """Limits are met every day; credits that are gone until midnight are another thing."""
    for _ in range(20):
        desk.put(CREDITS, RUNS)
    desk.put(CREDITS)
    desk.let_pass(50)
    assert desk.told() == []
    desk.let_pass(15)
    assert desk.told() == ["waiting: credits"]


@pytest.mark.rule("R-94")
def test_each_change_from_one_trouble_to_another_is_told(desk: Desk) -> None:
    """In order, with what was told before."""
    desk.put(FAILING, REFUSED)
    mails = desk.waiting()
    assert [mail.notice.told for mail in mails] == [None, "failing: most people fail"]
    assert desk.told() == ["failing: most people fail", "paused: credential"]


@pytest.mark.rule("R-97")
@pytest.mark.parametrize("state", ["credential", "away"])
def test_huma_away_is_told_to_each_of_its_connections_once(desk: Desk, state: str) -> None:
    """A refused client at once, an API that is away when it lasts; and when it is back."""
    other = desk.stored.connect("c2", group="g", entity="another")
    foreign = desk.stored.connect("c3", organization=ELSEWHERE)
    for _ in range(3):
        desk.stored.lanes.huma_state(desk.lease, state, 900.0)
    assert len(desk.waiting()) == (2 if state == "credential" else 0)
    desk.let_pass(20)
    mails = desk.waiting()
    assert [mail.notice.connection for mail in mails] == [desk.one.id, other.id]
    assert foreign.id not in {mail.notice.connection for mail in mails}
    assert {mail.notice.about for mail in mails} == {NoticeAbout.HUMA}
    assert desk.told() == [state, state]
    desk.stored.lanes.huma_state(desk.lease, "ok", 0.0)
    assert desk.told() == []
    desk.let_pass(6)
    assert desk.told() == ["ok", "ok"]


def test_a_change_that_is_not_stored_is_not_told(desk: Desk) -> None:
    """A lane that another owns by now tells nothing, and a stop by hand stays as told."""
    desk.stored.connections.pause(desk.one.id, "admin")
    desk.put(REFUSED, RUNS)
    assert desk.told() == [f"paused: {BY_HAND}"]
    stale = replace(desk.lease, epoch=desk.lease.epoch - 1)
    with pytest.raises(Exception, match="another owner"):
        desk.stored.lanes.set_status(stale, FAILING)
    assert desk.told() == []


@pytest.mark.rule("R-103")
def test_what_waits_to_be_told_holds_ids_and_the_address_is_read_later(desk: Desk) -> None:
    """So a changed address is used at once, and the outbox holds nobody's."""
    desk.put(REFUSED)
    (row,) = desk.stored.rows(outbox.c.value, outbox.c.whose, outbox.c.sealed_for)
    assert b"admin@" not in row[0]
    assert row[1:] == (f"{ORGANIZATION}:", None)
    (mail,) = desk.waiting()
    assert mail.address == Personal("admin@x.example")
    assert (mail.name, mail.zone) == ("c1", "Europe/Oslo")
    assert mail.notice == Notice(
        NoticeAbout.LANE, desk.one.id, "paused", "credential", mail.notice.since, None
    )
    assert mail.age >= 0
    change = desk.stored.connections.change
    change(desk.one.id, {"notify": Personal("other@x.example")}, "admin")
    assert desk.waiting()[0].address == Personal("other@x.example")
    change(desk.one.id, {"notify": None}, "admin")
    assert desk.waiting()[0].address is None


def test_mail_is_no_row_of_kafkas(desk: Desk) -> None:
    """Kafka's relay passes it, and it does not count against the outbox's limit."""
    desk.put(REFUSED)
    assert desk.stored.outbox.rows(0, 100) == []
    assert desk.stored.outbox.count() == 0


@pytest.mark.rule("R-108")
def test_mail_of_a_connection_that_is_gone_has_no_address_and_goes_with_its_organisation(
    desk: Desk,
) -> None:
    """Nobody is told of what was removed."""
    desk.put(REFUSED)
    remove(desk.stored.store, desk.stored.keyring, desk.one, "admin")
    (mail,) = desk.waiting()
    assert (mail.name, mail.address) == (None, None)
    erase_organization(
        desk.stored.store, desk.stored.keyring, ORGANIZATION, "admin", Personal("asked for")
    )
    assert desk.waiting() == []


def test_one_process_at_a_time_sends(desk: Desk) -> None:
    """The other has it when the first lets go."""
    assert desk.mails.claim("a", 60.0)
    assert not desk.mails.claim("b", 60.0)
    desk.mails.release("a")
    assert desk.mails.claim("b", 60.0)
