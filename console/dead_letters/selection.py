"""Which letters a command is about: the options that all of them share."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Final

import click

from console.people.whom import Named, Whom
from processors.fields import FIELDS
from schemas.attributes import printable, read_time
from schemas.desk import LetterState, Selection
from schemas.reasons import LetterClass

STAGES: Final = ("decode", "validate", "gate", "map", "call")
NAMES: Final = tuple(field.value for field in FIELDS)
ALL: Final = "all"
AGE: Final = re.compile(r"([0-9]{1,5})([smhd])")
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
ID: Final = re.compile("[0-9a-f]{4,64}")


class Moment(click.ParamType):
    """A time with its offset, or an age: so long ago."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """See click."""
        if isinstance(value, datetime):
            return value
        if (age := AGE.fullmatch(str(value))) is not None:
            return datetime.now(UTC) - timedelta(**{UNITS[age[2]]: int(age[1])})
        time = read_time(value)
        if time is None:
            self.fail(
                f"'{value}' is neither a time such as 2026-11-23T02:00:00+01:00 "
                "nor an age such as 90s, 30m, 2h or 7d",
                param,
                ctx,
            )
        return time


class LetterId(click.ParamType):
    """A letter's id, or its beginning."""

    name = "id"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """See click."""
        if not ID.fullmatch(text := str(value).strip().lower()):
            self.fail(
                f"'{value}' is no letter's id: four or more of its hexadecimal digits, as `list` "
                "shows them",
                param,
                ctx,
            )
        return text


class Word(click.ParamType):
    """A code or an id as others wrote it."""

    name = "text"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """See click."""
        if not printable(text := str(value).strip()):
            self.fail("is empty, longer than 200 characters, or not printable", param, ctx)
        return text


_OPTIONS: Final = (
    click.option("--id", "ids", multiple=True, type=LetterId(), metavar="ID",
                 help="A letter, or its id's beginning; several times for several."),
    click.option("--person", "persons", multiple=True, type=Whom(), metavar="USER",
                 help="Huma's user id, or <organization>:<user>."),
    click.option("--connection", "connections", multiple=True, type=Word(), metavar="ID",
                 help="In this connection."),
    click.option("--organization", "organizations", multiple=True, type=click.UUID, metavar="ID",
                 help="Of this organisation of Huma's."),
    click.option("--stage", "stages", multiple=True, type=click.Choice(STAGES),
                 help="Where it failed."),
    click.option("--class", "classes", multiple=True,
                 type=click.Choice([one.value for one in LetterClass]), help="What kind it is."),
    click.option("--code", "codes", multiple=True, type=Word(), metavar="C",
                 help="Why it failed: a code of docs/reasons.md."),
    click.option("--field", "fields", multiple=True, type=click.Choice(NAMES), metavar="F",
                 help="This field of it failed, by its name in Huma."),
    click.option("--since", type=Moment(), metavar="TIME|AGE",
                 help="Failed last at this time or later; 2h: in the last two hours."),
    click.option("--until", type=Moment(), metavar="TIME|AGE",
                 help="Failed last before this time."),
    click.option("--state", "states", multiple=True,
                 type=click.Choice([*(one.value for one in LetterState), ALL]),
                 help="Where it stands."),
    click.option("--replays", "replayed_at_least", type=click.IntRange(0), default=0, metavar="N",
                 help="Was sent again so many times, or more."),
)  # fmt: skip


def selected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options, and the `selection` that they come to.

    Its `states` are empty when none was asked for: the command decides then what it is about.
    """

    @wraps(command)
    def with_selection(*given: Any, **options: Any) -> Any:
        names = [name for name in options if name in Selection.__dataclass_fields__]
        chosen = {name: options.pop(name) for name in names}
        return command(*given, selection=_selection(**chosen), **options)

    for option in reversed(_OPTIONS):
        with_selection = option(with_selection)
    return with_selection


def _selection(
    *,
    persons: tuple[Named, ...],
    organizations: tuple[Any, ...],
    states: tuple[str, ...],
    **others: Any,
) -> Selection:
    named = [one.organization for one in persons]
    whose = [one for one in named if one is not None]
    return Selection(
        persons=tuple(one.user for one in persons),
        organizations=(
            *map(str, organizations),
            *(whose if len(whose) == len(named) and not organizations else ()),
        ),
        states=tuple(LetterState) if ALL in states else tuple(map(LetterState, states)),
        **others,
    )
