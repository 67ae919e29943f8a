"""The simulator's own paths, below `/_admin`: without limit, fault or token.

Besides what `interfaces.md` names, tokens, faults and settings can be read back, and `variables=no`
leaves the variables out of the journal.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson
from pydantic import ValidationError

from simulators.wire import Request
from simulators.xledger import state
from simulators.xledger.call import Reply
from simulators.xledger.settings import Settings
from simulators.xledger.simulator import Simulator

ADMIN: Final = "/_admin"


class BadRequest(Exception):
    """The body or the query is not of the form that the path has."""


class Admin:
    """Answers for one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def answer(self, request: Request) -> Reply:
        """Answer a request; 400 with what is wrong with it, 404 where there is no such path."""
        simulator = self._simulator
        paths: dict[str, Callable[[], Any]] = {
            "GET /state": lambda: state.told(simulator.store, simulator.entities),
            "PUT /state": lambda: self._state(state.replaced, request),
            "PATCH /state": lambda: self._state(state.patched, request),
            "DELETE /state": self._reset,
            "GET /journal": lambda: self._journal(request),
            "GET /tokens": lambda: [token.shown() for token in simulator.tokens.all()],
            "PUT /tokens": lambda: simulator.tokens.replace(_json(request)),
            "GET /faults": simulator.faults.all,
            "PUT /faults": lambda: simulator.faults.replace(_json(request)),
            "GET /settings": lambda: simulator.settings.model_dump(mode="json"),
            "PUT /settings": lambda: simulator.use(Settings.model_validate(_json(request))),
        }
        path = f"{request.method} {request.path.removeprefix(ADMIN)}"
        if path not in paths:
            return Reply(404, orjson.dumps({"error": f"no {path}; there are {', '.join(paths)}"}))
        try:
            answer = paths[path]()
        except (BadRequest, state.BadState, ValidationError) as wrong:
            return Reply(400, orjson.dumps({"error": str(wrong)}))
        return Reply(200, orjson.dumps({} if answer is None else answer))

    def _state(self, take: Callable[..., None], request: Request) -> None:
        given = _json(request)
        if not isinstance(given, dict):
            raise BadRequest("state: an object is needed")
        simulator = self._simulator
        take(simulator.store, simulator.entities, given, simulator.stamp())
        self._forget()

    def _reset(self) -> None:
        self._simulator.entities.reset()
        self._simulator.store.clear()
        self._forget()

    def _forget(self) -> None:
        """Let go of what belonged to another state; every token keeps its company."""
        self._simulator.deltas.clear()
        for token in self._simulator.tokens.all():
            self._simulator.entities.need(token.owner)

    def _journal(self, request: Request) -> list[dict[str, Any]]:
        after = request.query.get("after", ["0"])[0]
        if not (after.isascii() and after.isdigit()):
            raise BadRequest("after: a number is needed")
        variables = request.query.get("variables", ["yes"])[0] != "no"
        return self._simulator.journal.after(int(after), variables=variables)


def _json(request: Request) -> Any:
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise BadRequest("the body is no JSON") from None
