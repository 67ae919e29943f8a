"""Every reason code comes out of the running program: none is a word that nobody will ever see."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest

from connectors.store.delivery import StoredLanes
from connectors.store.holds import reject
from connectors.store.removal import remove
from connectors.store.tables import connection as connections
from processors.lane import asking_huma
from processors.lane.guard import Guard
from processors.ports.intake import IntakeTransaction, Value
from processors.ports.xledger import ListedEmployee
from schemas.connection import LinkState
from schemas.employee import Root, Target
from schemas.errors import CannotStore, NotFound
from schemas.guard import GuardLimits
from schemas.person import PositionField
from schemas.personal import Personal
from schemas.reasons import Code
from tests.fixtures.arrivals import ELSEWHERE, START, Arrivals
from tests.fixtures.stored import BOUNDS, SETTLE, Stored, waiting
from tests.fixtures.working import Bad, Bench, person, whole
from tests.reasons.causes import (
    BY_CREATION,
    BY_EVENT_OF_LIFE,
    BY_INTAKE,
    BY_POSITIONS,
    BY_VALUE,
)

POISON: Final = "poison"


@pytest.fixture(params=["sqlite"])
def store_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """One database is enough: which codes there are does not depend on it."""
    path = tmp_path / "store.db"
    path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
    return f"sqlite:///{path}"


def told(outcomes: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return every code that outcomes name: of events, of fields, and warnings."""
    return {
        code
        for outcome in outcomes
        for code in (
            outcome.get("reason"),
            *outcome["warnings"],
            *(end.get("code") for end in outcome["fields"].values()),
        )
        if code is not None
    }


def told_of(outcomes: Sequence[Mapping[str, Any]], event: str) -> set[str]:
    """Return the codes of one event."""
    return told([one for one in outcomes if one["event"]["id"] == event])


def test_no_code_is_left_out() -> None:
    """Whoever adds one shows here how it comes about."""
    shown = BY_INTAKE | set(BY_VALUE) | set(BY_POSITIONS) | BY_CREATION | BY_EVENT_OF_LIFE
    assert shown == set(Code)


def test_intake_produces_its_codes(arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole events that end at once: foreign, unreadable, not for us, nothing new."""
    arrivals.connect()
    arrivals.connect("c2", organization=ELSEWHERE, active=False)
    _no_events(arrivals)
    _people(arrivals)
    _positions(arrivals)
    _poison(arrivals, monkeypatch)
    arrivals.read()
    assert told(arrivals.outcomes()) >= {code.value for code in BY_INTAKE}


def _user(number: int) -> str:
    return person(number).user


def _no_events(arrivals: Arrivals) -> None:
    envelope = [("ce_specversion", b"1.0")]
    key = f"{person(0).organization}:{_user(0)}".encode()
    arrivals.record(key, None)
    arrivals.record(key, b"{not json", envelope)
    arrivals.record(key, b'{"no": "event"}')
    arrivals.record(key, b" " * ((1 << 20) + 1), envelope)
    arrivals.arrive("payroll.closed", {}, 1)
    for revision in range(2, 6):
        arrivals.arrive("user.promoted", {}, revision)
    arrivals.arrive("user.updated", {"changes": ["a list"]}, 6)
    arrivals.arrive("user.updated", {"changes": {"shoeSize": 43}}, 7)
    arrivals.arrive("user.updated", {"changes": {"phone": "1"}}, 8, organization=ELSEWHERE)
    other = f"{person(0).organization}:{_user(1)}".encode()
    arrivals.arrive("user.updated", {"changes": {"phone": "1"}}, 9, user=_user(2), key=other)


def _people(arrivals: Arrivals) -> None:
    arrivals.connect("grouped", group="g1")
    states = (LinkState.EXISTS, LinkState.DECLINED, LinkState.AMBIGUOUS, LinkState.GONE)
    for number, state in enumerate(states, 10):
        arrivals.linked(state, user=_user(number))
        arrivals.updated(number, user=_user(number), phone="1")
    arrivals.arrive(
        "user.created", {"user": {"email": "r@x.no", "type": "robot"}}, 20, user=_user(20)
    )
    arrivals.linked(user=_user(21))
    arrivals.arrive("user.deactivated", {}, 21, user=_user(21))
    arrivals.updated(22, user=_user(21), phone="1")
    arrivals.arrive("user.deleted", {}, 23, user=_user(22))
    arrivals.updated(24, user=_user(22), phone="1")
    arrivals.linked(user=_user(23))
    arrivals.updated(26, user=_user(23), phone="2")
    arrivals.updated(25, user=_user(23), phone="1")
    arrivals.updated(27, user=_user(24), phone="1")
    outside = {"email": "g@x.no", "groups": [{"id": "g2", "type": "team"}]}
    arrivals.arrive("user.created", {"user": outside}, 28, user=_user(25))


def _positions(arrivals: Arrivals) -> None:
    earlier, position = START - timedelta(hours=2), {"id": "p", "contractStartDate": "2020-01-01"}
    arrivals.linked(user=_user(30))
    arrivals.arrive("position.created", {"position": position}, 30, user=_user(30), time=earlier)
    arrivals.arrive("position.deleted", {"position": {"id": "p"}}, 31, user=_user(30))


class Refusing:
    """A batch's transaction on a database that does not take one of the values."""

    def __init__(self, real: IntakeTransaction) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def merge(self, values: Sequence[Value]) -> Any:
        """See the port."""
        if any(value.value == POISON for value in values):
            raise CannotStore(POISON)
        return self._real.merge(values)


def _poison(arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch) -> None:
    real = arrivals.intake_store.transaction

    @contextmanager
    def refusing() -> Iterator[Refusing]:
        with real() as transaction:
            yield Refusing(transaction)

    monkeypatch.setattr(arrivals.intake_store, "transaction", refusing)
    arrivals.linked(user=_user(40))
    arrivals.updated(40, user=_user(40), gender=POISON)


def test_a_lane_produces_the_codes_of_values(stored: Stored) -> None:
    """What our rules or Xledger do not take, and what is said of what they take."""
    bench = Bench(stored)
    stored.set(connections, connections.c.id == bench.connection.id, synthetic_numbers=True)
    numbers = dict(enumerate(BY_VALUE, 1))
    bench.xledger.bad = [
        Bad(Target.CONTACT_PHONE, "40"),
        Bad(Target.CONTACT_PHONE, "41", retry=True),
        Bad(Target.CONTACT_GENDER, "F"),
    ]
    lease = stored.claim(bench.connection)
    shared = ListedEmployee("4711", None, None, None, "shared@x.no", None, None)
    stored.sync.remember_employees(lease, [(shared, "shared@x.no")])
    stored.lanes.release([lease])
    bench.hire(*numbers)
    before = bench.change({n: {**whole(n), **BY_VALUE[code][0]} for n, code in numbers.items()})
    bench.run(bench.all_ended(*before))
    events = bench.change({n: BY_VALUE[code][1] for n, code in numbers.items()})
    bench.run(bench.all_ended(*events))
    outcomes = stored.outcomes()
    for event, code in zip(events, BY_VALUE, strict=True):
        assert code.value in told_of(outcomes, event), code


def test_a_lane_produces_the_codes_of_positions(stored: Stored) -> None:
    """Dates that are none, or do not agree, and what is missing."""
    bench = Bench(stored)
    numbers = dict(enumerate(BY_POSITIONS, 1))
    bench.hire(*numbers)
    one, names = bench.connection, [field.value for field in PositionField]
    with stored.intake.transaction() as transaction:
        for number, code in numbers.items():
            key = person(number)
            values = [
                Value(key, f"p{n}", 1, b"", {"id": f"p{n}", **position})
                for n, position in enumerate(BY_POSITIONS[code])
            ]
            transaction.merge_positions(values)
            transaction.merge([Value(key, n, 1, b"", v) for n, v in whole(number).items()])
            turns, _ = transaction.dirty([(one.id, key, name, number, 0) for name in names])
            mine = {name: turn for (_, _, name), turn in turns.items()}
            transaction.wait([(waiting(one, key, number, names), mine)])
    bench.run(bench.all_ended(*(f"e{number}" for number in numbers)))
    outcomes = stored.outcomes()
    for number, code in numbers.items():
        assert code.value in told_of(outcomes, f"e{number}"), code


def test_creations_produce_their_codes(stored: Stored) -> None:
    """The employment id is somebody else's, or another connection has the person."""
    one = Bench(stored, "c1", group="g1")
    one.hire(9)
    one.xledger.codes["9e"] = "00001"
    one.hire(1, 2, state=LinkState.WANTED)
    one.run(one.all_ended(*one.change({n: whole(n) for n in (1, 2)})))
    two = Bench(stored, "c2", group="g2", entity=one.connection.entity)
    two.xledger, two.versions = one.xledger, one.versions
    stored.linked(two.connection, person(2), state=LinkState.WANTED)
    two.run(two.all_ended(*two.change({2: whole(2)})))
    assert told(stored.outcomes()) >= {code.value for code in BY_CREATION}
    assert len(one.xledger.records[Root.EMPLOYEE]) == 2


class NobodyKnown:
    """The port `Huma`, which knows no such person."""

    async def read(self, *_: Any, **__: Any) -> Any:
        """See the port."""
        raise NotFound("no such person")

    def __getattr__(self, _: str) -> Any:
        return self.read


def test_whom_huma_does_not_know_and_what_is_rejected_or_removed(stored: Stored) -> None:
    """A 404, a human's no to a mass change, and the end of a connection."""
    bench = Bench(stored)
    bench.hire(1, complete=False)
    bench.reads = lambda claimed: asking_huma.reader_of(
        stored.lanes,
        claimed.lease,
        NobodyKnown,
        8,
        0.3,
        bench.numbers,
    )
    (unknown,) = bench.change({1: {"phone": "1"}})
    bench.run(bench.all_ended(unknown))
    rule = Guard(GuardLimits(2, 0, 2, 0), 3600.0)
    bench.lanes = StoredLanes(stored.store, stored.keyring, BOUNDS, rule)
    bench.hire(2, 3, 4)
    crowd = bench.change({n: {"phone": "1"} for n in (2, 3, 4)})
    bench.run(lambda: bench.status()[0] == "held")
    stored.expire(bench.connection)
    reject(
        stored.store, stored.keyring, bench.connection, "me", "operator", Personal("a mistake"),
        settle=SETTLE,
    )  # fmt: skip
    (last,) = bench.change({2: {"phone": "2"}})
    remove(stored.store, stored.keyring, bench.connection, "operator")
    ended = stored.ended()
    assert ended[unknown][1] == Code.UNKNOWN_IN_HUMA
    assert {ended[event][1] for event in crowd} == {Code.REJECTED}
    assert ended[last][1] == Code.CONNECTION_REMOVED
