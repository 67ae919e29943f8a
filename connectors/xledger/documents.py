"""What is written to Xledger: constant documents, and the variables that carry every value (R-51).

A document depends on which roots a request has, never on a value: names come from the tables here,
so no quote, backslash or line break of a person can reach a parser (`xledger-api.md` 2.2).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from processors.ports.xledger import Input, Verb, WriteRoot
from schemas.employee import Root, Target, TargetValue

GenderBy: TypeAlias = Literal["code", "name"]
Node: TypeAlias = dict[str, Any]
Shape: TypeAlias = tuple[tuple[str, Verb, Root], ...]

PLURALS: Final[Mapping[Root, str]] = MappingProxyType(
    {Root.CONTACT: "Contacts", Root.SUBLEDGER: "Suppliers", Root.EMPLOYEE: "Employees"}
)
"""A subledger is written as the supplier it is the ledger record of (`xledger-api.md` 2.3)."""

GENDER_NAMES: Final[Mapping[str, str]] = MappingProxyType({"M": "MALE", "F": "FEMALE"})
"""The names behind the codes (`xledger-api.md` 2.6)."""

ADDRESS: Final = "address"


def _addresses(*targets: Target) -> dict[Target, str]:
    return {target: target.value.rsplit(".", 1)[1] for target in targets}


NESTED: Final[Mapping[Target, str]] = MappingProxyType(
    _addresses(
        Target.CONTACT_STREET_ADDRESS,
        Target.CONTACT_ZIP_CODE,
        Target.CONTACT_PLACE,
        Target.CONTACT_COUNTRY,
    )
)
"""Parts of a contact's address: one object, its country a plain text (`xledger-api.md` 1.6)."""

FLAT: Final[Mapping[Target, str]] = MappingProxyType(
    _addresses(
        Target.SUBLEDGER_STREET_ADDRESS,
        Target.SUBLEDGER_ZIP_CODE,
        Target.SUBLEDGER_PLACE,
        Target.SUBLEDGER_COUNTRY,
    )
)
"""Parts of a supplier's address: members of the input itself, its country a look-up."""


def wire_names(record: Root) -> Mapping[str, Target]:
    """Return the targets of a record by the name that the wire, and so an error, calls them.

    >>> wire_names(Root.SUBLEDGER)["country"].value
    'subledger.address.country'
    """
    return _NAMES[record]


_NAMES: Final = {
    record: {t.value.rsplit(".", 1)[1]: t for t in Target if t.root is record} for record in Root
}


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
def _written(shape: Shape) -> str:
    declared, selected = [], []
    for alias, verb, record in shape:
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
    write = _WRITE[root.record]
    for target, value in given.values.items():
        write(node, target, value, gender_by)
    return node


def _contact(node: Node, target: Target, value: TargetValue, gender_by: GenderBy) -> None:
    if target in NESTED:
        if value is not None:
            node.setdefault(ADDRESS, {})[NESTED[target]] = value
    elif target is Target.CONTACT_GENDER and value is not None:
        name = value if gender_by == "code" else GENDER_NAMES[value]
        node["gender"] = {gender_by: name}
    else:
        node[_MEMBERS[Root.CONTACT][target]] = value


def _supplier(node: Node, target: Target, value: TargetValue, _: GenderBy) -> None:
    if target not in FLAT:
        node[_MEMBERS[Root.SUBLEDGER][target]] = value
    elif value is not None:
        wire = FLAT[target]
        node[wire] = {"code": value} if target is Target.SUBLEDGER_COUNTRY else value


def _employee(node: Node, target: Target, value: TargetValue, _: GenderBy) -> None:
    node[_MEMBERS[Root.EMPLOYEE][target]] = value


_MEMBERS: Final = {
    record: {target: name for name, target in names.items()} for record, names in _NAMES.items()
}
_WRITE: Final[Mapping[Root, Callable[[Node, Target, TargetValue, GenderBy], None]]] = {
    Root.CONTACT: _contact,
    Root.SUBLEDGER: _supplier,
    Root.EMPLOYEE: _employee,
}
