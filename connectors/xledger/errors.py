"""What an answer's errors mean for the connection: which trouble, if any (`xledger-api.md` 4.3).

Limits, credentials, time-outs and a schema that differs are trouble of the connection (R-85); the
rest is a refusal of data, and judged root by root (`writing`). No message leaves: it can quote a
value or the token (R-103).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from connectors.xledger.answers import Answer, GraphError
from connectors.xledger.documents import wire_names
from connectors.xledger.faults import away
from connectors.xledger.kinds import LIMITS, QUOTED, REFUSALS, Kind, kind_of
from schemas.employee import Root
from schemas.errors import CredentialRefused, Fault, Limited, Unavailable

OSLO: Final = ZoneInfo("Europe/Oslo")
"""The zone of times without one (`xledger-api.md` 1.4)."""

BURST: Final = 5.0
CONCURRENCY: Final = 1.0
"""Seconds to wait, before jitter (`xledger-api.md` 4.4)."""

SHORTEST_RESET: Final = 10.0
LONGEST_RESET: Final = 6 * 3600.0
"""Clocks differ, and formats are not known: a wait for credits stays between these; and whatever a
proxy says, a lane waits no longer."""


class ScopeMissing(CredentialRefused):
    """The token lacks a scope."""


class SchemaDiffers(Unavailable):
    """Xledger's schema is not the one we were built for: nothing was executed."""


AREAS: Final = (
    "Employee",
    "Contact",
    "Subledger",
    "Supplier",
    "Address",
    "Company",
    "Country",
    "Object Value",
    "System Value",
    "Bank",
)
"""What scopes are about (R-02); only these words of a message are told."""

_NAME: Final = re.compile(r"[_A-Za-z]\w*")


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait for a limit.

    Attributes:
        credits: seconds when Xledger does not say until when.
        now: the wall clock, aware.
        jitter: 0 to 1; makes lanes refused together not come back together.
    """

    credits: float
    now: Callable[[], datetime]
    jitter: Callable[[], float]


def trouble_of(
    answer: Answer, document: str, waits: Waits, *, effects: bool, done: bool
) -> Fault | None:
    """Return the fault of the connection that an answer tells of, or None.

    Args:
        answer: with or without errors.
        document: what was asked; only its own words are told of a schema that differs.
        waits: see there.
        effects: whether the request would change something.
        done: whether the answer names anything as done; then a limit, or a scope that is missing
            for another root, is no proof that nothing was.
    """
    kinds = [(kind_of(error, answer.status), error) for error in answer.errors]
    systemic = [pair for pair in kinds if pair[0] not in REFUSALS]
    if not systemic:
        return None
    kind, error = min(systemic, key=lambda pair: pair[0].value)
    if kind in LIMITS:
        limited = _limited(kind, error, waits)
        stopped = away("met a limit midway", effects=effects, retry_after=limited.retry_after)
        return stopped if done else limited
    midway = done and effects
    if kind is Kind.CREDENTIAL:
        return CredentialRefused("Xledger refuses the token", midway=midway)
    if kind is Kind.SCOPE:
        says = f"the token lacks a scope: {_scope(error, document)}"
        return ScopeMissing(says, midway=midway)
    if kind is Kind.DIFFERS:
        names = _named(error, document)
        return SchemaDiffers(f"Xledger's schema differs from the one we know: {names}")
    return away("gave up on the request, or is away", effects=effects)


def _limited(kind: Kind, error: GraphError, waits: Waits) -> Limited:
    name = kind.name.lower()
    if kind is Kind.CREDITS:
        wait = _until(error.extensions.get("resetAt"), waits.now()) or waits.credits
    else:
        wait = BURST if kind is Kind.BURST else CONCURRENCY
    return Limited(f"Xledger's limit: {name}", name, wait * (1 + waits.jitter() / 4))


def _until(reset_at: object, now: datetime) -> float | None:
    try:
        moment = datetime.fromisoformat(str(reset_at))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=OSLO)
    return min(max((moment - now).total_seconds(), SHORTEST_RESET), LONGEST_RESET)


def _scope(error: GraphError, document: str) -> str:
    said = QUOTED.sub("", error.bare).lower()
    named = [area for area in AREAS if area.lower() in said]
    if not named and error.path:
        aliased = re.search(rf"\b{re.escape(str(error.path[0]))}: (\w+)", document)
        root = (aliased[1] if aliased else str(error.path[0])).lower()
        named = [area for area in AREAS if area.lower() in root]
    return ", ".join(named) or "Xledger does not say which"


def _named(error: GraphError, document: str) -> str:
    ours = {*_NAME.findall(document), *(name for record in Root for name in wire_names(record))}
    quoted = [part.strip("'\"") for part in QUOTED.findall(error.message)]
    return ", ".join(f"'{name}'" for name in quoted if name in ours) or "it does not say where"
