"""The shapes of records, as JSON Schema: open, since what is unknown is left out (R-95)."""

from typing import Any, Final

from schemas.attributes import LONGEST
from schemas.outcome import FieldEnd, Result
from schemas.reading import OUR_SOURCE

TEXT: Final = {"type": "string"}
ID: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST}
UUID: Final = {"type": "string", "format": "uuid"}
TIME: Final = {"type": "string", "format": "date-time"}


def event() -> dict[str, Any]:
    """Return the shape of an event of Huma's, in structured mode."""
    return {
        "type": "object",
        "required": [
            "specversion", "id", "source", "type", "subject", "time", "organization", "revision",
        ],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": ID,
            "source": {**ID, "pattern": "^/huma/.+"},
            "type": ID,
            "subject": {**UUID, "description": "Huma's user id."},
            "time": {**TIME, "description": "When the change was committed in Huma."},
            "organization": {**UUID, "description": "Huma's organisation id."},
            "revision": {
                "type": ["string", "integer"],
                "pattern": "^[0-9]{1,18}$",
                "minimum": 0,
                "description": "Rises with each change of this person; orders them.",
            },
            "actor": {**TEXT, "description": "Huma's user id of who made the change."},
            "partitionkey": TEXT,
            "traceparent": TEXT,
            "dataschema": TEXT,
            "data": {"type": "object", "description": "See the example of each type."},
        },
    }  # fmt: skip


def request() -> dict[str, Any]:
    """Return the shape of a request of ours."""
    return {
        "type": "object",
        "description": "Ids and names of fields only. A heartbeat names nobody and has no data.",
        "required": ["specversion", "id", "source", "type", "time"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": ID,
            "source": {"const": OUR_SOURCE},
            "type": ID,
            "subject": UUID,
            "time": TIME,
            "organization": UUID,
            "data": {
                "type": "object",
                "properties": {
                    "connection": TEXT,
                    "fields": {"type": "array", "items": TEXT},
                    "run": TEXT,
                    "letter": TEXT,
                },
            },
        },
    }


def outcome() -> dict[str, Any]:
    """Return the shape of an outcome."""
    code = {**TEXT, "description": "See docs/reasons.md."}
    number = {"type": "integer"}
    return {
        "type": "object",
        "description": "What is unknown is absent. Of records with one id the first counts.",
        "required": ["id", "event", "round", "result", "warnings", "fields", "at"],
        "properties": {
            "id": TEXT,
            "event": {
                "type": "object",
                "required": ["source", "id"],
                "properties": {
                    "source": TEXT, "id": TEXT, "type": TEXT, "revision": number, "time": TIME,
                },
            },
            "organization": UUID,
            "user": UUID,
            "connection": TEXT,
            "round": {**number, "description": "How many replays of the event went before."},
            "result": {**TEXT, "enum": [one.value for one in Result]},
            "reason": code,
            "warnings": {"type": "array", "items": code},
            "fields": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["result"],
                    "properties": {
                        "result": {**TEXT, "enum": [one.value for one in FieldEnd]},
                        "code": code,
                        "version": number,
                        "turn": number,
                    },
                },
            },
            "at": TIME,
        },
    }  # fmt: skip
