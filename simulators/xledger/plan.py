"""What a document asks, worked out once per text: roots, scopes, projections, coercers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    ExecutionContext,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    VariableNode,
    parse,
    specified_rules,
    type_from_ast,
    validate,
    value_from_ast,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values
from graphql.pyutils import camel_to_snake

from simulators.xledger.coercing import Coercer, Coercers, Wrong
from simulators.xledger.problems import Refused, bad_variable, invalid_document, syntax
from simulators.xledger.projecting import Projection, Projector
from simulators.xledger.scopes import scopes_of

INTROSPECTION: Final = frozenset({"__schema", "__type"})
DOTNET: Final = {
    "PROVIDED_REQUIRED_ARGUMENTS": "PROVIDED_NON_NULL_ARGUMENTS",
    "VALUES_OF_CORRECT_TYPE": "ARGUMENTS_OF_CORRECT_TYPE",
}
"""Rules that graphql-dotnet calls otherwise than graphql-core."""


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
        try:
            document = parse(text)
        except GraphQLSyntaxError as error:
            message = error.message.removeprefix("Syntax Error: ")
            raise Refused(syntax(message, _locations(error))) from None
        self._check(document)
        operation = _operation(document, name)
        fragments = {
            part.name.value: part
            for part in document.definitions
            if isinstance(part, FragmentDefinitionNode)
        }
        type_ = self.schema.get_root_type(operation.operation)
        assert type_ is not None
        variables = tuple(self._variables(operation))
        self._projector.begin(fragments, dict(given))
        collected = collect_fields(
            self.schema, fragments, dict(given), type_, operation.selection_set
        )
        roots = tuple(self._root(type_, alias, nodes) for alias, nodes in collected.items())
        return Plan(
            operation=operation.operation.value,
            name=operation.name.value if operation.name else None,
            roots=roots,
            variables=variables,
            document=document,
            introspects=any(root.name in INTROSPECTION for root in roots),
            lasting="@skip" not in text and "@include" not in text,
        )

    def _root(self, type_: GraphQLObjectType, alias: str, nodes: list[FieldNode]) -> Root:
        name = nodes[0].name.value
        if name in INTROSPECTION or name == "__typename":
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

    def _check(self, document: DocumentNode) -> None:
        if not validate(self.schema, document):
            return
        problems = []
        for rule in specified_rules:
            code = camel_to_snake(rule.__name__.removesuffix("Rule")).upper()
            for error in validate(self.schema, document, [rule]):
                found = invalid_document(DOTNET.get(code, code), error.message, _locations(error))
                problems.append(found)
        raise Refused(*problems)


def introspected(schema: GraphQLSchema, plan: Plan, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the roots that are introspection, by alias."""
    context = ExecutionContext.build(schema, plan.document, raw_variable_values=variables)
    assert isinstance(context, ExecutionContext)
    type_ = schema.query_type
    assert type_ is not None
    fields = collect_fields(
        schema,
        context.fragments,
        context.variable_values,
        type_,
        context.operation.selection_set,
    )
    wanted = {root.alias for root in plan.roots if root.name in INTROSPECTION}
    some = {alias: nodes for alias, nodes in fields.items() if alias in wanted}
    answer: Any = context.execute_fields(type_, None, None, some)
    return dict(answer)


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


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [p for p in document.definitions if isinstance(p, OperationDefinitionNode)]
    found = [one for one in operations if name is None or (one.name and one.name.value == name)]
    if len(found) == 1:
        return found[0]
    says = "Document does not contain exactly one operation of that name."
    raise Refused(invalid_document("INVALID_OPERATION", says, ()))


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": at.line, "column": at.column} for at in error.locations or ()]
