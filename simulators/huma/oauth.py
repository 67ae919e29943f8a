"""Access tokens by client credentials (`huma-api.md`, Auth)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from secrets import token_urlsafe
from typing import Any, Final

from simulators.huma.people import uuid
from simulators.huma.refusals import invalid, unauthorized
from simulators.huma.request import Request

LIFE_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Client:
    """The one API client: its id and secret, and the user it acts as."""

    id: str
    secret: str = field(repr=False)
    user: str


def client_of(seed: int) -> Client:
    """Return the client that belongs to a seed."""
    random = Random(f"{seed}/client")  # noqa: S311 - repeatable, and its secret is printed anyway
    return Client(uuid(random), uuid(random), uuid(random))


class Sessions:
    """The access tokens that are good now."""

    def __init__(self, client: Client, monotonic: Callable[[], float]) -> None:
        self.client = client
        self._monotonic = monotonic
        self._good_until: dict[str, float] = {}

    def grant(self, request: Request, organization: str) -> dict[str, Any]:
        """Answer a request for a token, or refuse it."""
        form = request.form()
        if form.get("grant_type") != "client_credentials":
            raise invalid(["grant_type"])
        if (form.get("client_id"), form.get("client_secret")) != (
            self.client.id,
            self.client.secret,
        ):
            raise unauthorized("Client does not exist")
        now = self._monotonic()
        self._good_until = {t: until for t, until in self._good_until.items() if until > now}
        token = token_urlsafe(32)
        self._good_until[token] = now + LIFE_SECONDS
        return {
            "access_token": token,
            "expires_in": LIFE_SECONDS,
            "token_type": "Bearer",
            "organizationId": organization,
            "userId": self.client.user,
        }

    def check(self, request: Request) -> None:
        """Refuse a request without a token that is good."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._good_until.get(token, 0.0) <= self._monotonic():
            raise unauthorized("Token is missing, expired or revoked")

    def revoke(self) -> None:
        """End every session of the client."""
        self._good_until.clear()
