"""A request to GraphQL, taken apart: document, operation's name, variables."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from simulators.xledger.plan import Plan, Planner
from simulators.xledger.problems import Problem, Refused, Sort
from simulators.xledger.schema import schema_without

KEPT: Final = 500
"""Plans kept, by text: a client with constant documents has few."""
NO_QUERY: Final = Problem(Sort.SYNTAX, "GraphQL query is missing.")
NO_JSON: Final = Problem(Sort.SYNTAX, "JSON body text could not be parsed.")


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks."""

    text: str
    name: str | None
    variables: Mapping[str, Any] = field(repr=False)


def question_of(body: bytes) -> Question:
    """Take a body apart.

    Raises:
        Refused: it is not of GraphQL's form.
    """
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(NO_JSON) from None
    if not isinstance(given, dict) or not isinstance(given.get("query"), str):
        raise Refused(NO_QUERY)
    variables, name = given.get("variables") or {}, given.get("operationName") or None
    if not isinstance(variables, dict) or not isinstance(name, str | None):
        raise Refused(NO_JSON)
    return Question(given["query"], name, variables)


class Plans:
    """The plans of the documents seen, for the schema in force."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self.use(hidden)

    def use(self, hidden: frozenset[str]) -> None:
        """Serve the schema less these parts from now on."""
        self._planner = Planner(schema_without(hidden))
        self.schema = self._planner.schema
        self._plans: OrderedDict[tuple[str, str | None], Plan] = OrderedDict()

    def of(self, question: Question) -> Plan:
        """Return the plan of a question's document.

        Raises:
            Refused: it cannot be parsed, or does not fit the schema.
        """
        key = (question.text, question.name)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._planner.plan(question.text, question.name, question.variables)
            if plan.lasting:
                self._plans[key] = plan
                if len(self._plans) > KEPT:
                    self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        return plan


def inputs_of(plan: Plan, variables: Mapping[str, Any]) -> list[tuple[str, str, list[Any]]]:
    """Return alias, name and inputs of each root, before they are coerced."""
    found = []
    for root in plan.roots:
        try:
            inputs = root.arguments(variables).get("inputs", ())
        except Exception:  # noqa: BLE001 - whatever is wrong with them is told by their coercion
            inputs = ()
        listed = inputs if isinstance(inputs, list) else [inputs] if inputs else []
        found.append((root.alias, root.name, listed))
    return found
