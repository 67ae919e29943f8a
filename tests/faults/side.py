"""One connection, and what must stand in its company: told apart from our rules.

Position fields are told by the model of the rules' text (`tests/processors/positions/model.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from console.demo.expectations import FIELDS, NO_POST, POST, Record, record_of
from console.demo.records import records_in
from tests.faults.calendar import Day
from tests.faults.person import Person
from tests.processors.positions import model

May: TypeAlias = dict[str, set[str | None]]
"""What may stand in each of Xledger's fields: one value, but where it is open which change went."""


@dataclass(slots=True)
class Employee:
    """What must stand in Xledger for one person.

    Attributes:
        code: of the employee, which never changes.
        may: by Xledger's fields.
        earlier: what each was to be in this round already, or was before it.
        triggered: position data goes out (R-52).
        late: fields changed while nothing went out, sent when the person is back.
    """

    code: str | None
    may: May = field(repr=False)
    earlier: May = field(default_factory=lambda: defaultdict(set), repr=False)
    triggered: bool = False
    late: set[str] = field(default_factory=set)

    def expect(self, record: Record) -> None:
        """Expect values."""
        for name, value in record.items():
            self.earlier[name] |= self.may[name]
            self.may[name] = {value}

    def doubt(self, names: Iterable[str]) -> None:
        """Expect of fields what they are to be, or what they were a moment ago."""
        for name in names:
            self.may[name] |= self.earlier[name]

    def wrong(self, held: Record) -> list[str]:
        """Return the names of the fields that are not as they must be.

        What was open is not any more: from now on it stays as it is.
        """
        wrong = [name for name, may in self.may.items() if held[name] not in may]
        self.may = {name: {held[name]} for name in self.may}
        self.earlier.clear()
        return wrong


@dataclass(slots=True)
class Side:
    """One connection of the organisation.

    Attributes:
        connection: its id.
        token: the name of its token.
        company: of Xledger's, by dbId.
        group: of Huma's; None: everybody.
        day: the zone, and the date there.
        others: records that are not ours, and stay as they are.
        employees: whom changes go to, or went to, by user.
        unsettled: employment ids of whom it is open whether they become employees.
    """

    connection: str
    token: str
    company: str
    group: str | None
    day: Day
    others: list[Record] = field(repr=False)
    employees: dict[str, Employee] = field(default_factory=dict, repr=False)
    unsettled: dict[str, str] = field(default_factory=dict)

    def lets(self, person: Person) -> bool:
        """Say whether changes of a person go out."""
        return person.active and (self.group is None or person.member_of(self.group))

    def reaches(self, person: Person) -> bool:
        """Say whether a change of a person arrives."""
        return person.id in self.employees and self.lets(person)

    def changed(self, person: Person, names: Iterable[str]) -> None:
        """Expect a person's changed fields."""
        one = self.employees.get(person.id)
        if one is None:
            return
        one.late |= set(names)
        if self.lets(person):
            record = record_of(person.user)
            one.expect({target: record[target] for name in one.late for target in FIELDS[name]})
            one.late.clear()

    def moved(self, person: Person, *, triggers: bool) -> None:
        """Expect what a person's changed positions come to.

        What is not sent stays as it is: that may be what was to be there a moment ago.
        """
        one = self.employees.get(person.id)
        if one is None:
            return
        one.triggered |= triggers
        if one.triggered and self.lets(person):
            told = model.expected(list(person.positions.values()), self.day.date)
            one.expect({name: None if day is None else str(day) for name, day in told.items()})
            one.doubt(name for name in POST if name not in told)

    def doubts(self, person: Person) -> None:
        """Expect that what changed in this round has arrived, or has not."""
        if self.reaches(person):
            one = self.employees[person.id]
            one.doubt(one.may)

    def hired(self, person: Person) -> None:
        """Expect somebody new here: one employee, with everything that Huma has."""
        if person.ordinary and self.lets(person) and person.id not in self.employees:
            record = record_of(person.user)
            may = {name: {value} for name, value in (record | NO_POST).items()}
            self.employees[person.id] = Employee(record["employee.code"], may)
            self.moved(person, triggers=bool(person.positions))

    def returned(self, person: Person) -> None:
        """Expect what changed while nothing went out (R-74, R-101)."""
        self.changed(person, ())
        self.moved(person, triggers=False)

    def turn(self, day: Day, people: Iterable[Person]) -> None:
        """Expect what another day makes of everybody's positions (R-60)."""
        self.day = day
        for person in people:
            self.moved(person, triggers=False)

    def against(self, company: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        """Yield what of the company's state is not as it must be: ids and names of fields only."""
        found: dict[str | None, list[Record]] = defaultdict(list)
        for held in records_in(company):
            if held["employee.code"] not in self.unsettled.values():
                found[held["employee.code"]].append(held)
        for user, one in self.employees.items():
            records = found.pop(one.code, [])
            if len(records) != 1:
                yield f"{user}: {len(records)} employees in Xledger"
            elif wrong := one.wrong(records[0]):
                yield f"{user}: {', '.join(wrong)}"
        for other in self.others:
            if found.pop(other["employee.code"], []) != [other]:
                yield "an employee who is not Huma's was changed"
        yield from ["an employee whom nobody asked for"] * sum(map(len, found.values()))
