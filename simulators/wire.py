"""HTTP as ASGI gives it: a request read whole, an answer sent whole."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import parse_qs

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

LARGEST: Final = 256 * 1024 * 1024
"""The largest request body, in bytes: a whole state of 100,000 people."""
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """Method, path, query, headers in lower case, and body."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


R = TypeVar("R", bound=Request)


async def read(scope: Message, receive: Receive, kind: type[R]) -> R | None:
    """Return the request, or None when its body is too large."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            return None
    return kind(
        method=scope["method"],
        path=scope["path"],
        query=parse_qs(scope["query_string"].decode("latin-1")),
        headers={name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]},
        body=bytes(body),
    )


async def send_whole(send: Send, status: int, body: bytes, content_type: str = JSON) -> None:
    """Send an answer."""
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
