"""The promises of `design.md`, each a check that returns what speaks against it."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from console.demo.story import WRONG_ACCOUNT
from tests.faults.journal import Sent, values_of
from tests.faults.ledger import Snapshot
from tests.faults.values import DAY, Written
from tests.faults.witness import Published, Told, Witness

DIGITS = re.compile(r"(?<![0-9a-f])[0-9]{8,}(?![0-9a-f])")
IN_CLEAR = "the store in clear"
AGAIN = {"skipped"}
"""How a repeated record may end once more, under the same outcome id (R-78, R-83)."""


def expects(event: Published, organization: str) -> bool:
    """Say whether an event gets an outcome: one of ours, or what nobody can decode (R-98)."""
    headers = dict(event.headers)
    return headers.get("ce_organization") in {None, organization.encode()}


def listeners(event: Published, connections: Sequence[str]) -> Sequence[str | None]:
    """Return for which connections an event is told: each, or none where nobody can decode it."""
    return connections if event.decodable or event.value is None else (None,)


def one_outcome_each(
    witness: Witness, organization: str, connections: Sequence[str]
) -> Iterator[str]:
    """Promise 1: every event has exactly one outcome per connection, and nothing else has one."""
    meant = set()
    for identity, event in witness.events.items():
        if expects(event, organization):
            wanted = {Told(identity, one) for one in listeners(event, connections)}
            meant |= wanted
            for told in wanted:
                yield from _once(event, witness.outcomes.get(told, ()), AGAIN)
    for told in witness.outcomes.keys() - meant:
        yield f"promise 1: {told.event.id} has an outcome for {told.connection} too many"


def answered_once(witness: Witness) -> Iterator[str]:
    """Promise 1: so does every request of ours, of the connection that it asks for."""
    meant = set()
    for identity, request in witness.asked.items():
        told = Told(identity, json.loads(request.value or b"{}")["data"]["connection"])
        meant.add(told)
        yield from _once(request, witness.answered.get(told, ()), None)
    for told in witness.answered.keys() - meant:
        yield f"promise 1: an outcome of request {told.event.id}, which nobody wrote"


def _once(
    event: Published, outcomes: Sequence[bytes], again: Collection[str] | None
) -> Iterator[str]:
    """Judge one event's outcomes for one connection.

    Args:
        event: which.
        outcomes: as they were published.
        again: how a repeated record may end once more; None: in any way.
    """
    name = event.identity.id
    told = [json.loads(value) for value in dict.fromkeys(outcomes)]
    if not told:
        yield f"promise 1: {name} has no outcome"
    elif len({one["id"] for one in told}) > 1:
        yield f"promise 1: {name} has outcomes of several ids"
    elif len(told) > event.times or (
        again is not None and any(one["result"] not in again for one in told[1:])
    ):
        results = ", ".join(one["result"] for one in told)
        yield f"promise 1: {name}, published {event.times} times, ended as {results}"


def effects_before_offsets(
    snapshot: Snapshot, witness: Witness, organization: str, connections: Sequence[str]
) -> Iterator[str]:
    """Promise 2: no offset stands behind an event without effect, no effect behind the offset.

    Args:
        snapshot: a moment of the store.
        witness: has read on at least to that moment.
        organization: with the connections.
        connections: all of them.
    """
    waiting = {
        Told(witness.places[place], one)
        for place, ones in snapshot.pending.items()
        if place in witness.places
        for one in ones
    }
    known = witness.outcomes.keys() | snapshot.leaving | waiting
    for place, identity in witness.places.items():
        event = witness.events[identity]
        if place.offset < snapshot.next.get(place.partition, 0):
            wanted = {Told(identity, one) for one in listeners(event, connections)}
            if expects(event, organization) and not wanted <= known:
                yield f"promises 1 and 2: the offset passed {identity.id}, which left no trace"
        elif place in snapshot.pending:
            yield f"promise 2: {identity.id} waits, and its offset has not moved"


class Order:
    """Promise 3: what goes out of one person's field never goes back to an older value."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, ...], int] = {}

    def kept(
        self, entries: Iterable[dict[str, Any]], history: Mapping[str, Written]
    ) -> Iterator[str]:
        """Judge requests, in their order; call it with each once."""
        for entry in entries:
            for sent in values_of(entry):
                written = history.get(sent.text)
                if written is not None:
                    yield from self._judge(sent, written)

    def _judge(self, sent: Sent, written: Written) -> Iterator[str]:
        # an update and the creation before it write the same record
        record = sent.root.removeprefix("update").removeprefix("add")
        key = (sent.token, written.user, written.field, record, sent.place)
        newest = self._newest.get(key, 0)
        if written.number < newest:
            yield (
                f"promise 3: request {sent.request} sent change {written.number} of "
                f"{written.user}'s {written.field} after change {newest}"
            )
        self._newest[key] = max(newest, written.number)


def one_record_each(
    company: Mapping[str, Mapping[str, Any]], history: Mapping[str, Written], open_: Collection[str]
) -> Iterator[str]:
    """Promise 4: nobody is there twice, and no contact or supplier without an employee.

    Args:
        company: the connected one, from Xledger's state.
        history: tells whose a record is.
        open_: users deleted while they were created: what was made of them may stay half.
    """
    employees = company["employees"].values()
    for name, kind in (("contact", "contacts"), ("subledger", "suppliers")):
        used = Counter(str(employee[name]) for employee in employees)
        yield from (
            f"promise 4: {n} employees with {name} {id_}" for id_, n in used.items() if n > 1
        )
        owners: dict[str, list[str]] = defaultdict(list)
        for id_, record in company[kind].items():
            users = {w.user for v in record.values() if (w := history.get(str(v))) is not None}
            for user in users:
                owners[user].append(id_)
            if id_ not in used and users.isdisjoint(open_):
                yield f"promise 4: {kind} {id_} has no employee"
        for user, ids in owners.items():
            if len(ids) > 1:
                yield f"promise 4: {user} has {kind} {', '.join(ids)}"


def nobody_elses(
    entries: Iterable[Mapping[str, Any]], tokens: Collection[str], others: Mapping[str, Any]
) -> Iterator[str]:
    """Promise 4: no other token, no other company."""
    for entry in entries:
        if entry["token"] not in tokens:
            yield f"promise 4: request {entry['number']} came with another token"
    for name, company in others.items():
        if any(company[kind] for kind in ("contacts", "suppliers", "employees")):
            yield f"promise 4: something was written to company {name}"


def nothing_seen(
    places: Mapping[str, Iterable[str]],
    words: Iterable[str],
    numbers: Collection[str],
    days: Collection[str],
) -> Iterator[str]:
    """Promise 5: no value and no token outside; says where, not what.

    Args:
        places: texts by where they stand.
        words: none of which may be part of one.
        numbers: none of which may stand in one by itself, as digits.
        days: none of which may stand in one; but `IN_CLEAR` has when the date changes a choice.
    """
    known = set(numbers)
    for place, texts in places.items():
        whole = "\n".join(texts).lower()
        found = [word for word in words if word.lower() in whole]
        found += known.intersection(DIGITS.findall(whole))
        found += set() if place == IN_CLEAR else set(days).intersection(DAY.findall(whole))
        if found:
            yield f"promise 5: {len(found)} values or tokens in {place}"


def letters_deserved(witness: Witness) -> Iterator[str]:
    """Promise 7: letters of what was wrong in itself, and of nothing else."""
    sent = set()
    for identity, value in witness.letters:
        event = witness.events.get(identity)
        wrong = event is not None and (
            not event.decodable or WRONG_ACCOUNT.encode() in (event.value or b"")
        )
        if not wrong:
            yield f"promise 7: a letter of {identity.id}, with which nothing was wrong"
        if event is not None and event.value != value:
            yield f"promise 1: the letter of {identity.id} is not whole"
        sent.add(identity)
    for identity, event in witness.events.items():
        if not event.decodable and event.value is not None and identity not in sent:
            yield f"promise 1: no letter of {identity.id}, which nobody can decode"


def untold(witness: Witness, organization: str, connections: Sequence[str]) -> list[Told]:
    """Return which outcomes of events are not there yet."""
    wanted = (
        Told(identity, one)
        for identity, event in witness.events.items()
        if expects(event, organization)
        for one in listeners(event, connections)
    )
    return [told for told in wanted if told not in witness.outcomes]
