"""What the lane asks of Xledger: one token's view of one company (`xledger-api.md` 4.4)."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from schemas.employee import Root, Target, TargetValue
from schemas.personal import Personal


class Verb(StrEnum):
    """What a root does to its record."""

    ADD = "add"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Input:
    """One person in one root.

    Attributes:
        client_id: the input's index in the batch as text; echoed by the answer, never a Huma id.
        values: what to write; for an update exactly what differs, None an explicit null (R-46).
        db_id: the record to update; None when adding.
        code: the key an added contact or supplier is looked up by (R-36); employees carry theirs
            as the target `employee.code`, and use this only when they have none.
        contact: dbId that an added employee refers to.
        subledger: dbId that an added employee refers to.
    """

    client_id: str
    values: Mapping[Target, TargetValue] = field(repr=False)
    db_id: str | None = None
    code: str | None = field(default=None, repr=False)
    contact: str | None = None
    subledger: str | None = None


@dataclass(frozen=True, slots=True)
class WriteRoot:
    """One mutation root of a request. `alias` is unique in the request."""

    alias: str
    verb: Verb
    record: Root
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error of an answer that concerns data: never a limit, a token or an outage.

    `clients` are the culprits as far as the error names any (by clientId, input index, look-up
    path, or a quoted value that exactly one input of the root holds); `target` is the field it
    names. `gone` says that the dbId of a named culprit does not exist. `retry` is true for codes
    nobody knows: 5 attempts (R-85).
    """

    clients: tuple[str, ...]
    target: Target | None
    gone: bool
    retry: bool
    text: Personal[str]


@dataclass(frozen=True, slots=True)
class RootAnswer:
    """What became of one root. Success is only what `done` names: client_id to dbId."""

    done: Mapping[str, str]
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Keys:
    """What to look a person's records up by before adding them (R-36)."""

    client_id: str
    contact_code: str
    supplier_code: str = field(repr=False)
    employee_code: str | None = field(repr=False)
    email: str | None = field(repr=False)
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """DbIds that exist for one person's keys.

    `by_email` are employees whose contact, or who themselves, have the address: only as far as the
    schema can filter. They may be among those found by the other keys.
    """

    contacts: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()
    employees_by_contact: tuple[str, ...] = ()
    employees_by_code: tuple[str, ...] = ()
    by_email: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedEmployee:
    """One employee of a listing, with the records it ties together."""

    employee: str
    contact: str | None
    subledger: str | None
    code: str | None = field(repr=False)
    contact_email: str | None = field(repr=False)
    subledger_email: str | None = field(repr=False)
    employment_to: str | None = field(repr=False)
    modified_at: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; `after` is None on the last."""

    employees: tuple[ListedEmployee, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is (R-09)."""

    entity: str
    name: str | None


class Permit(Protocol):
    """The way through to the wire: the lane's limiter and lease stand behind it."""

    def request(self) -> AbstractAsyncContextManager[None]:
        """Enter before each HTTP request, leave when its answer is read.

        Waits while the limiter holds; raises Unavailable when the lane lost its lease.
        """
        ...


class Xledger(Protocol):
    """One token's Xledger.

    Every HTTP request passes the `Permit` the client was made with, and is limited in total time
    and in the size of its answer. Raises `Limited`, `Unavailable`, `Ambiguous`,
    `CredentialRefused`; what is wrong with the data comes back as `Refusal`s.
    """

    async def write(self, roots: Sequence[WriteRoot]) -> Mapping[str, RootAnswer]:
        """Send one mutation with these roots; answers by alias.

        Creations go over a new connection (`design.md`, Ambiguity). Raises Ambiguous when any of
        it may have happened without an answer that says so.
        """
        ...

    async def look_up(self, people: Sequence[Keys]) -> Mapping[str, Found]:
        """Find what exists for up to 500 people, `objectStatus: ALL`, in one query of three roots.

        Where the schema lacks a filter, falls back to listing (`xledger-api.md` 1.9).
        """
        ...

    async def list_employees(self, after: str | None, first: int) -> Page:
        """Read one page of all employees (`ownerSet: CURRENT`, `objectStatus: ALL`, R-18)."""
        ...

    async def identity(self) -> Identity:
        """Say which entity the token reaches."""
        ...

    async def missing_scopes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Test every scope of R-02: those missing, and those that could not be tested."""
        ...
