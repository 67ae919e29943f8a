"""What each failure of the transport means for us: one table.

What matters is whether Xledger may have got the request. A failure's own text is never passed on:
it can quote a header, and with it the token (R-103).
"""

from collections.abc import Mapping
from typing import Final

import httpx

from schemas.errors import Ambiguous, RetryLater, Unavailable

CAUGHT: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    TimeoutError,
)
"""What can come out of a call."""

NOTHING_SENT: Final[Mapping[type[Exception], str]] = {
    httpx.ConnectError: "cannot be reached",
    httpx.ConnectTimeout: "does not answer",
    httpx.PoolTimeout: "has no free connection",
    httpx.ProxyError: "cannot be reached through the proxy",
    httpx.UnsupportedProtocol: "has an address that is neither http nor https",
    httpx.InvalidURL: "has an address that is none",
    httpx.LocalProtocolError: "cannot be asked: the request is not valid HTTP",
    httpx.RequestNotRead: "was sent a request that was not read",
}
"""What is said of failures before the first byte of a request; TLS and DNS are ConnectErrors."""

PERHAPS_DONE: Final[Mapping[type[Exception], str]] = {
    TimeoutError: "does not answer in time",
    httpx.ReadTimeout: "does not answer in time",
    httpx.WriteTimeout: "does not take the request in time",
    httpx.ReadError: "broke the connection off",
    httpx.WriteError: "broke the connection off",
    httpx.CloseError: "broke the connection off",
    httpx.RemoteProtocolError: "broke the connection off, or does not speak HTTP",
    httpx.DecodingError: "sent an answer that cannot be read",
    httpx.TooManyRedirects: "sends from one address to another without end",
    httpx.CookieConflict: "sent cookies that contradict each other",
    httpx.HTTPStatusError: "answered with an error",
    httpx.StreamConsumed: "sent an answer that was read twice",
    httpx.StreamClosed: "sent an answer that was read too late",
    httpx.ResponseNotRead: "sent an answer that was not read",
}
"""What is said of failures after it: a kept-alive connection that was stale looks like these."""


def away(says: str, *, effects: bool, retry_after: float | None = None) -> RetryLater:
    """Return the fault for an answer that did not come, or is none.

    Args:
        says: what is said of Xledger, without any value.
        effects: whether the request could change something, and may have been received.
        retry_after: seconds to wait, when Xledger says so.
    """
    kind = Ambiguous if effects else Unavailable
    return kind(f"Xledger {says}", retry_after)


def of_exception(exception: Exception, *, effects: bool, sent: bool) -> RetryLater:
    """Return our fault for an exception of httpx, or for the total time-out.

    Args:
        exception: one of `CAUGHT`.
        effects: whether the request would change something.
        sent: whether the first byte had been written, which alone tells for the total time-out.
    """
    if type(exception) in NOTHING_SENT:
        return away(NOTHING_SENT[type(exception)], effects=False)
    says = PERHAPS_DONE.get(type(exception), f"cannot be asked: {type(exception).__name__}")
    certain = isinstance(exception, TimeoutError) and not sent
    return away(says, effects=effects and not certain)
