"""Each attribute is matched by pattern first, then taken (R-95, R-96)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.attributes import (
    printable,
    read_revision,
    read_time,
    read_trace,
    read_uuid,
    revision_of_time,
)

ID = "9b2e0c1a-5d3f-4c6e-8a71-0f2d4b6c8e10"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.rule("R-96")
@pytest.mark.parametrize(
    ("given_", "means"),
    [("0", 0), ("7", 7), ("007", 7), (7, 7), (0, 0), ("9" * 18, 10**18 - 1), (10**18 - 1,) * 2],
)
def test_a_revision_is_up_to_18_ascii_digits(given_: Any, means: int) -> None:
    """Text or number, compared as numbers."""
    assert read_revision(given_) == means


@pytest.mark.rule("R-96")
@pytest.mark.parametrize(
    "given_",
    [None, "", " 7", "7 ", "+7", "-7", "1_000", "7.0", "1e3", "0x7", "٧", "７", "9" * 19, -1,
     10**18, 7.0, 1e21, True, False, [7], {"7": 7}],
    ids=ascii,
)  # fmt: skip
def test_anything_else_is_no_revision(given_: Any) -> None:
    """Python's own `int` would take half of these."""
    assert read_revision(given_) is None


@pytest.mark.rule("R-96")
@given(st.text() | st.integers() | st.booleans() | st.floats() | st.none())
def test_a_revision_is_read_or_refused(given_: Any) -> None:
    """Nothing raises; what is read fits the store's 64 bits."""
    read = read_revision(given_)
    assert read is None or 0 <= read < 10**18


@pytest.mark.rule("R-96")
@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-11-23T12:00:00Z", NOON),
        ("2026-11-23t12:00:00z", NOON),
        ("2026-11-23T13:00:00+01:00", NOON),
        ("2026-11-23T06:30:00-05:30", NOON),
        ("2026-11-23T12:00:00-00:00", NOON),
        ("2026-11-23T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-11-23T12:00:00.000001Z", NOON + timedelta(microseconds=1)),
        ("2026-11-23T12:00:00.0000019Z", NOON + timedelta(microseconds=1)),
        ("2026-11-23T11:59:60Z", NOON),
    ],
)
def test_a_time_is_rfc_3339(text: str, means: datetime) -> None:
    """With an offset, lower-case letters, up to microseconds; a leap second is the next one."""
    assert read_time(text) == means


@pytest.mark.rule("R-96")
@pytest.mark.parametrize(
    "text",
    ["", "2026-11-23", "2026-11-23T12:00:00", "2026-11-23 12:00:00Z", "2026-11-23T12:00Z",
     "2026-11-23T12Z", "20261123T120000Z", "2026-W48-1T12:00:00Z", "2026-11-31T12:00:00Z",
     "2026-02-29T12:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T12:60:00Z", "2026-11-23T12:00:61Z",
     "2026-11-23T12:00:00.Z", "2026-11-23T12:00:00,5Z", "2026-11-23T12:00:00+0100",
     "2026-11-23T12:00:00+01", "2026-11-23T12:00:00+24:00", "2026-11-23T12:00:00+01:60",
     "0000-01-01T00:00:00Z", "٢٠٢٦-11-23T12:00:00Z", " 2026-11-23T12:00:00Z",
     "2026-11-23T12:00:00Z\n", "9999-12-31T23:59:60Z", "1700000000", 1700000000, None, NOON],
    ids=ascii,
)  # fmt: skip
def test_anything_else_is_no_time(text: Any) -> None:
    """Impossible days included; epochs are none."""
    assert read_time(text) is None


@pytest.mark.rule("R-96")
@given(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])),
    st.booleans(),
)
def test_what_python_writes_is_read_again(when: datetime, upper: bool) -> None:  # noqa: FBT001
    """Every aware time there is."""
    text = when.isoformat()
    assert read_time(text if upper else text.lower()) == when


@pytest.mark.rule("R-96")
@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_the_revision_of_a_time_keeps_the_order_of_times(one: datetime, two: datetime) -> None:
    """For a publisher that cannot mint revisions; a time before 1970 has none."""
    first, second = revision_of_time(one), revision_of_time(two)
    assert (first is None) == (one.year < 1970)
    if first is not None and second is not None:
        assert (first < second) == (one < two)


@pytest.mark.rule("R-95")
@pytest.mark.parametrize(
    ("value", "good"),
    [("a", True), ("a" * 200, True), ("å" * 200, True), ("a b", True), ("a" * 201, False),
     ("", False), ("a\n", False), ("\x00", False), ("\u2028", False), ("\u202e", False),
     ("\ud800", False), (b"a", False), (5, False), (None, False)],
    ids=ascii,
)  # fmt: skip
def test_ids_and_types_are_up_to_200_printable_characters(value: Any, good: bool) -> None:  # noqa: FBT001
    """Characters, not bytes."""
    assert printable(value) is good


@pytest.mark.parametrize(
    ("value", "means"),
    [(ID, ID), (ID.upper(), ID), (f"{{{ID}}}", None), (ID.replace("-", ""), None), (f"{ID} ", None),
     (f"{ID}\n", None), (ID.replace("9", "g"), None), (ID.replace("9", "９"), None), (5, None)],
    ids=ascii,
)  # fmt: skip
def test_an_id_of_huma_is_one_text_however_written(value: Any, means: str | None) -> None:
    """Lower-case, with hyphens; nothing else is a UUID."""
    assert read_uuid(value) == means


def test_a_trace_that_is_not_well_formed_is_none() -> None:
    """It never makes an event fail."""
    good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert read_trace(good) == good
    for bad in (good.upper(), good[:-1], f"{good}\n", "", None, 5):
        assert read_trace(bad) is None
