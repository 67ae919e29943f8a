"""The steps of a creation, each between an intent and its deletion (R-82; `design.md`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.lane.creating import (
    HELD,
    Newcomer,
    Then,
    decide,
    newcomer,
    own_code,
    records_named,
    with_email,
)
from processors.lane.culprits import Case, Verdict
from processors.lane.results import Postponed, code_of, is_unsaid, postpone, result_of
from processors.lane.updating import GROUPS, Sent, by_record, send
from processors.lane.words import words
from processors.mapping.email import same_email_key
from processors.ports.lane import (
    Again,
    Claim,
    FieldEnd,
    LinkChange,
    PersonResult,
    Result,
    Step,
)
from processors.ports.xledger import Found, Input, Verb
from schemas.connection import LinkState
from schemas.employee import Root, Target
from schemas.errors import PauseConnection, RetryLater, perhaps_done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processors.lane.parcel import Parcel
    from processors.lane.worker import Lane
    from schemas.reasons import Code

ESSENTIAL = frozenset(
    {
        Target.CONTACT_EMAIL,
        Target.CONTACT_FIRST_NAME,
        Target.CONTACT_LAST_NAME,
        Target.SUBLEDGER_EMAIL,
        Target.SUBLEDGER_DESCRIPTION,
        Target.EMPLOYEE_CODE,
    }
)
"""A record is not made without these (R-87)."""
LINKS = {Then.EXISTS: LinkState.EXISTS, Then.ASK: LinkState.AMBIGUOUS}


@dataclass(frozen=True, slots=True)
class Ended:
    """A person whose creation ends before it is finished."""

    one: Newcomer
    then: Then
    code: Code | None


async def create(lane: Lane, parcels: Sequence[Parcel]) -> None:
    """Create employees: look up, contacts and suppliers, employees."""
    unsendable = [one for one in parcels if not (one.values or one.held)]
    if unsendable:
        await lane.record([postpone(one, Postponed(0.0, unsure=False)) for one in unsendable])
    people = [newcomer(one) for one in parcels if one.values or one.held]
    people = await _look_up(lane, people) if people else []
    records = [one for one in people if not (one.contact and one.subledger)]
    ready = [one for one in people if one.contact and one.subledger]
    if records:
        ready += await _records(lane, records)
    if ready:
        await _employees(lane, ready)


async def _look_up(lane: Lane, people: list[Newcomer]) -> list[Newcomer]:
    """Find what exists; returns those who go on."""
    try:
        found = await lane.tools.xledger.look_up(
            [one.keys(str(number)) for number, one in enumerate(people)]
        )
    except (RetryLater, PauseConnection) as trouble:
        sent = Sent(trouble=trouble)
        results = [postpone(one.parcel, Postponed(0.0, unsure=False)) for one in people]
        await lane.sent(sent, results, "create")
        return []
    lease = lane.claimed.lease
    listed = await _listed(lane, people)
    answers = [
        with_email(found.get(str(number), Found()), listed.get(one.user))
        for number, one in enumerate(people)
    ]
    holders = await lane.call(
        lambda: lane.tools.store.holders(
            lease, lane.claimed.connection.company, records_named(answers)
        )
    )
    decided = [
        Ended(one, *decide(one, answer, holders))
        for one, answer in zip(people, answers, strict=True)
    ]
    ended = [end for end in decided if end.then not in {Then.CREATE, Then.LINK}]
    links = [end.one for end in decided if end.then is Then.LINK]
    if links:  # held like a creation: one connection of the company has a person
        ended += [Ended(one, Then.LINK, None) for one in await _begin(lane, links, Step.EMPLOYEE)]
    if ended:
        await lane.record([_ended(end) for end in ended])
    return [end.one for end in decided if end.then is Then.CREATE]


async def _listed(lane: Lane, people: list[Newcomer]) -> Mapping[str, str]:
    """Say whose email the last listing showed of an employee (R-36)."""
    emails = {
        one.user: key
        for one in people
        if one.parcel.subject.intent is None
        and (email := one.parcel.values.get(Target.CONTACT_EMAIL))
        and (key := same_email_key(email)) is not None
    }
    return await lane.call(lambda: lane.tools.store.elsewhere(lane.claimed.lease, emails))


def _ended(end: Ended) -> PersonResult:
    """Return what becomes of a person who is not created now."""
    one, subject = end.one, end.one.parcel.subject
    if end.then is Then.LINK:
        # an earlier creation is found: linked, and everything that differs goes out as an update
        again = postpone(one.parcel, Postponed(0.0, unsure=True))
        return PersonResult(
            subject.user,
            again.ends,
            again.again,
            link=LinkChange(
                LinkState.LINKED, one.contact, one.subledger, one.employee, None, intent_done=True,
                triggered=one.positioned, compare=True,
            ),
            flip=one.parcel.flip,
        )  # fmt: skip
    result = Result.FAILED if end.then is Then.FAIL else Result.SKIPPED
    ends = tuple(FieldEnd(d.field, d.turn, result, end.code) for d in subject.dirty)
    half = (one.contact, one.subledger) if end.then is Then.LEAVE else (None, None)
    change = LinkChange(LINKS.get(end.then, LinkState.WANTED), *half, intent_done=True)
    return PersonResult(subject.user, ends, link=change)


async def _begin(lane: Lane, people: list[Newcomer], step: Step) -> list[Newcomer]:
    """Store intents; returns those whom no other connection of the company holds (R-09)."""
    lease, company = lane.claimed.lease, lane.claimed.connection.company
    claims = [Claim(one.user, one.intent(step)) for one in people]
    held = await lane.call(lambda: lane.tools.store.begin(lease, claims, company))
    if held:
        await lane.record([_ended(Ended(one, *HELD)) for one in people if one.user in held])
    return [one for one in people if one.user not in held]


async def _records(lane: Lane, people: list[Newcomer]) -> list[Newcomer]:
    """Add contacts and suppliers in one request; returns those who have both."""
    people = await _begin(lane, people, Step.RECORDS)
    cases: dict[str, tuple[Case, ...]] = {}
    for record, code in ((Root.CONTACT, own_code), (Root.SUBLEDGER, None)):
        missing = [one for one in people if _id_of(one, record) is None]
        if missing:
            cases[record.value] = tuple(
                _case(one, record, Input(
                    "", _values(one, record),
                    code=code(one.user) if code else one.supplier_code,
                ))
                for one in missing
            )  # fmt: skip
    sent = await _send(lane, cases)
    ready: list[Newcomer] = []
    results: list[PersonResult] = []
    for one in people:
        verdicts = sent.verdicts.get(one.user, {})
        one.verdicts.update(verdicts)
        one.contact = one.contact or _made(verdicts, Root.CONTACT)
        one.subledger = one.subledger or _made(verdicts, Root.SUBLEDGER)
        whole = one.contact is not None and one.subledger is not None
        refused = any(v.refusal is not None and v.db_id is None for v in verdicts.values())
        if whole:
            ready.append(one)
        results.append(_step_result(lane, one, sent, verdicts, whole=whole, refused=refused))
    await lane.sent(sent, results, "create")
    return ready if sent.trouble is None else []


async def _employees(lane: Lane, people: list[Newcomer]) -> None:
    """Add employees that tie contact and supplier together: the last step."""
    people = await _begin(lane, people, Step.EMPLOYEE)
    cases = tuple(
        _case(one, Root.EMPLOYEE, Input(
            "", _values(one, Root.EMPLOYEE),
            code=None if one.employee_code else own_code(one.user),
            contact=one.contact, subledger=one.subledger,
        ))
        for one in people
    )  # fmt: skip
    sent = await _send(lane, {Root.EMPLOYEE.value: cases} if cases else {})
    results: list[PersonResult] = []
    for one in people:
        verdicts = sent.verdicts.get(one.user, {})
        employee = _made(verdicts, Root.EMPLOYEE)
        if employee is None:
            refused = Root.EMPLOYEE in verdicts
            results.append(_step_result(lane, one, sent, verdicts, whole=False, refused=refused))
            continue
        one.employee = employee
        results.append(_created(lane, one, verdicts))
    await lane.sent(sent, results, "create")


async def _send(lane: Lane, cases: Mapping[str, tuple[Case, ...]]) -> Sent:
    if not cases:
        return Sent()
    tools = lane.tools
    return await send(
        tools.xledger, cases, tools.limits.aliases, tools.limiter.spare, apart=lane.apart
    )


def _case(one: Newcomer, record: Root, given: Input) -> Case:
    return Case(one.user, record, Verb.ADD, given, GROUPS, ESSENTIAL)


def _values(one: Newcomer, record: Root) -> Mapping[Target, str | None]:
    return by_record(one.parcel.values).get(record, {})


def _confirmed(one: Newcomer, record: Root) -> set[Target]:
    confirmed = one.parcel.subject.confirmed
    values = _values(one, record).items()
    return {
        target for target, value in values if target in confirmed and confirmed[target] == value
    }


def _id_of(one: Newcomer, record: Root) -> str | None:
    return one.contact if record is Root.CONTACT else one.subledger


def _made(verdicts: Mapping[Root, Verdict], record: Root) -> str | None:
    verdict = verdicts.get(record)
    return None if verdict is None else verdict.db_id


def _step_result(
    lane: Lane,
    one: Newcomer,
    sent: Sent,
    verdicts: Mapping[Root, Verdict],
    *,
    whole: bool,
    refused: bool,
) -> PersonResult:
    """Return what a step did; a whole one keeps the person in flight for the next."""
    link = LinkChange(LinkState.CREATING, one.contact, one.subledger, intent_done=whole)
    if whole and sent.trouble is None:
        confirmed, records = _written(one, verdicts)
        why = {target: one.parcel.why[target] for target in confirmed if target in one.parcel.why}
        return PersonResult(
            one.user, confirmed=confirmed, turn=one.parcel.turn, link=link, keep=True,
            records=records, why=why,
        )  # fmt: skip
    unsure = perhaps_done(sent.trouble) and one.user in sent.asked
    if refused and not unsure:
        return _refused(lane, one, verdicts)
    wait = lane.tools.limits.settle if unsure else 0.0
    again = postpone(one.parcel, Postponed(wait, unsure=unsure))
    change = LinkChange(
        LinkState.CREATING, one.contact, one.subledger, intent_done=whole or not unsure
    )
    return PersonResult(one.user, again.ends, again.again, link=change)


def _refused(lane: Lane, one: Newcomer, verdicts: Mapping[Root, Verdict]) -> PersonResult:
    """Return a person of whom a record was refused alone: tried again, or failed (R-85).

    Whatever of the person is open goes with the creation, and so fails with it.
    """
    verdict = next(v for v in verdicts.values() if v.refusal is not None and v.db_id is None)
    assert verdict.refusal is not None
    retries, subject = lane.tools.limits.retries, one.parcel.subject
    over = {end.field for end in one.parcel.ended}
    dirty = [each for each in subject.dirty if each.field not in over]
    attempts = max((each.attempts for each in dirty or subject.dirty), default=0) + 1
    if verdict.refusal.retry and attempts < retries.attempts:
        ended, asks = (one.parcel.ended, dirty) if dirty else ((), subject.dirty)
        again = tuple(Again(d.field, d.turn, retries.wait, attempted=True) for d in asks)
        change = LinkChange(LinkState.CREATING, one.contact, one.subledger, intent_done=True)
        return PersonResult(one.user, ended, again, link=change)
    code = code_of(verdict.refusal, frozenset(verdict.refused))
    text = words(one.parcel, verdict.refusal.text)
    failed = tuple(
        FieldEnd(d.field, d.turn, Result.FAILED, code, (), d.attempts + 1, text) for d in dirty
    )
    change = LinkChange(LinkState.WANTED, one.contact, one.subledger, intent_done=True)
    return PersonResult(one.user, (*one.parcel.ended, *failed), link=change)


def _written(
    one: Newcomer, verdicts: Mapping[Root, Verdict]
) -> tuple[dict[Target, str | None], dict[Root, str]]:
    confirmed = {
        target: one.parcel.values[target]
        for verdict in verdicts.values()
        for target in verdict.done
        if target in one.parcel.values
    }
    return confirmed, {r: v.db_id for r, v in verdicts.items() if v.db_id is not None}


def _created(lane: Lane, one: Newcomer, verdicts: Mapping[Root, Verdict]) -> PersonResult:
    """Return a person who is an employee now: fields applied, but those that were refused.

    A contact or subledger taken over may hold older values: what is not confirmed goes out again,
    and so does what was refused without an event that waits for it.
    """
    whole = {
        Root.CONTACT: Verdict(one.contact, _confirmed(one, Root.CONTACT)),
        Root.SUBLEDGER: Verdict(one.subledger, _confirmed(one, Root.SUBLEDGER)),
        **one.verdicts,
        **verdicts,
    }
    result = result_of(one.parcel, whole, lane.tools.limits.retries, Postponed(0.0, unsure=False))
    confirmed, records = _written(one, verdicts)
    done = {target for verdict in whole.values() for target in verdict.done}
    left = one.parcel.values.keys() - done
    return PersonResult(
        one.user,
        result.ends,
        result.again,
        confirmed,
        result.turn,
        LinkChange(
            LinkState.LINKED,
            one.contact,
            one.subledger,
            one.employee,
            incomplete=False,
            intent_done=True,
            triggered=one.positioned,
            compare=is_unsaid(one.parcel, left),
        ),
        records=records,
        why={target: one.parcel.why[target] for target in confirmed if target in one.parcel.why},
        flip=result.flip,
    )
