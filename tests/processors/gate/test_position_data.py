"""Whether an event's positions go out, or are only kept (R-52, R-53, R-54)."""

from datetime import UTC, datetime, timedelta

import pytest

from processors.gate import after_activation, withheld
from processors.gate.position_data import TRIGGERS
from processors.ports.intake import Standing
from schemas.connection import Connection
from schemas.events import Event, EventType
from schemas.person import Projection
from schemas.reasons import Code

ACTIVATED = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def event(type_: EventType, time: datetime = ACTIVATED) -> Event:
    """Return an event that carries a position."""
    return Event(
        "/huma/users", "1", type_, "o", "u", time, 5, Projection({}), None, None, None,
        {"p": None}, None, None, (),
    )  # fmt: skip


def standing(since: datetime | None, *, preview: datetime | None = None) -> Standing:
    """Return a connection that was activated then; a preview has been open since `preview`."""
    one = Connection(
        "c1", "o", None, "Name", "https://x.example", "1", "https://h.example",
        add_new_users=True, zone="Europe/Oslo", country="NO", synthetic_numbers=False,
        activated_at=since,
    )  # fmt: skip
    return Standing(one, preview is not None, preview)


@pytest.mark.rule("R-52")
@pytest.mark.parametrize(
    ("type_", "triggers"),
    [
        pytest.param(EventType.POSITION_CREATED, True, id="a position was created"),
        pytest.param(EventType.POSITION_UPDATED, True, id="a position was updated"),
        pytest.param(EventType.USER_CREATED, True, id="a user was, with positions"),
        pytest.param(EventType.POSITION_DELETED, False, id="a position was deleted"),
        pytest.param(EventType.USER_REACTIVATED, False, id="a user came back, with positions"),
    ],
)
def test_what_triggers_position_data(type_: EventType, *, triggers: bool) -> None:
    """A position created or updated, or a user with one; a deletion triggers nothing."""
    assert (type_ in TRIGGERS) is triggers
    kept = withheld(event(type_), after=True, triggered=False)
    assert kept is (None if triggers else Code.NO_POSITION_DATA)


@pytest.mark.rule("R-52", "R-53", "R-61")
@pytest.mark.parametrize("type_", [*sorted(TRIGGERS), EventType.POSITION_DELETED])
def test_once_triggered_every_later_event_counts(type_: EventType) -> None:
    """A deletion too; but nothing from before the activation."""
    assert withheld(event(type_), after=True, triggered=True) is None
    kept = withheld(event(type_), after=False, triggered=True)
    assert kept is Code.BEFORE_ACTIVATION


@pytest.mark.rule("R-53")
@pytest.mark.parametrize(
    ("time", "after"),
    [
        pytest.param(ACTIVATED - MOMENT, False, id="a moment before"),
        pytest.param(ACTIVATED, True, id="at the same moment"),
        pytest.param(ACTIVATED + MOMENT, True, id="a moment after"),
    ],
)
def test_the_time_of_the_change_in_huma_decides(time: datetime, *, after: bool) -> None:
    """At the activation counts as after; when an event arrived does not matter."""
    made = event(EventType.POSITION_UPDATED, time)
    assert after_activation(made, standing(ACTIVATED)) is after


@pytest.mark.rule("R-07", "R-53")
@pytest.mark.parametrize(
    ("since", "preview", "after"),
    [
        pytest.param(None, None, False, id="never activated"),
        pytest.param(None, ACTIVATED, True, id="the first preview is open"),
        pytest.param(None, ACTIVATED + MOMENT, False, id="made before the first preview"),
        pytest.param(ACTIVATED + MOMENT, ACTIVATED, False, id="another preview of an active one"),
    ],
)
def test_before_an_activation(
    since: datetime | None, preview: datetime | None, *, after: bool
) -> None:
    """While the first preview is open its beginning counts, as it will once it is confirmed."""
    made = event(EventType.POSITION_UPDATED, ACTIVATED)
    assert after_activation(made, standing(since, preview=preview)) is after
