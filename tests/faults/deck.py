"""The faults, one a card; every other round kills a role that has a request in flight."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import Final

ROUNDS: Final = "HUMA_XLEDGER_TEST_FAULT_ROUNDS"
SEED: Final = "HUMA_XLEDGER_TEST_FAULT_SEED"
UPDATE: Final = "update"
RECORDS: Final = "addContacts"
EMPLOYEE: Final = "addEmployees"
WRITES: Final = (UPDATE, RECORDS, EMPLOYEE)
REFUSING: Final = "partial"


class Blow(Enum):
    """What happens to a process."""

    NONE = auto()
    KILL_INTAKE = auto()
    KILL_DELIVERY = auto()
    KILL_BOTH = auto()
    KILL_BROKER = auto()
    JOIN = auto()
    STOP = auto()
    STOP_UNSENT = auto()


@dataclass(frozen=True, slots=True)
class Card:
    """One fault.

    Attributes:
        name: of it.
        faults: that Xledger has in the round, each once at each of `writes`.
        writes: at which writes: by what the names of their roots begin with.
        blow: to a process, while the first of `writes` is in flight.
        in_flight: whether the blow must meet a request in flight.
    """

    name: str
    faults: tuple[str, ...] = ()
    writes: tuple[str, ...] = (UPDATE,)
    blow: Blow = Blow.NONE
    in_flight: bool = False


def _killed(name: str, fault: str, write: str, blow: Blow) -> Card:
    return Card(name, (fault,), (write,), blow, in_flight=True)


IN_FLIGHT: Final = (
    _killed("delivery killed, an update in flight", "slow", UPDATE, Blow.KILL_DELIVERY),
    _killed("delivery killed, contacts in flight", "slow", RECORDS, Blow.KILL_DELIVERY),
    _killed("delivery killed, employees in flight", "slow", EMPLOYEE, Blow.KILL_DELIVERY),
    _killed("delivery killed, unanswered", "timeout-after-commit", RECORDS, Blow.KILL_DELIVERY),
    _killed("delivery killed, written later", "late-commit", EMPLOYEE, Blow.KILL_DELIVERY),
    _killed("delivery killed, Xledger hangs", "hang", UPDATE, Blow.KILL_DELIVERY),
    _killed("intake and delivery killed", "slow", UPDATE, Blow.KILL_BOTH),
    _killed("delivery stopped past its lease", "slow", RECORDS, Blow.STOP),
    _killed("intake and delivery join, the owner killed", "slow", UPDATE, Blow.JOIN),
    _killed("broker and delivery killed", "slow", UPDATE, Blow.KILL_BROKER),
)
OTHERS: Final = (
    Card("intake killed", blow=Blow.KILL_INTAKE),
    Card("reset before", ("reset-before",), WRITES),
    Card("reset after the commit", ("reset-after-commit",), WRITES),
    Card("answer too late", ("timeout-after-commit",), (UPDATE, EMPLOYEE)),
    Card("written after the client gave up", ("late-commit",), (UPDATE, RECORDS)),
    Card("503 and hanging", ("http-503", "hang"), (UPDATE, RECORDS)),
    Card("no JSON, intake killed", ("invalid-json",), WRITES, Blow.KILL_INTAKE),
    Card("partial, and at the limits", (REFUSING, "burst", "concurrency"), WRITES),
    Card("stopped before adding", writes=(RECORDS, EMPLOYEE), blow=Blow.STOP_UNSENT),
    Card("stopped before updating", writes=(UPDATE,), blow=Blow.STOP_UNSENT),
)


def deal(random: Random, rounds: int) -> Iterator[Card]:
    """Deal so many cards, the two halves in turn; each card once before any comes again."""
    left: list[Card] = []
    for _ in range(rounds):
        if not left:
            halves = [random.sample(half, len(half)) for half in (IN_FLIGHT, OTHERS)]
            left = [card for pair in zip(*halves, strict=True) for card in pair]
        yield left.pop(0)
