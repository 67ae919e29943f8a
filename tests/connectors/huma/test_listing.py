"""Listing everybody while people come and go (R-18, `huma-api.md`, Paging)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.huma import HumaClient, Limits
from processors.ports.huma import HumaListed
from schemas.errors import Unavailable
from simulators.huma.serve import Ready

pytestmark = pytest.mark.rule("R-18")


async def everybody(client: HumaClient) -> list[HumaListed]:
    """Return the whole listing."""
    return [person async for person in client.list_people()]


def changing(change: Callable[[int], None]) -> Callable[[HumaClient], Awaitable[list[HumaListed]]]:
    """Return the listing during which `change(n)` happens after the n-th page."""

    async def listing(client: HumaClient) -> list[HumaListed]:
        original, pages = client._get, 0

        async def get(*args: Any) -> Any:
            nonlocal pages
            page = await original(*args)
            pages += 1
            change(pages)
            return page

        client._get = get  # type: ignore[method-assign, assignment]
        return await everybody(client)

    return listing


def test_everybody_is_listed_once(huma: Ready, ask: Any) -> None:
    """All people come, each with email, type, state and groups."""
    users = huma.simulator.organization.users
    listed = ask(everybody)
    assert {(p.id, p.email, p.type, p.active) for p in listed} == {
        (id_, user["email"], "user", True) for id_, user in users.items()
    }
    assert len(listed) == len(users)
    assert listed[0].groups == tuple(group["id"] for group in users[listed[0].id]["groups"])


def test_a_whole_last_page_is_followed_by_an_empty_one(huma: Ready, ask: Any, admin: Any) -> None:
    """Exactly two full pages are complete, too."""
    gone = list(huma.simulator.organization.users)[100:]
    admin("PATCH", "/state", {"users": dict.fromkeys(gone)})
    assert len(ask(everybody)) == 100


def test_people_deleted_between_pages_hide_nobody(huma: Ready, ask: Any) -> None:
    """A deletion shifts the rest under the reader; the listing is repeated until ids agree."""
    organization = huma.simulator.organization
    gone = list(organization.users)[:5]

    def delete(page: int) -> None:
        if page == 1:
            organization.patch({"users": dict.fromkeys(gone)}, "test")

    listed = ask(changing(delete))
    assert {person.id for person in listed} == set(organization.users)


def test_people_who_never_stop_changing_end_the_listing(huma: Ready, ask: Any) -> None:
    """After the limit of passes the listing gives up instead of going on for ever."""
    organization = huma.simulator.organization

    def create(page: int) -> None:
        organization.patch({"users": {f"new-{page}": {"email": f"{page}@x.example"}}}, "test")

    with pytest.raises(Unavailable, match="keep changing"):
        ask(changing(create))


def test_more_people_than_the_limit_end_the_listing(huma: Ready, asking: Any) -> None:
    """The number of people is bounded."""
    limits = Limits(timeout=2, max_bytes=1 << 20, positions=10, people=60, passes=4)
    with pytest.raises(Unavailable, match="60 people"):
        asking(huma, limits)(everybody)
