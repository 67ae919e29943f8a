"""Whose token it is: the entity's dbId, which every record of it carries as its owner (R-09)."""

from typing import Any, Final

from connectors.xledger.answers import edges_of, member
from connectors.xledger.errors import SchemaDiffers
from connectors.xledger.exchange import Call, Exchange
from processors.ports.xledger import Identity
from schemas.errors import Unavailable

OPERATION: Final = "identity"
NAMED: Final = "query Viewer { viewer { entity { ownerDbId company { dbId description } } } }"
PLAIN: Final = "query Viewer { viewer { entity { ownerDbId } } }"
RECORDS: Final = (
    "query AnyRecord {\n"
    + "\n".join(
        f"  {root}: {root}(first: 1, ownerSet: CURRENT, objectStatus: ALL) "
        "{ edges { node { ownerDbId } } }"
        for root in ("employees", "contacts", "suppliers")
    )
    + "\n}"
)


async def identity_of(exchange: Exchange) -> Identity:
    """Return the entity that the token reaches, and its company's name where the schema tells.

    Asked of `viewer` (`xledger-api.md` 1.9); where the schema lacks it, of any record of ours.

    Raises:
        Unavailable: neither tells; otherwise as `Exchange.read`.
    """
    for document in (NAMED, PLAIN):
        try:
            data = await exchange.read(Call(OPERATION, document))
        except SchemaDiffers:
            continue
        viewer: Any = data.get("viewer") or {}
        entity = member(viewer, "entity", "ownerDbId")
        if entity is not None:
            return Identity(entity, member(viewer, "entity", "company", "description"))
        break
    data = await exchange.read(Call(OPERATION, RECORDS))
    for connection in data.values():
        for edge in edges_of(connection):
            owner = member(edge["node"], "ownerDbId")
            if owner is not None:
                return Identity(owner, None)
    raise Unavailable(
        "Xledger does not say which company the token reaches, and the company has no employee, "
        "contact or supplier yet that would tell"
    )
