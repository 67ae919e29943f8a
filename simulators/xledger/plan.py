"""What a document asks, worked out once per text: roots, scopes, projections, coercers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    type_from_ast,
    value_from_ast,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values

from simulators.xledger.coercing import Coercer, Coercers, Wrong
from simulators.xledger.document import operation_of, parsed
from simulators.xledger.problems import Refused, bad_variable, invalid_document
from simulators.xledger.projecting import Projection, Projector
from simulators.xledger.scopes import scopes_of

META: Final = frozenset({"__schema", "__type"})
"""The roots that are introspection."""


@dataclass(frozen=True, slots=True)
class Root:
    """One field of the operation, its answer under the alias."""

    alias: str
    name: str
    scopes: tuple[str, ...]
    project: Projection = field(repr=False)
    arguments: Callable[[Mapping[str, Any]], dict[str, Any]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """One declared variable."""

    name: str
    coerce: Coercer = field(repr=False)
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation, ready to be run. `introspects` says whether a root is graphql-core's own."""

    operation: str
    name: str | None
    roots: tuple[Root, ...]
    variables: tuple[Variable, ...]
    document: DocumentNode = field(repr=False)
    introspects: bool = False
    lasting: bool = True

    def coerced(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables as their types have them.

        Raises:
            Refused: one does not fit.
        """
        coerced: dict[str, Any] = {}
        for variable in self.variables:
            name = variable.name
            if name not in given and variable.has_default:
                coerced[name] = variable.default
                continue
            try:
                value = variable.coerce(given.get(name))
            except Wrong as wrong:
                raise Refused(bad_variable(name + wrong.way, wrong.says)) from None
            if name in given:
                coerced[name] = value
        return coerced


class Planner:
    """Makes plans for one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._coercers = Coercers()
        self._projector = Projector(schema)

    def plan(self, text: str, name: str | None, given: Mapping[str, Any]) -> Plan:
        """Work a document out.

        Args:
            text: the document.
            name: which of its operations, when it has several.
            given: the variables, of which only those of `@skip` and `@include` matter here.

        Raises:
            Refused: it cannot be parsed, does not fit the schema, or has no such operation.
        """
        document = parsed(self.schema, text)
        operation = operation_of(document, name)
        fragments = {
            part.name.value: part
            for part in document.definitions
            if isinstance(part, FragmentDefinitionNode)
        }
        type_ = self.schema.get_root_type(operation.operation)
        if type_ is None:
            says = f"Schema is not configured for {operation.operation.value}s."
            raise Refused(invalid_document("INVALID_OPERATION", says, ()))
        variables = tuple(self._variables(operation))
        known = {v.name: v.default for v in variables if v.has_default} | dict(given)
        try:
            self._projector.begin(fragments, known)
            selected = operation.selection_set
            collected = collect_fields(self.schema, fragments, known, type_, selected)
            roots = tuple(self._root(type_, alias, nodes) for alias, nodes in collected.items())
        except GraphQLError as error:
            raise Refused(invalid_document("INVALID_OPERATION", error.message, ())) from None
        return Plan(
            operation=operation.operation.value,
            name=operation.name.value if operation.name else None,
            roots=roots,
            variables=variables,
            document=document,
            introspects=any(root.name in META for root in roots),
            lasting="@skip" not in text and "@include" not in text,
        )

    def _root(self, type_: GraphQLObjectType, alias: str, nodes: list[FieldNode]) -> Root:
        name = nodes[0].name.value
        if name in META or name == "__typename":
            return Root(alias, name, (), lambda _, __: type_.name, lambda _: {})
        field_ = type_.fields[name]
        project, types = self._projector.of(field_.type, nodes)
        return Root(alias, name, scopes_of(name, types), project, _arguments(field_, nodes[0]))

    def _variables(self, operation: OperationDefinitionNode) -> list[Variable]:
        variables = []
        for definition in operation.variable_definitions:
            type_: Any = type_from_ast(self.schema, definition.type)
            default = definition.default_value
            variables.append(
                Variable(
                    definition.variable.name.value,
                    self._coercers.of(type_),
                    value_from_ast(default, type_) if default else None,
                    default is not None,
                )
            )
        return variables


def _arguments(
    field_: GraphQLField, node: FieldNode
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what makes the arguments of variables: those that are variables need no coercion."""
    plain = {
        argument.name.value: argument.value.name.value
        for argument in node.arguments
        if isinstance(argument.value, VariableNode)
    }
    if len(plain) == len(node.arguments):
        return lambda variables: {
            name: variables[variable] for name, variable in plain.items() if variable in variables
        }
    return lambda variables: get_argument_values(field_, node, dict(variables))
