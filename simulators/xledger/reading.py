"""The roots of queries: connections, single records, deltas, and whose token it is."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from graphql import GraphQLError

from simulators.xledger.catalogue import TABLES
from simulators.xledger.deltas import Deltas
from simulators.xledger.fields import View, value_of
from simulators.xledger.filtering import test_of
from simulators.xledger.paging import Pages
from simulators.xledger.problems import Refused, invalid
from simulators.xledger.records import Kind, Record
from simulators.xledger.schema import long_of

KINDS: Final[Mapping[str, Kind]] = {
    "employees": Kind.EMPLOYEE,
    "contacts": Kind.CONTACT,
    "suppliers": Kind.SUPPLIER,
    "subledgers": Kind.SUPPLIER,
}
SINGLE: Final[Mapping[str, Kind]] = {name[:-1]: kind for name, kind in KINDS.items()}
DELTAS: Final[Mapping[str, Kind]] = {
    "employee_deltas": Kind.EMPLOYEE,
    "supplier_deltas": Kind.SUPPLIER,
}
ENDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.EMPLOYEE: ("employmentTo", "dateTo"),
    Kind.CONTACT: ("toDate",),
    Kind.SUPPLIER: ("toDate",),
}
ORDER: Final = {
    "CREATED_AT": "createdAt",
    "MODIFIED_AT": "modifiedAt",
    "CODE": "code",
    "DESCRIPTION": "description",
}


class Query:
    """Answers the query roots of one request.

    Args:
        view: what it sees.
        deltas: what was written lately.
        pages: how pages look.
        now: the moment of the request.
        ignores_case: whether an email filter ignores case.
    """

    def __init__(
        self, view: View, deltas: Deltas, pages: Pages, now: datetime, *, ignores_case: bool
    ) -> None:
        self._view, self._deltas, self._pages, self._now = view, deltas, pages, now
        self._ignores_case = ignores_case

    def answer(self, root: str, arguments: Mapping[str, Any]) -> Any:
        """Return what a root answers, before its selection is taken; null where nobody knows.

        Raises:
            Refused: an argument is wrong.
        """
        if root in KINDS:
            return self._pages.page(self._records(KINDS[root], arguments), arguments)
        if root in TABLES:
            return self._pages.page(self._rows(TABLES[root].rows, arguments), arguments)
        if root in SINGLE:
            return self._single(SINGLE[root], arguments.get("dbId"))
        if root in DELTAS:
            return self._pages.page(self._changes(DELTAS[root], arguments), arguments)
        if root == "companies":
            owners = self._owners(arguments)
            entities = [e.company() for e in self._view.entities.all() if e.db_id in owners]
            return self._pages.page(self._rows(entities, arguments), arguments)
        return self._viewer() if root == "viewer" else None

    def _viewer(self) -> dict[str, Any]:
        owner, company = self._view.owner, self._view.entities.need(self._view.owner).company()
        entity = {"dbId": owner, "ownerDbId": owner, "owner": company, "company": company}
        return {"entity": {**company, **entity}}

    def _single(self, kind: Kind, db_id: Any) -> Record | None:
        try:
            number = long_of(db_id)
        except GraphQLError:
            raise Refused(invalid("dbId", f"Unable to convert '{db_id}'.")) from None
        record = self._view.store.seen(kind, number)
        reach = self._view.entities.below(self._view.owner)
        return record if record is not None and record.owner in reach else None

    def _records(self, kind: Kind, arguments: Mapping[str, Any]) -> Sequence[Record]:
        owners = self._owners(arguments)
        rows: Sequence[Record] = [r for r in self._view.store.rows(kind) if r.owner in owners]
        status = arguments.get("objectStatus") or "OPEN"
        if status != "ALL":
            rows = [r for r in rows if self._open(kind, r) is (status == "OPEN")]
        if arguments.get("filter"):
            passes = self._test(kind, arguments["filter"])
            rows = [r for r in rows if passes(r)]
        if order := arguments.get("orderBy"):
            name = ORDER[order["field"]]
            rows = sorted(
                rows,
                key=lambda r: (value_of(kind, r, name, self._view) or "", r.db_id),
                reverse=order.get("direction") == "DESC",
            )
        return rows

    def _changes(self, kind: Kind, arguments: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        passes = self._test(kind, arguments.get("filter"))
        owners = self._view.entities.below(self._view.owner)
        rows = []
        for delta in self._deltas.of(kind, owners, self._now):
            current = self._view.store.seen(kind, delta.db_id)
            if current is not None and passes(current):
                rows.append(delta.row(current))
        return rows

    def _rows(
        self, rows: Sequence[Mapping[str, Any]], arguments: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        passes = test_of(
            arguments.get("filter"),
            lambda row, name: row.get(name),
            ignores_case=self._ignores_case,
        )
        return [row for row in rows if passes(row)]

    def _test(self, kind: Kind, filter_: Mapping[str, Any] | None) -> Callable[[Record], bool]:
        view = self._view
        return test_of(
            filter_,
            lambda record, name: value_of(kind, record, name, view),
            ignores_case=self._ignores_case,
        )

    def _owners(self, arguments: Mapping[str, Any]) -> frozenset[int]:
        owner_set: Any = arguments.get("ownerSet") or "CURRENT"
        return self._view.entities.owners(self._view.owner, owner_set)

    def _open(self, kind: Kind, record: Record) -> bool:
        today = self._view.today
        return all((record.values.get(name) or today) >= today for name in ENDS[kind])
