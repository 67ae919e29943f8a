"""Jobs of a manual sync as a lane runs them: the port `processors.ports.sync.SyncStore`."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection as Transaction
from sqlalchemy import delete, exists, func, select, update

from connectors.store import audit, bulk, previews
from connectors.store.clock import now_ms, read_now
from connectors.store.connections import connection_of, raise_generation
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.lanes import guard
from connectors.store.people import AT_ONCE, read
from connectors.store.runs import OPEN
from connectors.store.tables import confirmed, intent, link, listed, person, run
from connectors.store.tables import connection as connections
from connectors.store.work import CREATED
from processors.ports.huma import HumaListed
from processors.ports.intake import Ended
from processors.ports.lane import Lease
from processors.ports.sync import Existing, NewLink, Run
from processors.ports.xledger import ListedEmployee
from schemas.connection import LinkState
from schemas.person import PersonKey


class StoredSync:
    """The port `SyncStore`."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def next_run(self, lease: Lease) -> Run | None:
        """See the port; a look that finds nothing writes nothing."""
        with self._store.read() as transaction:
            if self._open(transaction, lease) is None:
                return None
        with self._store.begin() as transaction:
            guard(transaction, lease)
            found = self._open(transaction, lease)
            if found is None:
                return None
            now = read_now(transaction)
            transaction.execute(
                update(run).where(run.c.id == found.id).values(state="running", started_at=now)
            )
            transaction.execute(
                update(connections)
                .where(connections.c.id == lease.connection)
                .values(preview_at=now)
            )
            raise_generation(transaction)
            return Run(found.id, lease.connection, found.kind)

    def existing(self, lease: Lease, company: str) -> Existing:
        """See the port."""
        with self._store.read() as transaction:
            theirs = select(connections).where(connections.c.organization == lease.organization)
            ours = [connection_of(row) for row in transaction.execute(theirs)]
            same = [one.id for one in ours if one.company == company]
            # a tombstone's employee is no rehire's before a human says so
            tombs = link.c.connection.in_(same) & (link.c.state == LinkState.DELETED.value)
            rows = transaction.execute(
                select(link.c.connection, link.c.person, link.c.employee, link.c.state).where(
                    (link.c.company == company) | (link.c.connection == lease.connection) | tombs
                )
            ).all()
            deleted = transaction.execute(
                select(person.c.person).where(
                    person.c.organization == lease.organization, person.c.deleted_at.is_not(None)
                )
            ).scalars()
            mine = {
                row.person
                for row in rows
                if row.connection == lease.connection and row.state == LinkState.LINKED.value
            }
            held = {
                row.employee: row.connection
                for row in rows
                if row.employee is not None and row.state != LinkState.GONE.value
            }
            return Existing(frozenset(mine), held, frozenset(deleted))

    def remember_people(
        self, lease: Lease, people: Sequence[tuple[HumaListed, str | None]]
    ) -> None:
        """See the port; what an event said, or a deletion left, is newer, and stays."""
        with self._store.begin() as transaction:
            guard(transaction, lease)
            cipher = self._keyring.cipher_of(transaction, lease.organization)
            rows = [
                (
                    lease.organization, one.id, one.type, one.active,
                    orjson.dumps(one.groups).decode(), False,
                    None if email is None else cipher.digest("email", email.encode()),
                )
                for one, email in people
            ]  # fmt: skip
            bulk.insert(
                transaction,
                person,
                (
                    "organization", "person", "type", "active", "groups", "complete",
                    "email_digest",
                ),
                rows,
                "ON CONFLICT (organization, person) DO UPDATE SET "
                "type = CASE WHEN person.type_version < 0 THEN excluded.type "
                "ELSE person.type END, "
                "active = CASE WHEN person.active_version < 0 THEN excluded.active "
                "ELSE person.active END, "
                '"groups" = CASE WHEN person.groups_version < 0 THEN excluded."groups" '
                'ELSE person."groups" END, '
                "email_digest = CASE WHEN EXISTS ("
                "SELECT 1 FROM field AS f WHERE f.organization = person.organization "
                "AND f.person = person.person AND f.field = 'email') "
                "THEN person.email_digest ELSE excluded.email_digest END "
                "WHERE person.deleted_at IS NULL",
            )  # fmt: skip

    def remember_employees(
        self, lease: Lease, employees: Sequence[tuple[ListedEmployee, str | None]]
    ) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            guard(transaction, lease)
            cipher = self._keyring.cipher_of(transaction, lease.organization)
            transaction.execute(delete(listed).where(listed.c.connection == lease.connection))
            bulk.insert(
                transaction,
                listed,
                (
                    "connection", "employee", "organization", "contact", "subledger",
                    "code_digest", "email_digest", "ended",
                ),
                [
                    (
                        lease.connection,
                        one.employee,
                        lease.organization,
                        one.contact,
                        one.subledger,
                        None if one.code is None else cipher.digest("code", one.code.encode()),
                        None if email is None else cipher.digest("email", email.encode()),
                        one.employment_to is not None,
                    )
                    for one, email in employees
                ],
                "",
            )  # fmt: skip

    def link(
        self, lease: Lease, company: str, links: Sequence[NewLink], ambiguous: Sequence[str]
    ) -> int:
        """See the port; whom or what another link holds is left out (R-09, R-16).

        So is who was deleted since the listings (R-78), or is being created or was linked by the
        lane: it knows more than they (R-82). Whose position data went out before is looked at
        again: days have turned meanwhile.
        """
        mine = (lease.connection, lease.organization)
        with self._store.begin() as transaction:
            guard(transaction, lease)
            now = read_now(transaction)
            keys = [PersonKey(mine[1], user) for user in (*(one.user for one in links), *ambiguous)]
            people = read(transaction, sorted(keys))
            deleted = {key.user for key, one in people.items() if one.deleted}
            taken = select(link.c.employee, link.c.person, link.c.connection).where(
                link.c.company == company,
                link.c.employee.in_([one.employee for one in links])
                | link.c.person.in_([one.user for one in links]),
            )
            others = transaction.execute(taken).all()
            held = {row.employee for row in others}
            left = deleted | _creating(transaction, lease.connection, [one.user for one in links])
            left |= {
                row.person
                for row in others
                if row.connection != lease.connection or row.employee is not None
            }
            rows = [
                (
                    mine[0], one.user, mine[1], LinkState.LINKED.value, company, one.contact,
                    one.subledger, one.employee, False, now,
                )
                for one in links
                if one.employee not in held and one.user not in left
            ]  # fmt: skip
            _unconfirm(transaction, lease.connection, {row[1]: row[7] for row in rows})
            bulk.insert(
                transaction,
                link,
                (
                    "connection", "person", "organization", "state", "company", "contact",
                    "subledger", "employee", "incomplete", "linked_at",
                ),
                rows,
                "ON CONFLICT (connection, person) DO UPDATE SET state = excluded.state, "
                "company = excluded.company, contact = excluded.contact, "
                "subledger = excluded.subledger, employee = excluded.employee, "
                "linked_at = excluded.linked_at, next_flip_on = CASE WHEN link.triggered "
                f"THEN '{AT_ONCE}' ELSE link.next_flip_on END WHERE link.state <> 'deleted'",
            )  # fmt: skip
            bulk.insert(
                transaction,
                link,
                ("connection", "person", "organization", "state", "incomplete"),
                [
                    (mine[0], user, mine[1], LinkState.AMBIGUOUS.value, False)
                    for user in ambiguous
                    if user not in deleted
                ],
                "ON CONFLICT (connection, person) DO UPDATE SET state = excluded.state "
                "WHERE link.state IN ('unlinked', 'ambiguous')",
            )
            return len(rows)

    def progress(self, lease: Lease, run_: Run, counts: Mapping[str, int]) -> None:
        """See the port."""
        with self._store.begin() as transaction:
            guard(transaction, lease)
            transaction.execute(
                update(run)
                .where(run.c.id == run_.id)
                .values(progress=orjson.dumps(dict(counts)).decode())
            )

    def finish(self, lease: Lease, run_: Run, counts: Mapping[str, int]) -> None:
        """See the port; a job whose preview expired meanwhile has failed already (R-07)."""
        with self._store.begin() as transaction:
            guard(transaction, lease)
            if not self._end(transaction, run_, "finished", None, counts):
                return
            transaction.execute(
                update(connections)
                .where(connections.c.id == lease.connection)
                .values(
                    activated_at=func.coalesce(
                        connections.c.activated_at, connections.c.preview_at
                    ),
                    listed_at=connections.c.preview_at,
                    preview_at=None,
                )
            )
            raise_generation(transaction)
            audit.add(
                transaction, lease.organization, lease.connection, None, "sync.finished",
                rule="R-10",
            )  # fmt: skip

    def fail(self, lease: Lease, run_: Run, why: str) -> Sequence[Ended]:
        """See the port; the events end after it, in transactions of their own."""
        with self._store.begin() as transaction:
            guard(transaction, lease)
            transaction.execute(
                update(connections)
                .where(connections.c.id == lease.connection)
                .values(preview_at=None)
            )
            raise_generation(transaction)
            self._end(transaction, run_, "failed", why, None)
        return previews.end_waiting(self._store, self._keyring, lease.connection)

    @staticmethod
    def _open(transaction: Transaction, lease: Lease) -> Any:
        return transaction.execute(
            select(run.c.id, run.c.kind)
            .where(run.c.connection == lease.connection, run.c.state.in_(OPEN))
            .order_by(run.c.planned_at)
            .limit(1)
        ).one_or_none()

    @staticmethod
    def _end(
        transaction: Transaction,
        run_: Run,
        state: str,
        failure: str | None,
        counts: Mapping[str, int] | None,
    ) -> bool:
        values: dict[str, Any] = {"state": state, "ended_at": now_ms(), "failure": failure}
        if counts is not None:
            values["progress"] = orjson.dumps(dict(counts)).decode()
        mine = (run.c.id == run_.id) & run.c.state.in_(OPEN)
        return bool(transaction.execute(update(run).where(mine).values(**values)).rowcount)


def _creating(transaction: Transaction, one: str, users: Sequence[str]) -> set[str]:
    """Return whose creation is under way: what it made may stand in the listing."""
    flying = link.c.flight_epoch.is_not(None) & link.c.state.in_(CREATED)
    begun = exists().where(intent.c.connection == one, intent.c.person == link.c.person)
    mine = (link.c.connection == one) & link.c.person.in_(users)
    return set(transaction.execute(select(link.c.person).where(mine, flying | begun)).scalars())


def _unconfirm(transaction: Transaction, one: str, employees: Mapping[str, str]) -> None:
    """Forget what was confirmed of other records than those that people get now (R-112)."""
    before = transaction.execute(
        select(link.c.person, link.c.employee).where(
            link.c.connection == one, link.c.person.in_(employees)
        )
    )
    others = [user for user, employee in before if employee != employees[user]]
    transaction.execute(
        delete(confirmed).where(confirmed.c.connection == one, confirmed.c.person.in_(others))
    )
