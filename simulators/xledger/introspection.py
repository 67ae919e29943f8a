"""Introspection is answered by graphql-core, beside the roots that are ours."""

from typing import Any

from graphql import ExecutionContext, GraphQLSchema
from graphql.execution.collect_fields import collect_fields

from simulators.xledger.plan import META, Plan


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
    wanted = {root.alias for root in plan.roots if root.name in META}
    some = {alias: nodes for alias, nodes in fields.items() if alias in wanted}
    answer: Any = context.execute_fields(type_, None, None, some)
    return dict(answer)
