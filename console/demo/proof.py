"""The proof: person by person, what stands in Xledger is what the story says should stand there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.demo.cast import Cast, Member
from console.demo.expectations import FIELDS, Record, record_of

NO_REASON = "Huma's value did not arrive"


@dataclass(frozen=True, slots=True)
class Proof:
    """How many people are equal, how many differ and why, and what nothing explains.

    `unexplained` names people by Huma's id and fields by name: it is empty when all is well.
    """

    equal: int
    different: Mapping[str, int]
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
    for member in cast.members.values():
        code = member.user.get("employmentId")
        found = held.pop(code, [])
        wrong = _wrong(member, found)
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
    return Proof(equal, dict(different), len(others), tuple(unexplained))


def _wrong(member: Member, found: list[Record]) -> str | None:
    if member.expected is None:
        return "should not be in Xledger" if found else None
    if len(found) != 1:
        return f"{len(found)} employees in Xledger"
    names = [name for name, value in member.expected.items() if found[0].get(name) != value]
    return ", ".join(names) or None


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
