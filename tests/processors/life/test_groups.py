"""Several connections of an organisation, each with its group (R-100, R-101, R-09)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from connectors.store.removal import remove
from connectors.store.tables import field, pending
from connectors.store.tables import person as people
from schemas.employee import Root, Target
from schemas.errors import Ambiguous, Unavailable
from schemas.metrics import DUPLICATES
from tests.fixtures.arrivals import START, USER
from tests.fixtures.working import Bad
from tests.processors.life.conftest import Life

APPLIED = ("applied", None)
OUTSIDE = ("skipped", "out of scope")
PHONE, GENDER = Target.CONTACT_PHONE, Target.CONTACT_GENDER
TITLE, FROM = Target.CONTACT_JOB_TITLE, Target.EMPLOYMENT_FROM
NO_ANSWER = Ambiguous("Xledger does not answer in time")
JOB: dict[str, Any] = {"contractStartDate": "2020-01-01", "title": {"id": "t", "name": "Chef"}}


def groups(*names: str) -> list[dict[str, str]]:
    """Return groups as an event tells them."""
    return [{"id": name, "type": "team"} for name in names]


@pytest.fixture
def two(life: Life) -> Life:
    """Two groups, each with a company; Kari is an employee in the first, and in its group."""
    life.connect("c1", "g1")
    life.connect("c2", "g2")
    life.created(1, groups=groups("g1"))
    life.live()
    return life


@pytest.mark.rule("R-100")
def test_a_member_of_two_groups_goes_to_both(life: Life) -> None:
    """To three companies: of two groups, and of the organisation; each has its own outcomes."""
    benches = {name: life.connect(name, group) for name, group in
               (("c1", "g1"), ("c2", "g2"), ("c3", None), ("c4", "g4"))}  # fmt: skip
    life.created(1, groups=groups("g1", "g2"), positions=[{"id": "p1", **JOB}])
    life.live()
    benches["c1"].xledger.bad = [Bad(PHONE, "5")]
    life.arrivals.updated(5, phone="5")
    life.live()
    for name in ("c2", "c3"):
        assert (life.ends(name)["e5"], life.has(name)[PHONE]) == (APPLIED, "5")
        assert life.has(name)[TITLE] == "Chef"
    assert life.ends("c1")["e5"] == ("dead-lettered", "refused by Xledger")
    assert life.has("c1")[PHONE] == "40000001"
    assert life.ends("c4") == {"e1": OUTSIDE, "e5": OUTSIDE}
    assert life.state("c4") is None
    assert benches["c4"].xledger.requests == []


@pytest.mark.rule("R-100", "R-97")
@pytest.mark.parametrize("inside", [True, False])
def test_unknown_groups_are_read_before_anybody_is_made(life: Life, *, inside: bool) -> None:
    """A creation that does not say which groups: Huma is asked, and only a member is made."""
    bench = life.connect("c1", "g1")
    life.huma.knows(USER, *(["g1"] if inside else ["g2"]))
    life.created(1)
    life.live()
    assert life.huma.asked == [USER]
    assert life.ends()["e1"] == (APPLIED if inside else OUTSIDE)
    assert len(bench.xledger.records[Root.EMPLOYEE]) == inside
    life.moved(2, "g1")
    life.live()
    assert len(bench.xledger.records[Root.EMPLOYEE]) == 1


@pytest.mark.rule("R-101", "R-52", "R-04")
def test_who_joins_is_created_whole(two: Life) -> None:
    """Treated as created: everything goes out, positions included, as it is now."""
    life = two
    life.arrivals.updated(2, phone="2")
    life.position(3, "created", **JOB)
    life.live()
    life.moved(4, "g1", "g2")
    life.live()
    assert life.ends("c2") == {"e1": OUTSIDE, "e2": OUTSIDE, "e3": OUTSIDE, "e4": APPLIED}
    assert life.ends("c1")["e4"] == ("skipped", "nothing to do")
    assert (life.has("c2")[PHONE], life.has("c2")[FROM]) == ("2", "2020-01-01")
    life.arrivals.updated(5, phone="5")
    life.live()
    assert (life.has("c1")[PHONE], life.has("c2")[PHONE]) == ("5", "5")


@pytest.mark.rule("R-101", "R-04", "R-05", "R-37")
@pytest.mark.parametrize("why", ["option off", "before activation"])
def test_who_joins_is_created_only_where_new_users_are(life: Life, why: str) -> None:
    """With the option off, or joined before the activation: not linked."""
    bench = life.connect("c1", "g1", add=why != "option off")
    life.created(1, groups=[])
    long_ago = START - timedelta(days=30_000 if why == "before activation" else 0)
    life.arrivals.arrive("user.groups-changed", {"groups": groups("g1")}, 2, time=long_ago)
    life.arrivals.updated(3, phone="3")
    life.live()
    assert life.ends() == {
        "e1": OUTSIDE, "e2": ("skipped", "not linked"), "e3": ("skipped", "not linked"),
    }  # fmt: skip
    assert bench.xledger.requests == []


@pytest.mark.rule("R-101", "R-71")
@pytest.mark.parametrize("together", [True, False])
def test_who_leaves_is_locked(two: Life, *, together: bool) -> None:
    """What is older still goes, whenever it comes; what is younger does not; nothing is deleted."""
    life = two
    life.arrivals.updated(2, phone="2")
    life.position(3, "created", contractEndDate="2026-12-31", **JOB)
    if not together:
        life.read()
    life.moved(5)
    if not together:
        life.read()
    life.arrivals.updated(6, phone="6", birthDate="1990-01-06")
    life.arrivals.updated(4, gender="Male")
    life.live()
    assert life.ends("c1") == {
        "e1": APPLIED, "e2": ("superseded", None), "e3": APPLIED, "e4": APPLIED, "e5": OUTSIDE,
        "e6": OUTSIDE,
    }  # fmt: skip
    has = life.has("c1")
    assert (has[PHONE], has[GENDER]) == ("40000001", "M")
    assert has[Target.EMPLOYMENT_TO] == "2026-12-31"
    assert life.state("c1") == "linked"
    assert life.arrivals.projection()["phone"] == (6, "6")
    life.arrivals.updated(7, phone="7")
    life.read()
    assert life.open("c1") == set()


@pytest.mark.rule("R-101", "R-72")
def test_a_retry_a_request_and_a_replay_are_out_of_scope(two: Life) -> None:
    """Refused for now, or a letter: once she has left the group neither is tried again."""
    life, bench = two, two.benches["c1"]
    bench.xledger.bad = [Bad(PHONE, "2", retry=True), Bad(GENDER, "M")]
    life.arrivals.updated(2, phone="2")
    life.arrivals.updated(3, gender="Male")
    life.read()
    life.attempt("c1", lambda: 1 in bench.attempts() and "e3" in life.ends("c1"))
    bench.xledger.bad = []
    tried = len(life.written("c1"))
    life.moved(4)
    life.live()
    assert life.ends("c1")["e2"] == OUTSIDE
    life.arrivals.forget()
    life.replay(3, "c1", ["gender"], gender="Male")
    life.live()
    assert life.ends("c1") == {"e3": OUTSIDE}
    assert len(life.written("c1")) == tried


@pytest.mark.rule("R-101", "R-71")
@pytest.mark.parametrize("happened", [True, False])
def test_what_may_have_been_written_is_sent_again_outside(two: Life, *, happened: bool) -> None:
    """A lost answer is made certain, also of somebody who left meanwhile."""
    life, bench = two, two.benches["c1"]
    bench.xledger.faults = [(NO_ANSWER, happened)]
    life.arrivals.updated(2, phone="2")
    life.read()
    life.attempt()
    life.moved(3)
    life.live()
    assert (life.ends("c1")["e2"], life.has("c1")[PHONE]) == (APPLIED, "2")


@pytest.mark.rule("R-83", "R-101")
def test_a_repeat_of_what_waits_is_none_though_she_left(two: Life) -> None:
    """One event, one outcome: its second delivery does not end it as out of scope."""
    life = two
    change = life.arrivals.updated(2, phone="2")
    life.read()
    life.moved(3)
    life.read()
    life.arrivals.again(change)
    life.read()
    assert "e2" not in life.ends("c1")
    assert life.arrivals.numbers.of(DUPLICATES) >= 1
    life.live()
    assert life.ends("c1")["e2"] == APPLIED


@pytest.mark.rule("R-101", "R-74", "R-52")
@pytest.mark.parametrize("together", [True, False])
def test_who_comes_back_is_compared(two: Life, *, together: bool) -> None:
    """As after a lock: fields, and positions that changed meanwhile; nobody is made twice."""
    life = two
    life.moved(2)
    life.arrivals.updated(3, phone="3", gender="Male")
    life.position(4, "created", **JOB)
    if not together:
        life.live()
    life.moved(5, "g1")
    life.live()
    assert life.ends("c1")["e5"] == APPLIED
    has = life.has("c1")
    assert (has[PHONE], has[GENDER], has[TITLE]) == ("3", "M", "Chef")
    assert len(life.benches["c1"].xledger.records[Root.EMPLOYEE]) == 1
    life.moved(6)
    life.moved(7, "g1")
    requests = len(life.written("c1"))
    life.live()
    assert life.ends("c1")["e7"] == ("unchanged", None)
    assert len(life.written("c1")) == requests


@pytest.mark.rule("R-101", "R-100")
def test_who_moves_leaves_one_company_and_enters_another(two: Life) -> None:
    """The one keeps her as she was, the other gets her as she is; and back again."""
    life = two
    life.arrivals.updated(2, phone="2")
    life.live()
    life.moved(3, "g2")
    life.arrivals.updated(4, phone="4")
    life.live()
    assert (life.has("c1")[PHONE], life.has("c2")[PHONE]) == ("2", "4")
    assert (life.ends("c1")["e4"], life.ends("c2")["e4"]) == (OUTSIDE, APPLIED)
    life.moved(5, "g1")
    life.arrivals.updated(6, gender="Male")
    life.live()
    assert (life.has("c1")[PHONE], life.has("c1")[GENDER]) == ("4", "M")
    assert GENDER not in life.has("c2")
    assert (life.state("c1"), life.state("c2")) == ("linked", "linked")


@pytest.mark.rule("R-101", "R-71", "R-74")
def test_a_lock_and_a_leaving_are_two_locks(two: Life) -> None:
    """She is compared when both are over, in whatever order they end."""
    life = two
    life.happened("user.deactivated", 2)
    life.moved(3)
    life.arrivals.updated(4, phone="4")
    life.happened("user.reactivated", 5)
    life.live()
    assert (life.ends("c1")["e4"], life.ends("c1")["e5"]) == (OUTSIDE, OUTSIDE)
    life.happened("user.deactivated", 6)
    life.moved(7, "g1")
    life.live()
    assert life.ends("c1")["e7"] == ("skipped", "locked")
    assert life.has("c1")[PHONE] == "40000001"
    life.happened("user.reactivated", 8)
    life.live()
    assert life.has("c1")[PHONE] == "4"


@pytest.mark.rule("R-101", "R-100")
@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("user.groups-changed", {"groups": groups("g2")}),
        ("user.updated", {"changes": {"groups": groups("g2")}}),
        ("user.updated", {"changes": {"groups": groups("g2"), "phone": "5"}}),
        ("user.reactivated", {"user": {"groups": groups("g2")}}),
        ("user.created", {"user": {"groups": groups("g2")}}),
    ],
)
def test_groups_change_by_whatever_says_so(two: Life, type_: str, data: dict[str, Any]) -> None:
    """A field `groups` means what the event of that name means."""
    life = two
    life.arrivals.arrive(type_, data, 5)
    life.arrivals.updated(6, gender="Male")
    life.live()
    assert life.ends("c1")["e6"] == OUTSIDE
    assert life.has("c2")[GENDER] == "M"
    assert life.has("c2")[PHONE] == ("5" if "phone" in str(data) else "40000001")
    life.moved(4, "g1")
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.ends("c1")["e7"] == OUTSIDE, "an older change of the groups brings nobody back"


@pytest.mark.rule("R-101")
def test_who_leaves_before_the_lane_came_is_not_made(life: Life) -> None:
    """Wanted, and out of scope: nobody is made, until she joins again."""
    bench = life.connect("c1", "g1")
    life.created(1, groups=groups("g1"))
    life.read()
    life.moved(2)
    life.arrivals.updated(3, phone="3")
    life.live()
    assert life.ends() == dict.fromkeys(("e1", "e2", "e3"), OUTSIDE)
    assert bench.xledger.writes == []
    life.moved(4, "g1")
    life.live()
    assert (life.ends()["e4"], life.has()[PHONE]) == (APPLIED, "3")


@pytest.mark.rule("R-101", "R-71")
def test_who_leaves_while_in_flight_gets_what_was_sent(two: Life) -> None:
    """The request is on its way, and told by its answer; what comes after it stays here."""
    life, bench = two, two.benches["c1"]

    async def flight() -> None:
        bench.xledger.gate = asyncio.Event()
        lane = bench.lane()
        task = asyncio.create_task(lane.run(asyncio.Event()))
        before = len(bench.xledger.writes)
        await bench.wait(lambda: len(bench.xledger.writes) > before, lane, task)
        life.moved(3)
        life.arrivals.updated(4, phone="4")
        await asyncio.to_thread(life.read)
        bench.xledger.gate.set()
        await bench.wait(life.idle("c1"), lane, task)
        await bench.kill(task)

    life.arrivals.updated(2, phone="2")
    life.read()
    asyncio.run(flight())
    assert life.has("c1")[PHONE] == "2"
    assert (life.ends("c1")["e2"], life.ends("c1")["e4"]) == (APPLIED, OUTSIDE)


@pytest.mark.rule("R-100")
@pytest.mark.parametrize("trouble", ["failure", "pause"])
def test_one_connections_trouble_is_its_own(life: Life, trouble: str) -> None:
    """Xledger away for one, or paused by hand: the other's events go on; then both are whole."""
    bench = life.connect("c1", "g1")
    life.connect("c2", "g2")
    life.created(1, groups=groups("g1", "g2"))
    life.live()
    if trouble == "pause":
        life.stored.connections.pause(bench.connection.id, "admin")
    else:
        bench.xledger.faults = [(Unavailable("away"), False)]
    life.arrivals.updated(2, phone="2")
    life.read()
    life.deliver(*(["c2"] if trouble == "pause" else []))
    assert life.ends("c2")["e2"] == APPLIED
    if trouble == "pause":
        candidates = life.stored.lanes.candidates("other", 10)
        assert bench.connection.id not in [one.connection for one in candidates]
        assert "e2" not in life.ends("c1")
        life.stored.connections.resume(bench.connection.id, "admin")
        life.deliver()
    assert (life.ends("c1")["e2"], life.has("c1")[PHONE]) == (APPLIED, "2")


@pytest.mark.rule("R-09", "R-98", "R-100")
def test_a_connection_removed_leaves_the_others_alone(life: Life) -> None:
    """Its work ends; the other's goes on; the last one takes the projection with it."""
    first, second = life.connect("c1", "g1"), life.connect("c2", "g2")
    life.created(1, groups=groups("g1", "g2"))
    life.live()
    life.arrivals.updated(2, phone="2")
    life.read()
    remove(life.stored.store, life.stored.keyring, first.connection, "admin")
    assert life.ends("c1")["e2"] == ("skipped", "connection removed")
    life.arrivals.updated(3, gender="Male")
    life.read()
    life.deliver("c2")
    assert (life.ends("c2")["e2"], life.ends("c2")["e3"]) == (APPLIED, APPLIED)
    assert "e3" not in life.ends("c1")
    assert (life.has("c2")[PHONE], life.has("c2")[GENDER]) == ("2", "M")
    life.moved(4, "g1")
    life.read()
    assert life.stored.rows(field.c.person) != []
    remove(life.stored.store, life.stored.keyring, second.connection, "admin")
    for column in (field.c.person, people.c.person, pending.c.person):
        assert life.stored.rows(column) == []


@pytest.fixture
def one_company(life: Life) -> Life:
    """Two groups of one company; Kari is an employee by the first one's connection."""
    first = life.connect("c1", "g1", entity="7")
    second = life.connect("c2", "g2", entity="7")
    second.xledger = first.xledger
    life.created(1, groups=groups("g1"))
    life.live()
    return life


@pytest.mark.rule("R-09", "R-100")
def test_one_company_has_a_person_by_one_connection(one_company: Life) -> None:
    """In both groups: the first one's, for good; the second says so, and makes nobody."""
    life = one_company
    life.moved(2, "g1", "g2")
    life.arrivals.updated(3, phone="3")
    life.live()
    held = ("skipped", "linked by another connection")
    assert life.ends("c1")["e3"] == APPLIED
    assert life.ends("c2")["e3"] == held
    assert len(life.benches["c1"].xledger.records[Root.EMPLOYEE]) == 1


@pytest.mark.rule("R-09", "R-101")
def test_leaving_the_group_does_not_let_go(one_company: Life) -> None:
    """The link stays, locked: whoever moves within a company waits until it is removed."""
    life = one_company
    first = life.benches["c1"]
    life.moved(2, "g2")
    life.arrivals.updated(3, phone="3")
    life.live()
    assert life.ends("c1")["e3"] == OUTSIDE
    assert life.ends("c2")["e3"] == ("skipped", "linked by another connection")
    assert life.has("c1")[PHONE] == "40000001"
    remove(life.stored.store, life.stored.keyring, first.connection, "admin")
    del life.benches["c1"]
    life.arrivals.updated(4, gender="Male")
    life.live()
    assert (life.state("c2"), life.ends("c2")["e4"]) == ("linked", APPLIED)
    assert (life.has("c2")[GENDER], life.has("c2")[PHONE]) == ("M", "3")
    assert {len(made) for made in first.xledger.records.values()} == {1}


@pytest.mark.rule("R-09", "R-78")
def test_a_deletion_lets_go_in_both(one_company: Life) -> None:
    """Nobody is held any more; both links are tombstones."""
    life = one_company
    life.moved(2, "g1", "g2")
    life.live()
    life.happened("user.deleted", 3)
    life.live()
    assert (life.state("c1"), life.state("c2")) == ("deleted", "deleted")
    assert (life.link("c1")["company"], life.link("c2")["company"]) == (None, None)
    assert life.link("c1")["employee"] is not None
