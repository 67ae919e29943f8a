"""Why an open field was not sent yet: the first question that answers it, in order.

The order is that of the lane: what stops all of a connection, then the person, then the field, at
last the queue. Nothing here decides anything; it says what the lane would do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from processors.people.lane_says import lane_says
from processors.people.link_says import WRITES
from processors.people.times import local
from processors.ports.lane import BY_HAND, FieldEnd, Result
from processors.ports.people import AHEAD, LinkSeen, OpenField, PersonSeen
from schemas.advice import NOTHING, REASONS
from schemas.connection import LaneState


class Waits(StrEnum):
    """What a field waits for; a label for programs."""

    ANSWER = "answer"
    ACTIVATION = "activation"
    PREVIEW = "preview"
    HUMAN = "human"
    LANE = "lane"
    SETTLE = "settle"
    RETRY = "retry"
    HUMA = "huma"
    NOTHING = "nothing"
    PROCESS = "process"
    OTHERS = "others"
    TURN = "turn"


@dataclass(frozen=True, slots=True)
class Why:
    """What a field waits for, in words, and until when where that is known."""

    waits: Waits
    says: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One open field as it waits.

    Attributes:
        field: it.
        link: the person in the connection.
        person: the person.
        end: how the field ends at its turn without being sent, as the lane would judge now.
        tries: of a refusal that nobody knows, at the most (R-85).
    """

    field: OpenField
    link: LinkSeen
    person: PersonSeen
    end: FieldEnd | None
    tries: int

    def at(self, ms: int) -> str:
        """Return a time for people."""
        return local(ms, self.link.connection.zone)


def why_waiting(case: Case) -> Why:
    """Return why one open field has not been sent yet."""
    return next(why for question in QUESTIONS if (why := question(case)) is not None)


def _in_flight(case: Case) -> Why | None:
    since = case.link.flight_at
    if since is None or not case.link.lane.owned:
        return None
    return Why(Waits.ANSWER, f"Is on the way to Xledger since {case.at(since)}.")


def _inactive(case: Case) -> Why | None:
    if case.link.connection.activated_at is not None:
        return None
    if case.link.preview:
        return Why(
            Waits.PREVIEW,
            "A manual sync is being prepared: this is sent after its run, and skipped when the "
            "sync is given up.",
        )
    return Why(
        Waits.ACTIVATION,
        "The connection is not active yet: run the first manual sync, `huma-xledger sync run "
        f"{case.link.connection.id} --link-matching`.",
    )


def _lane(case: Case) -> Why | None:
    lane, now = case.link.lane, case.person.now
    says = lane_says(lane, case.link.connection, now)
    if says is None or lane.state is LaneState.FAILING:
        return None
    by_hand = lane.state is LaneState.PAUSED and lane.reason == BY_HAND
    if by_hand or lane.state is LaneState.HELD:
        return Why(Waits.HUMAN, says)
    return Why(Waits.LANE, says, lane.until if lane.until > now else None)


def _left_in_flight(case: Case) -> Why | None:
    if case.link.flight_at is None:
        return None
    return Why(
        Waits.PROCESS,
        "The process that was sending it has ended: another one takes over, waits until nothing "
        "can happen any more, and sends it again.",
    )


def _not_due(case: Case) -> Why | None:
    one, due = case.field.dirty, case.field.due
    if due <= case.person.now:
        return None
    if one.unsure:
        return Why(
            Waits.SETTLE,
            f"Xledger's answer was lost, so that it may have been written; at {case.at(due)} "
            "nothing can happen any more, and it is sent again.",
            due,
        )
    if not (one.attempts or case.person.complete):
        return Why(
            Waits.HUMA,
            "The person must be read from Huma first, and Huma failed for this one; it is asked "
            f"again at {case.at(due)}.",
            due,
        )
    tried = f" after {_times(one.attempts)} (at most {case.tries})" if one.attempts else ""
    return Why(Waits.RETRY, f"Is tried again at {case.at(due)}{tried}.", due)


def _unread(case: Case) -> Why | None:
    person = case.person
    needs = case.link.subject.state in WRITES and person.deleted_at is None
    if person.complete or not needs:
        return None
    if person.huma_probe_at > person.now:
        why = "refuses our client" if person.huma_state == "credential" else "is away"
        return Why(
            Waits.HUMA,
            f"The person must be read from Huma first, and Huma {why}; it is asked again at "
            f"{case.at(person.huma_probe_at)}.",
            person.huma_probe_at,
        )
    return Why(Waits.HUMA, "The person is read from Huma first, since not all is known of them.")


def _ends(case: Case) -> Why | None:
    end = case.end
    if end is None:
        return None
    if end.result is Result.UNCHANGED:
        says = "Xledger has this value already: nothing will be sent."
    elif end.code is None:
        says = "A newer value came after the person was locked: this one will not be sent."
    else:
        reason = REASONS[end.code]
        advice = "" if reason.advice == NOTHING else f" {reason.advice}"
        says = f"Will not be sent. {reason.says}{advice}"
    return Why(Waits.NOTHING, says)


def _no_process(case: Case) -> Why | None:
    if case.link.lane.owned:
        return None
    return Why(
        Waits.PROCESS,
        "Waits for a delivery process to take it: if that lasts longer than a few seconds, none "
        "is running (`huma-xledger run delivery`).",
    )


def _after_others(case: Case) -> Why | None:
    if case.link.lane.state is LaneState.FAILING:
        says = lane_says(case.link.lane, case.link.connection, case.person.now)
        assert says is not None
        return Why(Waits.LANE, says)
    if case.field.dirty.attempts:
        tried = _times(case.field.dirty.attempts)
        return Why(
            Waits.OTHERS,
            f"Is tried again, after {tried}, as soon as nothing of the connection that was not "
            "refused yet waits.",
        )
    ahead = case.link.ahead
    if not ahead:
        return None
    people = "one other person" if ahead == 1 else f"{min(ahead, AHEAD):,} other people"
    more = "more than " if ahead > AHEAD else ""
    verb = "goes" if ahead == 1 else "go"
    return Why(Waits.OTHERS, f"Its turn comes: {more}{people} of the connection {verb} before.")


def _next(_case: Case) -> Why | None:
    return Why(Waits.TURN, "Its turn is next.")


def _times(count: int) -> str:
    return "one try" if count == 1 else f"{count} tries"


QUESTIONS: Final[tuple[Callable[[Case], Why | None], ...]] = (
    _in_flight, _inactive, _lane, _left_in_flight, _not_due, _unread, _ends, _no_process,
    _after_others, _next,
)  # fmt: skip
