"""Connecting Huma to Xledger: everything is tested before anything is saved (R-01, R-02, R-09)."""

from dataclasses import dataclass

from processors.ports.huma import Huma
from processors.ports.xledger import Identity, Xledger
from schemas.errors import (
    CredentialRefused,
    Limited,
    NotFound,
    PauseConnection,
    RetryLater,
    StopProcess,
)


@dataclass(frozen=True, slots=True)
class Tested:
    """What a token was found to be: whose, and which scopes could not be tested."""

    identity: Identity
    untested: tuple[str, ...]


def require_plain(url: str) -> None:
    """Refuse an address with a user or a password in it: it is shown, and beats the token (R-103).

    Raises:
        StopProcess: without repeating it.

    >>> require_plain("https://www.xledger.net/graphql")
    """
    if "@" in url.partition("//")[2].partition("/")[0]:
        raise StopProcess(
            "an address must not hold a user or a password: these come from --token-file and "
            "--huma-client-file; nothing was saved"
        )


async def try_token(xledger: Xledger) -> Tested:
    """Test a token: whose it is, and every scope (R-02).

    Raises:
        StopProcess: it is refused, or lacks a scope; names the missing ones.
    """
    try:
        identity = await xledger.identity()
        missing, untested = await xledger.missing_scopes()
    except PauseConnection as refused:
        raise StopProcess(f"Xledger refuses this token: {refused}; nothing was saved") from None
    except Limited as limited:
        raise StopProcess(
            f"Xledger's limit ({limited.limit}) is reached: try again later; nothing was saved"
        ) from None
    except RetryLater as away:
        raise StopProcess(f"Xledger does not answer: {away}; nothing was saved") from None
    if missing:
        raise StopProcess(
            f"the token lacks these scopes: {', '.join(missing)}; grant them in Xledger under "
            "API tokens and try again; nothing was saved"
        )
    return Tested(identity, untested)


async def try_huma(huma: Huma, organization: str) -> None:
    """Test an organisation's client of Huma's API.

    Raises:
        StopProcess: it is refused, or belongs to another organisation.
    """
    try:
        found = await huma.organization()
    except (CredentialRefused, NotFound):
        raise StopProcess(
            "Huma refuses this client: check client_id and client_secret; nothing was saved"
        ) from None
    except RetryLater as away:
        raise StopProcess(f"Huma does not answer: {away}; nothing was saved") from None
    if found.lower() != organization.lower():
        raise StopProcess(
            f"this client belongs to organisation {found}, not to {organization}; nothing was saved"
        )


def same_entity(tested: Tested, entity: str) -> None:
    """Refuse a replacement token of another company (R-09).

    Raises:
        StopProcess: naming the company that the token reaches.
    """
    if tested.identity.entity != entity:
        name = tested.identity.name or tested.identity.entity
        raise StopProcess(f"this token belongs to {name}; make a new connection")
