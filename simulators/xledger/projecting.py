"""Selections compiled to functions: what an answer takes of a record, worked out once."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
)
from graphql.execution.collect_fields import collect_sub_fields

from simulators.xledger.fields import Reader, View, reader_of
from simulators.xledger.schema import LONG

Projection: TypeAlias = Callable[[Any, View], Any]
"""Makes the JSON of an object, as seen in a view."""
Part: TypeAlias = tuple[str, Reader, Projection | None]
"""A key of the answer, how its value is read, and what is taken of it; None: the whole."""


class Projector:
    """Compiles selections of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._given: dict[str, Any] = {}
        self._types: dict[str, None] = {}

    def begin(
        self, fragments: Mapping[str, FragmentDefinitionNode], given: Mapping[str, Any]
    ) -> None:
        """Begin a document, with the variables that its `@skip` and `@include` ask for."""
        self._fragments, self._given = dict(fragments), dict(given)

    def of(self, type_: GraphQLOutputType, nodes: list[FieldNode]) -> tuple[Projection, list[str]]:
        """Return the projection of a root, and the names of all object types in it."""
        self._types = {}
        return self._of(type_, nodes), list(self._types)

    def _of(self, type_: GraphQLOutputType, nodes: list[FieldNode]) -> Projection:
        if isinstance(type_, GraphQLNonNull):
            return self._of(type_.of_type, nodes)
        if isinstance(type_, GraphQLList):
            return _list(self._of(type_.of_type, nodes))
        if isinstance(type_, GraphQLObjectType):
            return self._object(type_, nodes)
        return _long if str(type_) == LONG else _plain

    def _object(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Projection:
        self._types[type_.name] = None
        collected = collect_sub_fields(self._schema, self._fragments, self._given, type_, nodes)
        parts: list[Part] = []
        for key, inner in collected.items():
            name = inner[0].name.value
            if name == "__typename":
                parts.append((key, _constant(type_.name), None))
                continue
            project = self._of(type_.fields[name].type, inner)
            parts.append((key, reader_of(type_.name, name), None if project is _plain else project))
        return _projection(parts)


def _projection(parts: list[Part]) -> Projection:
    def project(value: Any, view: View) -> Any:
        if value is None:
            return None
        return {
            key: read(value, view) if inner is None else inner(read(value, view), view)
            for key, read, inner in parts
        }

    return project


def _list(item: Projection) -> Projection:
    def project(value: Any, view: View) -> Any:
        return None if value is None else [item(one, view) for one in value]

    return project


def _plain(value: Any, _: View) -> Any:
    return value


def _long(value: Any, _: View) -> Any:
    return None if value is None else str(value)


def _constant(value: str) -> Reader:
    return lambda _, __: value
