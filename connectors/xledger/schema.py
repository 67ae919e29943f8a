"""Which filters Xledger's schema has: asked once per connection, and kept a day.

No client was ever seen to filter by email or by `code_in` (`xledger-api.md` 1.9), so a filter is
used only when introspection shows it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from connectors.xledger.exchange import Call, Exchange
from schemas.errors import Unavailable

KEPT: Final = 24 * 3600.0
"""Seconds."""

INT: Final = "Int"
GREATEST: Final = 2**31 - 1
"""GraphQL's `Int` has 32 bits, and Xledger's dbIds can be longer."""

ROOTS: Final = ("contacts", "suppliers", "employees")

TYPE: Final = "type { name kind ofType { name kind ofType { name kind ofType { name } } } }"
ARGUMENTS: Final = (
    f"query Schema {{ __schema {{ queryType {{ fields {{ name args {{ name {TYPE} }} }} }} }} }}"
)
INPUTS: Final = (
    "query Filters($contacts: String!, $suppliers: String!, $employees: String!) {\n"
    + "\n".join(
        f"  {root}: __type(name: ${root}) {{ inputFields {{ name {TYPE} }} }}" for root in ROOTS
    )
    + "\n}"
)

Filter = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter of one root: its type's name, and each member's scalar. Empty: it has none."""

    type: str = ""
    members: Mapping[str, str] = field(default_factory=dict)

    def any_of(self, name: str, values: Iterable[str]) -> list[Filter] | None:
        """Return alternatives that together match records with one of these values.

        None when the schema has no such filter, or its scalar cannot hold a value.

        >>> Filters("F", {"code_in": "String"}).any_of("code", ["a", "b"])
        [{'code_in': ['a', 'b']}]
        >>> Filters("F", {"contactDbId": "Int", "OR": "F"}).any_of("contactDbId", ["7"])
        [{'contactDbId': 7}]
        >>> Filters("F", {"contactDbId": "Int"}).any_of("contactDbId", ["109349000000467"]) is None
        True
        >>> Filters("F", {"email": "String"}).any_of("email", ["a", "b"]) is None
        True
        """
        listed, given = f"{name}_in", list(values)
        scalar = self.members.get(listed) or self.members.get(name)
        if scalar == INT and not all(_is_int(value) for value in given):
            return None
        if listed in self.members:
            return [{listed: [_typed(value, self.members[listed]) for value in given]}]
        if name not in self.members or ("OR" not in self.members and len(given) > 1):
            return None
        return [{name: _typed(value, self.members[name])} for value in given]

    def either(self, alternatives: list[Filter]) -> Filter | None:
        """Return one filter for these alternatives, or None when the schema cannot say so."""
        if len(alternatives) == 1:
            return alternatives[0]
        return {"OR": alternatives} if "OR" in self.members else None

    def since(self, modified_at: str) -> Filter | None:
        """Return the filter for what changed at or after a time, or None."""
        return {"modifiedAt_gte": modified_at} if "modifiedAt_gte" in self.members else None


class _Known(BaseModel):
    """Base of introspection's answers (GraphQL's own shapes)."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True, frozen=True)


class _Type(_Known):
    name: str | None = None
    of_type: "_Type | None" = Field(None, alias="ofType")

    def named(self) -> str:
        """Return the name inside lists and non-nulls."""
        return self.name or (self.of_type.named() if self.of_type else "")


class _Member(_Known):
    name: str
    type: _Type


class _Root(_Known):
    name: str
    args: list[_Member] = []


class _Query(_Known):
    fields: list[_Root] | None = None


class _Schema(_Known):
    query_type: _Query | None = Field(None, alias="queryType")


class _Arguments(_Known):
    schema_: _Schema | None = Field(None, alias="__schema")


class _InputType(_Known):
    fields: list[_Member] | None = Field(None, alias="inputFields")


async def filters_of(exchange: Exchange) -> Mapping[str, Filters]:
    """Ask for the filters of contacts, suppliers and employees; none where Xledger will not say.

    Raises:
        Limited, Unavailable, CredentialRefused: as `Exchange.ask`.
    """
    answer = await exchange.ask(Call("schema", ARGUMENTS))
    types = _filter_types(_checked(TypeAdapter(_Arguments), answer.data or {}))
    if not types:
        return {root: Filters() for root in ROOTS}
    names = {root: types.get(root, "") for root in ROOTS}
    answer = await exchange.ask(Call("schema", INPUTS, names))
    inputs = _checked(TypeAdapter(dict[str, _InputType | None]), answer.data)
    return {root: Filters(names[root], _members(inputs.get(root))) for root in ROOTS}


def _checked(shape: TypeAdapter[T], data: object) -> T:
    try:
        return shape.validate_python(data)
    except ValidationError:
        fault = Unavailable("Xledger's schema cannot be read")
    raise fault


def _filter_types(answer: _Arguments) -> dict[str, str]:
    query = answer.schema_.query_type if answer.schema_ else None
    found = {
        root.name: argument.type.named()
        for root in (query.fields if query else None) or ()
        for argument in root.args
        if root.name in ROOTS and argument.name == "filter"
    }
    return {root: name for root, name in found.items() if re.fullmatch(r"[_A-Za-z]\w*", name)}


def _members(type_: _InputType | None) -> dict[str, str]:
    fields = type_.fields if type_ else None
    return {member.name: member.type.named() for member in fields or ()}


def _typed(value: str, scalar: str) -> str | int:
    """Return a value as its scalar takes it: `dbId_in` of some types is `[Int!]` (1.4)."""
    return int(value) if scalar == INT else value


def _is_int(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) <= GREATEST
