"""What an answer made of people: ends, confirmations, links, retries (`design.md`, Answers)."""

from collections.abc import Sequence
from typing import Final

import orjson
from sqlalchemy import Connection, select, update

from connectors.store import bulk, comparing, guard, refusals, written
from connectors.store.clock import read_now
from connectors.store.ending import EndedField, end_fields
from connectors.store.keyring import Keyring
from connectors.store.lanes import asked
from connectors.store.lanes import guard as begin
from connectors.store.tables import confirmed, dirty, intent, link
from connectors.store.work import sealed, warned_of
from processors.ports.intake import Ended
from processors.ports.lane import Lease, PersonResult, Result
from schemas.connection import LinkState
from schemas.outcome import FieldEnd
from schemas.reasons import ONCE

MINE: Final = [("c", link.c.connection), ("p", link.c.person)]


def finish(
    connection: Connection,
    keyring: Keyring,
    lease: Lease,
    results: Sequence[PersonResult],
    batch_size: int | None,
    idle: float | None,
) -> list[Ended]:
    """Record results, in one transaction; `idle` is the age of the lane's newest request.

    Raises:
        LeaseLost: the lane has another owner; nothing is recorded.
    """
    size = {} if batch_size is None else {"batch_size": batch_size}
    begin(connection, lease, **size, **asked(idle))
    now = read_now(connection)
    one = lease.connection
    causes = written.causes_of(connection, lease, results)
    ended = end_fields(
        connection,
        keyring,
        [
            EndedField(
                one, result.user, end.field, end.turn, FieldEnd(end.result.value), end.code,
                end.warnings, end.attempts,
            )
            for result in results
            for end in result.ends
        ],
        now,
    )  # fmt: skip
    guard.note(connection, lease, results, now)
    _clean(connection, lease, results)
    _again(connection, lease, results, now)
    _link(connection, lease, results, now)
    _flip(connection, lease, results)
    _warn(connection, lease, results)
    there = _there(connection, lease, results)
    alive = [result for result in results if result.user in there]
    _confirm(connection, keyring, lease, alive, now)
    comparing.ask(connection, keyring, lease, results, there, now)
    written.add(connection, lease, results, causes, now)
    refusals.note(connection, keyring, lease, results, there, now)
    landed = [(one, result.user) for result in results if not result.keep]
    bulk.select(
        connection,
        MINE,
        landed,
        "UPDATE link SET flight_epoch = NULL, flight_at = NULL FROM {keys} AS k "
        "WHERE link.connection = k.c AND link.person = k.p",
    )
    return ended


def _there(connection: Connection, lease: Lease, results: Sequence[PersonResult]) -> set[str]:
    """Return who was not deleted meanwhile, and hold their links: no value comes back (R-78)."""
    rows = bulk.select(
        connection,
        MINE,
        [(lease.connection, result.user) for result in results],
        "UPDATE link SET state = state FROM {keys} AS k WHERE link.connection = k.c "
        "AND link.person = k.p AND link.state <> 'deleted' RETURNING link.person",
    )
    return {row[0] for row in rows}


def _clean(connection: Connection, lease: Lease, results: Sequence[PersonResult]) -> None:
    """Mark fields clean, but only for the turn that was sent: a younger one stays dirty.

    What may have been written stays so until a write is answered, however its field ends: what is
    confirmed of it may not be what Xledger holds.
    """
    bulk.select(
        connection,
        [*MINE, ("f", dirty.c.field), ("t", dirty.c.turn), ("u", dirty.c.unsure)],
        [
            (lease.connection, result.user, end.field, end.turn, end.result is not Result.APPLIED)
            for result in results
            for end in result.ends
        ],
        "UPDATE dirty SET open = false, attempts = 0, first_failed_at = NULL, "
        "unsure = dirty.unsure AND k.u "
        "FROM {keys} AS k WHERE dirty.connection = k.c AND dirty.person = k.p "
        "AND dirty.field = k.f AND dirty.turn = k.t",
    )


def _again(connection: Connection, lease: Lease, results: Sequence[PersonResult], now: int) -> None:
    """Set when fields are due again; a younger turn waits only for what may still be written.

    So does one that is still to come, of a field that went out besides and is not open.
    """
    rows = [
        (
            lease.connection, result.user, again.field, again.turn, now + int(again.wait * 1000),
            int(again.attempted), again.unsure, now if again.attempted else None,
        )
        for result in results
        for again in result.again
    ]  # fmt: skip
    bulk.select(
        connection,
        [
            *MINE, ("f", dirty.c.field), ("t", dirty.c.turn), ("d", dirty.c.due),
            ("a", dirty.c.attempts), ("u", dirty.c.unsure), ("at", dirty.c.first_failed_at),
        ],
        rows,
        "UPDATE dirty SET due = k.d, attempts = dirty.attempts + k.a, "
        "unsure = dirty.unsure OR k.u, "
        "first_failed_at = COALESCE(dirty.first_failed_at, k.at) FROM {keys} AS k "
        "WHERE dirty.connection = k.c AND dirty.person = k.p AND dirty.field = k.f "
        "AND (dirty.open AND dirty.turn = k.t OR k.u)",
    )  # fmt: skip


def _confirm(
    connection: Connection,
    keyring: Keyring,
    lease: Lease,
    results: Sequence[PersonResult],
    now: int,
) -> None:
    cipher = keyring.cipher_of(connection, lease.organization)
    rows = [
        (
            lease.connection,
            result.user,
            target.value,
            lease.organization,
            sealed(cipher, result.user, f"confirmed.value/{target.value}", value),
            result.turn,
            now,
            orjson.dumps(result.why[target].document()).decode() if target in result.why else None,
        )
        for result in results
        for target, value in result.confirmed.items()
    ]
    bulk.insert(
        connection,
        confirmed,
        ("connection", "person", "target", "organization", "value", "turn", "at", "why"),
        rows,
        "ON CONFLICT (connection, person, target) DO UPDATE SET value = excluded.value, "
        "turn = excluded.turn, at = excluded.at, why = excluded.why",
    )


def _flip(connection: Connection, lease: Lease, results: Sequence[PersonResult]) -> None:
    """Keep the next day on which the date changes the choice (R-60).

    A day that has come is left for the sweep: whoever set it wants the person looked at again.
    """
    bulk.select(
        connection,
        [*MINE, ("n", link.c.next_flip_on), ("d", link.c.next_flip_on)],
        [
            (
                lease.connection,
                result.user,
                None if result.flip.next is None else result.flip.next.isoformat(),
                result.flip.seen.isoformat(),
            )
            for result in results
            if result.flip is not None
        ],
        "UPDATE link SET next_flip_on = k.n FROM {keys} AS k WHERE link.connection = k.c "
        "AND link.person = k.p AND link.triggered AND link.state <> 'deleted' "
        "AND (link.next_flip_on IS NULL OR link.next_flip_on > k.d)",
    )


def _warn(connection: Connection, lease: Lease, results: Sequence[PersonResult]) -> None:
    """Keep which warnings were given that are given once for a person and connection (R-43)."""
    for result in results:
        given = {code for end in result.ends for code in ONCE.intersection(end.warnings)}
        if given:
            mine = (link.c.connection == lease.connection) & (link.c.person == result.user)
            before = connection.execute(select(link.c.warned).where(mine)).scalar_one_or_none()
            codes = sorted(code.value for code in given | warned_of(before))
            connection.execute(update(link).where(mine).values(warned=orjson.dumps(codes).decode()))


def _link(connection: Connection, lease: Lease, results: Sequence[PersonResult], now: int) -> None:
    """Change links; one that is neither created nor linked any more lets the person go (R-09)."""
    changes = [(result.user, result.link) for result in results if result.link is not None]
    rows = [
        (
            lease.connection,
            user,
            None if change.state is None else change.state.value,
            change.contact,
            change.subledger,
            change.employee,
            change.incomplete,
            now if change.state is LinkState.LINKED else None,
            change.triggered,
        )
        for user, change in changes
    ]
    bulk.select(
        connection,
        [
            *MINE, ("s", link.c.state), ("co", link.c.contact), ("su", link.c.subledger),
            ("em", link.c.employee), ("inc", link.c.incomplete), ("at", link.c.linked_at),
            ("tr", link.c.triggered),
        ],
        rows,
        "UPDATE link SET state = COALESCE(k.s, link.state), "
        "contact = COALESCE(k.co, link.contact), subledger = COALESCE(k.su, link.subledger), "
        "employee = COALESCE(k.em, link.employee), "
        "incomplete = COALESCE(k.inc, link.incomplete), "
        "triggered = link.triggered OR k.tr, "
        "company = CASE WHEN COALESCE(k.s, link.state) IN ('creating', 'linked') "
        "THEN link.company END, "
        "linked_at = COALESCE(k.at, link.linked_at) FROM {keys} AS k "
        "WHERE link.connection = k.c AND link.person = k.p AND link.state <> 'deleted'",
    )  # fmt: skip
    done = [(lease.connection, user) for user, change in changes if change.intent_done]
    bulk.select(
        connection,
        [("c", intent.c.connection), ("p", intent.c.person)],
        done,
        "DELETE FROM intent WHERE EXISTS (SELECT 1 FROM {keys} AS k "
        "WHERE intent.connection = k.c AND intent.person = k.p)",
    )
