"""The roots of mutations: many inputs each, done all or none, or in part (`xledger-api.md` 1.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from simulators.xledger.drafts import Draft, Drafts
from simulators.xledger.faults import Fault
from simulators.xledger.looking_up import LookUps
from simulators.xledger.problems import Problem, Refused, invalid, unresolved
from simulators.xledger.records import Kind, Record, Store
from simulators.xledger.refusing import refused_by
from simulators.xledger.settings import Settings
from simulators.xledger.transaction import Transaction

MOST: Final = 500
"""Inputs of one root."""
KINDS: Final[Mapping[str, Kind]] = {
    f"{verb}{kind.value.capitalize()}": kind for verb in ("add", "update") for kind in Kind
}
TO_CONTACT: Final = ("firstName", "lastName", "birthday", "socialSec", "phone", "email")
TO_SUBLEDGER: Final[Mapping[str, str]] = {"phoneSubledger": "phone", "bankAccount": "bankAccount"}
"""A person's fields in an employee, where the switch `inline_fields` passes them on."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one root: an edge for each input, None where it is refused."""

    edges: list[dict[str, Any] | None] | None = field(repr=False)
    problems: list[Problem] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The dbIds of what was written."""
        return [str(edge["node"].db_id) for edge in self.edges or () if edge]


class Mutation:
    """Runs the mutation roots of one request, in order.

    Args:
        store: is written to.
        look_ups: of the request.
        transaction: takes the writes.
        settings: the switches.
        fault: that the request suffers; `refuse` and `partial` matter here.
    """

    def __init__(
        self,
        store: Store,
        look_ups: LookUps,
        transaction: Transaction,
        settings: Settings,
        fault: Fault | None,
    ) -> None:
        self._store, self._look_ups, self._transaction = store, look_ups, transaction
        self._settings, self._fault = settings, fault
        self._in_part = fault is not None and fault.fault == "partial"

    def run(self, alias: str, root: str, inputs: Sequence[Mapping[str, Any]]) -> Written:
        """Do what a root says; where it may not be done in part, a problem leaves all undone."""
        if len(inputs) > MOST:
            says = f"At most {MOST} nodes per mutation, not {len(inputs)}."
            return Written(None, [invalid("inputs", says).at(alias)])
        kind = KINDS[root]
        drafts = Drafts(kind, self._store, self._look_ups, self._settings)
        whole = self._settings.atomic and not self._in_part
        refused = refused_by(self._fault, alias, root, inputs)
        if self._in_part:
            later = range((len(inputs) + 1) // 2, len(inputs))
            refused |= dict.fromkeys(later, unresolved(root))
        made: list[Draft | None] = []
        problems: list[Problem] = []
        for at, given in enumerate(inputs):
            found = [refused[at]] if at in refused else []
            draft = None
            try:
                draft = None if found else drafts.draft(given)
            except Refused as refusal:
                found += refusal.problems
            problems += [_placed(problem, alias, at, whole=whole) for problem in found]
            made.append(draft)
        if self._fault is not None and refused and self._fault.report == "first":
            problems = problems[:1]
        if problems and whole:
            return Written(None, problems)
        return Written([self._write(kind, d) if d else None for d in made], problems)

    def _write(self, kind: Kind, draft: Draft) -> dict[str, Any]:
        if draft.db_id is not None:
            record = self._transaction.change(kind, draft.db_id, draft.changes)
        else:
            if kind is Kind.EMPLOYEE:
                self._add_links(draft)
            record = self._transaction.add(kind, draft.owner, draft.changes)
        if kind is Kind.EMPLOYEE and self._settings.inline_fields:
            self._pass_on(record, draft.changes)
        return {"clientId": draft.client_id, "node": record}

    def _add_links(self, draft: Draft) -> None:
        """Create what an employee is to be linked to and is not."""
        changes, add = draft.changes, self._transaction.add
        if not changes.get("contact"):
            changes["contact"] = add(Kind.CONTACT, draft.owner, {}).db_id
        if not changes.get("subledger"):
            kept = {name: changes.get(name) for name in ("code", "description")}
            changes["subledger"] = add(Kind.SUPPLIER, draft.owner, kept).db_id

    def _pass_on(self, employee: Record, changes: Mapping[str, Any]) -> None:
        contact = {name: changes[name] for name in TO_CONTACT if name in changes}
        subledger = {to: changes[name] for name, to in TO_SUBLEDGER.items() if name in changes}
        for kind, link, values in (
            (Kind.CONTACT, "contact", contact),
            (Kind.SUPPLIER, "subledger", subledger),
        ):
            if values and link in employee.values:
                self._transaction.change(kind, employee.values[link], values)


def _placed(problem: Problem, alias: str, at: int, *, whole: bool) -> Problem:
    """Say where in the answer a problem is: at its edge, where others stand."""
    if problem.path is not None:
        return problem
    return problem.at(alias) if whole else problem.at(alias, "edges", at)
