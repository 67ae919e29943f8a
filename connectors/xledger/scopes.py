"""Which scopes the token has: each is tried with one request (R-02).

Read: one record. Write: an update of dbId 0, which must fail on the look-up and not on the scope.
"""

from collections.abc import Mapping
from typing import Final

from connectors.xledger.answers import Answer
from connectors.xledger.errors import SchemaDiffers, ScopeMissing
from connectors.xledger.exchange import Call, Exchange
from connectors.xledger.kinds import Kind, kind_of

OPERATION: Final = "scopes"
NO_RECORD: Final = "0"


def _read(root: str, fields: str = "dbId") -> str:
    return f"query Scope {{ {root}(first: 1) {{ edges {{ node {{ {fields} }} }} }} }}"


READ: Final[Mapping[str, str]] = {
    "Employee read": _read("employees"),
    "Contact read": _read("contacts"),
    "Subledger read": _read("subledgers"),
    "Supplier read": _read("suppliers"),
    "Address read": _read("contacts", "address { dbId }"),
    "Company read": _read("companies"),
    "Country read": _read("countries"),
    "Object Value read": _read("objectValues"),
    "System Value read": _read("systemValues"),
    "Bank read": _read("banks"),
}
WRITE: Final[Mapping[str, str]] = {
    f"{name} write": (
        f"mutation Scope($inputs: [Update{plural}Input!]!) {{ "
        f"update{plural}(inputs: $inputs) {{ edges {{ clientId node {{ dbId }} }} }} }}"
    )
    for name, plural in (
        ("Employee", "Employees"),
        ("Contact", "Contacts"),
        ("Supplier", "Suppliers"),
    )
}
UNTESTABLE: Final = ("Subledger write",)
"""No mutation of subledgers is known; they are written as suppliers (`xledger-api.md` 1.7)."""


async def missing_scopes(exchange: Exchange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the scopes that are missing, and those that answered neither way.

    Raises:
        Limited, Unavailable, CredentialRefused: as `Exchange.ask`; nothing is known then.
    """
    missing, untested = [], list(UNTESTABLE)
    inputs = {"inputs": [{"clientId": NO_RECORD, "node": {"dbId": NO_RECORD}}]}
    calls = {name: Call(OPERATION, document) for name, document in READ.items()}
    calls |= {name: Call(OPERATION, document, inputs) for name, document in WRITE.items()}
    for name, call in calls.items():
        try:
            answer = await exchange.ask(call)
        except ScopeMissing:
            missing.append(name)
        except SchemaDiffers:
            untested.append(name)
        else:
            if not (_reads(answer) if name in READ else _fails_on_the_look_up(answer)):
                untested.append(name)
    return tuple(missing), tuple(untested)


def _reads(answer: Answer) -> bool:
    return not answer.errors and answer.data is not None


def _fails_on_the_look_up(answer: Answer) -> bool:
    return any(kind_of(error, answer.status) is Kind.LOOK_UP for error in answer.errors)
