"""A replay's plan: which letters, in which order, and what is foretold of them (R-91)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from processors.ports.desk import Letter
from processors.ports.replay import Numbered, Sending
from processors.replay.foretelling import Judged, said
from schemas.desk import Forecast

EXAMPLES = 3
"""Letters shown of each kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Letters of which the same is foretold for the same reason.

    Attributes:
        forecast: what.
        why: a code, or words; empty: nothing more to say.
        letters: how many.
        sent: whether a replay sends them.
        examples: a few of their ids.
    """

    forecast: Forecast
    why: str
    letters: int
    sent: bool
    examples: tuple[str, ...]


def kinds(judged: Iterable[Judged]) -> list[Kind]:
    """Count letters by what is foretold of them and why, those that are sent first."""
    counts: Counter[tuple[Forecast, str, bool]] = Counter()
    examples: dict[tuple[Forecast, str, bool], list[str]] = {}
    for one in judged:
        key = (one.foretold.forecast, said(one.foretold), isinstance(one.way, Sending))
        counts[key] += 1
        some = examples.setdefault(key, [])
        if len(some) < EXAMPLES:
            some.append(one.letter.id)
    found = [
        Kind(forecast, why, many, sent, tuple(examples[forecast, why, sent]))
        for (forecast, why, sent), many in counts.items()
    ]
    order = list(Forecast)
    return sorted(found, key=lambda kind: (order.index(kind.forecast), -kind.letters, kind.why))


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """Return letters as they are sent: by person, and of one in the order of the original records.

    Where the original records stand is their order for a person: all have the same key (R-81).
    """
    return sorted(
        letters,
        key=lambda one: (
            one.organization or "", one.person or "", one.source_topic, one.source_partition,
            one.source_offset, one.id,
        ),
    )  # fmt: skip


def numbered(judged: Sequence[Judged], canary: int) -> list[Numbered]:
    """Number letters in their order, the first of a few people in front of all: the canary.

    Args:
        judged: in order, see `in_order`.
        canary: letters that must end well first.
    """
    first: dict[object, int] = {}
    for at, one in enumerate(judged):
        if isinstance(one.way, Sending) and len(first) < canary:
            letter = one.letter
            whose = letter.id if letter.person is None else (letter.organization, letter.person)
            if whose not in first and _is_first(judged, at):
                first[whose] = at
    front = set(first.values())
    order = [*sorted(front), *(at for at in range(len(judged)) if at not in front)]
    return [
        Numbered(
            number, judged[at].letter.id, judged[at].letter.organization,
            judged[at].letter.connection, judged[at].foretold.forecast,
        )
        for number, at in enumerate(order)
    ]  # fmt: skip


def _is_first(judged: Sequence[Judged], at: int) -> bool:
    """Say whether nothing of the same person is sent before: their order is kept."""
    mine = judged[at].letter
    for before in range(at - 1, -1, -1):
        other = judged[before].letter
        if mine.person is None or (other.organization, other.person) != (
            mine.organization, mine.person,
        ):  # fmt: skip
            return True
        if isinstance(judged[before].way, Sending):
            return False
    return True
