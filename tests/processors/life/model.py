"""Section G of the rules, R-100 and R-101, written down apart from the program.

From their text alone. It imports nothing of the program but the names of what is exchanged, and
what the positions' own model says of position fields. Whatever came, the greatest revision counts
(R-83, R-96); nothing here knows of turns, links or batches.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from tests.processors.life.drawn import Change
from tests.processors.positions import model as positions_model

TODAY: Final = date(2026, 11, 23)
INPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "contact.phone": ("phone",),
    "subledger.phone": ("phone",),
    "contact.email": ("email",),
    "subledger.email": ("email",),
    "contact.firstName": ("givenName",),
    "contact.lastName": ("familyName",),
    "subledger.description": ("givenName", "familyName"),
    "contact.birthday": ("birthDate",),
    "employee.code": ("employmentId",),
}
"""What each target of a person's fields is made of."""
OF_POSITIONS: Final = (
    positions_model.TITLE, positions_model.FROM, positions_model.TO, positions_model.TRIAL,
    positions_model.NOTICE,
)  # fmt: skip
REQUIRED: Final = ("email", "givenName", "familyName")


class Told:
    """What we were told of a person so far, in whatever order."""

    def __init__(self) -> None:
        self.fields: dict[str, tuple[int, Any]] = {}
        self.posts: dict[str, tuple[int, Any]] = {}
        self.active: tuple[int, bool | None] = (-1, None)
        self.groups: tuple[int, frozenset[str] | None] = (-1, None)
        self.kind: tuple[int, str | None] = (-1, None)
        self.created = self.deleted = False

    def hear(self, change: Change) -> None:
        """Take in one event; after a deletion there is nothing more (R-78)."""
        if self.deleted or change.type == "user.deleted":
            self.deleted = True
            return
        now = change.revision
        for name, value in change.fields.items():
            if now > self.fields.get(name, (-1,))[0]:
                self.fields[name] = (now, value)
        for id_, whole in change.positions.items():
            if now > self.posts.get(id_, (-1,))[0]:
                self.posts[id_] = (now, whole)
        if change.active is not None and now > self.active[0]:
            self.active = (now, change.active)
        if change.groups is not None and now > self.groups[0]:
            self.groups = (now, change.groups)
        if change.kind is not None and now > self.kind[0]:
            self.kind = (now, change.kind)
        self.created = self.created or change.type == "user.created"

    def inside(self, group: str | None) -> bool:
        """R-100: one group each, or all; who is not known to be outside is inside."""
        known = self.groups[1]
        return group is None or known is None or group in known

    @property
    def outsider(self) -> bool:
        """R-78 and R-17: for whom nothing is ever written."""
        return self.deleted or self.kind[1] not in {None, "user"}

    def lock(self, group: str | None) -> int | None:
        """R-71, R-101: the revision from which on nothing goes out, or None."""
        since = []
        if self.active[1] is False:
            since.append(self.active[0])
        if not self.inside(group):
            since.append(self.groups[0])
        return min(since, default=None)

    @property
    def lacks(self) -> bool:
        """R-31, R-32: a required field is missing."""
        return any(self.fields.get(name, (-1, None))[1] is None for name in REQUIRED)

    def version(self, target: str) -> int:
        """R-71: of a derived field, the greatest of its inputs; of a position field, of all."""
        if target in OF_POSITIONS:
            return max((version for version, _ in self.posts.values()), default=-1)
        return max(self.fields.get(name, (-1,))[0] for name in INPUTS[target])

    def youngest(self, target: str) -> int:
        """The same, where names go together: one of them is not sent without the other."""
        names = ("contact.firstName", "contact.lastName")
        return self.version("subledger.description" if target in names else target)

    def expected(self) -> dict[str, Any]:
        """Return what Xledger shall hold, if all of it takes part."""
        of = {name: value for name, (_, value) in self.fields.items()}
        found = {
            target: " ".join(filter(None, (of.get(name) for name in inputs))) or None
            for target, inputs in INPUTS.items()
            if any(name in of for name in inputs)
        }
        posts = [whole for _, whole in self.posts.values() if whole is not None]
        for target, value in positions_model.expected(posts, TODAY).items():
            found[target] = value.isoformat() if isinstance(value, date) else value
        return found
