"""Section F of the rules, read once more and written down apart from the program.

Written from the text of R-52 to R-62 before its author had read `processors/positions`,
and in another style: whole lists are sorted and filtered, step by step, in the order of
the sentences. It imports nothing of the program. Positions are dicts as Huma sends them,
with dates that can be read; days are plain dates.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

Position: TypeAlias = Mapping[str, Any]

TITLE = "contact.jobTitle"
FROM = "employee.employmentFrom"
TO = "employee.employmentTo"
TRIAL = "employee.trialTo"
NOTICE = "employee.noticeDate"


def day(position: Position, field: str) -> date | None:
    """The date of that field; null, absent and empty are none."""
    text = position.get(field)
    return date.fromisoformat(text) if text else None


def start_of(position: Position) -> date | None:
    """When its contract starts."""
    return day(position, "contractStartDate")


def end_of(position: Position) -> date | None:
    """When its contract ends."""
    return day(position, "contractEndDate")


def share_of(position: Position) -> Decimal:
    """Return the percentage, "absent = 0"; what is no number is none."""
    share = position.get("percentage")
    return Decimal(str(share)) if type(share) in (int, float) else Decimal(0)


def used(positions: Sequence[Position]) -> list[Position]:
    """Apply R-62, "end before start: the position is not used"."""
    kept = []
    for position in positions:
        start, end = start_of(position), end_of(position)
        if start is not None and end is not None and end < start:
            continue
        kept.append(position)
    return kept


def standing(position: Position, today: date) -> str:
    """Apply R-59: "start = today is current; end = today is still current; no start is current"."""
    start, end = start_of(position), end_of(position)
    if start is not None and start > today:
        return "upcoming"
    if end is not None and end < today:
        return "ended"
    return "current"


def candidates(positions: Sequence[Position]) -> list[Position]:
    """Apply R-57, "the positions with primary true, if the person has any; else all"."""
    flagged = [position for position in used(positions) if position.get("primary") is True]
    return flagged or used(positions)


def primary(positions: Sequence[Position], today: date) -> Position | None:
    """Choose by R-57. Stable sorts, the weakest criterion first."""
    choice = candidates(positions)
    choice.sort(key=lambda position: str(position["id"]))

    current = [position for position in choice if standing(position, today) == "current"]
    if current:
        # By greatest percentage, earliest start (absent first), smallest id.
        with_start = [position for position in current if start_of(position) is not None]
        without = [position for position in current if start_of(position) is None]
        with_start.sort(key=lambda position: start_of(position) or date.max)
        current = without + with_start
        current.sort(key=share_of, reverse=True)
        return current[0]

    upcoming = [position for position in choice if standing(position, today) == "upcoming"]
    if upcoming:
        # By nearest start, then percentage, then id.
        upcoming.sort(key=share_of, reverse=True)
        upcoming.sort(key=lambda position: start_of(position) or date.max)
        return upcoming[0]

    # Else ended, by latest end, latest start, smallest id; no start is earlier than any.
    ended = [position for position in choice if standing(position, today) == "ended"]
    if not ended:
        return None
    started = [position for position in ended if start_of(position) is not None]
    never = [position for position in ended if start_of(position) is None]
    started.sort(key=lambda position: start_of(position) or date.min, reverse=True)
    ended = started + never
    ended.sort(key=lambda position: end_of(position) or date.min, reverse=True)
    return ended[0]


def earliest(positions: Sequence[Position]) -> Position | None:
    """Choose by R-55: what starts first; without a start date a position is ignored."""
    started = [position for position in used(positions) if start_of(position) is not None]
    started.sort(key=lambda position: str(position["id"]))
    started.sort(key=lambda position: start_of(position) or date.max)
    return started[0] if started else None


def latest(positions: Sequence[Position]) -> Position | None:
    """Choose by R-56: ends last, no end later than any; then greatest start, smallest id."""
    order = sorted(used(positions), key=lambda position: str(position["id"]))
    without = [position for position in order if start_of(position) is None]
    order = [position for position in order if start_of(position) is not None]
    order.sort(key=lambda position: start_of(position) or date.min, reverse=True)
    order += without
    openly = [position for position in order if end_of(position) is None]
    closed = [position for position in order if end_of(position) is not None]
    closed.sort(key=lambda position: end_of(position) or date.min, reverse=True)
    order = openly + closed
    return order[0] if order else None


def title_of(position: Position) -> str | None:
    """Return what there is to see of the title's name."""
    title = position.get("title")
    name = title.get("name") if title else None
    return name.strip() or None if name else None


def expected(positions: Sequence[Position], today: date) -> dict[str, Any]:
    """What Xledger shall hold: a value, or None for cleared. A target absent is not sent."""
    answer: dict[str, Any] = {}
    first = earliest(positions)
    if first is not None:
        answer[FROM] = start_of(first)
    last = latest(positions)
    if last is not None:
        answer[TO] = end_of(last)
    chosen = primary(positions, today)
    if chosen is not None:
        answer[TITLE] = title_of(chosen)
        answer[TRIAL] = day(chosen, "probationEndDate")
        answer[NOTICE] = day(chosen, "terminationNoticeDate")
    return answer


def begins_before(one: Position, other: Position) -> bool:
    """Say whether it does; no start is earlier than any start."""
    mine, theirs = start_of(one), start_of(other)
    return theirs is not None and (mine is None or mine < theirs)


def ends_after(one: Position, other: Position) -> bool:
    """Say whether it does; "no end is later than any end"."""
    mine, theirs = end_of(one), end_of(other)
    return theirs is not None and (mine is None or mine > theirs)


def parted(criterion: str, winner: Position, loser: Position) -> bool | None:
    """Say whether this criterion parts two positions: in favour of the winner, or against it."""
    betters: dict[str, Callable[[Position, Position], bool]] = {
        "percentage": lambda one, other: share_of(one) > share_of(other),
        "start first": begins_before,
        "start last": lambda one, other: begins_before(other, one),
        "end last": ends_after,
        "id": lambda one, other: str(one["id"]) < str(other["id"]),
    }
    better = betters[criterion]
    if better(winner, loser):
        return True
    return False if better(loser, winner) else None


ORDERS = {
    "R-55": ["start first", "id"],
    "R-56": ["end last", "start last", "id"],
    "current": ["percentage", "start first", "id"],
    "upcoming": ["start first", "percentage", "id"],
    "ended": ["end last", "start last", "id"],
}


def reason(rule: str, winner: Position, loser: Position, today: date) -> str | None:
    """By which criterion the winner beats the loser: the first one that parts them.

    None where the loser would have won.
    """
    if not used([loser]):
        return "end_before_start"
    if rule == "R-55" and start_of(loser) is None:
        return "no_start"
    if rule in ORDERS:
        return _first_of(ORDERS[rule], winner, loser)
    mine, theirs = standing(winner, today), standing(loser, today)
    flags = winner.get("primary") is True, loser.get("primary") is True
    if flags[0] != flags[1]:
        return "not_primary" if flags[0] else None
    if mine != theirs:
        better = {("current", "upcoming"), ("current", "ended"), ("upcoming", "ended")}
        return "status" if (mine, theirs) in better else None
    return _first_of(ORDERS[mine], winner, loser)


def _first_of(order: Sequence[str], winner: Position, loser: Position) -> str | None:
    for criterion in order:
        wins = parted(criterion, winner, loser)
        if wins is not None:
            return criterion.split()[0] if wins else None
    return None


def next_flip(positions: Sequence[Position], today: date, horizon: int) -> date | None:
    """Apply R-60: the first later day on which the choice differs, tried day by day."""
    now = primary(positions, today)
    for ahead in range(1, horizon + 1):
        later = today + timedelta(days=ahead)
        then = primary(positions, later)
        if (then and then["id"]) != (now and now["id"]):
            return later
    return None
