"""Which filters Xledger's schema has: asked once per connection, and kept a day.

No client was ever seen to filter by email or by `code_in` (`xledger-api.md` 1.9), so a filter is
used only when introspection shows it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.xledger.exchange import Call, Exchange
from schemas.errors import Unavailable

KEPT: Final = 24 * 3600.0
"""Seconds."""

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


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter of one root: its type's name, and each member's scalar. Empty: it has none."""

    type: str = ""
    members: Mapping[str, str] = field(default_factory=dict)

    def any_of(self, name: str, values: Iterable[str]) -> list[Filter] | None:
        """Return alternatives that together match records with one of these values.

        None when the schema has no such filter.

        >>> Filters("F", {"code_in": "String"}).any_of("code", ["a", "b"])
        [{'code_in': ['a', 'b']}]
        >>> Filters("F", {"contactDbId": "Int", "OR": "F"}).any_of("contactDbId", ["7"])
        [{'contactDbId': 7}]
        >>> Filters("F", {"email": "String"}).any_of("email", ["a", "b"]) is None
        True
        """
        listed, given = f"{name}_in", list(values)
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


async def filters_of(exchange: Exchange) -> Mapping[str, Filters]:
    """Ask for the filters of contacts, suppliers and employees; none where Xledger will not say.

    Raises:
        Limited, Unavailable, CredentialRefused: as `Exchange.ask`.
    """
    answer = await exchange.ask(Call("schema", ARGUMENTS))
    types = _filter_types(answer.data)
    if not types:
        return {root: Filters() for root in ROOTS}
    names = {root: types.get(root, "") for root in ROOTS}
    answer = await exchange.ask(Call("schema", INPUTS, names))
    if answer.data is None:
        raise Unavailable("Xledger's schema cannot be read")
    return {root: Filters(names[root], _members(answer.data.get(root))) for root in ROOTS}


def _filter_types(data: Mapping[str, Any] | None) -> dict[str, str]:
    found = {}
    schema: Any = data or {}
    for name in ("__schema", "queryType"):
        schema = schema.get(name) or {}
    for root in schema.get("fields") or ():
        for argument in root.get("args") or ():
            if root.get("name") in ROOTS and argument.get("name") == "filter":
                found[root["name"]] = _scalar(argument.get("type"))
    return {root: name for root, name in found.items() if re.fullmatch(r"[_A-Za-z]\w*", name)}


def _members(type_: Any) -> dict[str, str]:
    fields = type_.get("inputFields") if isinstance(type_, dict) else None
    return {str(member.get("name")): _scalar(member.get("type")) for member in fields or ()}


def _scalar(type_: Any) -> str:
    """Return the name inside lists and non-nulls."""
    while isinstance(type_, dict):
        if type_.get("name"):
            return str(type_["name"])
        type_ = type_.get("ofType")
    return ""


def _typed(value: str, scalar: str) -> str | int:
    """Return a value as its scalar takes it: `dbId_in` of some types is `[Int!]` (1.4)."""
    return int(value) if scalar == "Int" and value.isascii() and value.isdigit() else value
