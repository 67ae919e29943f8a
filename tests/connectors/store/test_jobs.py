"""Jobs of a manual sync: one at a time, done by the lane (R-07, R-27)."""

import threading

import pytest

from connectors.store.tables import audit, connection, link, run
from processors.ports.huma import HumaListed
from processors.ports.lane import Claim, Intent, Lease, PersonResult, Step
from processors.ports.sync import Existing, NewLink, Run
from processors.ports.xledger import ListedEmployee
from schemas.connection import Connection, LinkState
from schemas.errors import NotFound, StopProcess
from tests.fixtures.stored import KARI, OLA, ORGANIZATION, Stored

COMPANY = "one company"


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection that was never synced."""
    return stored.connect(active=False)


def plan(stored: Stored, one: Connection) -> str:
    """Plan a job; returns its id."""
    return stored.runs.plan(one.id, ORGANIZATION, "admin").id


def begin(stored: Stored, lease: Lease) -> Run:
    """Take the job that is planned."""
    found = stored.sync.next_run(lease)
    assert found is not None
    return found


@pytest.mark.rule("R-27")
def test_one_at_a_time(stored: Stored, one: Connection) -> None:
    """While a job is planned or running a second one is refused; another connection's is not."""
    first = plan(stored, one)
    with pytest.raises(StopProcess, match=f"already running: {first}"):
        plan(stored, one)
    lease = stored.claim(one)
    job = begin(stored, lease)
    with pytest.raises(StopProcess, match="already running"):
        plan(stored, one)
    plan(stored, stored.connect("c2"))
    stored.sync.finish(lease, job, {})
    assert plan(stored, one) != first


@pytest.mark.rule("R-27")
def test_of_two_who_plan_at_once_one_does(stored: Stored, one: Connection) -> None:
    """Two administrators at the same moment start one job."""
    barrier, done = threading.Barrier(2), []

    def start() -> None:
        barrier.wait(10)
        try:
            done.append(plan(stored, one))
        except StopProcess:
            done.append("refused")

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(stored.runs.of(one.id)) == 1
    assert sorted(one == "refused" for one in done) == [False, True]


def test_a_job_shows_how_far_it_is(stored: Stored, one: Connection) -> None:
    """Planned, running, finished, with the newest counts."""
    id_ = plan(stored, one)
    assert stored.runs.get(id_).state == "planned"
    lease = stored.claim(one)
    job = begin(stored, lease)
    assert job == Run(id_, one.id, "link-matching")
    stored.sync.progress(lease, job, {"people": 5})
    shown = stored.runs.get(id_)
    assert (shown.state, shown.counts, shown.ended_at) == ("running", {"people": 5}, None)
    stored.sync.finish(lease, job, {"people": 7, "linked": 3})
    shown = stored.runs.get(id_)
    assert (shown.state, shown.counts) == ("finished", {"people": 7, "linked": 3})
    assert shown.started_at is not None
    assert shown.ended_at is not None
    assert shown.planned_at <= shown.started_at <= shown.ended_at
    assert stored.sync.next_run(lease) is None


def test_a_look_that_finds_nothing_writes_nothing(stored: Stored, one: Connection) -> None:
    """Lanes look for a job at every turn; another connection's is not theirs."""
    plan(stored, stored.connect("c2"))
    lease = stored.claim(one)
    before = stored.intake.connections().generation
    assert stored.sync.next_run(lease) is None
    assert stored.intake.connections().generation == before


@pytest.mark.rule("R-07")
def test_while_a_job_runs_events_are_stored(stored: Stored, one: Connection) -> None:
    """The preview opens with the listing; intake is told, and events wait from then on."""
    plan(stored, one)
    before = stored.intake.connections()
    assert not before.by_organization[ORGANIZATION][0].preview
    begin(stored, stored.claim(one))
    after = stored.intake.connections()
    assert after.generation > before.generation
    assert after.by_organization[ORGANIZATION][0].preview


@pytest.mark.rule("R-07")
def test_a_finished_job_activates_once(stored: Stored, one: Connection) -> None:
    """From when the listing began; a second job leaves the activation, and renews the listing."""
    columns = (connection.c.activated_at, connection.c.listed_at, connection.c.preview_at)
    for listing in (1000, 2000):
        plan(stored, one)
        lease = stored.claim(one)
        job = begin(stored, lease)
        ((opened,),) = stored.rows(connection.c.preview_at)
        assert (opened,) in stored.rows(run.c.started_at)
        stored.set(connection, connection.c.id == one.id, preview_at=listing)
        stored.sync.finish(lease, job, {})
        assert stored.rows(*columns) == [(1000, listing, None)]
    assert len([row for row in stored.rows(audit.c.action) if row == ("sync.finished",)]) == 2


@pytest.mark.rule("R-07")
def test_a_failed_job_leaves_the_connection_as_it_was(stored: Stored, one: Connection) -> None:
    """Inactive, without a preview; it says why, and another one may be planned."""
    id_ = plan(stored, one)
    lease = stored.claim(one)
    job = begin(stored, lease)
    stored.sync.progress(lease, job, {"people": 5})
    stored.sync.fail(lease, job, "Xledger does not answer")
    shown = stored.runs.get(id_)
    assert (shown.state, shown.failure) == ("failed", "Xledger does not answer")
    assert shown.counts == {"people": 5}
    (standing,) = stored.intake.connections().by_organization[ORGANIZATION]
    assert (standing.preview, standing.connection.activated_at) == (False, None)
    assert plan(stored, one) != id_


@pytest.mark.rule("R-27")
def test_an_interrupted_job_goes_on(stored: Stored, one: Connection) -> None:
    """The next owner of the lane takes it up, and lists anew."""
    plan(stored, one)
    first = begin(stored, stored.claim(one))
    stored.expire(one)
    assert begin(stored, stored.claim(one, "other")) == first


def test_a_job_that_nobody_took_is_given_up(stored: Stored, one: Connection) -> None:
    """Without a delivery process a command says so; one that runs goes on."""
    id_ = plan(stored, one)
    stored.runs.give_up(id_)
    assert stored.runs.get(id_).state == "failed"
    again = plan(stored, one)
    begin(stored, stored.claim(one))
    stored.runs.give_up(again)
    assert stored.runs.get(again).state == "running"
    assert [shown.id for shown in stored.runs.of(one.id)] == [again, id_]
    with pytest.raises(NotFound, match="sync show"):
        stored.runs.get("nobody")


@pytest.mark.rule("R-10", "R-12")
def test_matches_become_links(stored: Stored, one: Connection) -> None:
    """With the records' ids, held for the company; the ambiguous are marked apart."""
    lease = stored.claim(one)
    assert stored.sync.link(lease, COMPANY, [NewLink(KARI.user, "3", "1", "2")], [OLA.user]) == 1
    columns = (link.c.state, link.c.company, link.c.contact, link.c.subledger, link.c.employee)
    assert stored.rows(*columns) == [
        ("ambiguous", None, None, None, None),
        ("linked", COMPANY, "1", "2", "3"),
    ]
    assert {row[0] is None for row in stored.rows(link.c.linked_at)} == {True, False}


@pytest.mark.rule("R-37", "R-60")
def test_who_is_linked_anew_is_looked_at_again(stored: Stored, one: Connection) -> None:
    """Whose position data went out before; days have turned while they were gone."""
    stored.linked(one, KARI, state=LinkState.GONE, triggered=True, employee="1")
    stored.linked(one, OLA, state=LinkState.GONE, employee="2")
    links = [NewLink(KARI.user, "7", "8", "9"), NewLink(OLA.user, "17", "18", "19")]
    assert stored.sync.link(stored.claim(one), COMPANY, links, []) == 2
    rows = stored.rows(link.c.person, link.c.state, link.c.next_flip_on)
    assert rows == [(KARI.user, "linked", "0001-01-01"), (OLA.user, "linked", None)]


@pytest.mark.rule("R-16", "R-09")
def test_what_another_link_holds_is_left_out(stored: Stored, one: Connection) -> None:
    """An employee that is linked, and a person whom another connection holds; others are linked."""
    two = stored.connect("c2")
    mine, theirs = stored.claim(one), stored.claim(two)
    stored.sync.link(theirs, COMPANY, [NewLink(KARI.user, "1"), NewLink("nobody", "2")], [])
    new = [NewLink(KARI.user, "9"), NewLink(OLA.user, "2"), NewLink("new", "3")]
    assert stored.sync.link(mine, COMPANY, new, []) == 1
    assert (stored.state(one, KARI), stored.state(one, OLA)) == (None, None)
    rows = stored.rows(link.c.connection, link.c.person, link.c.employee)
    assert (two.id, KARI.user, "1") in rows


@pytest.mark.rule("R-16")
def test_another_company_holds_its_own(stored: Stored, one: Connection) -> None:
    """The same dbId in another company is another employee."""
    two = stored.connect("c2")
    stored.sync.link(stored.claim(two), "another", [NewLink(KARI.user, "1")], [])
    assert stored.sync.link(stored.claim(one), COMPANY, [NewLink(KARI.user, "1")], []) == 1


@pytest.mark.rule("R-13", "R-37", "R-78")
@pytest.mark.parametrize(
    ("state", "matched", "ambiguous"),
    [
        (LinkState.UNLINKED, "linked", "ambiguous"),
        (LinkState.AMBIGUOUS, "linked", "ambiguous"),
        (LinkState.EXISTS, "linked", "exists"),
        (LinkState.DECLINED, "linked", "declined"),
        (LinkState.GONE, "linked", "gone"),
        (LinkState.LINKED, "linked", "linked"),
        (LinkState.DELETED, "deleted", "deleted"),
    ],
)
def test_what_a_job_makes_of_a_link(
    stored: Stored, one: Connection, state: LinkState, matched: str, ambiguous: str
) -> None:
    """A match is a link, but for the deleted; what was decided is not made ambiguous."""
    stored.linked(one, KARI, OLA, state=state)
    stored.sync.link(stored.claim(one), COMPANY, [NewLink(KARI.user, "1")], [OLA.user])
    assert (stored.state(one, KARI), stored.state(one, OLA)) == (matched, ambiguous)


@pytest.mark.rule("R-78", "R-79")
def test_whoever_is_deleted_while_a_job_compares_is_not_linked(
    stored: Stored, one: Connection
) -> None:
    """Nobody had a link that could tell; else their employee would be held for ever."""
    lease = stored.claim(one)
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI, OLA])
    assert stored.sync.link(lease, COMPANY, [NewLink(KARI.user, "1")], [OLA.user]) == 0
    assert stored.rows(link.c.person) == []


@pytest.mark.rule("R-82")
@pytest.mark.parametrize("under_way", ["an intent", "in flight"])
def test_whose_creation_is_under_way_is_left_to_the_lane(
    stored: Stored, one: Connection, under_way: str
) -> None:
    """What a lost answer made may stand in the listing: the lane finds it, and ends the intent."""
    stored.people(KARI)
    stored.linked(one, KARI, state=LinkState.WANTED)
    stored.change(one, KARI, 5, {"phone": "1"})
    lease = stored.claim(one)
    stored.subject(lease)
    if under_way == "an intent":
        begun = Intent(Step.EMPLOYEE, "s", "e", None, ())
        assert stored.lanes.begin(lease, [Claim(KARI.user, begun)], COMPANY) == frozenset()
        stored.finish(lease, PersonResult(KARI.user))
    before = stored.rows(link)
    assert stored.sync.link(lease, COMPANY, [NewLink(KARI.user, "1")], []) == 0
    assert stored.rows(link) == before


@pytest.mark.rule("R-16", "R-12")
def test_a_job_sees_the_links_that_are_there(stored: Stored, one: Connection) -> None:
    """Mine, who holds which employee in all connections of the company, and who was deleted."""
    two, other = stored.connect("c2"), stored.connect("c3")
    stored.linked(one, KARI, company=COMPANY, employee="1")
    stored.linked(one, OLA, state=LinkState.DECLINED)
    stored.linked(two, OLA, company=COMPANY, employee="2")
    stored.linked(other, OLA, company="another", employee="3")
    with stored.intake.transaction() as transaction:
        transaction.delete_people([type(KARI)(ORGANIZATION, "gone")])
    assert stored.sync.existing(stored.claim(one), COMPANY) == Existing(
        frozenset({KARI.user}), {"1": one.id, "2": two.id}, frozenset({"gone"})
    )


@pytest.mark.rule("R-78")
def test_a_tombstone_holds_its_employee_in_the_whole_company(stored: Stored) -> None:
    """A rehire in another group: a human looks, whichever connection of the company it was."""
    one, two = (stored.connect(f"c{n}", group=f"g{n}", entity="7") for n in (1, 2))
    stored.linked(one, KARI, company=one.company, employee="1")
    stored.linked(stored.connect("c3"), KARI, company="another", employee="3")
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
    assert stored.sync.existing(stored.claim(two), two.company).held == {"1": one.id}


@pytest.mark.rule("R-16", "R-37")
def test_whose_employee_was_gone_holds_it_no_more(stored: Stored, one: Connection) -> None:
    """Should it be back in Xledger: the next sync links it again, instead of calling it held."""
    stored.linked(one, KARI, state=LinkState.GONE, employee="1")
    assert stored.sync.existing(stored.claim(one), COMPANY).held == {}


@pytest.mark.rule("R-97", "R-112")
def test_a_listing_makes_people_known(stored: Stored, one: Connection) -> None:
    """Type, state and groups, no value; what an event said stays; nobody is complete by it."""
    stored.people(KARI, complete=True, active=False, active_version=4)
    lease = stored.claim(one)
    stored.sync.remember_people(
        lease,
        [
            (HumaListed(key.user, "user", True, ("g1",), "canary@x.no"), "canary@x.no")  # noqa: FBT003 - a person
            for key in (KARI, OLA)
        ],
    )
    with stored.intake.transaction() as transaction:
        known = transaction.people([KARI, OLA])
    assert (known[KARI].active, known[KARI].type, known[KARI].complete) == (False, "user", True)
    assert (known[OLA].active, known[OLA].groups, known[OLA].complete) == (True, ("g1",), False)
    assert (known[OLA].active_version, known[OLA].revision) == (-1, -1)


@pytest.mark.rule("R-18", "R-103")
def test_a_listing_is_kept_as_digests(stored: Stored, one: Connection) -> None:
    """A thousand employees replace the last listing whole."""
    lease = stored.claim(one)
    for count in (1000, 3):
        employees = [
            (ListedEmployee(str(n), None, None, f"E{n}", None, None, None), f"{n}@x.no")
            for n in range(count)
        ]
        stored.sync.remember_employees(lease, employees)
    emails = {"a": "2@x.no", "b": "3@x.no"}
    assert stored.lanes.elsewhere(lease, emails) == {"a": "2"}
