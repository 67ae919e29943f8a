"""Whatever bytes a record holds: it is read, or refused in one way, and nothing is quoted."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.about import BadEvent
from schemas.cloudevents import Headers, Tombstone
from schemas.events import Event, Foreign, Request
from schemas.letter import NAMES as LETTER_HEADERS
from schemas.letter import PREFIX, parse
from schemas.reading import read
from tests.schemas.records import (
    NAMES,
    OURS,
    RECORDED_MS,
    STRUCTURED,
    binary,
    example,
    key_of,
    parsed,
    structured,
)

PARSED = (Event, Request, Foreign, Tombstone)
MANY = settings(max_examples=300, deadline=None)

ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "organization", "revision",
              "actor", "datacontenttype", "data", "data_base64")  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*ATTRIBUTES, "user", "changes", "groups", "position", "status"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
TEXTS = st.sampled_from(
    [b"", b"1.0", b"\xff", b"application/json", STRUCTURED.encode(), b"2026-11-23T12:00:00Z",
     b"com.humahr.user.updated.v1", b"com.humahr.user.x.v9", b"/huma/users", b"/huma-xledger"]
)  # fmt: skip
HEADERS: st.SearchStrategy[Headers] = st.lists(
    st.tuples(
        st.sampled_from(["content-type", *(f"ce_{name}" for name in ATTRIBUTES)])
        | st.text(max_size=8),
        st.none() | TEXTS | st.binary(max_size=20),
    ),
    max_size=12,
)
KEYS = st.none() | st.binary(max_size=80)


def judged(key: bytes | None, value: bytes | None, headers: Headers) -> object:
    """Read any record; a refusal chains no foreign error, which could quote it."""
    try:
        return read(key, value, headers, RECORDED_MS, OURS)
    except BadEvent as refused:
        came = refused
    assert (came.__cause__, came.__context__) == (None, None)
    return came


@pytest.mark.rule("R-95")
@MANY
@given(KEYS, st.none() | st.binary(max_size=200), HEADERS)
def test_arbitrary_bytes_are_read_or_refused(
    key: bytes | None, value: bytes | None, headers: Headers
) -> None:
    """Nothing but a `BadEvent` is ever raised."""
    assert isinstance(judged(key, value, headers), (*PARSED, BadEvent))


@pytest.mark.rule("R-95")
@MANY
@given(st.dictionaries(st.sampled_from(ATTRIBUTES), JSON), st.sampled_from(NAMES), st.booleans())
def test_an_event_with_any_members_is_read_or_refused(
    changes: dict[str, Any], name: str, whole: bool  # noqa: FBT001
) -> None:  # fmt: skip
    """An example with some of its members replaced by any JSON, in either mode."""
    event = {**example(name), **changes}
    try:
        value, headers = structured(event) if whole else binary(event)
    except (TypeError, UnicodeEncodeError):
        assume(condition=False)
        raise
    assert isinstance(judged(key_of(event), value, headers), (*PARSED, BadEvent))


CANARY = "Kanarifugl-1618"


def plant(inner: Any) -> Any:
    """Return the JSON with the canary in the place of each leaf."""
    if isinstance(inner, dict):
        return {name: plant(one) for name, one in inner.items()}
    return [plant(one) for one in inner] if isinstance(inner, list) else f"{CANARY}\n"


@pytest.mark.rule("R-103")
@MANY
@given(JSON, st.sampled_from(NAMES))
def test_a_refusal_never_quotes_a_value(inner: Any, name: str) -> None:
    """A value planted at each place of the data appears in no message and no `repr`."""
    planted = {name: plant(inner) for name in ("user", "changes", "position", "groups")}
    value, headers = structured({**example(name), "data": planted})
    came = judged(key_of(example(name)), value, headers)
    if isinstance(came, BadEvent):
        assert CANARY not in f"{came} {came!r} {came.args} {came.fields} {came.about}"


@MANY
@given(
    st.sampled_from([name for name in NAMES if name.startswith("user.")]),
    st.integers(0, 10**18 - 1),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(str.isprintable),
    st.dictionaries(st.sampled_from(["email", "phone", "homeAddress", "x"]), JSON, max_size=3),
)
def test_both_modes_read_equal(name: str, revision: int, id_: str, changes: dict[str, Any]) -> None:
    """Whatever the event holds."""
    event = {**example(name), "id": id_, "revision": revision}
    if name == "user.updated.v1":
        event["data"] = {"changes": changes}
    assert parsed(binary(event), None, OURS) == parsed(structured(event), None, OURS)


@MANY
@given(
    st.lists(
        st.tuples(
            st.sampled_from([PREFIX + name for name in LETTER_HEADERS]) | st.text(max_size=8),
            st.none() | st.binary(max_size=30) | st.from_regex(rb"[0-9,=a-z]{0,30}"),
        )
    )
)
def test_any_headers_are_read_as_a_letters(headers: Headers) -> None:
    """What cannot be read is absent: anybody may write to the requests topic."""
    carried = parse(headers)
    assert carried.replay_count >= 0
    assert all(number >= 0 for number in carried.versions.values())
