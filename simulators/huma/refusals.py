"""Errors as Huma's API words them (`huma-api.md`, Errors)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any


class Refused(Exception):
    """A request ends with this status and body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body

    @property
    def code(self) -> str:
        """The error's code, for the journal."""
        return str(self.body.get("errorCode") or self.body.get("error") or self.status)


def invalid(fields: Iterable[str], code: str = "field:invalid-format") -> Refused:
    """Return the 400 that names fields; a clash of unique values does not name their holder."""
    body = {"errorCode": code, "errorMessage": "Invalid field Format", "fields": sorted(fields)}
    return Refused(400, body)


def unauthorized(description: str) -> Refused:
    """Return the 401."""
    return Refused(401, {"error": "invalid_token", "error_description": description})


def forbidden() -> Refused:
    """Return a 403: documented nowhere, and given as a fault only."""
    return Refused(403, {"error": "access_denied", "error_description": "Access is denied"})


def not_found(kind: str, id_: str) -> Refused:
    """Return the 404."""
    body = {"errorCode": "object:not-found", "errorMessage": "Object not found"}
    return Refused(404, {**body, "interpolations": {"type": kind, "id": id_}})


def broken(status: int, path: str) -> Refused:
    """Return a 500, or a 503 in the same words."""
    error = "Internal Server Error" if status == 500 else "Service Unavailable"  # noqa: PLR2004 - a status
    body = {"timestamp": datetime.now(UTC).isoformat(), "status": status, "error": error}
    return Refused(status, {**body, "message": error, "path": path})
