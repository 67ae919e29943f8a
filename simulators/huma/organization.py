"""The organisation's people: every change to one of them goes through here, and is published."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from simulators.huma.changes import Person, changes
from simulators.huma.events import Origin, Record, encode
from simulators.huma.merge_patch import merged

Values: TypeAlias = Mapping[str, Any]

BLANK: Final[Values] = {"type": "user", "status": {"active": True}, "groups": []}
"""What a person is when the state does not say otherwise."""


class BadState(Exception):
    """The state given is not of the form that `/_admin/state` has."""


@dataclass(frozen=True, slots=True)
class World:
    """What the organisation asks of the world: a clock, fresh ids, and where records go."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    publish: Callable[[Record], None]


class Organization:
    """People, positions, groups and job titles of one organisation.

    Revisions (R-96) are minted here: the greater of the last + 1 and the clock in milliseconds, so
    that they also grow across a restart, a replaced and a reset state.
    """

    def __init__(self, state: Values, world: World) -> None:
        self._world = world
        self._revisions: dict[str, int] = {}
        self.replace(state)

    def replace(self, state: Values) -> None:
        """Take this state as it is, and publish nothing.

        Raises:
            BadState: a part of it is missing or of another form.
        """
        _check(state)
        self._deleted: set[str] = set()
        if not isinstance(state.get("organization"), str):
            raise BadState("organization: an id is needed")
        self.id: str = state["organization"]
        self.users = {id_: {**BLANK, **user} for id_, user in state.get("users", {}).items()}
        self.positions = {
            user: _with_ids(positions) for user, positions in state.get("positions", {}).items()
        }
        self.groups: dict[str, dict[str, str]] = dict(state.get("groups", {}))
        self.job_titles: dict[str, dict[str, str]] = dict(state.get("jobTitles", {}))

    def state(self) -> dict[str, Any]:
        """Return the whole state, flat, under the contract's names."""
        return {
            "organization": self.id,
            "users": self.users,
            "positions": self.positions,
            "groups": self.groups,
            "jobTitles": self.job_titles,
        }

    def patch(self, patch: Values, actor: str) -> int:
        """Merge a patch by id (RFC 7386), publish what changed, and return how many events.

        Raises:
            BadState: the patch, or what it would lead to, is of another form; nothing has changed.
        """
        _check(patch)
        users, positions = patch.get("users", {}), patch.get("positions", {})
        if back := [id_ for id_ in users if users[id_] is not None and id_ in self._deleted]:
            raise BadState(f"users: {back[0]} was deleted for good; a rehire has a new id")
        after: dict[str, Person | None] = {}
        for user in dict.fromkeys((*users, *positions)):
            old = self.users.get(user)
            new = merged(old, users[user]) if user in users else old
            if new is None:
                if positions.get(user):
                    raise BadState("positions: of a user who does not exist")
                after[user] = None
            else:
                held = merged(self.positions.get(user), positions.get(user, {}))
                after[user] = Person({**BLANK, **new}, _with_ids(held or {}))
        self.groups = merged(self.groups, patch.get("groups", {}))
        self.job_titles = merged(self.job_titles, patch.get("jobTitles", {}))
        return sum(self.change(user, person, actor) for user, person in after.items())

    def person(self, user: str) -> Person | None:
        """Return one person, or None."""
        values = self.users.get(user)
        return None if values is None else Person(values, self.positions.get(user, {}))

    def change(self, user: str, after: Person | None, actor: str) -> int:
        """Make a person so, publish what changed, and return how many events that was."""
        before = self.person(user)
        if after is None:
            if self.users.pop(user, None) is not None:
                self._deleted.add(user)
            self.positions.pop(user, None)
        else:
            self.users[user] = dict(after.user)
            self.positions[user] = dict(after.positions)
        count = 0
        for count, change in enumerate(changes(before, after), 1):  # noqa: B007 - counted
            now = self._world.now()
            revision = max(self._revisions.get(user, 0) + 1, int(now.timestamp() * 1000))
            self._revisions[user] = revision
            origin = Origin(self.id, user, self._world.new_id(), revision, now, actor)
            self._world.publish(encode(change, origin))
        return count

    def new_id(self) -> str:
        """Return an id that nothing has yet."""
        return self._world.new_id()

    def today(self) -> str:
        """Return the date as text."""
        return self._world.now().date().isoformat()


def _with_ids(positions: Mapping[str, Values]) -> dict[str, Values]:
    return {id_: {**position, "id": id_} for id_, position in positions.items()}


def _check(state: Values) -> None:
    """Refuse what is not `{"users": {id: {…}}, "positions": {user: {id: {…}}}, …}`."""
    for name in ("users", "positions", "groups", "jobTitles"):
        part = state.get(name, {})
        if not isinstance(part, dict):
            raise BadState(f"{name}: an object by id is needed")
        for one in part.values():
            if not isinstance(one, dict | None):
                raise BadState(f"{name}: each must be an object, or null in a patch")
    for user in state.get("users", {}).values():
        if not _is_user(user or {}):
            raise BadState("users: status must be an object, groups a list of {id, type}")
    for position in (p for of in state.get("positions", {}).values() for p in (of or {}).values()):
        if not isinstance(position, dict | None):
            raise BadState("positions: each must be an object, or null in a patch")


def _is_user(user: Values) -> bool:
    groups = user.get("groups") or []
    return isinstance(user.get("status"), dict | None) and (
        isinstance(groups, list)
        and all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in groups)
    )
