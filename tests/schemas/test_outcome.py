"""An event's end as it stands on the outcomes topic (`interfaces.md`, Topics)."""

from datetime import UTC, datetime
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.about import About
from schemas.outcome import FieldEnd, FieldOutcome, Outcome, Result, outcome_id, result_of
from schemas.reasons import Code

AT: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
ABOUT: Final = About("/huma/users", "e1", "com.humahr.user.updated.v1", "o1", "u1", AT, 9)
ORDER: Final = (FieldEnd.FAILED, FieldEnd.APPLIED, FieldEnd.SUPERSEDED, FieldEnd.UNCHANGED,
                FieldEnd.SKIPPED)  # fmt: skip
RESULTS: Final = (Result.DEAD_LETTERED, Result.APPLIED, Result.SUPERSEDED, Result.UNCHANGED,
                  Result.SKIPPED)  # fmt: skip


def document(outcome: Outcome) -> Any:
    """Return the record's value, read again."""
    return orjson.loads(outcome.to_json())


def test_a_whole_outcome() -> None:
    """Exactly the members that the contract names."""
    outcome = Outcome(
        ABOUT, "c1", 1, Result.DEAD_LETTERED, Code.BAD_BANK_ACCOUNT, (Code.KEY_MISMATCH,),
        {
            "bankAccount": FieldOutcome(FieldEnd.FAILED, Code.BAD_BANK_ACCOUNT, 9, 77),
            "phone": FieldOutcome(FieldEnd.APPLIED, None, 9, 78),
            "gender": FieldOutcome(FieldEnd.SKIPPED, Code.UNMAPPED_VALUE),
        },
        AT,
    )  # fmt: skip
    assert document(outcome) == {
        "id": outcome_id("c1", "/huma/users", "e1", 1),
        "event": {
            "source": "/huma/users",
            "id": "e1",
            "type": "com.humahr.user.updated.v1",
            "revision": 9,
            "time": "2026-11-23T12:00:00+00:00",
        },
        "organization": "o1",
        "user": "u1",
        "connection": "c1",
        "round": 1,
        "result": "dead-lettered",
        "reason": "invalid bank account",
        "warnings": ["key does not match"],
        "fields": {
            "bankAccount": {"result": "failed", "code": "invalid bank account",
                            "version": 9, "turn": 77},
            "phone": {"result": "applied", "version": 9, "turn": 78},
            "gender": {"result": "skipped", "code": "unmapped value"},
        },
        "at": "2026-11-23T12:00:00+00:00",
    }  # fmt: skip


def test_what_is_unknown_is_absent() -> None:
    """An event that could not be decoded has a place for an identity, and little more."""
    about = About().at("huma.user-events.v1", 0, 7)
    outcome = Outcome(about, None, 0, Result.DEAD_LETTERED, Code.NOT_JSON, (), {}, AT)
    place = "huma.user-events.v1/0/7"
    assert document(outcome) == {
        "id": outcome_id(None, place, place, 0),
        "event": {"source": place, "id": place},
        "round": 0,
        "result": "dead-lettered",
        "reason": "not JSON",
        "warnings": [],
        "fields": {},
        "at": "2026-11-23T12:00:00+00:00",
    }


def test_an_outcome_needs_an_identity() -> None:
    """Else two of them would be one."""
    outcome = Outcome(About(), None, 0, Result.SKIPPED, Code.TOMBSTONE, (), {}, AT)
    with pytest.raises(ValueError, match="identity"):
        outcome.to_json()


@pytest.mark.rule("R-82", "R-83")
@given(
    *(st.lists(st.text(), min_size=3, max_size=3) for _ in range(2)),
    *(st.integers(0, 5) for _ in range(2)),
)
def test_an_id_is_the_same_for_the_same_end_only(
    one: list[str], two: list[str], first: int, second: int
) -> None:
    """Connection, source, id and round: a reader counts a repeat once, and nothing else as one."""
    same = (one, first) == (two, second)
    assert (outcome_id(*_parts(one), first) == outcome_id(*_parts(two), second)) is same


def _parts(three: list[str]) -> tuple[str, str, str]:
    connection, source, id_ = three
    return connection, source, id_


def test_ids_do_not_run_into_each_other() -> None:
    """Where one part ends and the next begins is part of the hash."""
    assert outcome_id("a", "b", "c", 0) != outcome_id("ab", "", "c", 0)
    assert outcome_id("a", "b", "c1", 1) != outcome_id("a", "b", "c", 11)


def test_the_id_never_changes_between_versions() -> None:
    """It is stored, and written to topics that live for 90 days."""
    assert outcome_id("c1", "/huma/users", "e1", 0) == "148331039f67ea8decce6d4df236b21a"


@given(st.lists(st.sampled_from(ORDER), min_size=1, max_size=6))
def test_an_event_ends_as_the_first_of_its_fields_ends(ends: list[FieldEnd]) -> None:
    """Failed, applied, superseded, unchanged, skipped, in this order; two of them with a reason."""
    fields = {
        str(at): FieldOutcome(end, Code.REFUSED if end is FieldEnd.FAILED else Code.STALE)
        for at, end in enumerate(ends)
    }
    result, reason = result_of(fields)
    assert result is RESULTS[min(ORDER.index(end) for end in ends)]
    assert (reason is None) is (result not in {Result.SKIPPED, Result.DEAD_LETTERED})


def test_no_fields_have_no_result() -> None:
    """Whoever has none says the result itself."""
    with pytest.raises(ValueError, match="without fields"):
        result_of({})
