"""Why a selection is empty: which of its parts, left out, would find something (R-91)."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Final

from schemas.desk import Selection

OPTIONS: Final = {
    "ids": "--id", "persons": "--person", "connections": "--connection",
    "organizations": "--organization", "stages": "--stage", "classes": "--class",
    "codes": "--code", "fields": "--field", "since": "--since", "until": "--until",
    "states": "--state", "replayed_at_least": "--replays",
}  # fmt: skip
"""How each part is given on the command line."""


def widened(selection: Selection, count: Callable[[Selection], int]) -> Iterator[tuple[str, int]]:
    """Yield each part that alone keeps letters out, by its option, and how many it keeps out."""
    whole = Selection()
    for field in fields(selection):
        without = replace(selection, **{field.name: getattr(whole, field.name)})
        if field.name in OPTIONS and without != selection and (many := count(without)):
            yield OPTIONS[field.name], many
