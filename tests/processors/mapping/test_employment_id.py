"""Employment id (R-34, R-46)."""

from datetime import date

import pytest

from processors.mapping.context import MappingContext
from processors.mapping.employment_id import employment_id
from schemas.employee import Mapped, Target
from schemas.person import Projection

CONTEXT = MappingContext("NO", date(2026, 11, 23), synthetic_numbers=False, confirmed={}, limits={})


@pytest.mark.rule("R-34")
@pytest.mark.parametrize(("typed", "sent"), [("0042", "0042"), (" 7 ", "7"), ("A-Å1", "A-Å1")])
def test_it_is_text_with_its_leading_zeros(typed: str, sent: str) -> None:
    """It goes to the employee's code as typed, trimmed."""
    result = employment_id(Projection({"employmentId": typed}), CONTEXT)
    assert result == Mapped({Target.EMPLOYEE_CODE: sent})


@pytest.mark.rule("R-46")
@pytest.mark.parametrize("typed", [None, "", " \u200b"])
def test_it_is_never_cleared(typed: str | None) -> None:
    """An emptied one writes nothing: Xledger keeps its code."""
    assert employment_id(Projection({"employmentId": typed}), CONTEXT) == Mapped({})
