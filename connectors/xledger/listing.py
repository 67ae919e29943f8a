"""One page of all employees, for matching and for drift (R-18)."""

from collections.abc import Mapping
from typing import Any, Final

from connectors.xledger.answers import member
from connectors.xledger.exchange import Call, Exchange
from connectors.xledger.gathering import PAGE, Wanted, document_of, part_of
from processors.ports.xledger import ListedEmployee, Page

ROOT: Final = "employees"
FIELDS: Final = (
    "dbId code employmentTo modifiedAt contactDbId contact { dbId email } subledger { dbId email }"
)
DOCUMENT: Final = document_of("List", {ROOT: Wanted(ROOT, FIELDS)})


async def page_of_employees(exchange: Exchange, after: str | None, first: int) -> Page:
    """Read one page: ours alone (`ownerSet: CURRENT`), ended ones too (`objectStatus: ALL`).

    A record changed meanwhile moves to the end, so it may come in two pages; its `modifiedAt` says
    which is newer. Nothing is repeated here: the caller keeps where it was.

    Args:
        exchange: of the token.
        after: the cursor that the page before gave, or None; never parsed.
        first: how many; Xledger gives at most 10,000.

    Raises:
        Limited, Unavailable, CredentialRefused: as `Exchange.read`.
    """
    size = min(first, PAGE)
    data = await exchange.read(Call("list", DOCUMENT, {"first": size, f"{ROOT}After": after}))
    part = part_of(data.get(ROOT), size)
    listed = (_listed(node) for node in part.nodes)
    return Page(tuple(employee for employee in listed if employee is not None), part.after)


def _listed(node: Mapping[str, Any]) -> ListedEmployee | None:
    db_id = member(node, "dbId")
    if db_id is None:
        return None
    return ListedEmployee(
        employee=db_id,
        contact=member(node, "contact", "dbId") or member(node, "contactDbId"),
        subledger=member(node, "subledger", "dbId"),
        code=member(node, "code"),
        contact_email=member(node, "contact", "email"),
        subledger_email=member(node, "subledger", "email"),
        employment_to=member(node, "employmentTo"),
        modified_at=member(node, "modifiedAt"),
    )
