"""From verdicts to what becomes of each field: applied, failed, or tried again (R-85, R-87)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from processors.fields import FIELDS, targets_of
from processors.lane.culprits import Verdict
from processors.lane.parcel import Parcel
from processors.lane.words import words
from processors.ports.lane import Again, FieldEnd, LinkChange, PersonResult, Result
from processors.ports.xledger import Refusal
from schemas.connection import LinkState
from schemas.employee import Root, Target
from schemas.reasons import Code

BESIDES: Final = -1
"""The turn of what is not open: none."""


@dataclass(frozen=True, slots=True)
class Retries:
    """Tries of a refusal that nobody knows, and the seconds over which they are spread (R-85)."""

    attempts: int
    over: float

    @property
    def wait(self) -> float:
        """The seconds between two tries."""
        return self.over / max(1, self.attempts - 1)


@dataclass(frozen=True, slots=True)
class Postponed:
    """What was not decided: again after `wait` seconds; `unsure`: it may have been written."""

    wait: float
    unsure: bool


def result_of(
    parcel: Parcel,
    verdicts: Mapping[Root, Verdict],
    retries: Retries,
    postponed: Postponed,
) -> PersonResult:
    """Return what became of one person.

    Args:
        parcel: what was sent.
        verdicts: by record; a target in none of them was not decided.
        retries: see there.
        postponed: what becomes of the undecided.
    """
    done = {target for verdict in verdicts.values() for target in verdict.done}
    refused: dict[Target, Refusal] = {}
    for verdict in verdicts.values():
        refused |= verdict.refused
    ends: list[FieldEnd] = list(parcel.ended)
    again: list[Again] = []
    gone = False
    turns = parcel.turns
    for name, targets in parcel.sent.items():
        dirty = turns[name]
        refusal = next((refused[target] for target in sorted(targets) if target in refused), None)
        if refusal is not None:
            attempts = dirty.attempts + 1
            gone = gone or refusal.gone
            if refusal.retry and attempts < retries.attempts:
                again.append(Again(name, dirty.turn, retries.wait, attempted=True))
            else:
                code = code_of(refusal, targets)
                warnings = parcel.warnings.get(name, ())
                text = words(parcel, refusal.text)
                ends.append(
                    FieldEnd(name, dirty.turn, Result.FAILED, code, warnings, attempts, text)
                )
        elif targets <= done:
            warnings = parcel.warnings.get(name, ())
            ends.append(FieldEnd(name, dirty.turn, Result.APPLIED, None, warnings))
        else:
            again.append(Again(name, dirty.turn, postponed.wait, unsure=postponed.unsure))
    if postponed.unsure and not parcel.creates:  # who is created late is compared whole
        lost = parcel.values.keys() - done - refused.keys()
        again += [
            Again(name, BESIDES, postponed.wait, unsure=True) for name in _untold(parcel, lost)
        ]
    written = [target for target in done if target in parcel.values]
    whole = parcel.values.keys() <= done | refused.keys()
    link = LinkChange(state=LinkState.GONE) if gone else parcel.link if whole else None
    if link is not None and is_unsaid(parcel, refused):
        link = replace(link, compare=True)
    return PersonResult(
        parcel.subject.user,
        tuple(ends),
        tuple(again),
        {target: parcel.values[target] for target in written},
        parcel.turn,
        link,
        records={record: verdict.db_id for record, verdict in verdicts.items() if verdict.db_id},
        why={target: parcel.why[target] for target in written if target in parcel.why},
        flip=parcel.flip,
    )


def _untold(parcel: Parcel, lost: Collection[Target]) -> list[str]:
    """Return the fields, none of them open, that may have been written besides."""
    told = {target for targets in parcel.sent.values() for target in targets}
    besides = set(lost) - told
    return [
        name
        for name in FIELDS
        if name not in parcel.sent and besides.intersection(targets_of(name))
    ]


def is_unsaid(parcel: Parcel, not_written: Collection[Target]) -> bool:
    """Say whether anything is not in Xledger that no open field tells of (R-87).

    Somebody created, or complete again, is sent whole, whatever event it was that led to it.
    """
    told = {target for targets in parcel.sent.values() for target in targets}
    return parcel.unsaid or not told.issuperset(not_written)


def code_of(refusal: Refusal, targets: frozenset[Target]) -> Code:
    """Return the reason code of a refusal."""
    if refusal.gone:
        return Code.EMPLOYEE_GONE
    if refusal.retry:
        return Code.EXHAUSTED
    if Target.CONTACT_GENDER in targets:
        return Code.GENDER_LOOKUP
    return Code.REFUSED


def has_failed(one: PersonResult) -> bool:
    """Say whether anything of a person was refused, for good or for now (R-94)."""
    return any(end.result is Result.FAILED for end in one.ends) or any(
        again.attempted for again in one.again
    )


def postpone(parcel: Parcel, postponed: Postponed) -> PersonResult:
    """Return a person of whom nothing was decided.

    A creation keeps something open: what ends unsent may be all that asks for it.
    """
    subject = parcel.subject
    if parcel.creates and not parcel.sent:
        wait, unsure = postponed.wait, postponed.unsure
        again = (Again(one.field, one.turn, wait, unsure=unsure) for one in subject.dirty)
        return PersonResult(subject.user, again=tuple(again))
    return result_of(parcel, {}, Retries(1, 0.0), postponed)
