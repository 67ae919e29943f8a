"""Look-up objects of inputs: `{dbId}`, `{code}`, … (`xledger-api.md` 1.6; 4.2, rule 9)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from simulators.xledger.catalogue import TABLES, Row
from simulators.xledger.entities import Entities
from simulators.xledger.problems import Refused, alternatives, many_values, no_value
from simulators.xledger.records import Kind, Record, Store

SHOW: Final = "showAlternatives"
EXAMPLES: Final = 10
COUNTRY_KEYS: Final = ("code", "description")
"""What the plain text of a nested address's country may be."""


class LookUps:
    """Resolves the look-ups of one request.

    Args:
        store: holds the records, as written.
        entities: the companies.
        owner: the company whose token asks.
    """

    def __init__(self, store: Store, entities: Entities, owner: int) -> None:
        self._store, self._entities, self.owner = store, entities, owner
        self.reach = entities.below(owner)

    def record(self, kind: Kind, way: str, given: Mapping[str, Any]) -> int:
        """Return the dbId of the one record that a look-up means.

        Raises:
            Refused: none or several match, or the alternatives were asked for.
        """
        if given.keys() == {"dbId"}:
            return self.by_id(kind, f"{way}.dbId", given["dbId"]).db_id
        reachable = (r for r in self._store.all(kind) if r.owner in self.reach)
        rows = ({**r.values, "dbId": r.db_id, "ownerDbId": r.owner} for r in reachable)
        return int(self._one(way, given, rows)["dbId"])

    def by_id(self, kind: Kind, way: str, db_id: int) -> Record:
        """Return the record of a dbId that the token reaches.

        Raises:
            Refused: there is none.
        """
        record = self._store.find(kind, db_id)
        if record is None or record.owner not in self.reach:
            raise Refused(no_value(way, self.owner, "dbId", db_id))
        return record

    def row(self, table: str, way: str, given: Mapping[str, Any]) -> Row:
        """Return the row of a table that a look-up means; raises as `record`."""
        if len(given) == 1 and SHOW not in given:
            ((key, value),) = given.items()
            rows = TABLES[table].find(key, value)
            if len(rows) == 1:
                return rows[0]
        return self._one(way, given, TABLES[table].rows)

    def company(self, way: str, given: Mapping[str, Any]) -> int:
        """Return the dbId of a company within reach; raises as `record`."""
        companies = [e.company() for e in self._entities.all() if e.db_id in self.reach]
        named = {("code" if key == "ownerCode" else key): v for key, v in given.items()}
        return int(self._one(way, named, companies)["dbId"])

    def country(self, way: str, text: str) -> str:
        """Return the code of a country given as plain text: its code or its name."""
        for key in COUNTRY_KEYS:
            if (row := TABLES["countries"].one(key, text)) is not None:
                return str(row["code"])
        raise Refused(no_value(way, self.owner, "code", text))

    def _one(self, way: str, given: Mapping[str, Any], rows: Iterable[Row]) -> Row:
        keys = {key: v for key, v in given.items() if key != SHOW and v is not None}
        if given.get(SHOW) == "YES":
            raise Refused(
                alternatives(
                    way, [self._example(r) for r, _ in zip(rows, range(EXAMPLES), strict=False)]
                )
            )
        key, value = next(iter(keys.items()), ("dbId", None))
        found = [r for r in rows if keys and all(str(r.get(k)) == str(v) for k, v in keys.items())]
        if len(found) == 1:
            return found[0]
        refusal = many_values if found else no_value
        raise Refused(refusal(f"{way}.{key}", self.owner, key, value))

    def _example(self, row: Row) -> dict[str, Any]:
        text = row.get("description") or row.get("name")
        owner = row.get("ownerDbId", self.owner)
        return {"code": row.get("code"), "dbId": row["dbId"], "ownerDbId": owner, "text": text}
