"""The schema as it is served: `schema.graphql`, less the parts that a switch hides."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final, TypeVar

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    ObjectTypeDefinitionNode,
    build_ast_schema,
    parse,
)

Part = TypeVar("Part", FieldDefinitionNode, InputValueDefinitionNode)

LONG: Final = "Int64String"
MOMENT: Final = "DateTimeString"
SELDOM: Final = ("email", "email_in", "code_in")


class UnknownPart(Exception):
    """A part to hide is of a type that the schema does not have."""


def seldom_filters() -> frozenset[str]:
    """Return the filters that no client was ever seen to use (`xledger-api.md` 1.9)."""
    return frozenset(
        f"{type_}.{name}"
        for type_, names in _parts(_document()).items()
        for name in names
        if type_.endswith("_Filter") and name in SELDOM
    )


def check_hidden(hidden: Iterable[str]) -> None:
    """Refuse what cannot be a part: `Type.field` of a type there is.

    Raises:
        UnknownPart: names one that is none.
    """
    types = _parts(_document())
    for name in hidden:
        type_, dot, _ = name.partition(".")
        if not dot or type_ not in types:
            raise UnknownPart(f"hidden: {name} is no Type.field of the schema")


@lru_cache(maxsize=8)
def schema_without(hidden: frozenset[str]) -> GraphQLSchema:
    """Return the schema less these fields and input fields; one that is not there is no harm."""
    document = _document()
    definitions: list[DefinitionNode] = []
    for definition in document.definitions:
        if isinstance(definition, ObjectTypeDefinitionNode):
            object_ = definition.name.value
            kept = _kept(object_, definition.fields, hidden)
            definitions.append(
                ObjectTypeDefinitionNode(name=definition.name, fields=kept, interfaces=())
            )
        elif isinstance(definition, InputObjectTypeDefinitionNode):
            inputs = _kept(definition.name.value, definition.fields, hidden)
            definitions.append(InputObjectTypeDefinitionNode(name=definition.name, fields=inputs))
        else:
            definitions.append(definition)
    schema = build_ast_schema(DocumentNode(definitions=tuple(definitions)))
    _equip(schema, LONG, long_of, str)
    _equip(schema, MOMENT, moment_of, str)
    return schema


def long_of(value: Any) -> int:
    """Return an `Int64String` as a number: it is taken as an integer or as digits."""
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    raise GraphQLError(f"Unable to convert '{value}' to '{LONG}'")


def moment_of(value: Any) -> str:
    """Return a `DateTimeString`: a wall time without offset."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise GraphQLError(f"Unable to convert '{value}' to '{MOMENT}'")
    return moment.isoformat(timespec="seconds")


def _equip(schema: GraphQLSchema, name: str, parse_value: Any, serialize: Any) -> None:
    scalar = schema.type_map[name]
    assert isinstance(scalar, GraphQLScalarType)
    scalar.parse_value = parse_value  # type: ignore[method-assign]
    scalar.serialize = serialize  # type: ignore[method-assign]


@cache
def _document() -> DocumentNode:
    return parse((files(__package__) / "schema.graphql").read_text(encoding="utf-8"))


def _parts(document: DocumentNode) -> dict[str, tuple[str, ...]]:
    """Return the names of fields and input fields by their type's."""
    return {
        definition.name.value: tuple(part.name.value for part in definition.fields)
        for definition in document.definitions
        if isinstance(definition, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode)
    }


def _kept(type_: str, parts: Iterable[Part], hidden: frozenset[str]) -> tuple[Part, ...]:
    return tuple(part for part in parts if f"{type_}.{part.name.value}" not in hidden)
