"""What one person's open work asks of Xledger: pure, from the snapshot alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from processors.fields import FIELDS, field_of, targets_of
from processors.lane.barrier import Lock, lock_of, locked_end, stop, younger
from processors.lane.mapped import MappedFields, map_all
from processors.mapping import TABLE, MappingContext, differing, for_creation, missing
from processors.ports.lane import Dirty, FieldEnd, Flip, LinkChange, Result, Subject
from schemas.choice import Choice
from schemas.connection import LinkState
from schemas.employee import Failed, Mapped, Skipped, Target, TargetValue
from schemas.person import Field, HumaField, PositionField
from schemas.reasons import Code

ESSENTIAL = frozenset(
    {HumaField.EMAIL, HumaField.GIVEN_NAME, HumaField.FAMILY_NAME, HumaField.EMPLOYMENT_ID}
)
"""Without these nobody is created (R-87)."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One person, mapped.

    Attributes:
        subject: who.
        values: what to write; empty: nothing.
        sent: open fields whose end the answer decides, with the targets that go for them.
        ended: open fields that ended without being sent.
        warnings: of the fields that are sent.
        link: what becomes of the link at once.
        creates: the person has no employee yet.
        why: of which position the targets are that have one.
        flip: when the date changes the choice again; None where no position data was mapped.
        held: why a creation that was begun is only looked up, and nothing is made.
        unsaid: a field that is not open cannot be sent: nobody is told by what is sent now.
    """

    subject: Subject
    values: Mapping[Target, TargetValue] = field(repr=False)
    sent: Mapping[str, frozenset[Target]]
    ended: tuple[FieldEnd, ...]
    warnings: Mapping[str, tuple[Code, ...]]
    link: LinkChange | None = None
    creates: bool = False
    why: Mapping[Target, Choice] = field(default_factory=dict)
    flip: Flip | None = None
    held: Code | None = None
    unsaid: bool = False

    @property
    def turns(self) -> dict[str, Dirty]:
        """The open fields by name."""
        return {dirty.field: dirty for dirty in self.subject.dirty}

    @property
    def turn(self) -> int:
        """The newest turn of what is sent."""
        return max((self.turns[name].turn for name in self.sent), default=0)


def parcel(subject: Subject, context: MappingContext, group: str | None) -> Parcel:
    """Decide what to send for one person (R-32, R-37, R-46, R-52, R-71, R-84, R-111).

    Args:
        subject: the person as taken; nothing else is read.
        context: the connection's, with the person's confirmed values.
        group: the connection's, for its scope.
    """
    whole = stop(subject.facts, subject.state)
    if whole is not None:
        return _nothing(subject, *whole)
    lock = lock_of(subject.facts, group)
    creates = subject.state in (LinkState.WANTED, LinkState.CREATING)
    if lock is not None and creates and subject.intent is None:
        return _nothing(subject, Result.SKIPPED, lock.code)
    open_fields, ended = _open(subject, lock, begun=creates)
    if not open_fields and not (creates and subject.intent):
        return Parcel(subject, {}, {}, tuple(ended), {})
    gaps = missing(subject.projection)
    if gaps and subject.intent is None:
        skipped = Result.SKIPPED
        ended += [FieldEnd(d.field, d.turn, skipped, gaps[0]) for d in open_fields.values()]
        return Parcel(subject, {}, {}, tuple(ended), {}, LinkChange(incomplete=True))
    if creates:
        return _creation(subject, context, open_fields, ended, lock)
    return _update(subject, context, open_fields, ended, lock)


def _open(
    subject: Subject, lock: Lock | None, *, begun: bool
) -> tuple[dict[Field, Dirty], list[FieldEnd]]:
    """Return the fields to be sent, and how the others end."""
    open_fields: dict[Field, Dirty] = {}
    ended: list[FieldEnd] = []
    for dirty in subject.dirty:
        name, end = field_of(dirty.field), None
        if name is None:  # a newer program's, which was taken back
            end = FieldEnd(dirty.field, dirty.turn, Result.SKIPPED, Code.NO_SUPPORTED_FIELD)
        elif lock is not None:
            end = locked_end(dirty, name, lock, subject.versions, begun=begun)
        if end is not None:
            ended.append(end)
        elif name is not None:
            open_fields[name] = dirty
    return open_fields, ended


def _nothing(subject: Subject, result: Result, code: Code) -> Parcel:
    ends = tuple(FieldEnd(d.field, d.turn, result, code) for d in subject.dirty)
    return Parcel(subject, {}, {}, ends, {})


def _update(
    subject: Subject,
    context: MappingContext,
    open_fields: Mapping[Field, Dirty],
    ended: list[FieldEnd],
    lock: Lock | None,
) -> Parcel:
    fields = set(open_fields)
    if subject.incomplete:
        fields |= {
            name
            for name in FIELDS
            if _takes_part(name, subject)
            and (lock is None or not younger(name, lock, subject.versions))
        }
    found = map_all(subject, context, fields)
    values: dict[Target, TargetValue] = {}
    sent: dict[str, frozenset[Target]] = {}
    warnings: dict[str, tuple[Code, ...]] = {}
    besides: set[Target] = set()
    equal: list[Dirty] = []
    for name, result in found.results.items():
        dirty = open_fields.get(name)
        if isinstance(result, Mapped):
            unsure = name in subject.unsure if dirty is None else dirty.unsure
            write = dict(result.targets) if unsure else differing(result, subject.confirmed)
            values |= write
            if dirty is None:
                besides |= set(write)
                continue
            warnings[name] = _new(result.warnings, subject)
            if write:
                sent[name] = frozenset(write)
            else:
                equal.append(dirty)
        elif dirty is not None:
            ended.append(_unsendable(dirty, result))
    for dirty in equal:
        if besides:  # it stays open for the others, which differ and have no event of their own
            sent[dirty.field] = frozenset(besides)
        else:
            end = FieldEnd(
                dirty.field, dirty.turn, Result.UNCHANGED, warnings=warnings[dirty.field]
            )
            ended.append(end)
    change = LinkChange(incomplete=False) if subject.incomplete else None
    return Parcel(
        subject, values, sent, tuple(ended), warnings, change, why=found.why, flip=found.flip,
        unsaid=_unsaid(found, open_fields),
    )  # fmt: skip


def _creation(
    subject: Subject,
    context: MappingContext,
    open_fields: Mapping[Field, Dirty],
    ended: list[FieldEnd],
    lock: Lock | None,
) -> Parcel:
    """Map everything there is, positions included: they go out without extra requests (R-52).

    Under a lock only what was begun is finished, with what is not younger (R-71). Where that, or
    what is known by now (R-32), is too little to make a person of, it is found out what was made,
    and left at that.
    """
    fields = {*TABLE, *open_fields, *(PositionField if subject.positions else ())}
    held = next(iter(missing(subject.projection)), None)
    if lock is not None:
        fields = {name for name in fields if not younger(name, lock, subject.versions)}
        held = held if fields >= ESSENTIAL else lock.code
    if held is not None:
        waits = dict.fromkeys(map(str, open_fields), frozenset({Target.CONTACT_EMAIL}))
        return Parcel(subject, {}, waits, tuple(ended), {}, creates=True, held=held)
    found = map_all(subject, context, fields)
    values: dict[Target, TargetValue] = {}
    sent: dict[str, frozenset[Target]] = {}
    warnings: dict[str, tuple[Code, ...]] = {}
    for name, result in found.results.items():
        dirty = open_fields.get(name)
        if isinstance(result, Mapped):
            write = for_creation(result)
            values |= write
            if dirty is not None:  # an empty one goes with the record that it is empty in
                sent[name] = frozenset(write) or frozenset({Target.CONTACT_EMAIL})
                warnings[name] = _new(result.warnings, subject)
        elif name in ESSENTIAL and isinstance(result, Failed):
            ends = tuple(
                FieldEnd(d.field, d.turn, Result.FAILED, result.code) for d in open_fields.values()
            )
            return Parcel(subject, {}, {}, (*ended, *ends), {})
        elif dirty is not None:
            ended.append(_unsendable(dirty, result))
    change = LinkChange(incomplete=False) if subject.incomplete else None
    return Parcel(
        subject, values, sent, tuple(ended), warnings, change, creates=True, why=found.why,
        flip=found.flip, unsaid=_unsaid(found, open_fields),
    )  # fmt: skip


def _unsaid(found: MappedFields, open_fields: Collection[Field]) -> bool:
    """Say whether a field that nothing waits for fails by our own rules."""
    return any(
        isinstance(result, Failed) and name not in open_fields
        for name, result in found.results.items()
    )


def _new(warnings: tuple[Code, ...], subject: Subject) -> tuple[Code, ...]:
    """Return warnings without those that are given once, and were (R-43)."""
    return tuple(code for code in warnings if code not in subject.warned)


def _takes_part(name: Field, subject: Subject) -> bool:
    """Say whether a field is part of "everything that differs" (R-112)."""
    if isinstance(name, PositionField):
        return subject.triggered
    return name in subject.touched or any(t in subject.confirmed for t in targets_of(name))


def _unsendable(dirty: Dirty, result: Failed | Skipped) -> FieldEnd:
    how = Result.FAILED if isinstance(result, Failed) else Result.SKIPPED
    return FieldEnd(dirty.field, dirty.turn, how, result.code, result.warnings)
