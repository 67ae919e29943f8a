"""What each failure of Huma's API means for us: one table for exceptions, one for statuses.

Reading has no effect, so nothing is ambiguous here: what is neither the credential's nor the
person's fault is `Unavailable`. A failure's own text is never passed on, since it can quote a
header, and with it the access token (R-103).
"""

from collections.abc import Mapping
from typing import Final

import httpx

from schemas.errors import CredentialRefused, Fault, NotFound, Unavailable

CAUGHT: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    TimeoutError,
)
"""What can come out of a call."""

BROKEN: Final = (httpx.RemoteProtocolError, httpx.NetworkError)
"""What comes of a connection that broke off, or that the server had closed before."""


class Broken(Unavailable):
    """The connection broke off; a kept-alive one may only have been stale: try once more."""


SAYS: Final[Mapping[type[Exception], str]] = {
    httpx.ConnectTimeout: "does not answer",
    httpx.ReadTimeout: "does not answer in time",
    httpx.WriteTimeout: "does not take the request in time",
    httpx.PoolTimeout: "has no free connection",
    TimeoutError: "does not answer in time",
    httpx.ConnectError: "cannot be reached",
    httpx.ReadError: "broke the connection off",
    httpx.WriteError: "broke the connection off",
    httpx.CloseError: "broke the connection off",
    httpx.RemoteProtocolError: "broke the connection off, or does not speak HTTP",
    httpx.LocalProtocolError: "cannot be asked: the request is not valid HTTP",
    httpx.ProxyError: "cannot be reached through the proxy",
    httpx.UnsupportedProtocol: "has an address that is neither http nor https",
    httpx.InvalidURL: "has an address that is none",
    httpx.DecodingError: "sent an answer that cannot be read",
    httpx.TooManyRedirects: "sends from one address to another without end",
    httpx.CookieConflict: "sent cookies that contradict each other",
    httpx.HTTPStatusError: "answered with an error",
    httpx.StreamConsumed: "sent an answer that was read twice",
    httpx.StreamClosed: "sent an answer that was read too late",
    httpx.RequestNotRead: "was sent a request that was not read",
    httpx.ResponseNotRead: "sent an answer that was not read",
}
"""What is said of Huma for each kind of exception."""

OK: Final = 200
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404


def of_exception(exception: Exception) -> Fault:
    """Return our fault for an exception of httpx, or for a total time-out."""
    says = SAYS.get(type(exception), f"cannot be asked: {type(exception).__name__}")
    return Broken(f"Huma {says}") if isinstance(exception, BROKEN) else Unavailable(f"Huma {says}")


def of_status(status: int, headers: Mapping[str, str], *, known_absent: bool) -> Fault:
    """Return our fault for an answer that is not 200.

    Args:
        status: the HTTP status.
        headers: the answer's; `retry-after` in seconds is passed on.
        known_absent: whether the body is the API's own "object not found". Any other 404, from a
            proxy or a wrong address, must not make a person unknown.
    """
    if status in (UNAUTHORIZED, FORBIDDEN):
        return CredentialRefused(f"Huma refuses the client: status {status}")
    if status == NOT_FOUND and known_absent:
        return NotFound("Huma does not know this object")
    seconds = headers.get("retry-after", "")
    wait = float(seconds) if seconds.isascii() and seconds.isdigit() else None
    return Unavailable(f"Huma answered with status {status}", wait)
