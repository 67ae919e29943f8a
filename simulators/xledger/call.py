"""One request under way, and the answer to it."""

from dataclasses import dataclass, field

from simulators.wire import JSON
from simulators.xledger.faults import Fault
from simulators.xledger.journal import Entry
from simulators.xledger.plan import Plan
from simulators.xledger.problems import Problem
from simulators.xledger.question import Question
from simulators.xledger.records import Kind
from simulators.xledger.tokens import Token


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes over the wire."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = JSON


@dataclass(slots=True)
class Call:
    """One request under way.

    Attributes:
        entry: in the journal.
        problems: why it is not executed, if it is not.
        token: whose it is; None: nobody's we know.
        plan: what it asks; None: it cannot be read.
        question: as it was sent.
        entered: whether it counts as in flight.
        fault: that it suffers.
        hidden: the records it wrote that readers do not see yet.
    """

    entry: Entry
    problems: tuple[Problem, ...]
    token: Token | None
    plan: Plan | None
    question: Question | None = field(repr=False)
    entered: bool = False
    fault: Fault | None = None
    hidden: list[tuple[Kind, int]] = field(default_factory=list, repr=False)

    @property
    def kind(self) -> str | None:
        """The fault's name."""
        return self.fault.fault if self.fault else None
