"""One input of a mutation, checked and resolved to what it would write (`xledger-api.md` 4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulators.xledger.looking_up import LookUps
from simulators.xledger.problems import Refused, invalid
from simulators.xledger.records import Kind, Store
from simulators.xledger.settings import Settings
from simulators.xledger.treatments import TREATMENTS, Context, other

LINKED: Final = ("contact", "subledger")
NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CONTACT: (),
    Kind.SUPPLIER: ("code", "description"),
    Kind.EMPLOYEE: LINKED,
}
"""What a new record must have."""


@dataclass(slots=True)
class Draft:
    """What an input writes: to the record of `db_id`, or to a new one of `owner`."""

    client_id: str | None
    db_id: int | None
    owner: int
    changes: dict[str, Any] = field(default_factory=dict, repr=False)


class Drafts:
    """Makes the drafts of one root.

    Args:
        kind: of its records.
        store: as it is before the root.
        look_ups: of the request.
        settings: the switches.
    """

    def __init__(self, kind: Kind, store: Store, look_ups: LookUps, settings: Settings) -> None:
        self._kind, self._settings, self._look_ups = kind, settings, look_ups
        self._context = Context(look_ups, settings)
        self._codes: dict[tuple[int, str], int | None] | None = None
        if kind is Kind.EMPLOYEE and settings.unique_employee_code:
            self._codes = {(r.owner, r.values.get("code", "")): r.db_id for r in store.all(kind)}

    def draft(self, given: Mapping[str, Any]) -> Draft:
        """Return what an input writes.

        Raises:
            Refused: with the first thing that is wrong.
        """
        node = given["node"]
        db_id, owner = node.get("dbId"), self._look_ups.owner
        if db_id is not None:
            owner = self._look_ups.by_id(self._kind, "dbId", db_id).owner
        elif node.get("owner"):
            owner = self._look_ups.company("owner", node["owner"])
        draft = Draft(given.get("clientId"), db_id, owner)
        changes, context = draft.changes, self._context
        treatments = TREATMENTS[self._kind]
        for name, value in node.items():
            treat = treatments.get(name)
            if treat is not None:
                treat(context, changes, name, value)
            elif type(value) is dict:
                other(context, changes, name, value)
            else:
                changes[name] = value
        if db_id is None:
            self._check_new(changes)
        if self._codes is not None and changes.get("code"):
            self._check_code(draft, self._codes)
        return draft

    def _check_new(self, changes: Mapping[str, Any]) -> None:
        if self._kind is Kind.EMPLOYEE and not self._settings.require_links:
            return
        for name in NEEDED[self._kind]:
            if changes.get(name) in (None, ""):
                raise Refused(invalid(name, "A value is required."))

    def _check_code(self, draft: Draft, codes: dict[tuple[int, str], int | None]) -> None:
        code = draft.changes["code"]
        key = (draft.owner, code)
        if key in codes and (codes[key] is None or codes[key] != draft.db_id):
            raise Refused(invalid("code", f"'{code}' is the code of another employee."))
        codes[key] = draft.db_id
