"""One person's life in Huma, and how it reaches us: drawn by Hypothesis.

Huma mints a rising revision with each change. Its events arrive in any order, in batches, some of
them twice; lanes run in between, and not all goes well. Each value tells its revision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from schemas.person import Json

GROUPS: Final = ("g1", "g2")
BATCHES: Final = 4
SLOTS: Final = 4
"""Places in a batch: events of a lower one stand before those of a higher one."""
FIELDS: Final = ("phone", "birthDate", "givenName", "familyName", "email")
NULLABLE: Final = ("phone", "birthDate", "familyName")
IDS: Final = ("p1", "p2")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the person in Huma, which is one event.

    Attributes:
        revision: minted by Huma.
        type: the event's, without what all have in common.
        data: the event's.
        fields: what it says of fields.
        positions: what it says of positions, by id; None: deleted.
        active: what it says about the account; None: nothing, as with the next two.
        groups: all groups after it.
        kind: the user's type after it.
        batch: in which it arrives first.
        slot: where in it.
        again: in which batch it arrives once more.
    """

    revision: int
    type: str
    data: Json
    fields: Mapping[str, Json]
    positions: Mapping[str, Mapping[str, Json] | None]
    active: bool | None
    groups: frozenset[str] | None
    kind: str | None
    batch: int
    slot: int
    again: int | None

    @property
    def id(self) -> str:
        """The event's id."""
        return f"e{self.revision}"


@dataclass(frozen=True, slots=True)
class Run:
    """What one lane does after a batch.

    Attributes:
        works: it takes what there is.
        trouble: what goes wrong first: `lost` and `lost after` an answer, `refused` for now.
        during: the next batch arrives while its first request is under way.
    """

    works: bool
    trouble: str | None
    during: bool


@dataclass(frozen=True, slots=True)
class History:
    """A person's whole history.

    Attributes:
        newcomer: created by the history; else an employee who was matched in the first two.
        changes: in Huma's order.
        runs: after each batch, of each connection.
    """

    newcomer: bool
    changes: tuple[Change, ...]
    runs: tuple[tuple[Run, ...], ...]

    def batch(self, number: int) -> list[Change]:
        """Return what arrives together, in its order; repeats come last."""
        first = [one for one in self.changes if one.batch == number]
        first.sort(key=lambda one: one.slot)
        return first + [one for one in self.changes if one.again == number]


def value_of(name: str, revision: int) -> str:
    """Return a field's value, as of that revision."""
    if name == "birthDate":
        return (date(1990, 1, 1) + timedelta(days=revision)).isoformat()
    texts = {"phone": "4{:07d}", "givenName": "G{}", "familyName": "F{}", "email": "r{}@x.no"}
    return texts[name].format(revision)


@dataclass(slots=True)
class _Huma:
    """The person in Huma, while their changes are told."""

    number: int = 1
    active: bool = True
    person: bool = True
    there: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)

    def tell(self, type_: str, data: Json, when: Sequence[int], **says: Any) -> None:
        """Note one change; `when` is where it arrives, and where again."""
        self.number += 1
        place, again = when
        told: dict[str, Any] = {
            "fields": {}, "positions": {}, "active": None, "groups": None, "kind": None, **says,
        }  # fmt: skip
        self.changes.append(
            Change(
                self.number, type_, data, batch=place // SLOTS, slot=place % SLOTS,
                again=again - 1 if again else None, **told,
            )
        )  # fmt: skip

    def some(self, mask: int, nulls: int) -> dict[str, Json]:
        """Return some fields with their values of now, a few of them empty."""
        now = self.number + 1
        chosen = [name for at, name in enumerate(FIELDS) if mask >> at & 1] or ["phone"]
        return {
            name: None if name == NULLABLE[nulls % 3] and nulls >= 9 else value_of(name, now)
            for name in chosen
        }

    def state(self, what: int, groups: int) -> tuple[dict[str, Json], dict[str, Any]]:
        """Let the account, the groups or the type be another; returns how a field says so."""
        if what == 0:
            self.active = not self.active
            return {"status": {"active": self.active}}, {"active": self.active}
        if what == 1:
            names = frozenset(name for at, name in enumerate(GROUPS) if groups >> at & 1)
            listed: list[Json] = [{"id": name, "type": "team"} for name in sorted(names)]
            return {"groups": listed}, {"groups": names}
        self.person = not self.person
        kind = "user" if self.person else "service_user"
        return {"type": kind}, {"kind": kind}

    def change(self, op: Any) -> None:
        """Let one thing happen."""
        what, mask, nulls, groups, at, when = op
        if what <= 3:
            fields = self.some(mask, nulls)
            self.tell("user.updated", {"changes": fields}, when, fields=fields)
        elif what <= 5:
            self.position(IDS[at % 2], at, when)
        elif what == 6:
            said, says = self.state(at % 2, groups)
            if "groups" in said:
                self.tell("user.groups-changed", said, when, **says)
            elif self.active:
                self.tell("user.reactivated", {}, when, **says)
            else:
                self.tell("user.deactivated", {}, when, **says)
        elif what == 7:
            fields = self.some(mask, nulls)
            said, says = self.state(at % 3, groups)
            changes: Json = {**fields, **said}
            if says.get("active"):
                self.tell("user.reactivated", {"user": changes}, when, fields=fields, **says)
            else:
                self.tell("user.updated", {"changes": changes}, when, fields=fields, **says)
        elif what == 8:
            said, says = self.state(at % 3, groups)
            self.tell("user.updated", {"changes": said}, when, **says)
        else:
            self.tell("user.deleted", {}, when)

    def position(self, id_: str, at: int, when: Sequence[int]) -> None:
        """Let a position come, change or go."""
        now = self.number + 1
        if id_ in self.there and at % 5 == 0:
            self.there.discard(id_)
            self.tell("position.deleted", {"position": {"id": id_}}, when, positions={id_: None})
            return
        verb = "updated" if id_ in self.there else "created"
        self.there.add(id_)
        one = position(id_, now, ends=at % 3 == 0)
        self.tell(f"position.{verb}", {"position": one}, when, positions={id_: one})


def position(id_: str, revision: int, *, ends: bool) -> dict[str, Json]:
    """Return a whole position, as of that revision."""
    end = (date(2030, 1, 1) + timedelta(days=revision)).isoformat() if ends else None
    return {
        "id": id_, "title": {"id": "t", "name": f"T{revision}"},
        "contractStartDate": (date(2020, 1, 1) + timedelta(days=revision)).isoformat(),
        "contractEndDate": end,
    }  # fmt: skip


def _history(
    newcomer: bool,  # noqa: FBT001 - drawn
    ordered: bool,  # noqa: FBT001 - drawn
    born: tuple[int, int, tuple[int, int]],
    ops: Sequence[Any],
    runs: Sequence[tuple[Run, ...]],
) -> History:
    huma = _Huma()
    if ordered:  # they arrive as they happened, but for those that come twice
        first, *places = sorted([born[-1][0], *(op[-1][0] for op in ops)])
        born = (*born[:2], (first, born[-1][1]))
        ops = [(*op[:-1], (at, op[-1][1])) for op, at in zip(ops, places, strict=True)]
    if newcomer:
        groups, posts, when = born
        fields: dict[str, Json] = {name: value_of(name, 2) for name in FIELDS}
        names = frozenset(name for at, name in enumerate(GROUPS) if groups >> at & 1)
        there = {id_: position(id_, 2, ends=False) for id_ in IDS[:posts]}
        huma.there = set(there)
        user: Json = {
            **fields, "type": "user", "status": {"active": True},
            "groups": [{"id": name, "type": "team"} for name in sorted(names)],
            "positions": [dict(one) for one in there.values()],
        }  # fmt: skip
        huma.tell(
            "user.created", {"user": user, "origin": "manual"}, when, fields=fields,
            positions=there, active=True, groups=names, kind="user",
        )  # fmt: skip
    for op in ops:
        huma.change(op)
    return History(newcomer, tuple(huma.changes), tuple(runs))


_WHEN: Final = st.tuples(
    st.integers(0, BATCHES * SLOTS - 1), st.sampled_from([0, 0, 0, *range(1, BATCHES + 1)])
)
_OP: Final = st.tuples(
    st.sampled_from([*range(9)] * 4 + [9]),
    st.integers(1, 31),
    st.integers(0, 11),
    st.integers(0, 3),
    st.integers(0, 29),
    _WHEN,
)
_TROUBLE: Final = st.sampled_from([None, None, None, "lost", "lost after", "refused"])
_RUN: Final = st.builds(Run, st.booleans(), _TROUBLE, st.sampled_from([False, False, True]))


def histories(connections: int) -> st.SearchStrategy[History]:
    """Draw histories, for so many connections."""
    return st.builds(
        _history,
        st.booleans(),
        st.booleans(),
        st.tuples(st.integers(0, 3), st.integers(0, 2), _WHEN),
        st.lists(_OP, min_size=1, max_size=8),
        st.tuples(*[st.tuples(*[_RUN] * connections)] * BATCHES),
    )
