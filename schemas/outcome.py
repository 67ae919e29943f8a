"""What became of an event, as it stands on the outcomes topic (`interfaces.md`, Topics)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final

import orjson

from schemas.about import About
from schemas.reasons import Code

_DIGEST_BYTES: Final = 16


class Result(StrEnum):
    """How an event ends in one connection; exactly one (`design.md`, Outcomes)."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    DEAD_LETTERED = "dead-lettered"


class FieldEnd(StrEnum):
    """How a field of an event ends."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """One field's end. `version` orders values (R-83), `turn` orders work; None: unknown."""

    result: FieldEnd
    code: Code | None = None
    version: int | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An event's end. It holds ids and names of fields, never a value (R-103).

    Attributes:
        about: the event, with an identity (`About.at`).
        connection: None when the event belongs to none, for one that cannot be decoded.
        round: how many replays of the event went before; 0 at first.
        result: the end.
        reason: why, for what was skipped or dead-lettered.
        warnings: what an administrator should know although it was applied.
        fields: each field's end, by name.
        at: when it ended; aware.
    """

    about: About
    connection: str | None
    round: int
    result: Result
    reason: Code | None
    warnings: tuple[Code, ...]
    fields: Mapping[str, FieldOutcome]
    at: datetime

    @property
    def id(self) -> str:
        """The outcome's own id, the same for each repeat of it.

        Raises:
            ValueError: the event has no identity.
        """
        source, id_ = self.about.source, self.about.id
        if source is None or id_ is None:
            raise ValueError("an outcome needs an identity: About.at gives one")
        return outcome_id(self.connection, source, id_, self.round)

    def to_json(self) -> bytes:
        """Return the record's value; what is unknown is absent."""
        about = self.about
        event = {
            "source": about.source,
            "id": about.id,
            "type": about.type,
            "revision": about.revision,
            "time": _text(about.time),
        }
        document = {
            "id": self.id,
            "event": _known(event),
            "organization": about.organization,
            "user": about.user,
            "connection": self.connection,
            "round": self.round,
            "result": self.result.value,
            "reason": self.reason,
            "warnings": [code.value for code in self.warnings],
            "fields": {name: _field(end) for name, end in self.fields.items()},
            "at": _text(self.at),
        }
        return orjson.dumps(_known(document))


def outcome_id(connection: str | None, source: str, id_: str, round_: int) -> str:
    """Return the hash of (connection, source, id, round), hexadecimal.

    >>> outcome_id(None, "/huma/users", "1", 0) == outcome_id("", "/huma/users", "1", 0)
    True
    >>> outcome_id("a", "b", "c", 0) == outcome_id("a", "b", "c", 1)
    False
    """
    identity = orjson.dumps([connection or "", source, id_, round_])
    return blake2b(identity, digest_size=_DIGEST_BYTES).hexdigest()


_ORDER: Final = (
    (FieldEnd.FAILED, Result.DEAD_LETTERED),
    (FieldEnd.APPLIED, Result.APPLIED),
    (FieldEnd.SUPERSEDED, Result.SUPERSEDED),
    (FieldEnd.UNCHANGED, Result.UNCHANGED),
    (FieldEnd.SKIPPED, Result.SKIPPED),
)


def result_of(fields: Mapping[str, FieldOutcome]) -> tuple[Result, Code | None]:
    """Return how an event ends, and the reason of a skip or a failure (`design.md`, Outcomes).

    Args:
        fields: the end of each of its fields; at least one.

    >>> result_of({"email": FieldOutcome(FieldEnd.APPLIED),
    ...            "gender": FieldOutcome(FieldEnd.SKIPPED, Code.UNMAPPED_VALUE)})
    (<Result.APPLIED: 'applied'>, None)
    """
    for end, result in _ORDER:
        codes = [field.code for field in fields.values() if field.result is end]
        if codes:
            gives_reason = end in {FieldEnd.FAILED, FieldEnd.SKIPPED}
            return result, codes[0] if gives_reason else None
    raise ValueError("an event without fields has no result of its fields")


def _field(end: FieldOutcome) -> dict[str, Any]:
    return _known(
        {"result": end.result.value, "code": end.code, "version": end.version, "turn": end.turn}
    )


def _known(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
