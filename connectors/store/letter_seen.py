"""One letter from one snapshot, for whoever asks what happened: `processors.ports.letter_seen`."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, func, or_, select

from connectors.store import error_log, refusals
from connectors.store.audit_shown import entry_of
from connectors.store.engine import Store
from connectors.store.keyring import Keyring
from connectors.store.letters import letter_of, which
from connectors.store.letters_shown import connections_of
from connectors.store.tables import audit, letter, replay, replay_letter, timeline
from connectors.store.told import COLUMNS, told_of
from processors.ports.desk import Letter
from processors.ports.letter_seen import LetterSeen, SentAgain
from processors.ports.people import AuditEntry
from processors.ports.watch import Entry, Watched
from schemas.desk import Selection
from schemas.errors import NotFound, StopProcess
from schemas.labels import UNENDED
from schemas.outcome import outcome_id
from schemas.outcome_read import Told
from schemas.personal import Personal

NEWER: Final = 20
"""Newer events at the most: the first ones tell whether the value has changed since."""
ROWS: Final = 200
"""Of each kind of what happened, at the most."""
TOLD: Final = tuple(timeline.c[name] for name in COLUMNS)


def look(store: Store, keyring: Keyring, id_: str) -> LetterSeen:
    """Return the one letter whose id is this, or begins so.

    Raises:
        NotFound: there is none.
        StopProcess: there are several.
    """
    with store.read() as transaction:
        one = _one(transaction, id_)
        alike = Selection(codes=(one.code,), states=UNENDED)
        told = _told(transaction, one)
        entries = _entries(transaction, one)
        many = select(func.count()).select_from(letter).where(which(alike))
        return LetterSeen(
            letter=one,
            connections=connections_of(transaction),
            told=told,
            entries=entries,
            replays=_replays(transaction, one),
            audit=_audit(transaction, one),
            newer=_newer(transaction, one, told),
            words=_words(transaction, keyring, one, entries),
            alike=int(transaction.execute(many).scalar_one()),
        )


def _one(transaction: Connection, id_: str) -> Letter:
    query = select(letter).where(which(Selection(ids=(id_,)))).order_by(letter.c.id).limit(3)
    found = [letter_of(row) for row in transaction.execute(query)]
    if not found:
        raise NotFound(f"no letter {id_} is stored: see `dead-letters list --state all`")
    if len(found) > 1:
        some = " and ".join(one.id[: len(id_) + 4] for one in found[:2])
        raise StopProcess(f"several letters begin with {id_}, {some} among them: give more digits")
    return found[0]


def _told(transaction: Connection, one: Letter) -> tuple[Told, ...]:
    """Return the outcomes of round 0 and of replays; a letter without connection has all of them.

    A resend is kept under the letter's id, the replay of a record under its event's.
    """
    keys = (one.id, outcome_id(None, one.source, one.event, 0))
    mine = or_(timeline.c.outcome == one.id, timeline.c.letter.in_(keys))
    if one.connection is not None:
        mine &= timeline.c.connection == one.connection
    query = select(*TOLD).where(mine).order_by(timeline.c.at, timeline.c.outcome).limit(ROWS)
    return tuple(told_of(tuple(row)) for row in transaction.execute(query))


def _entries(transaction: Connection, one: Letter) -> Mapping[str, Entry]:
    if one.connection is None or one.organization is None or one.person is None:
        return {}
    who = Watched(one.connection, one.organization, one.person)
    theirs = error_log.read(transaction, [who]).get(who, {})
    return {
        name: entry
        for name, entry in theirs.items()
        if name in one.fields or entry.letter == one.id
    }


def _replays(transaction: Connection, one: Letter) -> tuple[SentAgain, ...]:
    at = func.coalesce(replay_letter.c.sent_at, replay.c.planned_at)
    query = (
        select(
            replay.c.id, replay.c.actor, replay_letter.c.round, at, replay_letter.c.result,
            replay_letter.c.code,
        )
        .join_from(replay_letter, replay, replay.c.id == replay_letter.c.replay)
        .where(replay_letter.c.letter == one.id)
        .order_by(at)
        .limit(ROWS)
    )  # fmt: skip
    return tuple(SentAgain(*row) for row in transaction.execute(query))


def _audit(transaction: Connection, one: Letter) -> tuple[AuditEntry, ...]:
    """Return who did something about the letter; the audit is found by person only."""
    if one.organization is None or one.person is None:
        return ()
    query = (
        select(audit)
        .where(
            audit.c.organization == one.organization, audit.c.person == one.person,
            audit.c.event == one.id,
        )
        .order_by(audit.c.id)
        .limit(ROWS)
    )  # fmt: skip
    return tuple(entry_of(row) for row in transaction.execute(query))


def _newer(transaction: Connection, one: Letter, told: tuple[Told, ...]) -> tuple[Told, ...]:
    if one.organization is None or one.person is None:
        return ()
    since = min((each.at for each in told), default=one.first_failed_at)
    revisions = [each.revision for each in told if each.revision is not None]
    mine = (timeline.c.organization == one.organization) & (timeline.c.person == one.person)
    if one.connection is not None:
        mine &= timeline.c.connection == one.connection
    newer = timeline.c.at >= since
    if revisions:
        newer = or_(timeline.c.revision > max(revisions), timeline.c.revision.is_(None) & newer)
    same = (timeline.c.source == one.source) & (timeline.c.event == one.event)
    resent = timeline.c.letter.is_not(None) & (timeline.c.letter == one.id)
    query = (
        select(*TOLD)
        .where(mine, newer, ~same, ~resent)
        .order_by(timeline.c.at, timeline.c.outcome)
        .limit(NEWER)
    )
    return tuple(told_of(tuple(row)) for row in transaction.execute(query))


def _words(
    transaction: Connection, keyring: Keyring, one: Letter, entries: Mapping[str, Entry]
) -> dict[str, Personal[str]]:
    if one.connection is None or one.person is None:
        return {}
    found = {}
    for name in one.fields:
        entry = entries.get(name)
        if entry is None or (entry.letter == one.id and entry.open):
            kept = refusals.read(transaction, keyring, one.connection, one.person, name)
            if kept is not None:
                found[name] = kept[1]
    return found
