"""Which operation a method and a path mean: Huma's real paths (`huma-api.md` 1.1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from simulators.huma import reading
from simulators.huma.request import Request
from simulators.huma.writing import Writing

Operation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Route:
    """An operation found: its name (`GET /users/{id}`), its function, the ids in the path."""

    name: str
    operation: Operation
    ids: tuple[str, ...]

    def run(self, writing: Writing, request: Request) -> Any:
        """Do it, and return the answer's body."""
        return self.operation(writing, request, *self.ids)


def _read(operation: Operation) -> Operation:
    return lambda writing, request, *ids: operation(writing.organization, request, *ids)


TABLE: Final[dict[str, Operation]] = {
    "GET /users": _read(reading.list_users),
    "POST /users": Writing.create_user,
    "GET /users/{id}": _read(reading.find_user),
    "PATCH /users/{id}": Writing.update_user,
    "POST /users/{id}/groups": Writing.add_groups,
    "DELETE /users/{id}/groups": Writing.remove_groups,
    "POST /users/{userId}/identifications": Writing.add_identification,
    "PUT /users/{userId}/identifications/{id}": Writing.update_identification,
    "DELETE /users/{userId}/identifications/{id}": Writing.remove_identification,
    "GET /users/{userId}/positions": _read(reading.list_positions),
    "POST /users/{userId}/positions": Writing.create_position,
    "GET /users/{userId}/positions/{id}": _read(reading.find_position),
    "PATCH /users/{userId}/positions/{id}": Writing.update_position,
    "DELETE /users/{userId}/positions/{id}": Writing.delete_position,
    "GET /groups": _read(reading.list_groups),
    "POST /groups": Writing.create_group,
    "GET /groups/{id}": _read(reading.find_group),
    "GET /job-titles": _read(reading.list_job_titles),
    "POST /job-titles": Writing.create_job_title,
    "GET /job-titles/{id}": _read(reading.find_job_title),
}

TOKEN: Final = "POST /auth/oauth/token"  # noqa: S105 - a path
REVOKE: Final = "POST /auth/oauth/revoke"

PATTERNS: Final = tuple(
    (re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(name))), name, operation)
    for name, operation in TABLE.items()
)


def find(method: str, path: str) -> Route | None:
    """Return the operation, or None when the API has none there."""
    for pattern, name, operation in PATTERNS:
        if matched := pattern.fullmatch(f"{method} {path}"):
            return Route(name, operation, matched.groups())
    return None
