"""Why a field waits: one row for each answer, and which answer goes before which."""

from dataclasses import replace
from typing import Any

import pytest

from processors.people.judged import judge
from processors.people.why_waiting import Case, Waits, Why, why_waiting
from processors.ports.lane import BY_HAND, FieldEnd, Origin, Result
from processors.ports.people import AHEAD, LaneSeen, LinkSeen, OpenField
from schemas.connection import LaneState, LinkState
from schemas.employee import Target
from schemas.person import Projection
from schemas.reasons import Code
from tests.processors.people.seen import (
    CONNECTION,
    FACTS,
    MINUTE,
    NOW,
    PHONE,
    RUNNING,
    SECOND,
    link,
    person,
    subject,
)

SOON = "2025-11-25 07:05:00"
LATER = NOW + 5 * MINUTE
INACTIVE = replace(CONNECTION, activated_at=None)


def lane(state: LaneState, reason: str | None = None, until: int = LATER) -> LaneSeen:
    """Return a lane in a state."""
    return LaneSeen(state, reason, NOW - MINUTE, until, owned=True)


def phone(*, due: int = 0, **more: Any) -> OpenField:
    """Return the phone number as it waits."""
    return OpenField(replace(PHONE.dirty, **more), due, None)


def why(
    field: OpenField = PHONE,
    *,
    end: FieldEnd | None = None,
    of: dict[str, Any] | None = None,
    **more: Any,
) -> Why:
    """Return why a field waits; `of` is the person's, `more` the link's."""
    return why_waiting(Case(field, link(**more), person(**(of or {})), end, 5))


SKIPPED = FieldEnd("phone", 1, Result.SKIPPED, Code.LOCKED)


def unread(huma_state: str) -> dict[str, Any]:
    """Return what is known of somebody whom Huma cannot be asked about for five minutes."""
    return {"complete": False, "huma_state": huma_state, "huma_probe_at": LATER}


NOBODYS = replace(RUNNING, owned=False)
ROWS: tuple[tuple[dict[str, Any], Waits, str], ...] = (
    ({"flight_at": NOW - SECOND}, Waits.ANSWER, "since 2025-11-25 06:59:59"),
    ({"connection": INACTIVE}, Waits.ACTIVATION, "sync run c1 --link-matching"),
    ({"connection": INACTIVE, "preview": True}, Waits.PREVIEW, "is being prepared"),
    ({"lane": lane(LaneState.PAUSED, BY_HAND)}, Waits.HUMAN, "connections resume c1"),
    ({"lane": lane(LaneState.HELD)}, Waits.HUMAN, "a human releases or rejects"),
    ({"lane": lane(LaneState.PAUSED, "credential")}, Waits.LANE, f"again at {SOON}"),
    ({"lane": lane(LaneState.PAUSED, "credential")}, Waits.LANE, "replace-token c1"),
    ({"lane": lane(LaneState.PAUSED, "other company")}, Waits.LANE, "another company"),
    ({"lane": lane(LaneState.WAITING, "credits")}, Waits.LANE, f"goes on at {SOON}"),
    ({"lane": lane(LaneState.WAITING, "burst")}, Waits.LANE, "limit of requests was met"),
    ({"lane": lane(LaneState.WAITING, "dead letters")}, Waits.LANE, "This hour's"),
    ({"lane": lane(LaneState.WAITING, "outbox")}, Waits.LANE, "is Kafka reachable?"),
    ({"lane": lane(LaneState.BROKEN, "Xledger is away")}, Waits.LANE, f"asked again at {SOON}"),
    ({"lane": lane(LaneState.BROKEN, "Xledger is away", NOW)}, Waits.LANE, "again in a moment"),
    ({"lane": lane(LaneState.RUNNING)}, Waits.LANE, "Xledger did not answer"),
    ({"flight_at": NOW - MINUTE, "lane": NOBODYS}, Waits.PROCESS, "has ended"),
    ({"field": phone(due=LATER, unsure=True)}, Waits.SETTLE, f"at {SOON} nothing can"),
    ({"field": phone(due=LATER, attempts=1)}, Waits.RETRY, "after one try (at most 5)"),
    ({"field": phone(due=LATER, attempts=2)}, Waits.RETRY, "after 2 tries (at most 5)"),
    ({"field": phone(due=LATER)}, Waits.RETRY, f"Is tried again at {SOON}."),
    (
        {"field": phone(due=LATER), "of": {"complete": False}},
        Waits.HUMA,
        f"Huma failed for this one; it is asked again at {SOON}",
    ),
    ({"of": {"complete": False}}, Waits.HUMA, "is read from Huma first"),
    ({"of": unread("away")}, Waits.HUMA, f"Huma is away; it is asked again at {SOON}"),
    ({"of": unread("credential")}, Waits.HUMA, "Huma refuses our client"),
    ({"end": SKIPPED}, Waits.NOTHING, "Will not be sent. The person is deactivated in Huma"),
    ({"end": FieldEnd("phone", 1, Result.UNCHANGED)}, Waits.NOTHING, "has this value already"),
    ({"end": FieldEnd("phone", 1, Result.SUPERSEDED)}, Waits.NOTHING, "A newer value came after"),
    ({"lane": NOBODYS}, Waits.PROCESS, "huma-xledger run delivery"),
    ({"lane": lane(LaneState.FAILING, "most people fail")}, Waits.LANE, "ten are tried"),
    ({"field": phone(attempts=2)}, Waits.OTHERS, "after 2 tries, as soon as nothing"),
    ({"ahead": 1}, Waits.OTHERS, "one other person of the connection goes before"),
    ({"ahead": 12}, Waits.OTHERS, "12 other people of the connection go before"),
    ({"ahead": AHEAD + 1}, Waits.OTHERS, "more than 1,000 other people"),
    ({}, Waits.TURN, "Its turn is next."),
)


@pytest.mark.parametrize(("given", "waits", "says"), ROWS)
def test_every_wait_is_told_in_a_sentence(given: dict[str, Any], waits: Waits, says: str) -> None:
    """With the time at which it ends, where that is known, and the command that ends it."""
    told = why(**given)
    assert (told.waits, says in told.says) == (waits, True), told.says
    assert told.says.endswith(".")


def test_every_label_is_told_of_something() -> None:
    """The table above has a row for each."""
    assert {waits for _, waits, _ in ROWS} == set(Waits)


@pytest.mark.parametrize(
    ("given", "waits"),
    [
        ({"flight_at": NOW, "lane": lane(LaneState.PAUSED, BY_HAND)}, Waits.ANSWER),
        ({"connection": INACTIVE, "lane": lane(LaneState.BROKEN)}, Waits.ACTIVATION),
        ({"lane": lane(LaneState.HELD), "field": phone(due=LATER, attempts=1)}, Waits.HUMAN),
        ({"field": phone(due=LATER, unsure=True), "end": SKIPPED}, Waits.SETTLE),
        ({"field": phone(due=LATER, attempts=1), "of": {"complete": False}}, Waits.RETRY),
        ({"of": {"complete": False}, "end": SKIPPED}, Waits.HUMA),
        ({"end": SKIPPED, "lane": NOBODYS}, Waits.NOTHING),
        ({"lane": NOBODYS, "ahead": 3}, Waits.PROCESS),
    ],
)
def test_what_stops_more_is_told_first(given: dict[str, Any], waits: Waits) -> None:
    """The connection before the person, the person before the field, the queue at last."""
    assert why(**given).waits is waits


@pytest.mark.parametrize("state", [LinkState.UNLINKED, LinkState.EXISTS, LinkState.DECLINED])
def test_whom_nothing_is_written_for_needs_no_reading(state: LinkState) -> None:
    """Huma is asked only about people who are to be written."""
    told = why(of={"complete": False}, subject=subject(state=state))
    assert told.waits is Waits.TURN


def ends(seen: LinkSeen) -> dict[str, tuple[Result, Code | None]]:
    """Return how open fields end unsent, as judged."""
    return {name: (end.result, end.code) for name, end in judge(seen, NOW).ends.items()}


@pytest.mark.rule("R-32", "R-37", "R-70", "R-84")
@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({}, None),
        ({"state": LinkState.DECLINED}, (Result.SKIPPED, Code.DECLINED)),
        ({"state": LinkState.GONE}, (Result.FAILED, Code.EMPLOYEE_GONE)),
        ({"facts": replace(FACTS, active=False, active_version=2)}, (Result.SKIPPED, Code.LOCKED)),
        ({"facts": replace(FACTS, type="service_user")}, (Result.SKIPPED, Code.NOT_A_PERSON)),
        ({"projection": Projection({"phone": "1"})}, (Result.SKIPPED, Code.MISSING_EMAIL)),
        (
            {"confirmed": {Target.CONTACT_PHONE: "41234567", Target.SUBLEDGER_PHONE: "41234567"}},
            (Result.UNCHANGED, None),
        ),
    ],
)
def test_how_it_ends_is_judged_as_the_lane_does(
    more: dict[str, Any], end: tuple[Result, Code | None] | None
) -> None:
    """By the lane's own function: what is told cannot differ from what is done."""
    assert ends(link(subject=subject(**more))) == ({} if end is None else {"phone": end})


def test_a_request_waits_as_an_event_does() -> None:
    """Whoever made the field dirty."""
    assert why(phone(origin=Origin.REQUEST)).waits is Waits.TURN
