"""The API's GET operations (`huma-api.md` 1.1)."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from simulators.huma import shapes
from simulators.huma.changes import Person
from simulators.huma.organization import Organization
from simulators.huma.refusals import invalid, not_found
from simulators.huma.request import Request

USERS: Final = (25, 50)
GROUPS: Final = (10, 25)
"""Default and greatest page."""
POSITIONS_DEFAULT: Final = 25
MOST_IDS: Final = 25


def list_users(organization: Organization, request: Request) -> dict[str, Any]:
    """Answer one page of people; no order is promised, and none is kept."""
    chosen = [id_ for id_, user in organization.users.items() if _is_wanted(request, id_, user)]
    if request.query.get("orderDirection") == ["DESC"]:
        chosen.reverse()
    page = _page(request, chosen, *USERS)
    items = [
        shapes.listed(id_, organization.users[id_], organization.groups) for id_ in page["items"]
    ]
    return {**page, "items": items}


def find_user(organization: Organization, request: Request, user: str) -> dict[str, Any]:  # noqa: ARG001 - as every operation
    """Answer one person in full."""
    return detail(organization, user)


def detail(organization: Organization, user: str) -> dict[str, Any]:
    """Return one person in full, or refuse."""
    person = known(organization, user)
    return shapes.detailed(
        user, person.user, person.positions, organization.groups, today(organization)
    )


def list_positions(organization: Organization, request: Request, user: str) -> dict[str, Any]:
    """Answer one page of a person's positions."""
    positions = list(known(organization, user).positions.values())
    page = _page(request, positions, POSITIONS_DEFAULT, None)
    day = today(organization)
    return {**page, "items": [shapes.summary(position, day) for position in page["items"]]}


def find_position(
    organization: Organization,
    request: Request,  # noqa: ARG001 - as every operation
    user: str,
    position: str,
) -> dict[str, Any]:
    """Answer one position in full."""
    found = known(organization, user).positions.get(position)
    if found is None:
        raise not_found("Position", position)
    return shapes.position_detail(found, today(organization))


def list_groups(organization: Organization, request: Request) -> dict[str, Any]:
    """Answer one page of groups."""
    kinds = request.query.get("type")
    groups = [g for g in organization.groups.values() if not kinds or g["type"] in kinds]
    return _page(request, groups, *GROUPS)


def find_group(organization: Organization, request: Request, group: str) -> dict[str, Any]:  # noqa: ARG001 - as every operation
    """Answer one group with its members."""
    found = organization.groups.get(group)
    if found is None:
        raise not_found("Group", group)
    members = [
        shapes.listed(id_, user, organization.groups)
        for id_, user in organization.users.items()
        if any(one["id"] == group for one in user["groups"])
    ]
    return {**found, "members": members}


def list_job_titles(organization: Organization, request: Request) -> list[dict[str, str]]:
    """Answer all job titles: a bare array."""
    search = request.query.get("search", [""])[0].lower()
    return [dict(one) for one in organization.job_titles.values() if search in one["name"].lower()]


def find_job_title(organization: Organization, request: Request, title: str) -> dict[str, str]:  # noqa: ARG001 - as every operation
    """Answer one job title."""
    found = organization.job_titles.get(title)
    if found is None:
        raise not_found("JobTitle", title)
    return dict(found)


def known(organization: Organization, user: str) -> Person:
    """Return a person, or refuse."""
    person = organization.person(user)
    if person is None:
        raise not_found("User", user)
    return person


def today(organization: Organization) -> date:
    """Return the day on which positions are current."""
    return date.fromisoformat(organization.today())


def _is_wanted(request: Request, id_: str, user: Any) -> bool:
    query = request.query
    active = query.get("isActive")
    if active and (active[0] == "true") != user["status"].get("active", True):
        return False
    if (ids := _ids(query, "id")) and id_ not in ids:
        return False
    if id_ in _ids(query, "excludeId"):
        return False
    for kind in ("team", "location", "company"):
        groups = _ids(query, kind)
        if groups and not any(one["id"] in groups for one in user["groups"]):
            return False
    search = query.get("search", [""])[0].lower()
    return search in f"{user.get('givenName')} {user.get('familyName')} {user.get('email')}".lower()


def _ids(query: dict[str, list[str]], name: str) -> list[str]:
    ids = query.get(name, [])
    if len(ids) > MOST_IDS:
        raise invalid([name])
    return ids


def _page(
    request: Request, everything: Sequence[Any], default: int, most: int | None
) -> dict[str, Any]:
    limit = request.number("limit", default, most)
    offset = request.number("offset", 0)
    return {"items": list(everything[offset : offset + limit]), "total": len(everything)}
