"""What the mapping of a field came to, in words."""

from collections.abc import Sequence
from typing import Any

from schemas.advice import NOTHING, REASONS
from schemas.employee import Failed, FieldResult, Skipped
from schemas.reasons import Code


def result_document(result: FieldResult) -> dict[str, Any]:
    """Return how a field maps now, without its values.

    >>> result_document(Skipped(Code.NO_POSITION))["result"]
    'skipped'
    """
    if isinstance(result, Failed):
        how, code = "failed", result.code
    elif isinstance(result, Skipped):
        how, code = "skipped", result.code
    else:
        how, code = ("mapped" if result.targets else "nothing"), None
    return {
        "result": how,
        "code": None if code is None else code.value,
        "says": None if code is None else REASONS[code].says,
        "advice": None if code is None else advice_of(code),
        "warnings": warnings_of(result.warnings),
    }


def warnings_of(codes: Sequence[Code]) -> list[dict[str, Any]]:
    """Return warnings in words."""
    return [
        {"code": code.value, "says": REASONS[code].says, "advice": advice_of(code)}
        for code in dict.fromkeys(codes)
    ]


def advice_of(code: Code) -> str | None:
    """Return what to do, None: nothing."""
    advice = REASONS[code].advice
    return None if advice == NOTHING else advice
