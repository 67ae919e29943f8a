"""A document parsed and validated; what is wrong with it in graphql-dotnet's words."""

from typing import Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.pyutils import camel_to_snake

from simulators.xledger.problems import Refused, invalid_document, syntax

DOTNET: Final = {
    "PROVIDED_REQUIRED_ARGUMENTS": "PROVIDED_NON_NULL_ARGUMENTS",
    "VALUES_OF_CORRECT_TYPE": "ARGUMENTS_OF_CORRECT_TYPE",
}
"""Rules that graphql-dotnet calls otherwise than graphql-core."""


def parsed(schema: GraphQLSchema, text: str) -> DocumentNode:
    """Return a document that fits the schema.

    Raises:
        Refused: it cannot be parsed, or does not fit.
    """
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        message = error.message.removeprefix("Syntax Error: ")
        raise Refused(syntax(message, _locations(error))) from None
    if not validate(schema, document):
        return document
    problems = []
    for rule in specified_rules:
        code = camel_to_snake(rule.__name__.removesuffix("Rule")).upper()
        for wrong in validate(schema, document, [rule]):
            found = invalid_document(DOTNET.get(code, code), wrong.message, _locations(wrong))
            problems.append(found)
    raise Refused(*problems)


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation of a name, or the only one; raises as `parsed`."""
    operations = [p for p in document.definitions if isinstance(p, OperationDefinitionNode)]
    found = [one for one in operations if name is None or (one.name and one.name.value == name)]
    if len(found) == 1:
        return found[0]
    says = "Document does not contain exactly one operation of that name."
    raise Refused(invalid_document("INVALID_OPERATION", says, ()))


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": at.line, "column": at.column} for at in error.locations or ()]
