"""What a manual sync asks of the store: its jobs, and what it finds (R-07, R-18, R-27)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from processors.ports.huma import HumaListed
from processors.ports.intake import Ended
from processors.ports.lane import Lease
from processors.ports.xledger import ListedEmployee


@dataclass(frozen=True, slots=True)
class Run:
    """A job of a connection; `since` is when its listing began, by the store's clock."""

    id: str
    connection: str
    kind: str


@dataclass(frozen=True, slots=True)
class Existing:
    """The links that are there: who holds which employee, in all connections of the company.

    `mine` are the linked users of this connection; `held` maps an employee's dbId to the
    connection that holds it.
    """

    mine: frozenset[str]
    held: Mapping[str, str]
    deleted: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewLink:
    """A match to be stored."""

    user: str
    employee: str
    contact: str | None = field(default=None)
    subledger: str | None = field(default=None)


class SyncStore(Protocol):
    """The store, as a job sees it.

    Every call that writes raises LeaseLost when the lease is gone; `existing`, and `next_run` when
    it finds nothing, only look.
    """

    def next_run(self, lease: Lease) -> Run | None:
        """Return the job to do now, marked as running, and open the preview (R-07)."""
        ...

    def existing(self, lease: Lease, company: str) -> Existing:
        """Return the links that are there."""
        ...

    def remember_people(
        self, lease: Lease, people: Sequence[tuple[HumaListed, str | None]]
    ) -> None:
        """Keep who is known from the listing: type, state, groups; no values (R-112).

        Each comes with the normal form of the email, kept as a digest to know a rehire by (R-78).
        """
        ...

    def remember_employees(
        self, lease: Lease, employees: Sequence[tuple[ListedEmployee, str | None]]
    ) -> None:
        """Replace the last complete listing by this one, as digests (R-12, R-36).

        Each employee comes with the normal form of the email that decides.
        """
        ...

    def link(
        self, lease: Lease, company: str, links: Sequence[NewLink], ambiguous: Sequence[str]
    ) -> int:
        """Store matches, and who is ambiguous; returns how many matches were stored."""
        ...

    def progress(self, lease: Lease, run: Run, counts: Mapping[str, int]) -> None:
        """Keep how far a job is."""
        ...

    def finish(self, lease: Lease, run: Run, counts: Mapping[str, int]) -> None:
        """End a job well, and activate the connection from when the listing began (R-07)."""
        ...

    def fail(self, lease: Lease, run: Run, why: str) -> Sequence[Ended]:
        """End a job badly; the connection stays as it was.

        Returns the events that waited for it and end with it: all of an inactive connection's.
        """
        ...
