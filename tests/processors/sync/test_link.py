"""The job that links who is who: complete listings, exact matches, and no field written."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from connectors.store.tables import link, listed, run
from processors.ports.huma import HumaListed, HumaPerson
from processors.ports.lane import Lease
from processors.ports.xledger import ListedEmployee, Page
from processors.sync.link import TRIES, jobs_of
from schemas.connection import Connection
from schemas.errors import CredentialRefused, Fault, StoreUnavailable, Unavailable
from schemas.metrics import OUTCOMES
from tests.fixtures.arrivals import Numbers
from tests.fixtures.stored import KARI, OLA, Stored
from tests.fixtures.working import FakeXledger

AWAY = Unavailable("Xledger cannot be reached")


class Listing(FakeXledger):
    """Pages of employees, some of which fail first."""

    pages: tuple[tuple[ListedEmployee, ...], ...] = ()
    failing: tuple[Fault, ...] = ()
    asked = 0

    async def list_employees(self, after: str | None, first: int) -> Page:
        """See the port."""
        assert first == 10_000
        self.asked += 1
        if self.failing:
            fault, *left = self.failing
            self.failing = tuple(left)
            raise fault
        number = int(after or 0)
        last = number + 1 >= len(self.pages)
        return Page(self.pages[number], None if last else str(number + 1))


class People:
    """One organisation's Huma."""

    def __init__(self, *people: HumaListed) -> None:
        self.people = people

    async def read(self, user: str) -> HumaPerson:
        """See the port."""
        raise NotImplementedError

    async def list_people(self) -> AsyncIterator[HumaListed]:
        """See the port."""
        for one in self.people:
            yield one

    async def organization(self) -> str:
        """See the port."""
        raise NotImplementedError


def human(user: str, email: str) -> HumaListed:
    """Return one of Huma's people."""
    return HumaListed(user, "user", active=True, groups=("g1",), email=email)


def employee(id_: str, email: str) -> ListedEmployee:
    """Return one of Xledger's."""
    return ListedEmployee(id_, f"c{id_}", f"s{id_}", None, email, email, None)


@pytest.fixture
def one(stored: Stored) -> Connection:
    """A connection that was never synchronised."""
    return stored.connect(active=False)


@pytest.fixture
def lease(stored: Stored, one: Connection) -> Lease:
    """Its lane."""
    return stored.claim(one)


@pytest.fixture
def xledger() -> Listing:
    """Two pages; a record that changed meanwhile stands on both."""
    found = Listing()
    found.pages = (
        (employee("1", "kari@x.no"), employee("2", "old@x.no")),
        (employee("2", "ola@x.no"), employee("3", "nobody@x.no")),
    )
    return found


def work(
    stored: Stored,
    lease: Lease,
    one: Connection,
    xledger: Listing,
    *people: HumaListed,
    numbers: Numbers | None = None,
) -> bool:
    """Do what is planned; says whether there was something."""
    jobs = jobs_of(
        stored.sync, lease, one, xledger, lambda: People(*people), 0.001, numbers or Numbers()
    )

    async def run_them() -> bool:
        return await jobs()

    return asyncio.run(run_them())


EVERYBODY = (human(KARI.user, "Kari@x.no"), human(OLA.user, "ola@x.no"))


@pytest.mark.rule("R-03", "R-07", "R-10", "R-18")
def test_a_planned_job_links_and_activates(
    stored: Stored, one: Connection, lease: Lease, xledger: Listing
) -> None:
    """Both sides are listed to the end, matches are linked, and the connection is active."""
    planned = stored.runs.plan(one.id, one.organization, "admin")
    assert stored.connections.get(one.id).activated_at is None
    assert work(stored, lease, one, xledger, *EVERYBODY)
    assert stored.rows(link.c.person, link.c.employee, link.c.state) == [
        (KARI.user, "1", "linked"), (OLA.user, "2", "linked"),
    ]  # fmt: skip
    shown = stored.runs.get(planned.id)
    assert shown.state == "finished"
    assert shown.counts["linked"] == 2
    assert shown.counts["only in Xledger"] == 1
    assert stored.connections.get(one.id).activated_at is not None
    assert [row[0] for row in stored.rows(listed.c.employee)] == ["1", "2", "3"]
    assert xledger.writes == []
    assert not work(stored, lease, one, xledger, *EVERYBODY), "it is done once"


@pytest.mark.rule("R-12", "R-29")
def test_a_second_run_changes_no_link(
    stored: Stored, one: Connection, lease: Lease, xledger: Listing
) -> None:
    """Who is linked stays so, whatever the email is now."""
    stored.runs.plan(one.id, one.organization, "admin")
    work(stored, lease, one, xledger, *EVERYBODY)
    before = stored.rows(link)
    again = stored.runs.plan(one.id, one.organization, "admin")
    work(stored, lease, one, xledger, human(KARI.user, "nobody@x.no"), EVERYBODY[1])
    assert stored.rows(link) == before
    assert stored.runs.get(again.id).counts["already linked"] == 2


@pytest.mark.rule("R-18")
@pytest.mark.parametrize(("failures", "state"), [(TRIES - 1, "finished"), (TRIES, "failed")])
def test_a_page_fails_only_after_its_tries(
    stored: Stored, one: Connection, lease: Lease, xledger: Listing, failures: int, state: str
) -> None:
    """A listing that is not complete links nobody, and the connection stays inactive."""
    xledger.failing = (AWAY,) * failures
    planned = stored.runs.plan(one.id, one.organization, "admin")
    work(stored, lease, one, xledger, *EVERYBODY)
    assert stored.runs.get(planned.id).state == state
    finished = state == "finished"
    assert (stored.connections.get(one.id).activated_at is not None) is finished
    assert bool(stored.rows(link)) is finished


def test_a_refused_token_fails_the_job_at_once(
    stored: Stored, one: Connection, lease: Lease, xledger: Listing
) -> None:
    """A human has to act; the reason is kept."""
    xledger.failing = (CredentialRefused("Xledger refuses the token"),)
    planned = stored.runs.plan(one.id, one.organization, "admin")
    work(stored, lease, one, xledger, *EVERYBODY)
    shown = stored.runs.get(planned.id)
    assert (shown.state, shown.failure) == ("failed", "Xledger refuses the token")
    assert xledger.asked == 1


@pytest.mark.rule("R-07", "R-105")
def test_what_waited_for_a_job_that_failed_is_skipped_and_counted(
    stored: Stored, one: Connection, lease: Lease, xledger: Listing
) -> None:
    """Nothing was activated: the events of meanwhile are as if no preview had been opened."""
    xledger.failing = (CredentialRefused("Xledger refuses the token"),)
    stored.runs.plan(one.id, one.organization, "admin")
    stored.change(one, KARI, 1, {"phone": "1"})
    numbers = Numbers()
    work(stored, lease, one, xledger, *EVERYBODY, numbers=numbers)
    assert stored.ended() == {"e1": ("skipped", "not active")}
    assert numbers.of(OUTCOMES, "skipped", "not active") == 1


@pytest.mark.rule("R-27")
def test_a_store_that_is_away_interrupts_the_job(
    stored: Stored,
    one: Connection,
    lease: Lease,
    xledger: Listing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not failed: it begins again once the store is back."""
    planned = stored.runs.plan(one.id, one.organization, "admin")

    def away(*_: object) -> None:
        raise StoreUnavailable("the store is away")

    with monkeypatch.context() as patch:
        patch.setattr(stored.sync, "existing", away)
        with pytest.raises(StoreUnavailable):
            work(stored, lease, one, xledger, *EVERYBODY)
    assert stored.rows(run.c.state) == [("running",)]
    assert work(stored, lease, one, xledger, *EVERYBODY)
    assert stored.runs.get(planned.id).state == "finished"
