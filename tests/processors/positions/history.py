"""What happens to one person in Huma, and how it reaches us: drawn by Hypothesis.

Huma mints a rising revision with each change. Its events arrive in any order, in batches, some of
them twice; days pass and lanes run in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st

from schemas.person import Json
from tests.processors.positions.drawn import DATES, FAR, NEAR, SHARES, TITLES

POSITIONS: Final = ("9", "10", "a")
BATCHES: Final = 4
SLOTS: Final = 4
"""Places in a batch: events of a lower one stand before those of a higher one."""
_DAYS: Final[tuple[Json, ...]] = (None, *NEAR, *NEAR, *FAR, "", None)
_TITLES: Final[tuple[Json, ...]] = (*TITLES, {"name": "Waiter"}, {"name": "Boss"})
_FLAGS: Final[tuple[Json, ...]] = (None, None, None, None, True, False)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the person in Huma, which is one event.

    Attributes:
        revision: minted by Huma.
        type: the event's, without what all have in common.
        data: the event's.
        says: what it says of positions, by id; None: deleted.
        active: what it says about the account.
        minutes: since the activation; 0: at the same moment.
        batch: in which it arrives first.
        slot: where in it.
        again: in which batch it arrives once more.
    """

    revision: int
    type: str
    data: Json
    says: Mapping[str, Mapping[str, Json] | None]
    active: bool | None
    minutes: int
    batch: int
    slot: int
    again: int | None

    @property
    def after(self) -> bool:
        """Say whether it is by R-53: "event time = activation time counts as after"."""
        return self.minutes >= 0

    @property
    def triggers(self) -> bool:
        """Say whether it does by R-52: after activation, a position is created or updated."""
        return self.after and self.type in {"position.created", "position.updated"}


@dataclass(frozen=True, slots=True)
class Pause:
    """What happens between one batch and the next one.

    Attributes:
        days: that pass.
        lane: the lane runs.
        sweep: the clock looks first.
        during: the next batch arrives while the lane's first request is under way.
    """

    days: int = 0
    lane: bool = True
    sweep: bool = True
    during: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """A person's whole history.

    Attributes:
        newcomer: the person is created in Xledger by the history; else they were linked before.
        changes: in Huma's order.
        pauses: after each batch.
    """

    newcomer: bool
    changes: tuple[Change, ...]
    pauses: tuple[Pause, ...]

    def batch(self, number: int) -> list[Change]:
        """Return what arrives together, in its order; repeats come last."""
        first = [one for one in self.changes if one.batch == number]
        first.sort(key=lambda one: one.slot)
        return first + [one for one in self.changes if one.again == number]


@dataclass(slots=True)
class _Huma:
    """The person in Huma, while their changes are told."""

    before: int
    active: bool = True
    there: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def tell(
        self,
        type_: str,
        data: Json,
        says: Mapping[str, Mapping[str, Json] | None],
        when: Sequence[int],
        active: bool | None = None,  # noqa: FBT001 - None says nothing
    ) -> None:
        """Note one change; `when` is where it arrives, and where again."""
        number = len(self.changes)
        place, again = when
        self.changes.append(
            Change(
                number + 2, type_, data, dict(says), active, number - self.before,
                place // SLOTS, place % SLOTS, again - 1 if again else None,
            )
        )  # fmt: skip

    def change(self, what: int, id_: str, parts: Mapping[str, Json], when: Sequence[int]) -> None:
        """Let a position change, or the account."""
        if what >= 8:
            self.turn(when, whole=what == 9)
        elif what == 7 and id_ in self.there:
            del self.there[id_]
            self.tell("position.deleted", {"position": {"id": id_}}, {id_: None}, when)
        else:
            kind = "updated" if id_ in self.there else "created"
            one = self.there[id_] = {"id": id_, **parts}
            self.tell(f"position.{kind}", {"position": one}, {id_: one}, when)

    def turn(self, when: Sequence[int], *, whole: bool) -> None:
        """Deactivate, or reactivate, the latter perhaps with everything that is known."""
        self.active = not self.active
        if self.active and whole:
            data: Json = {"user": {"positions": [dict(one) for one in self.there.values()]}}
            self.tell("user.reactivated", data, self.there, when, active=True)
        else:
            type_ = "user.reactivated" if self.active else "user.deactivated"
            self.tell(type_, {}, {}, when, active=self.active)


_OP: Final = st.tuples(
    st.integers(0, 9),
    st.integers(0, len(POSITIONS) - 1),
    st.tuples(*[st.integers(0, len(_DAYS) - 1)] * 4),
    st.integers(0, len(_TITLES) - 1),
    st.integers(0, len(SHARES) - 1),
    st.integers(0, len(_FLAGS) - 1),
    st.tuples(st.integers(0, BATCHES * SLOTS - 1), st.integers(0, BATCHES)),
)
_YES: Final = st.sampled_from([True, False])
_PAUSE: Final = st.builds(Pause, st.integers(0, 2), _YES, _YES, st.booleans())


def _parts(dates: Sequence[int], title: int, share: int, flag: int) -> dict[str, Json]:
    parts = {name: _DAYS[at] for name, at in zip(DATES.values(), dates, strict=True)}
    parts |= {"title": _TITLES[title], "percentage": SHARES[share], "primary": _FLAGS[flag]}
    return {name: value for name, value in parts.items() if value is not None}


def _history(
    ops: Sequence[Any], cut: int, hired: int, hired_at: tuple[int, int], pauses: Sequence[Pause]
) -> History:
    newcomer = hired > 0
    huma = _Huma(before=0 if newcomer else min(cut, len(ops)))
    if newcomer:
        known = [op for op in ops[: hired - 1] if op[0] < 8]
        huma.there = {
            POSITIONS[at]: {"id": POSITIONS[at], **_parts(*rest)} for _, at, *rest, _ in known
        }
        ops = ops[hired - 1 :]
        data: Json = {"positions": [dict(one) for one in huma.there.values()]}
        huma.tell("user.created", data, huma.there, hired_at, active=True)
    for what, at, dates, title, share, flag, when in ops:
        huma.change(what, POSITIONS[at], _parts(dates, title, share, flag), when)
    if not huma.active:
        huma.turn((BATCHES * SLOTS - 1, 0), whole=False)
    return History(newcomer, tuple(huma.changes), tuple(pauses))


def histories() -> st.SearchStrategy[History]:
    """Draw histories; everybody is active in the end."""
    return st.builds(
        _history,
        st.lists(_OP, min_size=2, max_size=8),
        st.integers(0, 8),
        st.sampled_from([0] * 7 + [1, 2, 3]),
        st.tuples(st.integers(0, BATCHES * SLOTS - 1), st.integers(0, 4)),
        st.tuples(*[_PAUSE] * BATCHES),
    )
