"""The field table as a whole (R-40, R-46, R-84, R-87, R-103)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.mapping import (
    TABLE,
    MappingContext,
    differing,
    for_creation,
    inputs_of,
    map_field,
    map_person,
    missing,
    needed_for,
    targets_of,
)
from processors.mapping.limits import DEFAULT
from processors.mapping.text import BREAKS, REMOVED
from schemas.employee import Failed, Mapped, Target, TargetValue
from schemas.person import HumaField, Json, Projection
from schemas.reasons import Code

CONTEXT = MappingContext(
    "NO", date(2026, 11, 23), synthetic_numbers=True, confirmed={}, limits=DEFAULT
)

POSITION_TARGETS = {
    Target.CONTACT_JOB_TITLE,
    Target.EMPLOYMENT_FROM,
    Target.EMPLOYMENT_TO,
    Target.TRIAL_TO,
    Target.NOTICE_DATE,
}

KARI: dict[str, Json] = {
    "email": "kari@x.no",
    "employmentId": "0042",
    "givenName": "Kari",
    "familyName": "Nordmann",
    "phone": "412 34 567",
    "birthDate": "2020-11-17",
    "bankAccount": {"number": "8601 11 17947", "country": "NO"},
    "homeAddress": {"line1": "Storgata 1", "postalCode": "0155", "city": "Oslo", "country": "NO"},
    "gender": "Female",
    "identifications": [{"type": "national", "country": "NO", "value": "17912099997"}],
}

texts = st.none() | st.text(
    st.characters(codec="utf-8") | st.sampled_from("\x00\ufeff\u202e\t\n\r \u200b"), max_size=20
)
parts = {
    "bankAccount": ["number", "country", "iban", "bic"],
    "homeAddress": ["line1", "line2", "line3", "postalCode", "city", "country"],
}
anything: st.SearchStrategy[Json] = st.recursive(
    texts | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def values_of(field: HumaField) -> st.SearchStrategy[Json]:
    """Draw a good value, one of the right shape, or any that JSON can hold."""
    shaped: st.SearchStrategy[Json] = texts
    if field in parts:
        shaped = st.dictionaries(st.sampled_from(parts[field]), texts).map(dict[str, Json])
    return st.one_of(st.just(KARI[field]), shaped, anything)


people = st.fixed_dictionaries(
    {}, optional={field.value: values_of(field) for field in HumaField}
).map(Projection)


@pytest.mark.rule("R-40")
def test_every_field_is_in_the_table_and_every_target_is_reached() -> None:
    """Position fields apart, which have a table of their own."""
    assert set(TABLE) == set(HumaField)
    reached = {target for field in HumaField for target in targets_of(field)}
    assert reached == set(Target) - POSITION_TARGETS


@pytest.mark.rule("R-40")
@pytest.mark.parametrize("field", HumaField)
def test_every_target_named_is_written(field: HumaField) -> None:
    """Each row of a person with everything reaches all of its targets."""
    result = map_field(field, Projection(KARI), CONTEXT)
    assert isinstance(result, Mapped)
    assert set(result.targets) == set(targets_of(field))
    assert result.warnings == ()


@pytest.mark.rule("R-46")
@pytest.mark.parametrize("field", HumaField)
def test_a_field_that_is_absent_is_never_a_clear(field: HumaField) -> None:
    """Absent is not null: nothing is written."""
    others = {name: value for name, value in KARI.items() if name != field}
    assert map_field(field, Projection(others), CONTEXT) == Mapped({})


@pytest.mark.rule("R-46")
def test_exactly_these_fields_are_cleared_by_null() -> None:
    """Never the address, the employment id, or a required field."""
    confirmed: dict[Target, TargetValue] = dict.fromkeys(Target, "before")
    context = MappingContext(
        "NO", date(2026, 11, 23), synthetic_numbers=False, confirmed=confirmed, limits=DEFAULT
    )
    nobody = Projection(dict.fromkeys(HumaField))
    cleared = {
        field
        for field, result in map_person(nobody, context, HumaField).items()
        if isinstance(result, Mapped) and None in result.targets.values()
    }
    assert cleared == {
        HumaField.PHONE,
        HumaField.BIRTH_DATE,
        HumaField.BANK_ACCOUNT,
        HumaField.GENDER,
        HumaField.IDENTIFICATIONS,
    }


@pytest.mark.rule("R-87")
def test_a_bad_field_does_not_stop_the_others() -> None:
    """Each field is judged alone, and only what was asked for is mapped."""
    person = Projection({**KARI, "birthDate": "never", "phone": 41234567})
    fields = [HumaField.BIRTH_DATE, HumaField.PHONE, HumaField.GENDER]
    results = map_person(person, CONTEXT, fields)
    assert list(results) == fields
    assert results[HumaField.BIRTH_DATE] == Failed(Code.BAD_BIRTH_DATE)
    assert results[HumaField.PHONE] == Failed(Code.BAD_EVENT)
    assert results[HumaField.GENDER] == Mapped({Target.CONTACT_GENDER: "F"})


@pytest.mark.rule("R-41")
def test_a_name_is_as_new_as_the_newer_of_both_names() -> None:
    """The description is joined of both; a birth date is only compared with the number."""
    names = {HumaField.GIVEN_NAME, HumaField.FAMILY_NAME}
    assert inputs_of(HumaField.GIVEN_NAME) == inputs_of(HumaField.FAMILY_NAME) == names
    assert inputs_of(HumaField.BIRTH_DATE) == {HumaField.BIRTH_DATE}


@pytest.mark.parametrize("field", HumaField)
def test_what_is_needed_for_a_field_is_enough(field: HumaField) -> None:
    """A projection of no more than that maps the same, and says the same is missing."""
    needed = needed_for([field])
    part = Projection({name: value for name, value in KARI.items() if name in needed})
    assert map_field(field, part, CONTEXT) == map_field(field, Projection(KARI), CONTEXT)
    assert missing(part) == ()


@pytest.mark.rule("R-84")
def test_what_is_confirmed_is_not_sent_again() -> None:
    """Compared in the form we send, so that the same value typed otherwise is unchanged."""
    confirmed: dict[Target, TargetValue] = {Target.SUBLEDGER_BANK_ACCOUNT: "86011117947"}
    result = map_field(HumaField.BANK_ACCOUNT, Projection(KARI), CONTEXT)
    assert isinstance(result, Mapped)
    assert differing(result, confirmed) == {}


@pytest.mark.rule("R-84", "R-46")
def test_what_differs_is_what_xledger_never_confirmed_or_confirmed_otherwise() -> None:
    """Null differs from a value, and from what was never confirmed; not from a confirmed null."""
    mapped = Mapped(dict.fromkeys([Target.CONTACT_PHONE, Target.SUBLEDGER_PHONE]))
    other: dict[Target, TargetValue] = {Target.CONTACT_PHONE: None, Target.CONTACT_GENDER: "M"}
    assert differing(mapped, other) == {Target.SUBLEDGER_PHONE: None}
    assert differing(mapped, {**other, Target.CONTACT_PHONE: "1"}) == mapped.targets


@pytest.mark.rule("R-46")
def test_a_creation_omits_nulls() -> None:
    """There is nothing to clear yet."""
    mapped = Mapped({Target.CONTACT_PHONE: None, Target.CONTACT_EMAIL: "kari@x.no"})
    assert for_creation(mapped) == {Target.CONTACT_EMAIL: "kari@x.no"}


@pytest.mark.rule("R-51", "R-50", "R-103")
@settings(deadline=None)
@given(people)
def test_whatever_huma_holds_what_is_sent_is_clean(person: Projection) -> None:
    """No error, no removed character, no line break, nothing over its limit, no other target."""
    for field, result in map_person(person, CONTEXT, HumaField).items():
        if not isinstance(result, Mapped):
            continue
        assert set(result.targets) <= set(targets_of(field))
        for target, value in result.targets.items():
            if value is not None:
                assert value == value.strip() != ""
                assert not REMOVED.search(value)
                assert not BREAKS.search(value)
                assert len(value) <= DEFAULT[target]


@settings(deadline=None)
@given(people)
def test_fields_that_share_a_target_agree_on_it(person: Projection) -> None:
    """So that the order in which results are merged does not matter."""
    merged: dict[Target, TargetValue] = {}
    for result in map_person(person, CONTEXT, HumaField).values():
        if isinstance(result, Mapped):
            for target, value in result.targets.items():
                assert merged.setdefault(target, value) == value


@pytest.mark.rule("R-84")
@settings(deadline=None)
@given(people)
def test_once_confirmed_nothing_differs(person: Projection) -> None:
    """Mapping again, knowing what was confirmed, finds nothing to send: no write in circles."""
    first = map_person(person, CONTEXT, HumaField)
    confirmed: dict[Target, TargetValue] = {}
    for result in first.values():
        if isinstance(result, Mapped):
            confirmed |= differing(result, confirmed)
    again = MappingContext(
        CONTEXT.country, CONTEXT.today, synthetic_numbers=True, confirmed=confirmed, limits=DEFAULT
    )
    for field, result in map_person(person, again, HumaField).items():
        assert type(result) is type(first[field])
        assert not isinstance(result, Mapped) or differing(result, confirmed) == {}


TEXT_FIELDS = {
    HumaField.EMAIL: Target.CONTACT_EMAIL,
    HumaField.EMPLOYMENT_ID: Target.EMPLOYEE_CODE,
    HumaField.GIVEN_NAME: Target.CONTACT_FIRST_NAME,
    HumaField.FAMILY_NAME: Target.CONTACT_LAST_NAME,
    HumaField.PHONE: Target.CONTACT_PHONE,
    HumaField.BIRTH_DATE: Target.CONTACT_BIRTHDAY,
}


@pytest.mark.rule("R-34")
@settings(deadline=None)
@given(st.fixed_dictionaries({field.value: texts for field in TEXT_FIELDS}))
def test_mapping_what_was_sent_sends_the_same(values: dict[str, Json]) -> None:
    """A value that came from us, typed into Huma again, is no change."""
    results = map_person(Projection(values), CONTEXT, TEXT_FIELDS)
    sent = {
        field.value: result.targets.get(TEXT_FIELDS[field])
        for field, result in results.items()
        if isinstance(result, Mapped)
    }
    if HumaField.GIVEN_NAME not in sent:
        sent.pop(HumaField.FAMILY_NAME, None)
    for field in map(HumaField, sent):
        again = map_field(field, Projection(sent), CONTEXT)
        assert isinstance(again, Mapped)
        first = results[field]
        assert isinstance(first, Mapped)
        assert again.targets == first.targets


@pytest.mark.rule("R-103")
def test_nothing_shows_a_value() -> None:
    """Neither a result, nor a context, nor a projection, nor an error holds one in its repr."""
    canary = "canary-7391"
    person = Projection(
        {
            **{field.value: canary for field in HumaField},
            "bankAccount": {"number": canary, "country": "SE"},
            "homeAddress": {"line1": canary, "country": canary},
        }
    )
    confirmed: dict[Target, TargetValue] = dict.fromkeys(Target, canary)
    context = MappingContext(
        "NO", date(2026, 11, 23), synthetic_numbers=False, confirmed=confirmed, limits=DEFAULT
    )
    results = map_person(person, context, HumaField)
    assert canary not in repr((person, context, results))
