"""A person as Huma has them: the names of fields, and the projection that cannot print itself."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple, TypeAlias, final

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class HumaField(StrEnum):
    """The employee fields that are synchronised, by their names in Huma's API (`rules.md`)."""

    EMAIL = "email"
    EMPLOYMENT_ID = "employmentId"
    GIVEN_NAME = "givenName"
    FAMILY_NAME = "familyName"
    PHONE = "phone"
    BIRTH_DATE = "birthDate"
    BANK_ACCOUNT = "bankAccount"
    HOME_ADDRESS = "homeAddress"
    GENDER = "gender"
    IDENTIFICATIONS = "identifications"


class PositionField(StrEnum):
    """The position fields that are synchronised, by their names in Huma's API (`rules.md`)."""

    TITLE = "title"
    CONTRACT_START = "contractStartDate"
    PROBATION_END = "probationEndDate"
    TERMINATION_NOTICE = "terminationNoticeDate"
    CONTRACT_END = "contractEndDate"


Field: TypeAlias = HumaField | PositionField
"""Whatever can be dirty."""

STATE_FIELDS = ("type", "status", "groups")
"""What `updated`, `created` and `reactivated` may carry beside: kept in the person's row."""


@final
class Projection(Mapping[str, Json]):
    """A person's current fields in Huma's names and shapes. Absent means never seen.

    An empty text counts as null (`interfaces.md`). `repr` shows names only (R-103).
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Json:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Projection({', '.join(self._values)})"


class PersonKey(NamedTuple):
    """Who: Huma's organisation id and user id. Compared and hashed many times for each event."""

    organization: str
    user: str
