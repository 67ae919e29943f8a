"""What each error of an answer is about: one table, by code, then by message.

From `xledger-api.md` 1.2, 2.1 and 4.3. Messages can quote values of people: those do not decide,
since somebody's job may be "Scope Manager" (R-88).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final

from connectors.xledger.answers import Answer, GraphError


class Kind(Enum):
    """What an error is about; the order is that in which one decides for the whole answer."""

    CREDENTIAL = auto()
    SCOPE = auto()
    BURST = auto()
    CONCURRENCY = auto()
    CREDITS = auto()
    AWAY = auto()
    DIFFERS = auto()
    SYNTAX = auto()
    LOOK_UP = auto()
    DATA = auto()
    UNKNOWN = auto()


LIMITS: Final = frozenset({Kind.BURST, Kind.CONCURRENCY, Kind.CREDITS})
REFUSALS: Final = frozenset({Kind.SYNTAX, Kind.LOOK_UP, Kind.DATA, Kind.UNKNOWN})
"""What concerns data: never a limit, a token or an outage."""

BY_CODE: Final[Mapping[str, Kind]] = {
    "BAD_REQUEST.BURST_RATE_LIMIT_REACHED": Kind.BURST,
    "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED": Kind.CONCURRENCY,
    "BAD_REQUEST.INSUFFICIENT_CREDITS": Kind.CREDITS,
    "ACCESS_DENIED": Kind.SCOPE,
    "INVALID_VALUE": Kind.DATA,
    "ARGUMENTS_OF_CORRECT_TYPE": Kind.DATA,
    "SYNTAX_ERROR": Kind.SYNTAX,
    **dict.fromkeys(
        (
            "FIELDS_ON_CORRECT_TYPE",
            "KNOWN_ARGUMENT_NAMES",
            "KNOWN_TYPE_NAMES",
            "KNOWN_DIRECTIVES",
            "PROVIDED_NON_NULL_ARGUMENTS",
            "SCALAR_LEAFS",
            "VARIABLES_IN_ALLOWED_POSITION",
            "VARIABLES_ARE_INPUT_TYPES",
            "OVERLAPPING_FIELDS_CAN_BE_MERGED",
            "UNIQUE_VARIABLE_NAMES",
            "NO_UNDEFINED_VARIABLES",
            "NO_UNUSED_VARIABLES",
        ),
        Kind.DIFFERS,
    ),
}
"""Xledger's own codes, and those of graphql-dotnet (`xledger-api.md` 1.2, 2.1)."""

BY_MESSAGE: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"too many concurrent", Kind.CONCURRENCY),
        (r"too many requests", Kind.BURST),
        (r"insufficient credits", Kind.CREDITS),
        (r"(no|multiple) values? matching", Kind.LOOK_UP),
        (r"cannot query field|unknown (argument|type)\b", Kind.DIFFERS),
        (r"is not defined by type|unrecognized input field", Kind.DIFFERS),
        (r"error parsing query|unterminated string", Kind.SYNTAX),
        (r"\bscopes?\b|access denied|lacks? (the )?(permission|right)", Kind.SCOPE),
        (r"\bapi token\b|\bunauthori[sz]ed\b|not authenticated", Kind.CREDENTIAL),
        (r"\btoken\b.*\b(expired|invalid|revoked|unknown)\b", Kind.CREDENTIAL),
        (r"\b(expired|invalid|revoked|unknown) token\b", Kind.CREDENTIAL),
        (r"timed out|deadlock|maintenance|temporarily unavailable|overloaded", Kind.AWAY),
    )
)
"""What is known of messages without a code, and of those that say more than theirs."""

ANY_MESSAGE: Final = re.compile("|".join(p.pattern for p, _ in BY_MESSAGE), re.IGNORECASE)

STRONGER: Final = frozenset({Kind.DIFFERS, Kind.LOOK_UP})
"""A message decides against `INVALID_VALUE` when it says one of these."""

QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


def without_values(answer: Answer, variables: Mapping[str, Any]) -> Answer:
    """Return the answer with messages bare of values that sound like one of ours.

    Args:
        answer: with or without errors.
        variables: of the request; only their texts can be values of people.
    """
    if not answer.errors:
        return answer
    sounding = sorted(
        {text for text in _texts(variables) if ANY_MESSAGE.search(text)}, key=len, reverse=True
    )
    errors = []
    for error in answer.errors:
        bare = error.message
        for text in sounding:
            bare = bare.replace(text, "")
        errors.append(replace(error, bare=bare))
    return replace(answer, errors=tuple(errors))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)


def kind_of(error: GraphError, status: int) -> Kind:
    """Return what an error is about: by code, then by message, then by the HTTP status."""
    coded = min(
        (BY_CODE[code] for code in error.codes if code in BY_CODE),
        key=lambda kind: kind.value,
        default=None,
    )
    if coded is not None and coded is not Kind.DATA:
        return coded
    plain = QUOTED.sub("''", error.bare)
    said = next((kind for pattern, kind in BY_MESSAGE if pattern.search(plain)), None)
    if coded is not None:
        return said if said in STRONGER else coded
    if said is not None:
        return said
    if status in (401, 403):
        return Kind.CREDENTIAL
    return Kind.AWAY if status >= 500 else Kind.UNKNOWN  # noqa: PLR2004 - HTTP's own
