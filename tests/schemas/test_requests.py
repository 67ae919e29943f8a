"""Requests of ours: what is written is read, and is what the examples show."""

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import EventType, Request
from schemas.person import Json, PersonKey
from schemas.requests import HEADERS, NewRequest, heartbeat, request
from tests.schemas.records import OURS, example, parsed

KARI = PersonKey("9b2e0c1a-0000-4000-8000-000000000001", "9b2e0c1a-0000-4000-8000-0000000000aa")
TIME = datetime(2026, 11, 23, 12, 6, 59, 1000, UTC)
ASKS = [type_ for type_ in EventType if "xledger" in type_ and type_ is not EventType.HEARTBEAT]


def read(one: NewRequest) -> Request:
    """Return a written request as intake reads it."""
    found = parsed((one.value, list(HEADERS)), one.key, OURS)
    assert isinstance(found, Request)
    return found


@pytest.mark.parametrize("type_", ASKS)
def test_a_request_is_read_as_it_was_written(type_: EventType) -> None:
    """Ids and names of fields; its key is the person's."""
    data: dict[str, Json] = {"connection": "c1", "fields": ["email"], "run": "r1", "letter": "l1"}
    one = request(type_, "an id", TIME, KARI, data)
    found = read(one)
    assert one.key == f"{KARI.organization}:{KARI.user}".encode()
    assert (found.type, found.source, found.id) == (type_, "/huma-xledger", "an id")
    assert (found.organization, found.user, found.time) == (*KARI, TIME)
    assert (found.connection, found.fields) == ("c1", ("email",))
    assert (found.run, found.letter, found.warnings) == ("r1", "l1", ())


def test_requests_have_the_examples_attributes() -> None:
    """No more and no fewer, `data` apart."""
    shown = example("xledger.day.turned.v1")
    person = PersonKey(shown["organization"], shown["subject"])
    one = request(EventType.DAY_TURNED, "an id", TIME, person, shown["data"])
    written = orjson.loads(one.value)
    assert written.keys() == shown.keys()
    assert written["partitionkey"] == shown["partitionkey"]
    assert orjson.loads(heartbeat(3, TIME).value).keys() == example("xledger.heartbeat.v1").keys()


@pytest.mark.rule("R-109")
@given(
    st.integers(0, 10_000),
    st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 1)),  # noqa: DTZ001 - a zone comes on top
    st.integers(-14, 14),
)
def test_a_heartbeat_is_of_a_partition_and_a_minute(
    partition: int, time: datetime, hours: int
) -> None:
    """Of one minute each has one id, in whatever zone the time is said; nobody is named."""
    zone = timezone(timedelta(hours=hours))
    there = time.replace(tzinfo=zone)
    found = read(heartbeat(partition, there))
    assert found.id == read(heartbeat(partition, there.astimezone(UTC))).id
    assert found.id.split("/") == [str(partition), str(int(there.timestamp() // 60))]
    next_one = read(heartbeat(partition, there + timedelta(minutes=1)))
    assert int(next_one.id.split("/")[1]) == int(found.id.split("/")[1]) + 1
    assert (found.organization, found.user, found.connection) == (None, None, None)
