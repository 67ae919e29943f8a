"""A plan run against the store: roots one after the other, each with its own errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLSchema

from simulators.xledger.deltas import Deltas
from simulators.xledger.entities import Entities
from simulators.xledger.faults import Fault
from simulators.xledger.fields import View
from simulators.xledger.introspection import introspected
from simulators.xledger.looking_up import LookUps
from simulators.xledger.paging import Pages
from simulators.xledger.plan import META, Plan, Root
from simulators.xledger.problems import Problem, Refused, unresolved
from simulators.xledger.reading import Query
from simulators.xledger.records import Kind, Store
from simulators.xledger.settings import Settings
from simulators.xledger.transaction import Transaction
from simulators.xledger.writing import KINDS, Mutation

OSLO = ZoneInfo("Europe/Oslo")
"""Xledger tells times as the clocks there do, without an offset (`xledger-api.md` 1.4)."""


@dataclass(slots=True)
class Outcome:
    """What an execution leads to.

    Attributes:
        data: by alias; None where a mutation failed as a whole.
        problems: its errors.
        committed: the dbIds written by each root, by alias.
        hidden: the records that readers see only later.
    """

    data: dict[str, Any] | None = field(repr=False)
    problems: list[Problem] = field(default_factory=list)
    committed: dict[str, list[str]] = field(default_factory=dict)
    hidden: list[tuple[Kind, int]] = field(default_factory=list, repr=False)

    def body(self) -> dict[str, Any]:
        """Return the answer's body."""
        if not self.problems:
            return {"data": self.data}
        return {"data": self.data, "errors": [problem.body() for problem in self.problems]}


class Execution:
    """Runs plans for one company at one moment."""

    def __init__(
        self,
        store: Store,
        entities: Entities,
        deltas: Deltas,
        settings: Settings,
        owner: int,
        now: datetime,
    ) -> None:
        local = now.astimezone(OSLO).replace(tzinfo=None)
        self._store, self._deltas, self._settings = store, deltas, settings
        self._now, self._stamp = now, local.isoformat(timespec="seconds")
        self._view = View(store, entities, owner, local.date().isoformat())
        self._look_ups = LookUps(store, entities, owner)

    def query(
        self, plan: Plan, variables: dict[str, Any], schema: GraphQLSchema, fault: Fault | None
    ) -> Outcome:
        """Answer a query; a root that is refused is null beside its error."""
        pages = Pages(self._settings.cursor, self._settings.empty_edges)
        ignores = self._settings.email_filter_ignores_case
        query = Query(self._view, self._deltas, pages, self._now, ignores_case=ignores)
        known = introspected(schema, plan, variables) if plan.introspects else {}
        data: dict[str, Any] = {}
        outcome = Outcome(data)
        broken = plan.roots[-1].alias if fault is not None and fault.fault == "partial" else None
        for root in plan.roots:
            data[root.alias] = known.get(root.alias)
            if root.name in META:
                continue
            if root.alias == broken:
                outcome.problems.append(unresolved(root.name).at(root.alias))
                continue
            try:
                found = query.answer(root.name, root.arguments(variables))
            except Refused as refused:
                outcome.problems += [problem.at(root.alias) for problem in refused.problems]
            else:
                data[root.alias] = root.project(found, self._view)
        return outcome

    def mutation(
        self,
        plan: Plan,
        variables: Mapping[str, Any],
        fault: Fault | None,
        *,
        hide: bool,
        lacking: Sequence[Problem] = (),
    ) -> Outcome:
        """Do a mutation, and note what it wrote.

        Args:
            plan: of it.
            variables: coerced.
            fault: that the request suffers.
            hide: whether readers shall not see the writes yet.
            lacking: the scopes that are missing, each at its root.
        """
        transaction = Transaction(self._store, self._stamp, hidden=hide)
        mutation = Mutation(self._store, self._look_ups, transaction, self._settings, fault)
        data: dict[str, Any] = {}
        outcome = Outcome(data, list(lacking))
        refused = {problem.path[0] for problem in lacking if problem.path}
        for root in plan.roots:
            data[root.alias] = (
                None if root.alias in refused else self._write(mutation, root, variables, outcome)
            )
        failed = any(data[root.alias] is None for root in plan.roots if root.name in KINDS)
        if failed and not self._settings.aliases_apart:
            transaction.undo()
            outcome.data, outcome.committed = None, {}
            return outcome
        outcome.hidden = transaction.commit(self._deltas, self._now)
        return outcome

    def _write(
        self, mutation: Mutation, root: Root, variables: Mapping[str, Any], outcome: Outcome
    ) -> Any:
        if root.name not in KINDS:
            return root.project(None, self._view)
        inputs: Sequence[Mapping[str, Any]] = root.arguments(variables)["inputs"]
        written = mutation.run(root.alias, root.name, inputs)
        outcome.problems += written.problems
        if ids := written.ids:
            outcome.committed[root.alias] = ids
        if written.edges is None:
            return None
        return root.project({"edges": written.edges}, self._view)
