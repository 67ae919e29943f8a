"""Connecting: everything is tested first, and a refusal says what to do."""

import asyncio

import pytest

from processors import connecting
from processors.connecting import same_entity, try_huma, try_token
from processors.ports.xledger import Identity
from schemas.errors import (
    Ambiguous,
    CredentialRefused,
    Fault,
    Limited,
    NotFound,
    StopProcess,
    Unavailable,
)
from tests.fixtures.working import FakeXledger

REFUSED = CredentialRefused("Xledger refuses the token")
LIMIT = Limited("Xledger's limit: burst", "burst", 5.0)
AWAY = Unavailable("it cannot be reached")


class Token(FakeXledger):
    """A token with these scopes."""

    fault: Fault | None = None
    missing: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()

    async def identity(self) -> Identity:
        """See the port."""
        if self.fault is not None:
            raise self.fault
        return Identity("77", "Company")

    async def missing_scopes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See the port."""
        return self.missing, self.untested


class Client:
    """A client of Huma's API."""

    def __init__(self, answer: str | Fault) -> None:
        self.answer = answer

    async def organization(self) -> str:
        """See the port."""
        if isinstance(self.answer, Fault):
            raise self.answer
        return self.answer


@pytest.mark.rule("R-01", "R-02")
def test_a_good_token_tells_its_company_and_what_could_not_be_tested() -> None:
    """A scope that answers neither way does not block."""
    token = Token()
    token.untested = ("Bank read",)
    tested = asyncio.run(try_token(token))
    assert tested == connecting.Tested(Identity("77", "Company"), ("Bank read",))


@pytest.mark.rule("R-02")
@pytest.mark.parametrize(
    ("fault", "missing", "says"),
    [
        (REFUSED, (), "refuses"),
        (LIMIT, (), "burst"),
        (AWAY, (), "does not answer"),
        (Ambiguous("lost"), (), "does not answer"),
        (None, ("Contact write", "Supplier read"), "Contact write, Supplier read"),
    ],
)
def test_a_token_that_will_not_do_is_named_and_nothing_saved(
    fault: Fault | None, missing: tuple[str, ...], says: str
) -> None:
    """The missing scopes are named, and where to grant them."""
    token = Token()
    token.fault, token.missing = fault, missing
    with pytest.raises(StopProcess, match=says) as stop:
        asyncio.run(try_token(token))
    assert "nothing was saved" in str(stop.value)


@pytest.mark.rule("R-38")
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (REFUSED, "refuses this client"),
        (NotFound("none"), "refuses this client"),
        (AWAY, "does not answer"),
        ("other", "belongs to organisation other"),
    ],
)
def test_a_client_of_huma_is_tested_too(answer: str | Fault, says: str) -> None:
    """It must be let in, and belong to the organisation."""
    with pytest.raises(StopProcess, match=says):
        asyncio.run(try_huma(Client(answer), "mine"))  # type: ignore[arg-type]
    asyncio.run(try_huma(Client("MINE"), "mine"))  # type: ignore[arg-type]


@pytest.mark.rule("R-09")
def test_a_token_of_another_company_is_no_replacement() -> None:
    """It makes a new connection instead."""
    tested = connecting.Tested(Identity("77", "Company"), ())
    same_entity(tested, "77")
    with pytest.raises(StopProcess, match="belongs to Company; make a new connection"):
        same_entity(tested, "78")
