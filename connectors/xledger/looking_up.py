"""What exists for the keys of people about to be created (R-36, R-82).

One query of three roots where the schema has the filters; employees of contacts that only this
look-up found take a second one. A root that lacks a filter it needs is listed whole, once a day,
and followed by `modifiedAt` where that filter exists; else listed each time (`xledger-api.md` 1.9).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from connectors.xledger.errors import SchemaDiffers
from connectors.xledger.exchange import Exchange
from connectors.xledger.gathering import Wanted, gather
from connectors.xledger.registry import FIELDS, Registry
from connectors.xledger.schema import KEPT, Filter, Filters, filters_of
from processors.ports.xledger import Found, Keys

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "contacts": ("code",),
    "suppliers": ("code",),
    "employees": ("code", "contactDbId"),
}
"""The filters without which a root is listed; `email` is used where it is."""


class LookUp:
    """Looks people's records up; one per client, since it remembers schema and listings.

    Args:
        exchange: of the token.
        records: the most records of one root that a listing may have.
        monotonic: a clock that never goes back, in seconds.
    """

    def __init__(self, exchange: Exchange, records: int, monotonic: Callable[[], float]) -> None:
        self._exchange = exchange
        self._records = records
        self._monotonic = monotonic
        self._filters: Mapping[str, Filters] | None = None
        self._asked_at = 0.0
        self._listed: dict[str, Registry] = {}

    async def find(self, people: Sequence[Keys]) -> dict[str, Found]:
        """Return what exists, by client id.

        Raises:
            Limited, Unavailable, CredentialRefused: as `Exchange.read`.
        """
        try:
            return await self._find(people)
        except SchemaDiffers:
            self._filters = None
            raise

    async def _find(self, people: Sequence[Keys]) -> dict[str, Found]:
        filters = await self._current_filters()
        emails = _both_cases(keys.email for keys in people)
        known = {keys.contact for keys in people if keys.contact}
        asked = {
            "contacts": {"code": {keys.contact_code for keys in people}, "email": emails},
            "suppliers": {"code": {keys.supplier_code for keys in people}},
            "employees": {
                "code": {keys.employee_code for keys in people if keys.employee_code},
                "contactDbId": known,
                "email": emails,
            },
        }
        found = await self._registries(filters, asked)
        contacts = {
            keys.client_id: (
                *((keys.contact,) if keys.contact else ()),
                *found["contacts"].by_code(keys.contact_code),
            )
            for keys in people
        }
        holders = {keys.client_id: found["contacts"].by_email(keys.email) for keys in people}
        new = {c for ids in (*contacts.values(), *holders.values()) for c in ids} - known
        employees = found["employees"]
        if new and employees is not self._listed.get("employees"):
            more = await self._registries(filters, {"employees": {"contactDbId": new}})
            of_contact = _either(employees, more["employees"])
        else:
            of_contact = employees.by_contact
        return {
            keys.client_id: Found(
                contacts=found["contacts"].by_code(keys.contact_code),
                suppliers=found["suppliers"].by_code(keys.supplier_code),
                employees_by_contact=_each(of_contact, contacts[keys.client_id]),
                employees_by_code=employees.by_code(keys.employee_code),
                by_email=_once(
                    (*employees.by_email(keys.email), *_each(of_contact, holders[keys.client_id]))
                ),
            )
            for keys in people
        }

    async def _current_filters(self) -> Mapping[str, Filters]:
        now = self._monotonic()
        if self._filters is None or now - self._asked_at >= KEPT:
            self._filters = await filters_of(self._exchange)
            self._asked_at = now
            self._listed = {}
        return self._filters

    async def _registries(
        self, filters: Mapping[str, Filters], asked: Mapping[str, Mapping[str, set[str]]]
    ) -> dict[str, Registry]:
        """Return a registry for each root asked for: of a filtered query, or of all records."""
        registries: dict[str, Registry] = {}
        wanted: dict[str, Wanted] = {}
        for root, keys in asked.items():
            registries[root] = Registry()
            some = _askable(filters[root], keys, NEEDED[root])
            if not some:
                continue
            filter_ = _filter(filters[root], some)
            if filter_ is None:
                registries[root], filter_ = self._listing(root, filters[root])
            wanted[root] = Wanted(root, FIELDS[root], filters[root].type, filter_)
        records = await gather(self._exchange, "LookUp", "look up", wanted, self._records)
        for root, nodes in records.items():
            registries[root].add(nodes)
            if wanted[root].filter is None:
                self._listed[root] = registries[root]
        return registries

    def _listing(self, root: str, filters: Filters) -> tuple[Registry, Filter | None]:
        """Return the kept listing with a filter for what changed, or a new one for everything."""
        kept = self._listed.get(root)
        since = kept.since() if kept is not None else None
        changed = filters.since(since) if since is not None else None
        return (kept, changed) if kept is not None and changed else (Registry(), None)


def _askable(
    filters: Filters, keys: Mapping[str, set[str]], needed: Iterable[str]
) -> dict[str, set[str]]:
    """Return the keys that there are values for: needed ones, others where there is a filter."""
    return {
        name: values
        for name, values in keys.items()
        if values and (name in needed or filters.any_of(name, values) is not None)
    }


def _filter(filters: Filters, keys: Mapping[str, set[str]]) -> Filter | None:
    """Return one filter for these keys; None when the schema lacks what it needs."""
    alternatives: list[Filter] = []
    for name, values in keys.items():
        some = filters.any_of(name, sorted(values))
        if some is None:
            return None
        alternatives += some
    return filters.either(alternatives)


def _both_cases(emails: Iterable[str | None]) -> set[str]:
    """Return the addresses as typed and in lower case: a filter may or may not ignore case."""
    given = [email for email in emails if email]
    return {*given, *(email.lower() for email in given)}


def _either(*registries: Registry) -> Callable[[str], tuple[str, ...]]:
    return lambda contact: _once(
        db_id for registry in registries for db_id in registry.by_contact(contact)
    )


def _each(of_contact: Callable[[str], tuple[str, ...]], contacts: Iterable[str]) -> tuple[str, ...]:
    return _once(db_id for contact in contacts for db_id in of_contact(contact))


def _once(ids: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
