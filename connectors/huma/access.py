"""The access token: OAuth client credentials, kept until shortly before it expires.

The token is never revoked: revoking ends every session of that client, also those of other workers
(`huma-api.md`, Auth).
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from connectors.huma.exchange import Exchange
from connectors.huma.faults import OK, of_status
from schemas.errors import CredentialRefused, Unavailable
from schemas.personal import Personal

PATH: Final = "/auth/oauth/token"
BAD_REQUEST: Final = 400
LAST_PART: Final = 0.1
"""A token is renewed in the last tenth of its life, but at most a minute early."""
MOST_EARLY: Final = 60.0

HeaderText = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,8192}$")]
"""What can stand in a header."""


class _Granted(BaseModel):
    """The answer of the token path."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: HeaderText = Field(repr=False)
    expires_in: float
    organization: str = Field(alias="organizationId")


class Access:
    """Gets, keeps and renews the access token of one client; safe to share by many readers."""

    def __init__(
        self,
        exchange: Exchange,
        client_id: Personal[str],
        client_secret: Personal[str],
        monotonic: Callable[[], float],
    ) -> None:
        self._exchange = exchange
        self._client_id = client_id
        self._client_secret = client_secret
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._granted: _Granted | None = None
        self._good_until = 0.0

    async def token(self, refused: Personal[str] | None = None) -> Personal[str]:
        """Return an access token; a new one if the kept one has expired or was just refused.

        Args:
            refused: the token that Huma has answered with 401, if any.

        Raises:
            CredentialRefused: the client is not accepted.
            Unavailable: no token could be had.
        """
        return Personal((await self._current(refused)).access_token)

    async def organization(self) -> str:
        """Return the id of the organisation that the client belongs to. Raises as `token`."""
        return (await self._current(None)).organization

    async def _current(self, refused: Personal[str] | None) -> _Granted:
        async with self._lock:
            kept = self._granted
            expired = self._monotonic() >= self._good_until
            if kept is None or expired or Personal(kept.access_token) == refused:
                self._granted = kept = await self._fetch()
            return kept

    async def _fetch(self) -> _Granted:
        asked_at = self._monotonic()
        answer = await self._exchange.post(
            "token",
            PATH,
            {
                "grant_type": "client_credentials",
                "client_id": self._client_id.reveal(),
                "client_secret": self._client_secret.reveal(),
            },
        )
        if answer.status == BAD_REQUEST:
            raise CredentialRefused("Huma refuses the client: status 400")
        if answer.status != OK:
            raise of_status(answer.status, answer.headers, known_absent=False)
        try:
            granted = _Granted.model_validate_json(answer.body)
        except ValidationError:
            granted = None
        if granted is None:
            raise Unavailable("Huma's token answer is not what its API promises")
        early = min(granted.expires_in * LAST_PART, MOST_EARLY)
        self._good_until = asked_at + granted.expires_in - early
        return granted
