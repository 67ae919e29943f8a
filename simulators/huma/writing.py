"""The API's writing operations: each goes through the organisation, and so comes out as events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulators.huma import reading, shapes
from simulators.huma.changes import Person
from simulators.huma.fields import LONGEST, Clear, is_text, position_changes, user_changes
from simulators.huma.organization import Organization
from simulators.huma.refusals import invalid, not_found
from simulators.huma.request import Request

UNIQUE: Final = ("email", "employmentId", "phone")
REQUIRED: Final = ("email", "givenName", "familyName")


@dataclass(slots=True)
class Writing:
    """The writing operations, done in the name of `actor`; `clear` is the simulator's setting."""

    organization: Organization
    actor: str
    clear: Clear = "null"

    def create_user(self, request: Request) -> dict[str, Any]:
        """Create a person from the few fields a POST takes."""
        given = request.object()
        wrong = [name for name in REQUIRED if not (is_text(given.get(name)) and given[name])]
        if wrong or not isinstance(given.get("groups"), list):
            raise invalid(wrong or ["groups"])
        names = ("email", "givenName", "familyName", "preferredName", "phone")
        fields = {name: given[name] for name in names if is_text(given.get(name)) and given[name]}
        self._refuse_clash(None, fields)
        id_ = self.organization.new_id()
        user = {
            "type": "user",
            "status": {"active": True},
            "groups": self._groups(given["groups"]),
            "origin": "integration:open-api",
            **fields,
        }
        self._save(id_, Person(user, {}))
        return shapes.listed(id_, user, self.organization.groups)

    def update_user(self, request: Request, user: str) -> dict[str, Any]:
        """Change a person's fields. An email of somebody who has logged in waits (R-99)."""
        person = reading.known(self.organization, user)
        changes = user_changes(request.object(), self.clear)
        if not person.active:
            raise invalid(changes, "object:not-editable")
        if wrong := [name for name in REQUIRED if name in changes and changes[name] is None]:
            raise invalid(wrong)
        self._refuse_clash(user, changes)
        if "email" in changes and person.user.get("loggedIn"):
            changes["requestedEmail"] = changes.pop("email")
        self._save(user, Person(_merged(person.user, changes), person.positions))
        return reading.detail(self.organization, user)

    def add_groups(self, request: Request, user: str) -> None:
        """Make a person a member of these groups."""
        person = reading.known(self.organization, user)
        held = list(person.user["groups"])
        ids = {group["id"] for group in held}
        new = [group for group in self._groups(request.json()) if group["id"] not in ids]
        self._save(user, Person({**person.user, "groups": held + new}, person.positions))

    def remove_groups(self, request: Request, user: str) -> None:
        """End a person's membership of these groups."""
        person = reading.known(self.organization, user)
        gone = {group["id"] for group in self._groups(request.json())}
        left = [group for group in person.user["groups"] if group["id"] not in gone]
        self._save(user, Person({**person.user, "groups": left}, person.positions))

    def add_identification(self, request: Request, user: str) -> dict[str, Any]:
        """Add one identification."""
        added = {"id": self.organization.new_id(), **_identification(request)}
        self._identifications(user, lambda held: [*held, added])
        return added

    def update_identification(self, request: Request, user: str, id_: str) -> dict[str, Any]:
        """Replace one identification."""
        new = {"id": id_, **_identification(request)}
        self._identifications(
            user, lambda held: [new if one["id"] == id_ else one for one in held], id_
        )
        return new

    def remove_identification(self, request: Request, user: str, id_: str) -> None:  # noqa: ARG002 - as every operation
        """Remove one identification."""
        self._identifications(user, lambda held: [one for one in held if one["id"] != id_], id_)

    def create_position(self, request: Request, user: str) -> dict[str, Any]:
        """Add a position."""
        given = request.object()
        required = ("contractStartDate", "contractType", "titleId")
        if wrong := [name for name in required if not given.get(name)]:
            raise invalid(wrong)
        id_ = self.organization.new_id()
        self._position(user, id_, {"id": id_, "percentage": 100}, given)
        return reading.find_position(self.organization, request, user, id_)

    def update_position(self, request: Request, user: str, id_: str) -> dict[str, Any]:
        """Change a position."""
        held = reading.known(self.organization, user).positions.get(id_)
        if held is None:
            raise not_found("Position", id_)
        self._position(user, id_, held, request.object())
        return reading.find_position(self.organization, request, user, id_)

    def delete_position(self, request: Request, user: str, id_: str) -> None:  # noqa: ARG002 - as every operation
        """Delete a position."""
        person = reading.known(self.organization, user)
        if id_ not in person.positions:
            raise not_found("Position", id_)
        left = {key: one for key, one in person.positions.items() if key != id_}
        self._save(user, Person(person.user, left))

    def create_group(self, request: Request) -> dict[str, str]:
        """Create a group without members."""
        given = request.object()
        wrong = [n for n in ("name", "type") if not (is_text(given.get(n)) and given[n])]
        if wrong:
            raise invalid(wrong)
        group = {"id": self.organization.new_id(), "name": given["name"], "type": given["type"]}
        self.organization.groups[group["id"]] = group
        return group

    def create_job_title(self, request: Request) -> dict[str, str]:
        """Create a job title."""
        name = request.object().get("name")
        if not is_text(name) or not name:
            raise invalid(["name"])
        title = {"id": self.organization.new_id(), "name": str(name)}
        self.organization.job_titles[title["id"]] = title
        return title

    def _position(
        self, user: str, id_: str, held: Mapping[str, Any], given: Mapping[str, Any]
    ) -> None:
        person = reading.known(self.organization, user)
        changes = position_changes(given, self.clear)
        if title := changes.pop("titleId", None):
            if title not in self.organization.job_titles:
                raise invalid(["titleId"])
            known = self.organization.job_titles[title]
            changes["title"] = {"id": known["id"], "name": known["name"]}
        self._save(user, Person(person.user, {**person.positions, id_: _merged(held, changes)}))

    def _identifications(self, user: str, change: Any, id_: str | None = None) -> None:
        person = reading.known(self.organization, user)
        held = person.user.get("identifications", [])
        if id_ is not None and all(one["id"] != id_ for one in held):
            raise not_found("Identification", id_)
        self._save(
            user, Person(_merged(person.user, {"identifications": change(held)}), person.positions)
        )

    def _groups(self, ids: Any) -> list[dict[str, str]]:
        known = self.organization.groups
        if not isinstance(ids, list) or not all(isinstance(i, str) and i in known for i in ids):
            raise invalid(["groups"])
        return [{"id": id_, "type": known[id_]["type"]} for id_ in dict.fromkeys(ids)]

    def _refuse_clash(self, user: str | None, fields: Mapping[str, Any]) -> None:
        """Refuse a value that somebody else holds, deactivated or not, without naming them."""
        clashes = [
            name
            for name in UNIQUE
            if fields.get(name)
            and any(
                str(other.get(name, "")).lower() == fields[name].lower()
                for id_, other in self.organization.users.items()
                if id_ != user
            )
        ]
        if clashes:
            raise invalid(clashes, "field:not-unique")

    def _save(self, user: str, person: Person) -> None:
        self.organization.change(user, person, self.actor)


def _merged(held: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they are then: each given one is whole, None and [] remove it."""
    return {name: v for name, v in {**held, **changes}.items() if v is not None and v != []} | {
        name: held[name] for name in ("groups",) if name in held
    }


def _identification(request: Request) -> dict[str, Any]:
    given = request.object()
    wrong = [name for name in ("type", "country", "value") if not is_text(given.get(name))]
    if wrong or given["type"] not in ("national", "passport") or not given["value"]:
        raise invalid(wrong or ["type", "value"])
    return {name: given[name][:LONGEST] for name in ("type", "country", "value")}
