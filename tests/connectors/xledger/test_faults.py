"""What trouble of the transport means: whether Xledger may have got the request (R-85)."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from connectors.xledger import Limits, XledgerClient
from connectors.xledger.faults import CAUGHT, NOTHING_SENT, PERHAPS_DONE, of_exception
from processors.ports.xledger import WriteRoot
from schemas.employee import Root
from schemas.errors import Ambiguous, Unavailable
from schemas.personal import Personal

pytestmark = pytest.mark.rule("R-85")

SECRET = "token canary-token-4711 in an exception's text"


def exceptions_of_httpx() -> list[type[Exception]]:
    """Return every exception that httpx can raise, without the bases that it never does."""
    bases = {
        httpx.HTTPError,
        httpx.RequestError,
        httpx.TransportError,
        httpx.TimeoutException,
        httpx.NetworkError,
        httpx.ProtocolError,
        httpx.StreamError,
    }
    named = (getattr(httpx, name) for name in httpx.__all__)
    raised = [n for n in named if isinstance(n, type) and issubclass(n, Exception)]
    return [kind for kind in raised if kind not in bases]


def test_every_exception_of_httpx_has_its_meaning() -> None:
    """A new exception of the library fails this test instead of a lane."""
    known = {*NOTHING_SENT, *PERHAPS_DONE}
    assert {TimeoutError, *exceptions_of_httpx()} == known
    assert not set(NOTHING_SENT) & set(PERHAPS_DONE)
    assert all(issubclass(kind, CAUGHT) for kind in known)


def made(kind: type[Exception]) -> Exception:
    """Return an exception whose text holds a secret."""
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("POST", "http://x")
        return httpx.HTTPStatusError(SECRET, request=request, response=httpx.Response(500))
    if kind in (httpx.StreamConsumed, httpx.StreamClosed):
        return kind()
    if kind in (httpx.RequestNotRead, httpx.ResponseNotRead):
        return kind()
    return kind(SECRET)


@pytest.mark.parametrize("kind", [TimeoutError, *exceptions_of_httpx()])
@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("effects", [True, False])
def test_only_what_may_have_arrived_is_ambiguous(
    kind: type[Exception], *, sent: bool, effects: bool
) -> None:
    """Before the first byte nothing can have happened; a read never makes anything happen."""
    fault = of_exception(made(kind), effects=effects, sent=sent)
    unsent_timeout = kind is TimeoutError and not sent
    perhaps = effects and kind not in NOTHING_SENT and not unsent_timeout
    assert type(fault) is (Ambiguous if perhaps else Unavailable)
    assert "canary" not in str(fault)


@pytest.mark.parametrize("kind", exceptions_of_httpx())
def test_an_exception_leaves_no_trace_of_its_text(
    bench: Callable[..., Any], root: Callable[..., WriteRoot], kind: type[Exception]
) -> None:
    """Neither as the text nor as the cause of ours (R-103)."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise made(kind)

    with pytest.raises((Unavailable, Ambiguous)) as caught:
        bench(fail).ask(lambda client: client.write([root("r0", Root.CONTACT)]))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.fixture
def silent() -> Iterator[str]:
    """Serve connections that are taken, read from, and never answered."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for connection in taken:
        connection.close()


def write_to(
    url: str, roots: list[WriteRoot], bench: Callable[..., Any], **limits: int
) -> BaseException:
    """Return what a write over a real connection raises; half a second in total."""

    async def go() -> BaseException:
        bounds = httpx.Limits(**limits)
        async with httpx.AsyncClient(limits=bounds, trust_env=False) as http:
            place = bench({})
            blockers = []
            for _ in range(limits.get("max_connections", 0)):
                stalled = http.post(url, content=b"", timeout=None)
                blockers.append(asyncio.ensure_future(stalled))
            await asyncio.sleep(0.05 if blockers else 0)
            client = XledgerClient(
                http,
                httpx.AsyncClient,
                url,
                Personal("t"),
                place.gate,
                limits=Limits(0.4, 1000, 1000, 1.0),
                gender_by="code",
                telemetry=place.numbers,
            )
            try:
                await client.write(roots)
            except (Unavailable, Ambiguous) as fault:
                return fault
            finally:
                for blocker in blockers:
                    blocker.cancel()
                await asyncio.gather(*blockers, return_exceptions=True)
            raise AssertionError("nobody answered, and nothing was raised")

    return asyncio.run(go())


def test_silence_after_sending_is_ambiguous(
    silent: str, bench: Callable[..., Any], root: Callable[..., WriteRoot]
) -> None:
    """The total time-out ends a request that was written and never answered."""
    assert type(write_to(silent, [root("r0", Root.CONTACT)], bench)) is Ambiguous


def test_waiting_for_a_free_connection_is_not(
    silent: str, bench: Callable[..., Any], root: Callable[..., WriteRoot]
) -> None:
    """The same time-out before the first byte proves that nothing was sent."""
    fault = write_to(silent, [root("r0", Root.CONTACT)], bench, max_connections=1)
    assert type(fault) is Unavailable


def test_a_refused_connection_is_not(
    bench: Callable[..., Any], root: Callable[..., WriteRoot]
) -> None:
    """Where nobody listens nothing can have happened."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    fault = write_to(f"http://127.0.0.1:{port}/graphql", [root("r0", Root.CONTACT)], bench)
    assert type(fault) is Unavailable


@pytest.mark.parametrize(
    "url",
    ["http://nowhere.invalid/graphql", "ftp://x/graphql", "xledger", "http://[", "http://a:b", ""],
)
def test_an_address_that_leads_nowhere_is_not(
    bench: Callable[..., Any], root: Callable[..., WriteRoot], url: str
) -> None:
    """Nor can anything where the host has no address, or the address is none."""
    assert type(write_to(url, [root("r0", Root.CONTACT)], bench)) is Unavailable


def test_tls_that_fails_is_not(
    silent: str, bench: Callable[..., Any], root: Callable[..., WriteRoot]
) -> None:
    """A handshake that never ends comes before the first byte of a request."""
    fault = write_to(silent.replace("http:", "https:"), [root("r0", Root.CONTACT)], bench)
    assert type(fault) is Unavailable
