"""`docs/settings.md`: every setting by its name in the environment."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from console.documentation.markdown import code, page, table
from schemas.settings import DELIMITER, PREFIX, Settings

HEADER = ("setting", "unit", "default", "allowed", "why")


def text() -> str:
    """Return the document: one table a group, in order of declaration."""
    own = [_row(*one) for one in _fields(Settings, PREFIX)]
    parts = [table(HEADER, own)]
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            rows = [_row(*one) for one in _fields(kind, f"{PREFIX}{name.upper()}{DELIMITER}")]
            parts += [f"## {(kind.__doc__ or name).rstrip('.')}", table(HEADER, rows)]
    return page(
        "Settings",
        "Settings come from the environment. A name that begins with "
        f"`{PREFIX}` and is no setting stops the program, and so does a value that is not allowed. "
        "Secrets exist only as files, whose settings end in `_FILE`: a password inside a URL is "
        "refused.",
        "Some settings must agree with each other: `DELIVERY__LEASE` is longer than "
        "`DELIVERY__REQUEST_TIMEOUT` and `DELIVERY__RENEWAL` together; `OUTBOX__DELIVERY_TIMEOUT` "
        "is shorter than `OUTBOX__LEASE`; `STORE__LOCK_TIMEOUT` and `STORE__IDLE_TIMEOUT` are "
        "shorter than `KAFKA__SESSION_TIMEOUT`.",
        *parts,
    )


def _fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    """Return the model's own settings by name, groups left out."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            yield prefix + name.upper(), field


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    extra = field.json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    default = "none" if field.default in (None, "") else code(_plain(field.default))
    return code(name), unit, default, _allowed(field), field.description or ""


def _allowed(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(code(str(choice)) for choice in get_args(kind))
    limits = " and ".join(_limit(one) for one in field.metadata if _limit(one))
    if limits:
        return limits
    return "a file" if isinstance(kind, UnionType) else "a text"


def _limit(one: Any) -> str:
    """Return a limit in words.

    >>> _limit(Ge(0)), _limit(Gt(0)), _limit(Le(2.5))
    ('at least 0', 'over 0', 'at most 2.5')
    """
    if isinstance(one, Ge):
        return f"at least {_plain(one.ge)}"
    if isinstance(one, Gt):
        return f"over {_plain(one.gt)}"
    if isinstance(one, Le):
        return f"at most {_plain(one.le)}"
    return f"under {_plain(one.lt)}" if isinstance(one, Lt) else ""


def _plain(value: Any) -> str:
    """Return a value as one would type it.

    >>> _plain(90.0), _plain(0.05), _plain("x")
    ('90', '0.05', 'x')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
