"""One batch of updates: sent in one request of several roots, culprits told apart (R-88)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from processors.fields import FIELDS, targets_of
from processors.lane.culprits import Case, Search, Verdict, root_of
from processors.lane.parcel import Parcel
from processors.ports.xledger import Input, Verb, Xledger
from schemas.employee import Root, Target, TargetValue
from schemas.errors import Ambiguous, PauseConnection, RetryLater

GROUPS = tuple(frozenset(targets_of(name)) for name in FIELDS)
"""Targets that stand and fall together: those of one field."""


@dataclass(slots=True)
class Sent:
    """What came of a batch.

    Attributes:
        verdicts: by person and record.
        trouble: what ended it early, or None.
        asked: the people of the request that met the trouble.
        apart: whether aliased roots are judged apart, as far as known.
        extra: requests spent on culprits.
    """

    verdicts: Mapping[str, Mapping[Root, Verdict]] = field(default_factory=dict)
    trouble: RetryLater | PauseConnection | None = None
    asked: frozenset[str] = frozenset()
    apart: bool | None = None
    extra: int = 0


def cases_of(parcels: Sequence[Parcel]) -> dict[str, tuple[Case, ...]]:
    """Return the cases of a batch by alias, one alias a record."""
    roots: dict[Root, list[Case]] = {}
    for parcel in parcels:
        subject = parcel.subject
        ids = {
            Root.CONTACT: subject.contact,
            Root.SUBLEDGER: subject.subledger,
            Root.EMPLOYEE: subject.employee,
        }
        for record, values in by_record(parcel.values).items():
            given = Input("", values, db_id=ids[record] or "0")
            roots.setdefault(record, []).append(
                Case(subject.user, record, Verb.UPDATE, given, GROUPS)
            )
    return {record.value: tuple(roots[record]) for record in Root if record in roots}


def by_record(values: Mapping[Target, TargetValue]) -> dict[Root, dict[Target, TargetValue]]:
    """Return values by the record they belong to."""
    found: dict[Root, dict[Target, TargetValue]] = {}
    for target, value in values.items():
        found.setdefault(target.root, {})[target] = value
    return found


async def send(
    xledger: Xledger,
    cases: Mapping[str, tuple[Case, ...]],
    aliases: int,
    spare: Callable[[], Awaitable[None]],
    *,
    apart: bool | None,
) -> Sent:
    """Send cases, and search for whom or what Xledger refuses.

    Trouble ends it early, and is returned: what was decided before stays decided.

    Args:
        xledger: the token's client.
        cases: by alias.
        aliases: parts of a failing root in one request.
        spare: waits until a search may use one more request.
        apart: whether aliases are judged apart, as far as known.
    """
    search = Search(aliases, apart=apart)
    asked = frozenset(case.person for members in cases.values() for case in members)
    extra = 0
    trouble: RetryLater | PauseConnection | None = None
    try:
        answers = await xledger.write([root_of(alias, one) for alias, one in cases.items()])
        search.first(cases, answers)
        while not search.over:
            await spare()
            roots = search.next()
            asked = search.asked
            extra += 1
            search.absorb(await xledger.write(roots))
    except (RetryLater, PauseConnection) as met:
        trouble = met
    if search.lost:
        asked = frozenset(search.lost)
        trouble = Ambiguous("Xledger's answer names neither a success nor a failure")
    verdicts: dict[str, dict[Root, Verdict]] = {}
    for (person, record), verdict in search.verdicts.items():
        verdicts.setdefault(person, {})[record] = verdict
    return Sent(verdicts, trouble, asked, search.apart, extra)
