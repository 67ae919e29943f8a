"""What a token may read and write: which scopes a root needs (`rules.md` R-02)."""

from collections.abc import Iterable, Mapping
from typing import Final

AREAS: Final = (
    "Employee",
    "Contact",
    "Subledger",
    "Supplier",
    "Address",
    "Company",
    "Country",
    "Object Value",
    "System Value",
    "Bank",
)
ALL: Final = tuple(f"{area} {right}" for area in AREAS for right in ("read", "write"))

BY_TYPE: Final[Mapping[str, str]] = {
    **{area: area for area in AREAS if " " not in area},
    "ObjectKind": "Object Value",
    "ObjectValue": "Object Value",
    "SystemValue": "System Value",
}
"""The area that an output type belongs to; others need no scope."""

BY_MUTATION: Final[Mapping[str, tuple[str, str]]] = {
    f"{verb}{plural}": (area, type_)
    for verb in ("add", "update")
    for plural, area, type_ in (
        ("Employees", "Employee", "Employee"),
        ("Contacts", "Contact", "Contact"),
        ("Suppliers", "Supplier", "Supplier"),
        ("Companies", "Company", "Company"),
    )
}
"""What a mutation writes, and which type it may then show without a scope to read it."""

BY_QUERY: Final[Mapping[str, str]] = {
    name: type_
    for type_, one, many in (
        ("Employee", "employee", "employees"),
        ("Contact", "contact", "contacts"),
        ("Subledger", "subledger", "subledgers"),
        ("Supplier", "supplier", "suppliers"),
        ("Company", "company", "companies"),
        ("Country", "country", "countries"),
        ("ObjectKind", "objectKind", "objectKinds"),
        ("ObjectValue", "objectValue", "objectValues"),
        ("SystemValue", "systemValue", "systemValues"),
        ("Bank", "bank", "banks"),
    )
    for name in (one, many, f"{one}_deltas")
}
"""What a query reads, even where it shows no record."""

OPEN_ROOTS: Final = frozenset({"viewer"})
"""A token may always ask whose it is."""


def scopes_of(root: str, types: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that a root needs.

    >>> scopes_of("updateContacts", ["Contact", "Address"])
    ('Contact write', 'Address read')
    >>> scopes_of("employees", ["EmployeeConnection"])
    ('Employee read',)
    """
    if root in OPEN_ROOTS:
        return ()
    area, own = BY_MUTATION.get(root, (None, None))
    written = (f"{area} write",) if area else ()
    shown = [BY_QUERY[root], *types] if root in BY_QUERY else types
    read = {f"{BY_TYPE[type_]} read": None for type_ in shown if type_ in BY_TYPE and type_ != own}
    return (*written, *read)
