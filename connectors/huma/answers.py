"""What we keep of Huma's answers, unwrapped; whatever is not named here is dropped unread.

So salary, children, emergency contacts, diet and `requestedValue` (R-99) never get past this module
(`huma-api.md`, Privacy). An empty text, and a field without `value`, are None.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from schemas.person import Json


def _filled(text: str) -> str | None:
    return text or None


def _unwrapped(field: Any) -> Any:
    """Return the value of `{value?, editable, …}`, or None; anything else as it is."""
    return field.get("value") if isinstance(field, dict) else field


Text: TypeAlias = Annotated[str, AfterValidator(_filled)] | None
Wrapped = BeforeValidator(_unwrapped)
WrappedText: TypeAlias = Annotated[Text, Wrapped]


class Kept(BaseModel):
    """Base: strict, blind to what it does not know, and silent about values."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True, frozen=True)

    def flat(self) -> dict[str, Json]:
        """Return what is there, by the API's names, without empty members."""
        return self.model_dump(by_alias=True, exclude_none=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class Status(Kept):
    """`status`: whether the account is active."""

    active: bool


class Group(Kept):
    """A group one is a member of."""

    id: str


class Address(Kept):
    """`homeAddress`."""

    line1: Text = None
    line2: Text = None
    line3: Text = None
    postal_code: Text = Field(None, alias="postalCode")
    city: Text = None
    country: Text = None


class BankAccount(Kept):
    """`bankAccount`, national or international."""

    number: Text = None
    country: Text = None
    iban: Text = None
    bic: Text = None
    type: Text = None
    code: Text = None


class Identification(Kept):
    """One of `identifications`."""

    id: str
    type: str
    country: Text = None
    value: str


class Listed(Kept):
    """A person in the listing."""

    id: str
    type: str
    status: Status | None = None
    email: Text = None
    groups: list[Group] = []


class UserPage(Kept):
    """A page of people. Only `items` is promised."""

    items: list[Listed]


class Fields(Kept):
    """The ten employee fields (`rules.md`, Fields) in a person's detail."""

    email: WrappedText = None
    employment_id: WrappedText = Field(None, alias="employmentId")
    given_name: WrappedText = Field(None, alias="givenName")
    family_name: WrappedText = Field(None, alias="familyName")
    phone: WrappedText = None
    birth_date: WrappedText = Field(None, alias="birthDate")
    bank_account: Annotated[BankAccount | None, Wrapped] = Field(None, alias="bankAccount")
    home_address: Annotated[Address | None, Wrapped] = Field(None, alias="homeAddress")
    gender: WrappedText = None
    identifications: Annotated[list[Identification] | None, Wrapped] = None

    def flat(self) -> dict[str, Json]:
        """Return all ten by name; what is empty is None."""
        filled = super().flat()
        return {
            field.alias or name: filled.get(field.alias or name) or None
            for name, field in Fields.model_fields.items()
        }


class Detail(Fields):
    """A person in full."""

    id: str
    type: str
    status: Status
    groups: Annotated[list[Group] | None, Wrapped] = None


class PositionListed(Kept):
    """A position in the listing: only its id is used, the rest stands in the detail."""

    id: str


class PositionPage(Kept):
    """A page of positions; their page size is not documented, so `total` is looked at too."""

    items: list[PositionListed]
    total: int | None = None


class Title(Kept):
    """A job title."""

    id: str
    name: str


class Position(Kept):
    """A whole position."""

    id: str
    title: Annotated[Title | None, Wrapped] = None
    contract_start_date: WrappedText = Field(None, alias="contractStartDate")
    contract_end_date: WrappedText = Field(None, alias="contractEndDate")
    probation_end_date: WrappedText = Field(None, alias="probationEndDate")
    termination_notice_date: WrappedText = Field(None, alias="terminationNoticeDate")
    percentage: Annotated[int | float | None, Wrapped] = None
    contract_type: WrappedText = Field(None, alias="contractType")


class Absent(Kept):
    """The API's own 404, told from a proxy's by its code."""

    error_code: str = Field(alias="errorCode", pattern="^object:not-found$")
