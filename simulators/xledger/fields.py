"""How each field of an answer is read; one that is not named here is a value of that name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeAlias

from simulators.xledger.catalogue import TABLES, Row
from simulators.xledger.entities import Entities
from simulators.xledger.records import ADDRESSES, Kind, Record, Store

MASKED: Final = 5
"""Digits at the end of an identity number that an employee does not show."""


@dataclass(frozen=True, slots=True)
class View:
    """What one request sees: the records, and the company whose token asks."""

    store: Store = field(repr=False)
    entities: Entities = field(repr=False)
    owner: int
    today: str


Reader: TypeAlias = Callable[[Any, View], Any]


def reader_of(type_: str, name: str) -> Reader:
    """Return how a field of an output type is read."""
    if (known := READERS.get((type_, name))) is not None:
        return known
    if type_ in RECORDS:
        return ALWAYS.get(name) or (lambda record, _: record.values.get(name))
    return lambda row, _: row.get(name)


def value_of(kind: Kind, record: Record, name: str, view: View) -> Any:
    """Return a field's plain value, for filters."""
    return reader_of(TYPES[kind], name)(record, view)


def _contact(employee: Record, view: View) -> Record | None:
    return view.store.seen(Kind.CONTACT, employee.values.get("contact"))


def _supplier(employee: Record, view: View) -> Record | None:
    return view.store.seen(Kind.SUPPLIER, employee.values.get("subledger"))


def _email(employee: Record, view: View) -> Any:
    """Return an employee's address: its own, or its contact's."""
    contact = _contact(employee, view)
    return employee.values.get("email") or (contact.values.get("email") if contact else None)


def _description(employee: Record, view: View) -> Any:
    contact = _contact(employee, view)
    return employee.values.get("description") or (_name(contact, view) if contact else None)


def _masked(employee: Record, view: View) -> str | None:
    contact = _contact(employee, view)
    number = contact.values.get("socialSec") if contact else None
    return number[:-MASKED] + "*" * len(number[-MASKED:]) if number else None


def _name(contact: Record, _: View) -> Any:
    parts = [contact.values.get(name) for name in ("firstName", "middleName", "lastName")]
    return contact.values.get("name") or " ".join(part for part in parts if part) or None


def _age(contact: Record, view: View) -> int | None:
    born = contact.values.get("birthday")
    if born is None:
        return None
    first, now = date.fromisoformat(born), date.fromisoformat(view.today)
    return now.year - first.year - ((now.month, now.day) < (first.month, first.day))


def _address(name: str) -> Reader:
    def read(record: Record, _: View) -> Any:
        address = record.values.get(name)
        if address is None:
            return None
        return {**address, "dbId": record.db_id, "ownerDbId": record.owner}

    return read


def _of_table(table: str, key: str, name: str) -> Reader:
    def read(holder: Any, _: View) -> Row | None:
        values = holder.values if isinstance(holder, Record) else holder
        value = values.get(name)
        return None if value is None else TABLES[table].one(key, value)

    return read


def _superior(employee: Record, view: View) -> Record | None:
    return view.store.seen(Kind.EMPLOYEE, employee.values.get("superior"))


def _company(record: Record, view: View) -> Any:
    company = record.values.get("company")
    return view.entities.need(company).company() if company is not None else None


def _nothing(_: Any, __: View) -> None:
    return None


OBJECT_VALUES: Final = (
    "employmentType", "employeeGroup", "positionValue", "positionCategory", "compensationType",
    "exitReason", "contactGroup", "maritalStatus", "payMethod", "payTerms", "collection", "xgl",
    *(f"glObject{number}" for number in range(1, 6)),
)  # fmt: skip
SYSTEM_VALUES: Final = (
    "language", "comMethod", "ledgerType", "apTaxReporting", "paymentCharge",
    "invoiceDeliveryMethod",
)  # fmt: skip
NO_OBJECTS: Final = (
    "assistant", "user", "userId", "position", "flexiFieldsItem", "contact", "currency", "ourRef",
    "ourSales",
)  # fmt: skip
"""Objects that the integration does not use: they are null."""

TYPES: Final[Mapping[Kind, str]] = {
    Kind.EMPLOYEE: "Employee",
    Kind.CONTACT: "Contact",
    Kind.SUPPLIER: "Supplier",
}
RECORDS: Final = frozenset({*TYPES.values(), "Subledger"})
ALWAYS: Final[Mapping[str, Reader]] = {
    "dbId": lambda record, _: record.db_id,
    "ownerDbId": lambda record, _: record.owner,
    "createdAt": lambda record, _: record.created,
    "modifiedAt": lambda record, _: record.modified,
    "company": _company,
    "companyDbId": lambda record, _: record.values.get("company"),
    "gender": _of_table("systemValues", "code", "gender"),
    **{name: _address(name) for name in ADDRESSES},
    **{name: _of_table("objectValues", "dbId", name) for name in OBJECT_VALUES},
    **{name: _of_table("systemValues", "dbId", name) for name in SYSTEM_VALUES},
    **dict.fromkeys(NO_OBJECTS, _nothing),
}
"""What is read in the same way of every record."""
READERS: Final[Mapping[tuple[str, str], Reader]] = {
    ("Employee", "contactDbId"): lambda record, _: record.values.get("contact"),
    ("Employee", "contact"): _contact,
    ("Employee", "subledger"): _supplier,
    ("Employee", "superior"): _superior,
    ("Employee", "email"): _email,
    ("Employee", "description"): _description,
    ("Employee", "socialSecurityMasked"): _masked,
    ("Contact", "name"): _name,
    ("Contact", "age"): _age,
    ("Contact", "country"): _of_table("countries", "code", "country"),
    ("Contact", "countryId"): _of_table("countries", "code", "country"),
    ("Address", "country"): _of_table("countries", "code", "country"),
    ("ObjectValue", "objectKind"): _of_table("objectKinds", "dbId", "objectKindDbId"),
}
