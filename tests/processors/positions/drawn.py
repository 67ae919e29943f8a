"""Positions as Huma sends them: made by hand, or drawn by Hypothesis."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from hypothesis import strategies as st

from processors.positions.position import Position, read
from schemas.person import Json, Projection

TODAY: Final = date(2026, 11, 23)
DATES: Final = {
    "start": "contractStartDate",
    "end": "contractEndDate",
    "trial": "probationEndDate",
    "notice": "terminationNoticeDate",
}
IDS: Final = ("9", "10", "B", "a", "b")
"""They order differently as text than as numbers, or without case."""

FAR: Final = ("0001-01-01", "9999-12-31", "2024-02-29", "2028-02-29")
NEAR: Final = tuple((TODAY + timedelta(days)).isoformat() for days in range(-4, 9))
TITLES: Final[tuple[Json, ...]] = (
    None, {}, {"id": "t1"}, {"name": None}, {"id": "t1", "name": "Chef"}, {"name": " Cook "},
    {"name": ""},
)  # fmt: skip
SHARES: Final[tuple[Json, ...]] = (None, 0, 50, 50.0, 49.5, 100, "100", True)


def made(id_: str, start: Json = None, end: Json = None, **more: Json) -> Projection:
    """Return one position; `trial` and `notice` are dates, the rest goes by Huma's names.

    A date that is None is absent.
    """
    whole: dict[str, Json] = {"id": id_, DATES["start"]: start, DATES["end"]: end}
    whole |= {DATES.get(name, name): value for name, value in more.items()}
    return Projection({name: value for name, value in whole.items() if value is not None})


def by_id(positions: Sequence[Projection]) -> dict[str, Projection]:
    """Return positions as the store gives them."""
    return {str(one["id"]): one for one in positions}


def usable(*positions: Projection) -> list[Position]:
    """Return those that the rules use (R-62)."""
    return [one for one in read(by_id(positions)) if not one.reversed]


def plain(positions: Sequence[Projection]) -> list[Mapping[str, Json]]:
    """Return positions as the model reads them."""
    return [dict(one) for one in positions]


_DATE = st.sampled_from([None, "", *FAR, *NEAR, *NEAR])
_PARTS: Final[dict[str, st.SearchStrategy[Json]]] = {
    DATES["start"]: _DATE,
    DATES["end"]: _DATE,
    DATES["trial"]: _DATE,
    DATES["notice"]: _DATE,
    "title": st.sampled_from(TITLES),
    "percentage": st.sampled_from(SHARES),
    "primary": st.sampled_from([None, True, False]),
}


def positions_drawn(ids: Sequence[str] = IDS) -> st.SearchStrategy[list[Projection]]:
    """Draw a person's positions: any dates, absent and reversed ones too, in any order."""
    one = st.builds(
        lambda id_, parts: Projection({"id": id_, **parts}),
        st.sampled_from(ids),
        st.fixed_dictionaries({}, optional=_PARTS),
    )
    return st.lists(one, max_size=len(ids), unique_by=lambda drawn: str(drawn["id"]))


def days_drawn() -> st.SearchStrategy[date]:
    """Draw a day near those that positions begin and end on, or a leap day."""
    near = st.integers(-6, 10).map(lambda days: TODAY + timedelta(days))
    return near | st.sampled_from([date(2024, 2, 29), date(2028, 2, 29), date(2027, 1, 1)])
