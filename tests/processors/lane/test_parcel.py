"""What one person's open work asks of Xledger, from the snapshot alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.lane.parcel import Parcel, parcel
from processors.mapping import MappingContext
from processors.mapping.limits import DEFAULT
from processors.ports.lane import Dirty, Facts, Intent, Origin, Result, Step, Subject
from schemas.connection import LinkState
from schemas.employee import Target
from schemas.person import Json, Projection
from schemas.reasons import Code

FACTS = Facts("user", True, 1, ("g1",), 1, deleted=False)  # noqa: FBT003 - as declared
PERSON: dict[str, Json] = {
    "email": "kari@x.no", "givenName": "Kari", "familyName": "Moe", "employmentId": "7",
    "phone": "41", "gender": "Female",
}  # fmt: skip
KNOWN: dict[Target, str | None] = {Target.CONTACT_PHONE: "41", Target.SUBLEDGER_PHONE: "41"}
INTENT = Intent(Step.RECORDS, "7", "7", "kari@x.no", ())


def dirty(name: str, version: int = 1, **more: Any) -> Dirty:
    """Return an open field."""
    plain = Dirty(name, 100, version, Origin.EVENT, attempts=0, unsure=False)
    return replace(plain, **more)


def subject(*fields: Dirty, values: Mapping[str, Json] | None = None, **more: Any) -> Subject:
    """Return a linked, active person of the group."""
    plain = Subject(
        "u", FACTS, LinkState.LINKED, "1", "2", "3", incomplete=False,
        dirty=fields, touched=frozenset(each.field for each in fields),
        projection=Projection({**PERSON, **(values or {})}),
        versions=dict.fromkeys(PERSON, 1), confirmed={}, intent=None,
    )  # fmt: skip
    return replace(plain, **more)


def of(one: Subject, group: str | None = "g1") -> Parcel:
    """Map a person."""
    context = MappingContext("NO", date(2026, 11, 23), False, one.confirmed, DEFAULT)  # noqa: FBT003
    return parcel(one, context, group)


def ends(one: Parcel) -> dict[str, tuple[Result, Code | None]]:
    """Return how fields ended unsent."""
    return {end.field: (end.result, end.code) for end in one.ended}


@pytest.mark.rule("R-84")
@pytest.mark.parametrize(
    ("confirmed", "unsure", "written"),
    [
        ({}, False, {Target.CONTACT_PHONE, Target.SUBLEDGER_PHONE}),
        ({Target.CONTACT_PHONE: "41"}, False, {Target.SUBLEDGER_PHONE}),
        (KNOWN, False, set()),
        (KNOWN, True, {Target.CONTACT_PHONE, Target.SUBLEDGER_PHONE}),
    ],
)
def test_what_differs_is_sent_and_what_may_be_written_always(
    confirmed: Mapping[Target, str], written: set[Target], *, unsure: bool
) -> None:
    """An equal value is unchanged, unless another may have been written since."""
    one = of(subject(dirty("phone", unsure=unsure), confirmed=confirmed))
    assert set(one.values) == written
    assert ends(one) == ({} if written else {"phone": (Result.UNCHANGED, None)})


@pytest.mark.rule("R-46")
@pytest.mark.parametrize(
    ("field", "values", "cleared"),
    [
        ("phone", {"phone": None}, {Target.CONTACT_PHONE, Target.SUBLEDGER_PHONE}),
        ("gender", {"gender": None}, {Target.CONTACT_GENDER}),
        ("birthDate", {}, set()),
        ("employmentId", {"employmentId": None}, set()),
    ],
)
def test_a_null_clears_and_what_is_absent_does_not(
    field: str, values: Mapping[str, Json], cleared: set[Target]
) -> None:
    """Never cleared: what is absent, and the employment id."""
    one = of(subject(dirty(field), values=values))
    assert {target for target, value in one.values.items() if value is None} == cleared
    assert set(one.values) == cleared


@pytest.mark.rule("R-32", "R-30", "R-111")
@pytest.mark.parametrize("empty", [None, "", " \t", "\u200b\u00a0"])
@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("email", Code.MISSING_EMAIL),
        ("givenName", Code.MISSING_GIVEN_NAME),
        ("familyName", Code.MISSING_FAMILY_NAME),
    ],
)
@pytest.mark.parametrize("state", [LinkState.LINKED, LinkState.WANTED])
def test_who_lacks_something_is_sent_nothing(
    empty: str | None, field: str, code: Code, state: LinkState
) -> None:
    """Skipped, named, and remembered as incomplete."""
    one = of(subject(dirty("phone"), values={field: empty}, state=state))
    assert not one.values
    assert ends(one) == {"phone": (Result.SKIPPED, code)}
    assert one.link is not None
    assert one.link.incomplete is True


@pytest.mark.rule("R-111", "R-112")
def test_once_filled_everything_that_differs_goes_out() -> None:
    """What an event touched, or has a confirmed value; the rest is not ours to write."""
    one = of(
        subject(
            dirty("email"), incomplete=True, touched=frozenset({"email", "phone"}),
            confirmed={
                Target.CONTACT_EMAIL: "kari@x.no", Target.SUBLEDGER_EMAIL: "kari@x.no",
                Target.CONTACT_FIRST_NAME: "Old",
            },
        )
    )  # fmt: skip
    assert set(one.values) == {
        Target.CONTACT_PHONE, Target.SUBLEDGER_PHONE, Target.CONTACT_FIRST_NAME,
        Target.SUBLEDGER_DESCRIPTION,
    }  # fmt: skip
    assert one.sent == {"email": frozenset(one.values)}, "it ends with what it lets through"


@pytest.mark.rule("R-37")
@pytest.mark.parametrize(
    ("state", "result", "code"),
    [
        (LinkState.UNLINKED, Result.SKIPPED, Code.NOT_LINKED),
        (LinkState.EXISTS, Result.SKIPPED, Code.EXISTS_IN_XLEDGER),
        (LinkState.DECLINED, Result.SKIPPED, Code.DECLINED),
        (LinkState.AMBIGUOUS, Result.SKIPPED, Code.AMBIGUOUS),
        (LinkState.DELETED, Result.SKIPPED, Code.DELETED),
        (LinkState.GONE, Result.FAILED, Code.EMPLOYEE_GONE),
    ],
)
def test_the_links_that_nothing_is_written_for(
    state: LinkState, result: Result, code: Code
) -> None:
    """The table Links, read again when the work is taken."""
    one = of(subject(dirty("phone"), state=state))
    assert not one.values
    assert ends(one) == {"phone": (result, code)}


LOCKED = replace(FACTS, active=False, active_version=10)
LEFT = replace(FACTS, groups=("g2",), groups_version=10)


@pytest.mark.rule("R-71", "R-72", "R-101")
@pytest.mark.parametrize(("facts", "code"), [(LOCKED, Code.LOCKED), (LEFT, Code.OUT_OF_SCOPE)])
@pytest.mark.parametrize(
    ("field", "newest", "result"),
    [
        (dirty("phone", 9), 9, None),
        (dirty("phone", 10), 10, None),
        (dirty("phone", 9, unsure=True), 9, None),
        (dirty("phone", 11), 11, Result.SKIPPED),
        (dirty("phone", 9), 11, Result.SUPERSEDED),
        (dirty("phone", 9, attempts=1), 9, Result.SKIPPED),
        (dirty("phone", 9, origin=Origin.REQUEST), 9, Result.SKIPPED),
    ],
)
def test_a_lock_lets_through_what_is_older_once(
    facts: Facts, code: Code, field: Dirty, newest: int, result: Result | None
) -> None:
    """Lower revisions are sent; a retry, a request and anything younger are not."""
    one = of(subject(field, facts=facts, versions={"phone": newest}))
    if result is None:
        assert set(one.values) == {Target.CONTACT_PHONE, Target.SUBLEDGER_PHONE}
    else:
        assert not one.values
        expected = code if result is Result.SKIPPED else None
        assert ends(one) == {"phone": (result, expected)}


@pytest.mark.rule("R-71")
def test_a_name_joined_with_a_younger_one_is_not_sent() -> None:
    """The description is built of both names: the greater version counts."""
    one = of(
        subject(dirty("givenName", 9), facts=LOCKED, versions={"givenName": 9, "familyName": 11})
    )
    assert not one.values
    assert ends(one) == {"givenName": (Result.SUPERSEDED, None)}


@pytest.mark.rule("R-71", "R-101")
def test_of_two_locks_the_older_one_counts() -> None:
    """Out of the group at 5 and deactivated at 10: what came at 7 is out of scope."""
    facts = replace(LOCKED, groups=("g2",), groups_version=5)
    one = of(subject(dirty("phone", 7), facts=facts, versions={"phone": 7}))
    assert ends(one) == {"phone": (Result.SKIPPED, Code.OUT_OF_SCOPE)}


@pytest.mark.rule("R-71", "R-111")
def test_a_lock_holds_back_what_would_go_out_besides() -> None:
    """A filled person sends what differs, but nothing younger than the lock."""
    one = of(
        subject(
            dirty("email", 9), facts=LOCKED, incomplete=True,
            touched=frozenset({"email", "phone"}), versions={"email": 9, "phone": 12},
        )
    )  # fmt: skip
    assert set(one.values) == {Target.CONTACT_EMAIL, Target.SUBLEDGER_EMAIL}


@pytest.mark.rule("R-71")
@pytest.mark.parametrize(("intent", "made"), [(None, False), (INTENT, True)])
def test_nobody_locked_is_begun_but_who_was_begun_is_finished(
    intent: Intent | None, *, made: bool
) -> None:
    """A creation under way is no new one."""
    one = of(subject(dirty("phone"), state=LinkState.CREATING, facts=LOCKED, intent=intent))
    assert one.creates is made
    assert bool(one.values) is made


@pytest.mark.rule("R-87")
def test_a_creation_sends_everything_but_what_is_bad() -> None:
    """A bad birth date fails alone."""
    one = of(
        subject(dirty("phone"), dirty("birthDate"), state=LinkState.WANTED,
                values={"birthDate": "1066-01-01"})
    )  # fmt: skip
    assert one.creates
    assert Target.CONTACT_EMAIL in one.values
    assert Target.CONTACT_BIRTHDAY not in one.values
    assert ends(one) == {"birthDate": (Result.FAILED, Code.BAD_BIRTH_DATE)}


@pytest.mark.rule("R-87", "R-50")
def test_a_creation_without_a_good_name_is_none() -> None:
    """Email, names and employee code are what a person is made of."""
    one = of(subject(dirty("phone"), state=LinkState.WANTED, values={"givenName": "x" * 5000}))
    assert not one.values
    assert ends(one) == {"phone": (Result.FAILED, Code.TOO_LONG)}


def test_a_newer_programs_field_is_skipped() -> None:
    """One that was taken back does not stand in the way of the others."""
    one = of(subject(dirty("salary")))
    assert ends(one) == {"salary": (Result.SKIPPED, Code.NO_SUPPORTED_FIELD)}


FIELDS = st.sampled_from(["email", "phone", "gender", "givenName", "birthDate", "title"])
VALUES = st.none() | st.text(max_size=8) | st.sampled_from(["kari@x.no", "Male", "1990-01-01"])


@given(
    st.dictionaries(FIELDS, VALUES),
    st.sets(FIELDS),
    st.sampled_from(LinkState),
    st.sampled_from([FACTS, LOCKED, LEFT]),
    st.booleans(),
)
def test_each_open_field_has_exactly_one_fate(
    values: dict[str, Json],
    names: set[str],
    state: LinkState,
    facts: Facts,
    incomplete: bool,  # noqa: FBT001
) -> None:
    """It ended, or the answer ends it: never both, never neither."""
    fields = [dirty(name) for name in sorted(names)]
    one = of(subject(*fields, values=values, state=state, facts=facts, incomplete=incomplete))
    ended = [end.field for end in one.ended]
    assert sorted([*ended, *one.sent]) == sorted(names)
    assert all(targets <= one.values.keys() for targets in one.sent.values())
