"""The table from httpx's exceptions to ours is complete."""

import asyncio

import httpx
import pytest

from connectors.huma.exchange import Exchange
from connectors.huma.faults import CAUGHT, SAYS, of_exception
from schemas.errors import Unavailable
from schemas.personal import Personal
from tests.fixtures.arrivals import Numbers

EXCEPTIONS = [
    found
    for name in httpx.__all__
    if isinstance(found := getattr(httpx, name), type) and issubclass(found, Exception)
]
LEAVES = [
    one for one in EXCEPTIONS if not any(o is not one and issubclass(o, one) for o in EXCEPTIONS)
]


@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_each_exception_of_httpx_is_caught(exception: type[Exception]) -> None:
    """When httpx grows an exception outside the families we know, this fails."""
    assert issubclass(exception, CAUGHT)


@pytest.mark.parametrize("exception", LEAVES)
def test_each_exception_of_httpx_has_its_words(exception: type[Exception]) -> None:
    """When httpx grows an exception, this fails until the table has it."""
    assert exception in SAYS


@pytest.mark.rule("R-103")
def test_an_exceptions_own_text_is_not_passed_on() -> None:
    """A protocol error can quote a header, and with it the access token."""
    fault = of_exception(httpx.LocalProtocolError("illegal header value b'Bearer canary'"))
    assert isinstance(fault, Unavailable)
    assert "canary" not in str(fault)


@pytest.mark.rule("R-103")
@pytest.mark.parametrize("url", ["http://huma:port", "ftp://huma", "huma"])
def test_an_address_that_is_none_is_unavailable(url: str) -> None:
    """A wrong address in a connection stops that connection's reads, not the process."""

    async def go() -> None:
        async with httpx.AsyncClient() as http:
            await Exchange(http, url, 1.0, 1000, Numbers()).get(
                "users", "/users", {}, Personal("canary")
            )

    with pytest.raises(Unavailable, match="address") as caught:
        asyncio.run(go())
    assert caught.value.__context__ is None
