"""The simulator without its sockets: what is answered to each request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from time import monotonic
from typing import Any, Final, get_args
from uuid import uuid4

import orjson
from pydantic import ValidationError

from simulators.huma import people, routes
from simulators.huma.events import Record
from simulators.huma.faults import Fault, Faults
from simulators.huma.fields import Clear
from simulators.huma.journal import Entry, Journal
from simulators.huma.oauth import Sessions, client_of
from simulators.huma.organization import BadState, Organization, World
from simulators.huma.publishing import Published, Publisher
from simulators.huma.refusals import Refused, broken, forbidden, not_found, unauthorized
from simulators.huma.request import Request
from simulators.huma.writing import Writing

ADMIN: Final = "/_admin"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and body of an answer; None is an empty body."""

    status: int
    body: Any = None

    def encoded(self) -> bytes:
        """Return the body's bytes."""
        return b"" if self.body is None else orjson.dumps(self.body)


class Simulator:
    """One simulated Huma.

    Args:
        seed: makes the people, the client and the chances of faults.
        count: how many people there are at first and after a reset.
        publisher: where events go, beside the list that can be read back.
        now: the clock.
    """

    def __init__(
        self,
        seed: int,
        count: int,
        publisher: Publisher,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._seed, self._count, self._now = seed, count, now
        self._publisher = publisher
        self.published = Published()
        self.client = client_of(seed)
        self.sessions = Sessions(self.client, monotonic)
        self.faults = Faults(seed)
        self.journal = Journal()
        world = World(now, lambda: str(uuid4()), self._publish)
        self.organization = Organization(self._first_state(), world)
        self.writing = Writing(self.organization, self.client.user)

    def flush(self) -> None:
        """Wait until the broker has what was published; blocks."""
        self._publisher.flush()

    def answer(self, request: Request, fault: Fault | None, entry: Entry) -> Reply:
        """Answer one request to the API, and complete its entry in the journal."""
        try:
            reply = self._api(request, fault)
        except Refused as refused:
            entry.error = refused.code
            reply = Reply(refused.status, refused.body)
        entry.status = reply.status
        return reply

    def begin(self, request: Request) -> tuple[Entry, Fault | None]:
        """Note a request to the API in the journal, and say which fault it suffers."""
        route = routes.find(request.method, request.path)
        operation = route.name if route else f"{request.method} {request.path}"
        variables: dict[str, Any] = dict(request.query)
        if request.body and operation != routes.TOKEN:
            variables["body"] = request.body.decode("utf-8", "replace")
        users = [route.ids[0]] if route and operation.split()[1].startswith("/users/") else []
        fault = self.faults.strike(operation, request.path, self.client.id)
        entry = self.journal.begin(self.client.id, operation, users, variables)
        entry.fault = fault.fault if fault else None
        return entry, fault

    def admin(self, request: Request) -> Reply:
        """Answer a request below `/_admin`; neither fault nor journal there."""
        try:
            return self._admin(request)
        except (BadState, ValidationError) as wrong:
            return Reply(400, {"errorCode": "admin", "errorMessage": str(wrong)})
        except Refused as refused:
            return Reply(refused.status, refused.body)

    def _api(self, request: Request, fault: Fault | None) -> Reply:
        kind = fault.fault if fault else None
        if kind in ("http-500", "http-503", "http-429"):
            raise broken(int(str(kind).removeprefix("http-")), request.path)
        if kind == "unauthorized":
            raise unauthorized("Session has ended")
        if kind == "forbidden":
            raise forbidden()
        operation = f"{request.method} {request.path}"
        if operation == routes.TOKEN:
            return Reply(200, self.sessions.grant(request, self.organization.id))
        self.sessions.check(request)
        if operation == routes.REVOKE:
            self.sessions.revoke()
            return Reply(200)
        route = routes.find(request.method, request.path)
        if route is None:
            raise not_found("Path", request.path)
        return Reply(200, route.run(self.writing, request))

    def _admin(self, request: Request) -> Reply:
        organization, after = self.organization, request.number("after", 0)
        paths: dict[str, Callable[[], Any]] = {
            "GET /state": organization.state,
            "PUT /state": lambda: organization.replace(request.object()),
            "PATCH /state": lambda: {
                "events": organization.patch(request.object(), self.client.user)
            },
            "DELETE /state": lambda: organization.replace(self._first_state()),
            "GET /journal": lambda: self.journal.after(after),
            "GET /events": lambda: self.published.after(after),
            "PUT /faults": lambda: self.faults.replace(request.json()),
            "PUT /settings": lambda: self._set(request.object()),
        }
        path = f"{request.method} {request.path.removeprefix(ADMIN)}"
        if path not in paths:
            raise not_found("Path", request.path)
        answer = paths[path]()
        return Reply(200, {} if answer is None else answer)

    def _set(self, given: dict[str, Any]) -> None:
        clear: Clear = given.get("clear", self.writing.clear)
        if given.keys() - {"clear"} or clear not in get_args(Clear):
            raise BadState("settings: only clear, one of null, empty, omit")
        self.writing.clear = clear

    def _publish(self, record: Record) -> None:
        self.published.add(record)
        self._publisher.publish(record.key, record.value, record.headers)

    def _first_state(self) -> dict[str, Any]:
        today: date = self._now().date()
        return people.generate(self._seed, self._count, today)
