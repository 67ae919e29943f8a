"""One transaction of watch: facts are kept first, then what follows from them is worked out.

What follows is worked out anew for whoever is concerned, from all that is kept: the error log of a
person from the person's outcomes, a letter's state from its rounds and from the error log.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from processors.ports.watch import PERSON, EndedReplay, Entry, Filed, Watched, WatchTransaction
from processors.watch import error_log
from processors.watch.identity import keys_of, letters_of
from processors.watch.letters import merged
from processors.watch.states import Known, judged
from schemas.outcome import Result
from schemas.outcome_read import Told
from schemas.person import PersonKey


@dataclass(slots=True)
class _Concerned:
    """What may have changed: the error log of people, and letters.

    Attributes:
        before: entries as they are stored, of those whose outcomes changed.
        now: the same as they are to be.
        letters: by id.
        stored: those of them that were read already.
        given: those of them that records were read of, merged with what is stored.
        anew: those of them that have just failed again.
    """

    before: dict[Watched, Mapping[str, Entry]] = field(default_factory=dict)
    now: dict[Watched, Mapping[str, Entry]] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)
    stored: dict[str, Filed] = field(default_factory=dict)
    given: dict[str, Filed] = field(default_factory=dict)
    anew: frozenset[str] = frozenset()


def fold_outcomes(
    transaction: WatchTransaction,
    outcomes: Sequence[Told],
    beats: Mapping[int, int],
    replays: int,
) -> int:
    """Fold a batch of the outcomes topic; returns how many of them were new.

    Args:
        transaction: the store's.
        outcomes: in the order of their partitions, heartbeats apart.
        beats: the newest heartbeat of each partition (R-109).
        replays: see `states.judged`.
    """
    transaction.beat(beats)
    first: dict[str, Told] = {}
    for told in outcomes:
        first.setdefault(told.id, told)
    new = transaction.tell(list(first.values())) if first else frozenset()
    fresh = [told for told in first.values() if told.id in new]
    if not fresh:
        return 0
    rounds = [told for told in fresh if told.round]
    transaction.end_replays(
        [
            EndedReplay(letter, told.round, told.result.value, told.reason)
            for told in rounds
            for letter in letters_of(told)
        ]
    )
    concerned = _Concerned()
    for told in fresh:
        if told.round or told.result is Result.DEAD_LETTERED:
            concerned.letters.update(letters_of(told))
    _log_errors(transaction, fresh, concerned)
    _settle(transaction, concerned, replays)
    return len(fresh)


def fold_letters(transaction: WatchTransaction, letters: Sequence[Filed], replays: int) -> None:
    """Fold a batch of the dead-letter topic; arguments as in `fold_outcomes`."""
    given: dict[str, Filed] = {}
    for one in letters:
        id_ = one.letter.id
        given[id_] = merged(given[id_], one) if id_ in given else one
    stored = dict(transaction.letters(given))
    anew = {id_ for id_, was in stored.items() if given[id_].failed_round > was.failed_round}
    given |= {id_: merged(was, given[id_]) for id_, was in stored.items()}
    concerned = _Concerned(stored=stored, given=given, anew=frozenset(anew))
    _settle(transaction, concerned, replays)


def _log_errors(
    transaction: WatchTransaction, fresh: Iterable[Told], concerned: _Concerned
) -> None:
    """Work out the error log of whom new outcomes may have changed it for."""
    people: dict[Watched, bool] = {}
    for told in fresh:
        who = _watched(told)
        if who is not None:
            people[who] = people.get(who, False) or error_log.fails(told)
    stored = transaction.entries(people)
    changed = [who for who, fails in people.items() if fails or who in stored]
    history = transaction.history(changed) if changed else {}
    gone: set[PersonKey] = set()
    for who in changed:
        before = stored.get(who, {})
        now = error_log.entries(history.get(who, ()), before)
        concerned.before[who], concerned.now[who] = before, now
        for entries, others in ((before, now), (now, before)):
            for name, entry in entries.items():
                if entry.letter is not None and entry != others.get(name):
                    concerned.letters.add(entry.letter)
        if PERSON in now and PERSON not in before:
            gone.add(PersonKey(who.organization, who.user))
    if gone:
        concerned.letters |= transaction.letters_of(gone)


def _settle(transaction: WatchTransaction, concerned: _Concerned, replays: int) -> None:
    """Work out the letters that are concerned, then store them and the error log."""
    concerned.stored |= transaction.letters(concerned.letters - concerned.given.keys())
    rows = {**concerned.stored, **concerned.given}
    known = _known(transaction, rows, concerned)
    changed = []
    for id_, row in rows.items():
        rows[id_] = now = judged(row, known[id_], replays)
        if now != concerned.stored.get(id_):
            changed.append(now)
    _tell_attempts(concerned, rows)
    if changed:
        transaction.save_letters(changed)
    entries = {
        who: {
            name: entry for name, entry in now.items() if entry != concerned.before[who].get(name)
        }
        for who, now in concerned.now.items()
    }
    if any(entries.values()):
        transaction.save_entries(entries)


def _known(
    transaction: WatchTransaction, rows: Mapping[str, Filed], concerned: _Concerned
) -> dict[str, Known]:
    """Gather what the letters' states are made of."""
    rounds = transaction.rounds({key for row in rows.values() for key in keys_of(row)})
    by_key: dict[str, list[Told]] = {}
    for told in rounds:
        for letter in letters_of(told):
            by_key.setdefault(letter, []).append(told)
    first = transaction.told(rows)  # an outcome of round 0 has its letter's id
    failing = {id_: _failing(row, first.get(id_), by_key.get(id_, ())) for id_, row in rows.items()}
    whose = {id_: _whose(row, failing[id_]) for id_, row in rows.items()}
    watched = {
        id_: Watched(row.letter.connection, *person)
        for id_, row in rows.items()
        if row.letter.connection is not None and (person := whose[id_]) is not None
    }
    asked = {who for who in watched.values() if who not in concerned.now}
    entries = transaction.entries(asked) if asked else {}
    for who, theirs in entries.items():
        concerned.before[who], concerned.now[who] = theirs, theirs
    deleted = _deleted(
        transaction,
        {
            person
            for id_, row in rows.items()
            if row.letter.connection is None and (person := whose[id_]) is not None
        },
        concerned.now,
    )
    connected = transaction.connected(
        {row.letter.connection for row in rows.values() if row.letter.connection is not None}
    )
    return {
        id_: Known(
            by_key.get(id_, ()),
            first.get(id_),
            failing[id_],
            concerned.now.get(watched[id_]) if id_ in watched else None,
            _of(deleted, whose[id_]) if row.letter.connection is None else None,
            row.letter.connection is None or row.letter.connection in connected,
            id_ in concerned.anew,
        )
        for id_, row in rows.items()
    }


def _deleted(
    transaction: WatchTransaction,
    people: Collection[PersonKey],
    now: Mapping[Watched, Mapping[str, Entry]],
) -> dict[PersonKey, int]:
    """Return when people were deleted, as is stored, or is about to be."""
    found = dict(transaction.deleted(people))
    for who, entries in now.items():
        whole = entries.get(PERSON)
        if whole is not None and whole.closed_at is not None:
            person = PersonKey(who.organization, who.user)
            found[person] = min(whole.closed_at, found.get(person, whole.closed_at))
    return found


def _of(deleted: Mapping[PersonKey, int], person: PersonKey | None) -> int | None:
    return None if person is None else deleted.get(person)


def _failing(row: Filed, first: Told | None, rounds: Collection[Told]) -> Told | None:
    """Return the outcome that goes with a letter's newest round."""
    for told in rounds if row.failed_round else [] if first is None else [first]:
        mine = told.connection == row.letter.connection and told.round == row.failed_round
        if mine and told.result is Result.DEAD_LETTERED:
            return told
    return None


def _whose(row: Filed, failing: Told | None) -> PersonKey | None:
    letter = row.letter
    organization, user = letter.organization, letter.person
    if failing is not None:
        organization, user = failing.organization or organization, failing.user or user
    return None if organization is None or user is None else PersonKey(organization, user)


def _watched(told: Told) -> Watched | None:
    if told.connection is None or told.organization is None or told.user is None:
        return None
    return Watched(told.connection, told.organization, told.user)


def _tell_attempts(concerned: _Concerned, rows: Mapping[str, Filed]) -> None:
    """Let entries say what only the letter knows: how often, and since when."""
    for who, entries in concerned.now.items():
        told = {}
        for name, entry in entries.items():
            row = rows.get(entry.letter or "")
            told[name] = entry
            if row is not None:
                letter = row.letter
                told[name] = replace(
                    entry, attempts=letter.attempts, first_failed_at=letter.first_failed_at
                )
        concerned.now[who] = told
