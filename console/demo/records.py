"""People's records as the proof compares them, to and from the simulated Xledger's state."""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final

from console.demo.expectations import POST, Record, record_of

KINDS: Final = {"contact": "contacts", "subledger": "suppliers", "employee": "employees"}
"""The state's name of each record."""
FIRST: Final = 10_000_001


def state_of(employees: Iterable[Record]) -> dict[str, dict[str, Any]]:
    """Return the state of a company that holds these people, each with records of their own.

    >>> state = state_of([{"employee.code": "7", "contact.address.place": "Oslo"}])
    >>> state["employees"]["10000003"], state["contacts"]["10000001"]
    ({'code': '7', 'contact': 10000001, 'subledger': 10000002}, {'address': {'place': 'Oslo'}})
    """
    ids = count(FIRST)
    state: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS.values()}
    for employee in employees:
        contact, subledger, own = next(ids), next(ids), next(ids)
        state["contacts"][str(contact)] = _values(employee, "contact")
        state["suppliers"][str(subledger)] = _values(employee, "subledger")
        links = {"contact": contact, "subledger": subledger}
        state["employees"][str(own)] = _values(employee, "employee") | links
    return state


def records_in(state: Mapping[str, Mapping[str, Any]]) -> list[Record]:
    """Return a company's employees, whole, with the fields that a person can have."""
    found: list[Record] = []
    for employee in state["employees"].values():
        records = {
            "employee": employee,
            "contact": state["contacts"].get(str(employee.get("contact")), {}),
            "subledger": state["suppliers"].get(str(employee.get("subledger")), {}),
        }
        found.append({name: _at(records, name) for name in NAMES})
    return found


NAMES: Final = (*record_of({}), *POST)


def _values(employee: Record, kind: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in employee.items():
        record, *path = name.split(".")
        if record != kind or value is None:
            continue
        held = values
        for part in path[:-1]:
            held = held.setdefault(part, {})
        held[path[-1]] = value
    return values


def _at(records: Mapping[str, Any], name: str) -> str | None:
    held: Any = records
    for part in name.split("."):
        held = held.get(part) if isinstance(held, Mapping) else None
    return None if held is None else str(held)
