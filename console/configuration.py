"""Settings, read from the environment; what is wrong is said in one sentence, without the value."""

import difflib
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError

from schemas.errors import StopProcess
from schemas.settings import DELIMITER, PREFIX, Settings

TESTS = PREFIX + "TEST_"
"""Switches of the test run: no settings of a role."""


def names_of(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[str]:
    """Return the environment's name of every setting, in order of declaration.

    >>> next(name for name in names_of() if "LEASE" in name)
    'HUMA_XLEDGER_DELIVERY__LEASE'
    """
    for name, declared in model.model_fields.items():
        kind = declared.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from names_of(kind, f"{prefix}{name.upper()}{DELIMITER}")
        else:
            yield prefix + name.upper()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings.

    Args:
        environment: the process's own; only to look for names that are no setting, since a
            misspelt one would otherwise leave a default in force.

    Raises:
        StopProcess: a name that is no setting, or a value that is not allowed.
    """
    known = set(names_of())
    for name in sorted(environment):
        upper = name.upper()
        if upper.startswith(PREFIX) and not upper.startswith(TESTS) and upper not in known:
            close = difflib.get_close_matches(upper, known, 1)
            hint = f"; did you mean {close[0]}?" if close else "; see docs/settings.md"
            raise StopProcess(f"{name} is no setting{hint}")
    try:
        return Settings()
    except ValidationError as wrong:
        raise StopProcess("; ".join(_sentences(wrong))) from None


def _sentences(wrong: ValidationError) -> Iterator[str]:
    for error in wrong.errors(include_url=False, include_context=False, include_input=False):
        says = error["msg"].removeprefix("Value error, ")
        name = PREFIX + DELIMITER.join(str(part).upper() for part in error["loc"])
        yield f"{name}: {says}" if error["loc"] else says
