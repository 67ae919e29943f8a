"""The proof: person by person, what stands in Xledger is what the story says should stand there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.demo.cast import Cast
from console.demo.expectations import FIELDS, Record, record_of
from console.demo.member import Member, Standing

NO_REASON = "Huma's value did not arrive"
SENT = "sent: a position changed, or the person is new (R-52)"
TURNED = "sent, and another at midnight, by the date alone (R-60)"
LOCKED = "sent, and not turned at midnight: locked meanwhile (R-70)"
NOT_SENT = "not sent: none changed since the connection (R-54)"
NOT_TURNED = "not sent, though midnight turned one of them (R-52)"


@dataclass(frozen=True, slots=True)
class Proof:
    """How many people are equal, how many differ and why, and what nothing explains.

    `unexplained` names people by Huma's id and fields by name: it is empty when all is well.
    `positions` counts Xledger's employees of ours whose position data is as the story says, by why.
    """

    equal: int
    different: Mapping[str, int]
    positions: Mapping[str, int]
    untouched: int
    unexplained: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is as it should be."""
        return not self.unexplained


def prove(cast: Cast, employees: Iterable[Record]) -> Proof:
    """Compare Xledger's employees with the cast.

    Args:
        cast: after the last chapter.
        employees: every employee of the company, from the simulator's own state.
    """
    held: dict[str | None, list[Record]] = {}
    for employee in employees:
        held.setdefault(employee["employee.code"], []).append(employee)
    equal, different, unexplained = 0, Counter[str](), list[str]()
    positions = Counter[str]()
    for member in cast.members.values():
        code = member.user.get("employmentId")
        found = held.pop(code, [])
        wrong = _wrong(member, found)
        if member.standing is Standing.LINKED and not wrong:
            positions[_position_data(member)] += 1
        if wrong:
            unexplained.append(f"{member.id}: {wrong}")
        elif whys := _why_different(member):
            different.update(whys[:1])
            unexplained += [f"{member.id}: {NO_REASON}" for why in whys if why == NO_REASON]
        else:
            equal += 1
    others = [*cast.doubles, *cast.strangers]
    for record in others:
        if held.pop(record["employee.code"], []) != [record]:
            unexplained.append("an employee who is not Huma's was changed")
    unexplained += ["an employee whom nobody asked for"] * sum(map(len, held.values()))
    return Proof(equal, dict(different), dict(positions), len(others), tuple(unexplained))


def _wrong(member: Member, found: list[Record]) -> str | None:
    if member.expected is None:
        return "should not be in Xledger" if found else None
    if len(found) != 1:
        return f"{len(found)} employees in Xledger"
    names = [name for name, value in member.expected.items() if found[0].get(name) != value]
    return ", ".join(names) or None


def _position_data(member: Member) -> str:
    """Say why Xledger's position data is what it is."""
    if not member.posted:
        return NOT_TURNED if member.handover else NOT_SENT
    if member.tomorrow is None:
        return SENT
    return TURNED if member.turned else LOCKED


def _why_different(member: Member) -> list[str]:
    """Return why Xledger does not hold what Huma holds, where the story says that it must not."""
    if member.deleted:
        return ["deleted in Huma: stays in Xledger (R-75)"]
    if member.expected is None:
        return [member.standing.value]
    wanted = record_of(member.user)
    names = [
        name
        for name, targets in FIELDS.items()
        if any(member.expected[target] != wanted[target] for target in targets)
    ]
    if not names:
        return []
    if not member.active:
        return ["changed after the deactivation: locked (R-70)"]
    return [member.kept.get(name, NO_REASON) for name in names]
