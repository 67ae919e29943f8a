"""How long a value may be (R-50)."""

from datetime import date

import pytest

from processors.mapping import MappingContext, map_field
from processors.mapping.limits import DEFAULT, within
from schemas.employee import Failed, Mapped, Target
from schemas.person import HumaField, Json, Projection
from schemas.reasons import Code

pytestmark = pytest.mark.rule("R-50")

CONTEXT = MappingContext(
    "NO", date(2026, 11, 23), synthetic_numbers=False, confirmed={}, limits=DEFAULT
)


def test_every_target_has_a_limit() -> None:
    """No target is left without one."""
    assert set(DEFAULT) == set(Target)


def test_a_value_at_its_limit_passes_whole() -> None:
    """The limit itself is allowed, counted in characters."""
    mapped = Mapped({Target.CONTACT_FIRST_NAME: "å" * 255})
    assert within(mapped, DEFAULT) is mapped


def test_null_and_unlimited_targets_pass() -> None:
    """Null has no length, and a target without a limit is not limited."""
    mapped = Mapped({Target.CONTACT_PHONE: None, Target.CONTACT_EMAIL: "x" * 999})
    assert within(mapped, {Target.CONTACT_PHONE: 1}) is mapped


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (HumaField.EMAIL, {"email": "k" * 251 + "@x.no"}),
        (HumaField.EMPLOYMENT_ID, {"employmentId": "1" * 256}),
        (HumaField.GIVEN_NAME, {"givenName": "K" * 256, "familyName": "N"}),
        (HumaField.FAMILY_NAME, {"givenName": "K" * 200, "familyName": "N" * 55}),
        (HumaField.PHONE, {"phone": "1" * 256}),
        (HumaField.HOME_ADDRESS, {"homeAddress": {"line1": "a" * 128, "line2": "b" * 128}}),
        (HumaField.HOME_ADDRESS, {"homeAddress": {"line1": "a", "city": "b" * 256}}),
    ],
)
def test_a_value_over_its_limit_fails_the_field_uncut(
    field: HumaField, values: dict[str, Json]
) -> None:
    """The joined texts count as joined."""
    assert map_field(field, Projection(values), CONTEXT) == Failed(Code.TOO_LONG)


def test_a_failure_keeps_the_warnings() -> None:
    """That characters were removed is said also when the rest is too long."""
    result = map_field(HumaField.PHONE, Projection({"phone": "\x00" + "1" * 256}), CONTEXT)
    assert result == Failed(Code.TOO_LONG, (Code.CHARACTERS_REMOVED,))
