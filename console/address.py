"""An email address as an option of a command: who gets mail about a connection."""

import re
from typing import Any, Final

import click

from schemas.personal import Personal

SHAPE: Final = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")
LONGEST: Final = 254


class Address(click.ParamType):
    """One email address, without a name; it is the mail server that knows whether it exists."""

    name = "address"

    def convert(self, value: Any, param: Any, ctx: Any) -> Personal[str]:
        """See click; what was typed is not repeated (R-103)."""
        text = str(value).strip()
        if len(text) > LONGEST or not text.isprintable() or not SHAPE.fullmatch(text):
            self.fail("is no email address, such as payroll@example.no", param, ctx)
        return Personal(text)
