"""The errors that the simulator answers with: the catalogue of `xledger-api.md` 4.3."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


class Sort(StrEnum):
    """What a problem is about: chooses the HTTP status, and names it in the journal."""

    AUTH = "auth"
    SCOPE = "scope"
    LIMIT = "limit"
    SYNTAX = "syntax"
    VALIDATION = "validation"
    LOOK_UP = "look-up"
    DATA = "data"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of an answer. `code` is Xledger's own, beside the message, not inside."""

    sort: Sort
    message: str = field(repr=False)
    code: str | None = None
    extensions: dict[str, Any] | None = field(default=None, repr=False)
    path: Path | None = None
    locations: Sequence[dict[str, int]] | None = None

    @property
    def name(self) -> str:
        """What the journal calls it: never the message, which may quote a value."""
        inner = (self.extensions or {}).get("code")
        return self.code or inner or self.sort.value

    def body(self) -> dict[str, Any]:
        """Return it as it stands in `errors`."""
        parts = {
            "message": self.message,
            "code": self.code,
            "locations": self.locations,
            "path": self.path,
            "extensions": self.extensions,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def at(self, *path: str | int) -> "Problem":
        """Return the same at a path of the answer."""
        return replace(self, path=path)


class Refused(Exception):
    """A request, or one input of it, ends with these problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].sort.value)
        self.problems = problems


BAD_TOKEN_FORMAT: Final = Problem(
    Sort.AUTH,
    'Bad format for API Token. Expected header: "Authorization: token <your-token>"',
)
UNKNOWN_TOKEN: Final = Problem(Sort.AUTH, "Invalid API token.")
BURST: Final = Problem(
    Sort.LIMIT,
    "Too many requests. Please wait before you send more.",
    "BAD_REQUEST.BURST_RATE_LIMIT_REACHED",
    {},
)
CONCURRENCY: Final = Problem(
    Sort.LIMIT,
    "Too many concurrent requests. Please wait for some to end.",
    "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED",
    {},
)
TIMED_OUT: Final = Problem(Sort.OTHER, "Your query timed out.")
INVALID: Final = "INVALID_VALUE"


def credits_spent(reset_at: str | None) -> Problem:
    """Say that the credits are spent, and until when if that is told."""
    extensions = {"resetAt": reset_at} if reset_at else {}
    message = "Insufficient credits. Please wait until they return."
    return Problem(Sort.LIMIT, message, "BAD_REQUEST.INSUFFICIENT_CREDITS", extensions)


def no_scope(scope: str, path: Path) -> Problem:
    """Say which scope the token lacks for a root."""
    return Problem(Sort.SCOPE, f"Token lacks scope {scope}.", path=path)


def no_value(way: str, owner: int, key: str, value: Any) -> Problem:
    """Say that a look-up finds nothing."""
    return Problem(Sort.LOOK_UP, f"{way}: No value matching owner {owner}, {key} '{value}'.")


def many_values(way: str, owner: int, key: str, value: Any) -> Problem:
    """Say that a look-up finds several."""
    text = f"{way}: Multiple values matching owner {owner}, {key} '{value}'."
    return Problem(Sort.LOOK_UP, text)


def alternatives(way: str, examples: Sequence[dict[str, Any]]) -> Problem:
    """Say what a look-up could be, which was asked for on purpose."""
    message = f"{way}: See extensions for examples of valid inputs."
    return Problem(Sort.DATA, message, extensions={"exampleValidInputs": list(examples)})


def invalid(way: str, says: str) -> Problem:
    """Say what is wrong with a value."""
    return Problem(Sort.DATA, f"{way}: {says}", extensions=_coded(INVALID))


def unresolved(root: str) -> Problem:
    """Say that a root failed, and not why."""
    return Problem(Sort.OTHER, f"Error trying to resolve field '{root}'.")


def bad_variable(way: str, says: str) -> Problem:
    """Say that a variable does not fit its type, in graphql-dotnet's words."""
    message = f"Variable '${way}' is invalid. {says}"
    return Problem(Sort.VALIDATION, message, extensions=_coded(INVALID) | {"number": "5.8"})


def syntax(message: str, locations: Sequence[dict[str, int]]) -> Problem:
    """Say that a document cannot be parsed."""
    text = f"Error parsing query: {message}"
    return Problem(
        Sort.SYNTAX, text, extensions=_coded("SYNTAX_ERROR"), locations=locations or None
    )


def invalid_document(code: str, message: str, locations: Sequence[dict[str, int]]) -> Problem:
    """Say that a document does not fit the schema."""
    return Problem(Sort.VALIDATION, message, extensions=_coded(code), locations=locations or None)


def _coded(code: str) -> dict[str, Any]:
    return {"code": code, "codes": [code]}
