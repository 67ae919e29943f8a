"""No token and no person's value leaves the client but over the wire (R-103, R-08)."""

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from connectors.xledger.answers import parse
from connectors.xledger.exchange import Call
from processors.ports.xledger import Input, Keys, Verb, WriteRoot
from schemas.employee import Root, Target
from schemas.errors import Fault

pytestmark = pytest.mark.rule("R-08", "R-103")

Responder = Callable[[httpx.Request], httpx.Response]

TOKEN = "canary-token-4711"
PLANTED = "canary-value"


def people() -> list[WriteRoot]:
    """Return one person in three roots, a canary in every field and key."""

    def values(record: Root) -> dict[Target, str | None]:
        return {t: "M" if "gender" in t else f"{PLANTED} {t}" for t in Target if t.root is record}

    return [
        WriteRoot("r0", Verb.UPDATE, Root.CONTACT, (Input("0", values(Root.CONTACT), "10"),)),
        WriteRoot(
            "r1", Verb.ADD, Root.SUBLEDGER, (Input("0", values(Root.SUBLEDGER), code=PLANTED),)
        ),
        WriteRoot("r2", Verb.UPDATE, Root.EMPLOYEE, (Input("0", values(Root.EMPLOYEE), "30"),)),
    ]


KEYS = [Keys("0", "HABC", PLANTED, PLANTED, f"{PLANTED}@x.no", "10")]
QUOTING = f"email: Invalid value '{PLANTED} contact.email' for token {TOKEN}"


def errors(**more: Any) -> dict[str, Any]:
    """Return an answer whose error quotes everything."""
    return {"errors": [{"message": QUOTING, "extensions": {"sql": QUOTING}, **more}]}


def answers() -> Iterator[tuple[str, Responder]]:
    """Yield every kind of answer, each telling the token and the values."""
    bodies: dict[str, Any] = {
        "refusal": errors(code="INVALID_VALUE"),
        "unknown": errors(code=QUOTING, path=["r0", QUOTING]),
        "syntax": {"errors": [{"message": f"Error parsing query: Unterminated string {QUOTING}"}]},
        "limit": errors(code="BAD_REQUEST.INSUFFICIENT_CREDITS"),
        "scope": {"errors": [{"message": f"Token lacks scope {QUOTING}", "path": [QUOTING]}]},
        "token": {"errors": [{"message": f"Invalid API token {TOKEN} {QUOTING}"}]},
        "schema": {"errors": [{"message": f"Cannot query field '{PLANTED}' {QUOTING}"}]},
        "time-out": {"errors": [{"message": f"Your query timed out. {QUOTING}"}]},
        "shape": {"data": dict.fromkeys(("r0", "employees", "contacts"), QUOTING)},
        "none": {"data": None, QUOTING: QUOTING},
    }
    for name, body in bodies.items():
        for status in (200, 400, 401, 503):
            yield f"{name} {status}", _answering(status, json=body)
    headers = {"retry-after": QUOTING, "location": f"http://{TOKEN}.test/"}
    for status in (200, 302, 401, 404, 429, 500, 529):
        yield f"text {status}", _answering(status, text=QUOTING, headers=headers)
    for kind in (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError, TimeoutError):
        yield kind.__name__, _raising(kind)


def _answering(status: int, **content: Any) -> Responder:
    return lambda _: httpx.Response(status, **content)


def _raising(kind: type[Exception]) -> Responder:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(f"{QUOTING} {dict(request.headers)}")

    return fail


ANSWERS = dict(answers())
ASKED: dict[str, Callable[[Any], Any]] = {
    "write": lambda client: client.write(people()),
    "look up": lambda client: client.look_up(KEYS),
    "list": lambda client: client.list_employees(None, 10),
    "identity": lambda client: client.identity(),
    "scopes": lambda client: client.missing_scopes(),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("answer", ANSWERS)
def test_nothing_is_told(
    bench: Callable[..., Any],
    capfd: pytest.CaptureFixture[str],
    answer: str,
    asked: str,
) -> None:
    """Not by an exception, its cause, a log, a metric's label, or a `repr`, whatever comes."""
    place = bench(ANSWERS[answer])
    with capture_logs() as logged:
        try:
            told = repr(place.ask(ASKED[asked]))
        except Fault as exception:
            told = f"{exception!r} {traceback.format_exception(exception)}"
            told += f"{exception.__cause__!r} {exception.__context__!r}"
    said = [told, str(logged), str(place.numbers.observed), *capfd.readouterr()]
    found = [text for text in said if TOKEN in text or PLANTED in text]
    assert not found
    assert all(request.headers["authorization"] == f"token {TOKEN}" for request in place.requests)


def test_nothing_prints_itself() -> None:
    """Calls, answers and errors have no values in their `repr`."""
    answer = parse(200, f'{{"data": {{"x": "{PLANTED}"}}, "errors": [{{}}]}}'.encode())
    call = Call("write", "mutation", {"r0": PLANTED})
    assert PLANTED not in f"{answer!r} {call!r} {people()!r} {KEYS!r}"
