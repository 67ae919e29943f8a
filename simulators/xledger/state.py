"""The whole state as JSON, for `/_admin/state`: every company with its records, by dbId.

```json
{"companies": {"12345000": {
    "name": "Fjordmat AS", "parent": null,
    "contacts":  {"20000001": {"firstName": "Kari", "email": "kari@x.no", "gender": "F",
                               "address": {"place": "Oslo", "country": "NO"}}},
    "suppliers": {"20000002": {"code": "7", "description": "Kari Ås", "bankAccount": "…"}},
    "employees": {"20000003": {"code": "7", "contact": 20000001, "subledger": 20000002}}}}}
```

Records have the names of the API's inputs; a link is the other record's dbId, a gender or a country
its code, the address a supplier has is `address`. `createdAt` and `modifiedAt` may be given and are
told. `PUT` takes companies as they are given, `PATCH` merges by id (RFC 7386): null removes. A
supplier's record is its subledger.
"""

from collections.abc import Mapping
from typing import Any, Final

from simulators.huma.merge_patch import merged
from simulators.xledger.entities import Entities, Entity
from simulators.xledger.records import Kind, Record, Store

OWN: Final = frozenset({"name", "parent", *Kind})
TIMES: Final = ("createdAt", "modifiedAt")
LINKS: Final[Mapping[str, Kind]] = {"contact": Kind.CONTACT, "subledger": Kind.SUPPLIER}
LONGEST: Final = 9
"""Digits of a dbId: it must fit a GraphQL `Int`."""


class BadState(Exception):
    """The state given is not of the form that `/_admin/state` has."""


def told(store: Store, entities: Entities) -> dict[str, Any]:
    """Return the state."""
    companies: dict[str, dict[str, Any]] = {}
    for entity in entities.all():
        parent = None if entity.parent is None else str(entity.parent)
        records: dict[str, Any] = {kind.value: {} for kind in Kind}
        companies[str(entity.db_id)] = {"name": entity.name, "parent": parent, **records}
    for kind in Kind:
        for record in store.all(kind):
            times = {"createdAt": record.created, "modifiedAt": record.modified}
            companies[str(record.owner)][kind][str(record.db_id)] = {**record.values, **times}
    return {"companies": companies}


def patched(store: Store, entities: Entities, patch: Mapping[str, Any], stamp: str) -> None:
    """Merge a patch by id into the state.

    Raises:
        BadState: it, or what it would lead to, is of another form; nothing has changed.
    """
    after = merged(told(store, entities), _with_times(patch, stamp))
    replaced(store, entities, after, stamp)


def replaced(store: Store, entities: Entities, state: Mapping[str, Any], stamp: str) -> None:
    """Take this state in place of what is there; raises as `patched`."""
    if state.keys() - {"companies"}:
        raise BadState("only companies, an object by dbId")
    companies = [_entity(id_, one) for id_, one in _objects(state, "companies").items()]
    records = [
        (kind, _record(id_, values, int(company), stamp))
        for company, one in _objects(state, "companies").items()
        for kind in Kind
        for id_, values in _objects(one, kind).items()
    ]
    ids = [(kind, record.db_id) for kind, record in records]
    if len(set(ids)) < len(ids):
        raise BadState("a dbId stands in two companies")
    known = set(ids)
    for kind, record in records:
        for name, of in LINKS.items():
            link = record.values.get(name)
            if kind is Kind.EMPLOYEE and link is not None and (of, link) not in known:
                raise BadState(f"employees: {record.db_id} is linked to a {name} that is not there")
    store.clear()
    entities.replace(companies)
    for kind, record in records:
        store.put(kind, record)


def _entity(id_: str, company: Mapping[str, Any]) -> Entity:
    if wrong := sorted(company.keys() - OWN):
        raise BadState(f"companies: no {', '.join(wrong)}")
    parent = company.get("parent")
    name = company.get("name") or f"Company {id_}"
    return Entity(_number(id_), str(name), None if parent is None else _number(str(parent)))


def _record(id_: str, values: Mapping[str, Any], owner: int, stamp: str) -> Record:
    created, modified = (str(values.get(name) or stamp) for name in TIMES)
    kept = {n: v for n, v in values.items() if v is not None and n not in TIMES}
    for name in LINKS:
        if name in kept:
            kept[name] = _number(str(kept[name]))
    return Record(_number(id_), owner, kept, created, modified)


def _objects(of: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    found = of.get(name, {})
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise BadState(f"{name}: an object of objects, by dbId, is needed")
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= LONGEST):
        raise BadState(f"dbId: at most {LONGEST} digits are needed")
    return int(text)


def _with_times(patch: Mapping[str, Any], stamp: str) -> dict[str, Any]:
    """Return the patch, with the time of the change in each record that it changes."""
    stamped: dict[str, Any] = {**patch}
    companies = patch.get("companies")
    if not isinstance(companies, dict):
        return stamped
    stamped["companies"] = {**companies}
    for company, one in companies.items():
        if not isinstance(one, dict):
            continue
        stamped["companies"][company] = {**one}
        for kind in Kind:
            if isinstance(records := one.get(kind), dict):
                stamped["companies"][company][kind] = {
                    id_: {"modifiedAt": stamp, **values} if isinstance(values, dict) else values
                    for id_, values in records.items()
                }
    return stamped
