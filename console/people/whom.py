"""How a person is named on the command line, and how somebody says why they ask."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import click

from schemas.personal import Personal

LONGEST: Final = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Named:
    """A person as somebody named them; no organisation: whichever knows the user."""

    user: str
    organization: str | None = None


class Whom(click.ParamType):
    """Huma's user id, or the record key `<organization>:<user>`; in lower case."""

    name = "person"

    def convert(self, value: Any, param: Any, ctx: Any) -> Named:
        """See click."""
        if isinstance(value, Named):
            return value
        *organization, user = str(value).split(":")
        try:
            ids = [str(UUID(one)) for one in (user, *organization)]
            return Named(*ids)
        except (ValueError, TypeError):
            self.fail("is neither Huma's user id (a UUID) nor <organization>:<user>", param, ctx)


class Reason(click.ParamType):
    """Why a human does it: kept sealed with the audit (R-104)."""

    name = "text"

    def convert(self, value: Any, param: Any, ctx: Any) -> Personal[str]:
        """See click."""
        if isinstance(value, Personal):
            return value
        text = str(value).strip()
        if not text:
            self.fail("is empty: say why", param, ctx)
        if len(text) > LONGEST:
            self.fail(f"is longer than {LONGEST} characters", param, ctx)
        return Personal(text)


USER = click.argument("user", type=Whom())
REASON = click.option(
    "--reason", type=Reason(), metavar="TEXT", help="Why; kept sealed with the audit."
)
WHY = click.option(
    "--reason",
    type=Reason(),
    metavar="TEXT",
    required=True,
    help="Why; kept sealed with the audit.",
)
"""The same where nothing is done without it."""
