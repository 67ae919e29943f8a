"""The simulator without its sockets: what is answered to each request to GraphQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final

import orjson

from simulators.wire import Request
from simulators.xledger.call import Call, Reply
from simulators.xledger.deltas import Deltas
from simulators.xledger.entities import Entities
from simulators.xledger.execution import OSLO, Execution, Outcome
from simulators.xledger.faults import Asked, Fault, Faults
from simulators.xledger.journal import Journal
from simulators.xledger.limits import Limits
from simulators.xledger.plan import Plan
from simulators.xledger.problems import (
    BURST,
    CONCURRENCY,
    TIMED_OUT,
    UNKNOWN_TOKEN,
    Problem,
    Refused,
    Sort,
    no_scope,
)
from simulators.xledger.question import Plans, inputs_of, question_of
from simulators.xledger.records import Store
from simulators.xledger.settings import DEFAULTS, Settings
from simulators.xledger.tokens import Tokens

LOST: Final = frozenset({"reset-after-commit", "timeout-after-commit"})
"""Faults after which the answer does not arrive although the writes are made."""
AWAY: Final = {"http-503": "Service Unavailable", "http-529": "Site is overloaded"}
PLAIN: Final = "text/plain; charset=utf-8"
BROKEN: Final = 400


class Simulator:
    """One simulated Xledger.

    Args:
        seed: makes companies, tokens and the chances of faults.
        now: the wall clock, aware.
        monotonic: a clock that never goes back, in seconds.
    """

    def __init__(
        self,
        seed: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self._now = now
        self.settings = DEFAULTS
        self.entities = Entities(seed)
        self.tokens = Tokens(seed, self.entities)
        self.store = Store(monotonic)
        self.deltas = Deltas()
        self.limits = Limits(monotonic, now)
        self.faults = Faults(seed)
        self.journal = Journal(now, DEFAULTS.journal_limit)
        self._plans = Plans(DEFAULTS.hidden)

    def use(self, settings: Settings) -> None:
        """Put these switches in force in place of all others; limits begin anew."""
        if settings.hidden != self.settings.hidden:
            self._plans.use(settings.hidden)
        self.settings = settings
        self.journal.limit(settings.journal_limit)
        self.limits.clear_spent()

    def stamp(self) -> str:
        """Return the time as Xledger writes it."""
        return self._now().astimezone(OSLO).replace(tzinfo=None).isoformat(timespec="seconds")

    def begin(self, request: Request) -> Call:
        """Note a request in the journal, and say what comes of it before anything is executed."""
        problems: tuple[Problem, ...] = ()
        token = plan = question = None
        try:
            question = question_of(request.body)
            plan = self._plans.of(question)
        except Refused as refused:
            problems = refused.problems
        try:
            token = self.tokens.of(request.headers.get("authorization"), self._now())
        except Refused as refused:
            problems = refused.problems
        inputs = inputs_of(plan, question.variables) if plan and question else []
        entry = self.journal.begin(
            token.name if token else None,
            plan.operation if plan else None,
            plan.name if plan else None,
            [{"alias": a, "name": name, "people": len(given)} for a, name, given in inputs],
            request.body,
        )
        call = Call(entry, problems, token, plan, question)
        if token is not None:
            people = sum(len(given) for _, _, given in inputs)
            limited = self.limits.enter(token.token, people, self.settings)
            call.entered = limited is None
            if limited is not None:
                call.problems = (limited,)
            else:
                names = (
                    [plan.operation, plan.name or "", *(n for _, n, _ in inputs)] if plan else []
                )
                asked = Asked(token.name, names or ["-"], [(n, given) for _, n, given in inputs])
                call.fault = self.faults.strike(asked)
                entry.fault = call.kind
        return call

    def answer(self, call: Call) -> Reply:
        """Execute a request, as far as nothing is against it, and complete its entry."""
        if call.kind in AWAY:
            status = int(str(call.kind).removeprefix("http-"))
            call.entry.error, call.entry.status = call.kind, status
            return Reply(status, AWAY[str(call.kind)].encode(), PLAIN)
        try:
            outcome = self._executed(call)
        except Refused as refused:
            problems = list(refused.problems)
            body: dict[str, Any] = {"errors": [problem.body() for problem in problems]}
        else:
            problems, body = outcome.problems, outcome.body()
        call.entry.error = problems[0].name if problems else None
        call.entry.status = self._status(problems)
        encoded = orjson.dumps(body)
        if call.kind == "invalid-json":
            encoded = encoded[: len(encoded) // 2] + b"<"
        return Reply(call.entry.status, encoded)

    def lose(self, call: Call) -> None:
        """Say that the answer will not arrive; what was written shows up when it is due."""
        call.entry.status = None
        self.store.show_after(call.hidden, self.settings.visible_after_seconds)

    def leave(self, call: Call) -> None:
        """Say that a request is no longer in flight: it is answered, or its client is gone."""
        if call.entered and call.token is not None:
            call.entered = False
            self.limits.leave(call.token.token)

    def end(self, call: Call) -> None:
        """Complete a request's entry: nothing more will come of it."""
        self.leave(call)
        call.entry.ended = self.journal.time()

    def _executed(self, call: Call) -> Outcome:
        if call.problems:
            raise Refused(*call.problems)
        plan, question, token = call.plan, call.question, call.token
        assert plan is not None
        assert question is not None
        assert token is not None
        self._strike(call, plan)
        lacking = [
            no_scope(scope, (root.alias,))
            for root in plan.roots
            for scope in root.scopes
            if scope not in token.scopes
        ]
        apart = self.settings.scopes_apart and plan.operation == "mutation"
        if lacking and not apart:
            raise Refused(*lacking)
        variables = plan.coerced(question.variables)
        execution = Execution(
            self.store, self.entities, self.deltas, self.settings, token.owner, self._now()
        )
        if plan.operation == "query":
            return execution.query(plan, variables, self._plans.schema, call.fault)
        hide = call.kind in LOST and self.settings.visible_after_seconds > 0
        outcome = execution.mutation(plan, variables, call.fault, hide=hide, lacking=lacking)
        call.hidden = outcome.hidden
        if outcome.committed:
            call.entry.committed = outcome.committed
            call.entry.committed_at = self.journal.time()
        return outcome

    def _strike(self, call: Call, plan: Plan) -> None:
        """Refuse what a fault refuses before anything is executed."""
        if call.fault is None:
            return
        root = plan.roots[0]
        refusals: dict[str, Callable[[Fault], Problem]] = {
            "burst": lambda _: BURST,
            "concurrency": lambda _: CONCURRENCY,
            "credits": lambda fault: self.limits.spent(fault.wait, self.settings),
            "unauthorized": lambda _: UNKNOWN_TOKEN,
            "scope-missing": lambda _: no_scope((*root.scopes, "Company read")[0], (root.alias,)),
            "query-timeout": lambda _: TIMED_OUT,
        }
        if refusal := refusals.get(call.fault.fault):
            raise Refused(refusal(call.fault))

    def _status(self, problems: list[Problem]) -> int:
        by_sort = {
            Sort.AUTH: self.settings.auth_status,
            Sort.SYNTAX: self.settings.syntax_status,
            Sort.VALIDATION: self.settings.validation_status,
            Sort.LOOK_UP: self.settings.lookup_status,
        }
        return next((by_sort[p.sort] for p in problems if p.sort in by_sort), 200)
