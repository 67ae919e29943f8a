"""Flat values in the shapes of the API's answers (`huma-api.md` 1.1): nothing in them is null."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypeAlias

Values: TypeAlias = Mapping[str, Any]

WRAPPED: Final = (
    "givenName", "familyName", "preferredName", "phone", "homeAddress", "gender", "nationality",
    "civilStatus", "children", "dietaryRequirements", "interests", "funfacts", "privateEmail",
    "emergencyContacts", "identifications", "employmentId", "bankAccount", "salary",
)  # fmt: skip
"""Fields of the detail in a wrapper with `integrations`."""

POSITION_DATES: Final = (
    "contractStartDate", "contractEndDate", "probationEndDate", "terminationNoticeDate",
)  # fmt: skip
ADDRESS_REQUIRED: Final = ("line1", "postalCode", "city", "country")
GROUP_LISTS: Final = {"team": "teams", "location": "locations", "company": "companies"}


def listed(id_: str, user: Values, groups: Mapping[str, Values]) -> dict[str, Any]:
    """Return a person as the listing and a creation answer: plain, and without most fields."""
    member_of = _groups(user, groups)
    answer: dict[str, Any] = {
        "id": id_,
        "type": user["type"],
        "status": {"active": user["status"].get("active", True)},
        "email": user.get("email") or "",
        "givenName": user.get("givenName") or "",
        "familyName": user.get("familyName") or "",
        "jobTitles": [],
        "groups": member_of,
    }
    if user.get("phone"):
        answer["phone"] = user["phone"]
    for kind, name in GROUP_LISTS.items():
        answer[name] = [group for group in member_of if group["type"] == kind]
    return answer


def detailed(
    id_: str,
    user: Values,
    positions: Mapping[str, Values],
    groups: Mapping[str, Values],
    today: date,
) -> dict[str, Any]:
    """Return all fields of a person, most of them wrapped."""
    active = user["status"].get("active", True)
    answer: dict[str, Any] = {
        "id": id_,
        "type": user["type"],
        "status": dict(user["status"]),
        "email": {"value": user.get("email") or "", "editable": active, "integrations": {}},
        "groups": {"value": _groups(user, groups), "editable": active, "integrations": {}},
        "birthDate": _wrapped(user.get("birthDate"), editable=active),
        "jobTitles": [p["title"] for p in positions.values() if p.get("title")],
        "currentPositions": [
            summary(p, today) for p in positions.values() if status(p, today) == "CURRENT"
        ],
        "connectedIntegrations": {},
        "subordinatesCount": 0,
    }
    if user.get("requestedEmail"):
        answer["email"]["requestedValue"] = user["requestedEmail"]
    for name in WRAPPED:
        value = _address(user[name]) if name == "homeAddress" and user.get(name) else user.get(name)
        answer[name] = {**_wrapped(value, editable=active), "integrations": {}}
    return answer


def summary(position: Values, today: date) -> dict[str, Any]:
    """Return a position as the listing has it: plain, without probation end and notice date."""
    names = ("contractStartDate", "contractEndDate", "percentage", "contractType", "title")
    answer: dict[str, Any] = {"id": position["id"], "status": status(position, today)}
    answer.update({name: position[name] for name in names if _there(position.get(name))})
    return answer


def position_detail(position: Values, today: date) -> dict[str, Any]:
    """Return a whole position, wrapped; the API knows no `primary`."""
    answer: dict[str, Any] = {"id": position["id"], "status": status(position, today)}
    for name in POSITION_DATES:
        answer[name] = _wrapped(position.get(name), editable=True)
    for name in ("title", "percentage", "contractType"):
        answer[name] = {**_wrapped(position.get(name), editable=True), "integrations": {}}
    return answer


def status(position: Values, today: date) -> str:
    """Return CURRENT, UPCOMING or ENDED (`huma-api.md` 1.2)."""
    day = today.isoformat()
    if (position.get("contractStartDate") or day) > day:
        return "UPCOMING"
    return "ENDED" if (position.get("contractEndDate") or day) < day else "CURRENT"


def _wrapped(value: Any, *, editable: bool) -> dict[str, Any]:
    return {"value": value, "editable": editable} if _there(value) else {"editable": editable}


def _there(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _address(address: Values) -> dict[str, Any]:
    """Return it with the parts that an answer always has; none is null."""
    whole = {**dict.fromkeys(ADDRESS_REQUIRED, ""), **address}
    return {name: value for name, value in whole.items() if value is not None}


def _groups(user: Values, groups: Mapping[str, Values]) -> list[dict[str, Any]]:
    """Return the person's groups with the names that the organisation knows."""
    return [
        {"id": group["id"], "type": group.get("type", "team"), "name": _name(group, groups)}
        for group in user.get("groups", [])
    ]


def _name(group: Values, groups: Mapping[str, Values]) -> str:
    return str(groups.get(group["id"], group).get("name", group["id"]))
