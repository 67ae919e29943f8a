"""What each answer means for us: exact bodies, whatever the status (`xledger-api.md` 1.2, 4.3)."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from connectors.xledger.errors import SchemaDiffers, ScopeMissing
from processors.ports.xledger import Verb, WriteRoot
from schemas.employee import Root
from schemas.errors import (
    Ambiguous,
    CredentialRefused,
    Fault,
    Limited,
    RetryLater,
    Unavailable,
    perhaps_done,
)

STATUSES = (200, 400, 401, 403, 503)
BURST = {"message": "Too many requests.", "code": "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"}
CONCURRENCY = {"message": "Too many.", "code": "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED"}
FORMAT = 'Bad format for API Token. Expected header: "Authorization: token <your-token>"'
TIMED_OUT = {"message": "Your query timed out."}


def credits_(**extensions: Any) -> dict[str, Any]:
    """Return the error of spent credits."""
    code = "BAD_REQUEST.INSUFFICIENT_CREDITS"
    return {"message": "Insufficient credits.", "code": code, "extensions": extensions}


class Unread(httpx.AsyncByteStream):
    """A body that notes whether somebody reads it."""

    read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield something."""
        type(self).read = True
        yield b"packed"


@pytest.fixture
def written(bench: Callable[..., Any], root: Callable[..., WriteRoot]) -> Callable[..., Fault]:
    """Return what a write raises for an answer."""

    def write(answer: Any, status: int = 200) -> Fault:
        place = bench(answer, status)
        with pytest.raises(Fault) as caught:
            place.ask(lambda client: client.write([root("r0", Root.CONTACT)]))
        (observed,) = place.numbers.observed
        kind = type(caught.value).__name__
        assert observed == ("huma_xledger_xledger_request_seconds", "write", kind)
        return caught.value

    return write


@pytest.fixture
def listed(bench: Callable[..., Any]) -> Callable[..., Fault]:
    """Return what a listing raises for an answer."""

    def ask(answer: Any, status: int = 200) -> Fault:
        with pytest.raises(Fault) as caught:
            bench(answer, status).ask(lambda client: client.list_employees(None, 10))
        return caught.value

    return ask


@pytest.mark.rule("R-85", "R-86")
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {"r0": None}}])
@pytest.mark.parametrize(
    ("error", "limit", "wait"),
    [
        (BURST, "burst", 5.0),
        ({"message": "Too many requests. Wait."}, "burst", 5.0),
        ({"message": "x", "extensions": {"code": BURST["code"]}}, "burst", 5.0),
        (CONCURRENCY, "concurrency", 1.0),
        (credits_(), "credits", 1200.0),
        (credits_(resetAt=None), "credits", 1200.0),
        (credits_(resetAt="tomorrow"), "credits", 1200.0),
        (credits_(resetAt="2026-01-01T13:00:00"), "credits", 3600.0),
        (credits_(resetAt="2026-01-01T13:00:00Z"), "credits", 7200.0),
        (credits_(resetAt="2026-01-01T11:00:01Z"), "credits", 10.0),
        (credits_(resetAt="2020-01-01T13:00:00"), "credits", 10.0),
        (credits_(resetAt="2036-01-01T13:00:00"), "credits", 6 * 3600.0),
    ],
)
def test_a_limit_is_no_failure_and_says_how_long(
    written: Callable[..., Fault],
    status: int,
    data: dict[str, Any],
    error: dict[str, Any],
    limit: str,
    wait: float,
) -> None:
    """Each limit is Limited whatever the status: nothing was executed. Times are Oslo's."""
    fault = written({**data, "errors": [error]}, status)
    assert isinstance(fault, Limited)
    assert (fault.limit, fault.retry_after) == (limit, wait)


def test_a_limit_beside_something_done_is_ambiguous(written: Callable[..., Fault]) -> None:
    """Where an edge was answered, a limit does not prove that nothing was executed."""
    data = {"r0": {"edges": [{"clientId": "0", "node": {"dbId": 1}}]}}
    fault = written({"data": data, "errors": [BURST]})
    assert isinstance(fault, Ambiguous)
    assert fault.retry_after == 5.0


@pytest.mark.rule("R-85")
@pytest.mark.parametrize("says", ["Token lacks scope Contact write.", "Invalid API token."])
def test_a_refusal_beside_something_done_says_so(written: Callable[..., Fault], says: str) -> None:
    """Roots are run one after the other: what stands before the refused one is written."""
    error = {"message": says, "path": ["r1"]}
    done = {"edges": [{"clientId": "0", "node": {"dbId": 1}}]}
    fault = written({"data": {"r0": done, "r1": None}, "errors": [error]})
    assert isinstance(fault, CredentialRefused)
    assert fault.midway
    assert perhaps_done(fault)
    assert not perhaps_done(written({"data": {"r0": None, "r1": None}, "errors": [error]}))


@pytest.mark.rule("R-85")
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"errors": [TIMED_OUT]}),
        (400, {"errors": [TIMED_OUT], "data": None}),
        (500, {"errors": [{"message": "Object reference not set."}]}),
        (200, {"errors": [{"message": "Transaction was deadlocked"}]}),
        (503, "Service Unavailable"),
        (529, "overloaded"),
        (502, "<html>Bad Gateway</html>"),
        (200, "<html>Maintenance</html>"),
        (200, ""),
        (200, '{"data": {"r0": {"ed'),
        (200, "null"),
        (200, "[]"),
        (200, {}),
        (200, {"data": None}),
        (200, {"data": None, "errors": []}),
        (200, {"data": [], "errors": None}),
        (400, {"errors": {"x": ["y"]}, "title": "Bad Request", "status": 400}),
        (404, "not found"),
        (302, ""),
    ],
)
def test_an_answer_that_is_none_leaves_a_write_open(
    written: Callable[..., Fault], listed: Callable[..., Fault], status: int, answer: Any
) -> None:
    """What may have been executed is Ambiguous; a read, which changes nothing, is Unavailable."""
    assert isinstance(written(answer, status), Ambiguous)
    assert type(listed(answer, status)) is Unavailable


@pytest.mark.rule("R-08")
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        *((s, {"errors": [{"message": FORMAT}]}) for s in STATUSES),
        *((s, {"errors": [{"message": "Invalid API token."}]}) for s in STATUSES),
        (200, {"errors": [{"message": "The token has expired."}], "data": None}),
        (200, {"errors": [{"message": "Unauthorized"}]}),
        (401, {"errors": [{"message": "x"}]}),
        (403, {"errors": [{"message": "Nope", "extensions": {}}]}),
        (401, ""),
        (403, "<html>Forbidden</html>"),
    ],
)
def test_a_refused_token_pauses(
    written: Callable[..., Fault], listed: Callable[..., Fault], status: int, answer: Any
) -> None:
    """Every shape of a refused token is the credential's trouble, for writes and reads alike."""
    assert type(written(answer, status)) is CredentialRefused
    assert type(listed(answer, status)) is CredentialRefused


def test_a_429_without_graphql_is_a_limit(written: Callable[..., Fault]) -> None:
    """A proxy that says "too many" has not passed the request on."""
    assert isinstance(written("slow down", 429), Limited)


@pytest.mark.rule("R-94")
@pytest.mark.parametrize(
    ("says", "wait"), [("7", 7.0), ("31536000", 21600.0), ("9" * 400, 21600.0)]
)
def test_a_proxy_cannot_stop_a_lane_for_a_year(
    written: Callable[..., Fault], says: str, wait: float
) -> None:
    """However long it says, a lane looks again within some hours, as with spent credits."""
    answer = httpx.Response(429, text="slow down", headers={"retry-after": says})
    fault = written(lambda _: answer)
    assert isinstance(fault, Limited)
    assert fault.retry_after == wait


@pytest.mark.rule("R-02")
@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize(
    ("error", "named"),
    [
        ({"message": "Token lacks scope Contact (write).", "path": ["r0"]}, "Contact"),
        ({"message": "Token lacks scope.", "path": ["r0"]}, "Contact"),
        ({"message": "Token lacks scope …", "path": ["updateContacts"]}, "Contact"),
        ({"message": "Access denied for 'Supplier'"}, "does not say which"),
        ({"message": "x", "extensions": {"code": "ACCESS_DENIED"}}, "does not say which"),
    ],
)
def test_a_missing_scope_is_named(
    written: Callable[..., Fault], status: int, error: dict[str, Any], named: str
) -> None:
    """A scope that the token lacks pauses the connection, and the sentence says which it is."""
    fault = written({"errors": [error], "data": {"r0": None}}, status)
    assert isinstance(fault, ScopeMissing)
    assert named in str(fault)


@pytest.mark.rule("R-85")
@pytest.mark.parametrize(
    ("error", "named"),
    [
        (
            {
                "message": "Cannot query field 'clientId' on type 'ContactMutationEdge'.",
                "extensions": {"code": "FIELDS_ON_CORRECT_TYPE"},
            },
            "'clientId'",
        ),
        ({"message": 'Cannot query field "edges" on type "X".'}, "'edges'"),
        (
            {
                "message": "Variable '$r0[1].node' is invalid. "
                "Unrecognized input fields 'jobTitle' for type 'UpdateContactsInputNode'.",
                "extensions": {"code": "INVALID_VALUE"},
            },
            "'jobTitle'",
        ),
        ({"message": "Unknown type 'AddContactsInput'"}, "does not say where"),
        (
            {
                "message": "Field 'gender' is not defined by type 'X', value 'Canary'",
                "extensions": {"code": "INVALID_VALUE"},
            },
            "'gender'",
        ),
    ],
)
def test_a_schema_that_differs_is_nobodys_fault(
    written: Callable[..., Fault], error: dict[str, Any], named: str
) -> None:
    """It is trouble of the whole, not a letter, and names the field in our own words only."""
    fault = written({"errors": [error]}, 400)
    assert type(fault) is SchemaDiffers
    assert isinstance(fault, Unavailable)
    assert named in str(fault)
    assert "Canary" not in str(fault)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"message": "Invalid API token."}, BURST, CredentialRefused),
        (BURST, TIMED_OUT, Limited),
        (TIMED_OUT, {"message": "inputs[1].email: bad"}, Ambiguous),
    ],
)
def test_of_several_errors_the_gravest_decides(
    written: Callable[..., Fault],
    first: dict[str, Any],
    second: dict[str, Any],
    expected: type[RetryLater],
) -> None:
    """The order of errors in an answer does not matter."""
    assert type(written({"errors": [first, second]})) is expected
    assert type(written({"errors": [second, first]})) is expected


@pytest.mark.rule("R-88")
@pytest.mark.parametrize(
    "value",
    [
        "Token lacks scope; too many requests; Cannot query field",
        "Scope Manager",
        "O'Brien's API token",
        "x' is not defined by type 'y",
        "Your query timed out.",
        "No value matching",
    ],
)
@pytest.mark.parametrize("quotes", ["'{}'", '"{}"', "{}"])
def test_a_persons_value_decides_nothing(
    bench: Callable[..., Any], root: Callable[..., WriteRoot], value: str, quotes: str
) -> None:
    """Somebody who is called like an error does not stop everybody."""
    error = {
        "message": f"inputs[1].firstName: {quotes.format(value)} is odd",
        "extensions": {"code": "INVALID_VALUE"},
    }
    for shape in (error, {"message": error["message"]}):
        place = bench({"errors": [shape], "data": {"r0": None}})
        roots = [root("r0", Root.CONTACT, firstName=value)]
        answers = place.ask(lambda client, sent=roots: client.write(sent))
        (refusal,) = answers["r0"].refusals
        assert (refusal.clients, refusal.gone) == (("1",), False)


def test_creations_go_over_a_new_connection(bench: Callable[..., Any]) -> None:
    """An add opens its own connection; an update uses the shared one."""
    place = bench({"data": {"a": {"edges": None}}})
    place.ask(lambda client: client.write([WriteRoot("a", Verb.ADD, Root.CONTACT, ())]))
    assert place.fresh_clients == 1
    place.ask(lambda client: client.write([WriteRoot("a", Verb.UPDATE, Root.CONTACT, ())]))
    assert place.fresh_clients == 1
    assert place.gate.entered == 2


def test_the_token_goes_into_its_header_and_nowhere_else(bench: Callable[..., Any]) -> None:
    """`Authorization: token …`, lower case, as Xledger wants it (`xledger-api.md` 1.1)."""
    place = bench({"data": {"employees": {"edges": None}}})
    place.ask(lambda client: client.list_employees(None, 10))
    (request,) = place.requests
    assert request.headers["authorization"] == "token canary-token-4711"
    assert request.headers["content-type"] == "application/json"
    assert b"canary" not in request.content


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "æ", "x" * 9000])
def test_a_token_that_fits_no_header_is_refused_unsent(
    bench: Callable[..., Any], token: str
) -> None:
    """What cannot be a token is the credential's trouble, and is not told."""
    place = bench({"data": {}}, token=token)
    with pytest.raises(CredentialRefused) as caught:
        place.ask(lambda client: client.list_employees(None, 10))
    assert place.requests == []
    assert not token or token not in str(caught.value)


def test_an_answer_over_the_limit_is_not_read(
    bench: Callable[..., Any], written: Callable[..., Fault]
) -> None:
    """A large answer ends the request; what a write did is then not known."""
    large = {"data": {"r0": None}, "padding": "x" * (1 << 20)}
    fault = written(large)
    assert isinstance(fault, Ambiguous)
    with pytest.raises(Unavailable, match="larger"):
        bench(large).ask(lambda client: client.list_employees(None, 10))


@pytest.mark.rule("R-85")
@pytest.mark.parametrize("packed", ["gzip, gzip", "deflate", "br"])
def test_an_answer_packed_otherwise_is_not_unpacked(
    written: Callable[..., Fault], packed: str
) -> None:
    """Packed twice, two kilobytes hold a gigabyte, which is there before its size is known."""
    unread = httpx.Response(200, stream=Unread(), headers={"content-encoding": packed})
    assert isinstance(written(lambda _: unread), Ambiguous)
    assert not Unread.read
