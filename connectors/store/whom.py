"""Whom somebody means: a user id of Huma's, in one of the organisations of this store."""

from sqlalchemy import select

from connectors.store.engine import Store
from connectors.store.tables import link, organization, person
from schemas.errors import NotFound, StopProcess
from schemas.person import PersonKey


def find(store: Store, user: str, whose: str | None) -> PersonKey:
    """Return the one person of this user id; a deleted one too, as long as the tombstone is kept.

    Args:
        store: the store.
        user: Huma's user id.
        whose: the organisation, or None: whichever knows the person.

    Raises:
        NotFound: nobody is known by it.
        StopProcess: people of several organisations are.
    """
    known = (
        select(person.c.person)
        .where(person.c.organization == organization.c.id, person.c.person == user)
        .exists()
    )
    linked = (
        select(link.c.person)
        .where(link.c.organization == organization.c.id, link.c.person == user)
        .exists()
    )
    query = select(organization.c.id).where(known | linked).order_by(organization.c.id)
    if whose is not None:
        query = query.where(organization.c.id == whose)
    with store.read() as connection:
        found = [PersonKey(row.id, user) for row in connection.execute(query)]
    if not found:
        of = "" if whose is None else f" of organisation {whose}"
        raise NotFound(f"no person {user}{of} is known here: is it Huma's user id?")
    if len(found) > 1:
        keys = " or ".join(f"{one.organization}:{one.user}" for one in found)
        raise StopProcess(f"user {user} is known in {len(found)} organisations: name {keys}")
    return found[0]
