"""An outcome read back is what was written; what is none is refused, whatever it is."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.about import About
from schemas.outcome import FieldEnd, FieldOutcome, Outcome, Result, outcome_id
from schemas.outcome_read import (
    Told,
    ToldField,
    Unreadable,
    fields_text,
    read_fields,
    read_outcome,
)
from schemas.reading import OUR_SOURCE
from schemas.reasons import Code

AT: Final = datetime(2026, 11, 23, 12, 0, 0, 123_000, UTC)
ORGANIZATION: Final = "9b2e0c1a-0000-4000-8000-000000000001"
USER: Final = "9b2e0c1a-0000-4000-8000-0000000000aa"
ABOUT: Final = About("/huma/users", "e1", "com.humahr.user.updated.v1", ORGANIZATION, USER, AT, 9)
FAILED: Final = FieldOutcome(FieldEnd.FAILED, Code.REFUSED, 9, 77)
WHOLE: Final = Outcome(
    ABOUT, "c1", 1, Result.DEAD_LETTERED, Code.REFUSED, (Code.KEY_MISMATCH,),
    {"email": FAILED, "phone": FieldOutcome(FieldEnd.SKIPPED, Code.LOCKED)}, AT,
)  # fmt: skip
LEAST: Final = Outcome(
    About("t/1/2", "t/1/2"), None, 0, Result.SKIPPED, Code.TOMBSTONE, (), {}, AT
)  # fmt: skip


def document(**changes: Any) -> bytes:
    """Return the whole outcome's record with some members changed; None takes one away."""
    whole = {**orjson.loads(WHOLE.to_json()), **changes}
    return orjson.dumps({name: value for name, value in whole.items() if value is not None})


def test_a_whole_outcome_is_read_as_it_was_written() -> None:
    """Every member; the time to the millisecond."""
    assert read_outcome(WHOLE.to_json()) == Told(
        outcome_id("c1", "/huma/users", "e1", 1), "/huma/users", "e1",
        "com.humahr.user.updated.v1", 9, ORGANIZATION, USER, "c1", 1, Result.DEAD_LETTERED,
        "refused by Xledger", ("key does not match",), 1_795_435_200_123,
        {
            "email": ToldField(FieldEnd.FAILED, "refused by Xledger", 9, 77),
            "phone": ToldField(FieldEnd.SKIPPED, "locked"),
        },
    )  # fmt: skip


def test_what_is_absent_is_unknown() -> None:
    """A record that was no event has an identity, and little else."""
    told = read_outcome(LEAST.to_json())
    assert (told.source, told.organization, told.connection, told.fields) == (
        "t/1/2",
        None,
        None,
        {},
    )


def test_a_newer_program_may_say_more() -> None:
    """Members and codes that we do not know are no reason to refuse."""
    told = read_outcome(document(colour="blue", reason="a code of tomorrow"))
    assert told.reason == "a code of tomorrow"


@pytest.mark.parametrize(
    "record",
    [
        None, b"", b"null", b"[]", b"{", b"\xff", b"{}",
        document(id=None), document(id="a\x00"), document(event=None), document(event={}),
        document(event={"source": "s"}), document(result="lost"), document(at=None),
        document(at="yesterday"), document(round=-1), document(round=True), document(round="1"),
        document(organization="not a uuid"), document(user=5), document(connection=[]),
        document(warnings="w"), document(fields=[]), document(fields={"email": {}}),
        document(fields={"email": {"result": "applied", "turn": 2**63}}),
        document(fields={"": {"result": "applied"}}),
        document(fields={"email": {"result": "applied", "version": "9"}}),
    ],
)  # fmt: skip
def test_what_is_no_outcome_is_refused(record: bytes | None) -> None:
    """With one error of ours, which holds nothing of it."""
    with pytest.raises(Unreadable) as refused:
        read_outcome(record)
    assert str(refused.value) == ""


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON, st.sampled_from(sorted(orjson.loads(WHOLE.to_json()))), st.binary())
def test_no_bytes_raise_anything_else(value: Any, member: str, noise: bytes) -> None:
    """Whatever stands on the topic, or where a member of an outcome should."""
    field = {"email": value}
    members = [document(**{member: value}), document(fields=field), document(event=field)]
    for record in (noise, orjson.dumps(value), *members):
        with suppress(Unreadable):
            read_outcome(record)


@given(
    st.dictionaries(
        st.sampled_from(["email", "phone"]),
        st.builds(
            ToldField,
            st.sampled_from(FieldEnd),
            st.none() | st.sampled_from([code.value for code in Code]),
            st.none() | st.integers(0, 2**63 - 1),
            st.none() | st.integers(0, 2**63 - 1),
        ),
    )
)
def test_ends_of_fields_survive_their_row(fields: dict[str, ToldField]) -> None:
    """What is kept is what was read."""
    assert read_fields(orjson.loads(fields_text(fields))) == fields


LETTER: Final = "a" * 32


@pytest.mark.rule("R-90")
@pytest.mark.parametrize(
    ("source", "id_", "round_", "letter"),
    [
        (OUR_SOURCE, f"letter/{LETTER}/2", 2, LETTER),
        (OUR_SOURCE, f"letter/{LETTER}/2", 0, None),
        (OUR_SOURCE, f"letter/{LETTER}/2", 3, None),
        (OUR_SOURCE, f"letter/{LETTER[1:]}/2", 2, None),
        (OUR_SOURCE, "letter/", 2, None),
        ("/huma/users", f"letter/{LETTER}/2", 2, None),
    ],
)
def test_a_resend_names_its_letter(source: str, id_: str, round_: int, letter: str | None) -> None:
    """By its id, which nobody else's event has: the source topic has no such source."""
    about = About(source, id_)
    outcome = Outcome(about, "c1", round_, Result.SKIPPED, None, (), {}, AT)
    told = read_outcome(outcome.to_json())
    assert told.resent == letter
    assert told.key == (letter or (outcome_id(None, source, id_, 0) if round_ else None))
