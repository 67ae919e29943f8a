"""What is written to Xledger: constant documents, and the variables that carry every value (R-51).

A document depends on which roots a request has, never on a value: names come from the tables here,
so no quote, backslash or line break of a person can reach a parser (`xledger-api.md` 2.2).
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from processors.ports.xledger import Input, Verb, WriteRoot
from schemas.employee import Root, Target

GenderBy: TypeAlias = Literal["code", "name"]
Node: TypeAlias = dict[str, Any]
Roots: TypeAlias = tuple[tuple[str, Verb, Root], ...]

PLURALS: Final[Mapping[Root, str]] = MappingProxyType(
    {Root.CONTACT: "Contacts", Root.SUBLEDGER: "Suppliers", Root.EMPLOYEE: "Employees"}
)
"""A subledger is written as the supplier it is the ledger record of (`xledger-api.md` 2.3)."""

GENDER_NAMES: Final[Mapping[str, str]] = MappingProxyType({"M": "MALE", "F": "FEMALE"})
"""The names behind the codes (`xledger-api.md` 2.6)."""

ADDRESS: Final = "address"


class Shape(Enum):
    """How a value stands in its input."""

    PLAIN = auto()
    NESTED = auto()
    FLAT = auto()
    COUNTRY = auto()
    GENDER = auto()


def _shape(target: Target) -> Shape:
    """Return how a target is written.

    A contact's address is an object, its country a plain text; a supplier's is flat, its country a
    look-up (`xledger-api.md` 1.6).
    """
    if target is Target.CONTACT_GENDER:
        return Shape.GENDER
    if target is Target.SUBLEDGER_COUNTRY:
        return Shape.COUNTRY
    if f".{ADDRESS}." not in target.value:
        return Shape.PLAIN
    return Shape.NESTED if target.root is Root.CONTACT else Shape.FLAT


PLACES: Final[Mapping[Root, Mapping[Target, tuple[str, Shape]]]] = MappingProxyType(
    {
        record: {t: (t.value.rsplit(".", 1)[1], _shape(t)) for t in Target if t.root is record}
        for record in Root
    }
)
"""Each target's name on the wire, and its shape."""

_NAMES: Final = {
    record: {name: target for target, (name, _) in places.items()}
    for record, places in PLACES.items()
}


def wire_names(record: Root) -> Mapping[str, Target]:
    """Return the targets of a record by the name that the wire, and so an error, calls them.

    >>> wire_names(Root.SUBLEDGER)["country"].value
    'subledger.address.country'
    """
    return _NAMES[record]


def field_name(verb: Verb, record: Root) -> str:
    """Return the mutation's name.

    >>> field_name(Verb.ADD, Root.SUBLEDGER)
    'addSuppliers'
    """
    return verb.value + PLURALS[record]


def write_document(roots: Sequence[WriteRoot]) -> str:
    """Return the mutation with these roots, each under its alias, its inputs in a variable.

    Raises:
        ValueError: an alias is no GraphQL name.
    """
    return _written(tuple((root.alias, root.verb, root.record) for root in roots))


@lru_cache(maxsize=256)
def _written(roots: Roots) -> str:
    declared, selected = [], []
    for alias, verb, record in roots:
        if not (alias.isidentifier() and alias.isascii()):
            raise ValueError("an alias must be a GraphQL name")
        name = field_name(verb, record)
        declared.append(f"${alias}: [{name[0].upper()}{name[1:]}Input!]!")
        selected.append(
            f"  {alias}: {name}(inputs: ${alias}) {{ edges {{ clientId node {{ dbId }} }} }}"
        )
    body = "\n".join(selected)
    return f"mutation Write({', '.join(declared)}) {{\n{body}\n}}"


def write_variables(roots: Sequence[WriteRoot], gender_by: GenderBy) -> dict[str, list[Node]]:
    """Return the inputs of each root, by alias.

    Args:
        roots: what to write; a target must belong to its root's record.
        gender_by: whether a gender is looked up by its code or its name.
    """
    return {
        root.alias: [
            {"clientId": given.client_id, "node": _node(root, given, gender_by)}
            for given in root.inputs
        ]
        for root in roots
    }


def _node(root: WriteRoot, given: Input, gender_by: GenderBy) -> Node:
    node: Node = {}
    if root.verb is Verb.UPDATE:
        node["dbId"] = given.db_id
    elif given.code is not None:
        node["code"] = given.code
    if given.contact is not None:
        node["contact"] = {"dbId": given.contact}
    if given.subledger is not None:
        node["subledger"] = {"dbId": given.subledger}
    places = PLACES[root.record]
    for target, value in given.values.items():
        name, shape = places[target]
        if shape is Shape.PLAIN:
            node[name] = value
        elif value is not None:
            _put(node, name, shape, value, gender_by)
        elif shape is Shape.GENDER:
            node[name] = None
    return node


def _put(node: Node, name: str, shape: Shape, value: str, gender_by: GenderBy) -> None:
    match shape:
        case Shape.NESTED:
            node.setdefault(ADDRESS, {})[name] = value
        case Shape.COUNTRY:
            node[name] = {"code": value}
        case Shape.GENDER:
            node[name] = {gender_by: value if gender_by == "code" else GENDER_NAMES[value]}
        case _:
            node[name] = value
