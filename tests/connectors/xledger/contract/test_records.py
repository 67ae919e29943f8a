"""People are created, found, listed and read back, whatever the switches say."""

from collections.abc import Callable
from typing import Any

import pytest

from processors.mapping import differing
from processors.ports.xledger import Input, Keys, ListedEmployee, Verb, WriteRoot
from schemas.employee import Mapped, Root, Target, TargetValue

NASTY = 'O\'Brien "Q" \\ \n\t\u2028 æøå 🦊 """ {x} $a'
ADDRESS = "address { streetAddress zipCode place country { code } }"
FIELDS = f"firstName email birthday socialSec jobTitle gender {{ code }} {ADDRESS}"
KEPT = {"streetAddress": "Gata 1", "zipCode": "0150", "place": "Oslo", "country": {"code": "NO"}}


def keys(number: int) -> Keys:
    """Return somebody's keys."""
    code = f"E{number}"
    return Keys(str(number), f"HCONTACT{number}", code, code, f"new{number}@x.no")


def update(alias: str, record: Root, db_id: str, values: dict[Target, TargetValue]) -> WriteRoot:
    """Return a root that updates one record."""
    return WriteRoot(alias, Verb.UPDATE, record, (Input("0", values, db_id),))


@pytest.mark.rule("R-36", "R-82")
@pytest.mark.usefixtures("any_xledger")
def test_a_creation_is_found_again_by_each_key(ask: Any, create: Callable[..., Any]) -> None:
    """Two requests make three people; a look-up that saw nobody then sees each of them once."""
    people = [keys(n) for n in range(3)]
    before = ask(lambda client: client.look_up(people))
    assert {(f.contacts, f.suppliers, f.employees_by_code) for f in before.values()} == {((),) * 3}
    made = create(3)
    found = ask(lambda client: client.look_up(people))
    for n, (contact, subledger, employee) in made.items():
        of = found[str(n)]
        assert (of.contacts, of.suppliers) == ((contact,), (subledger,))
        assert of.employees_by_contact == of.employees_by_code == (employee,)
        assert of.by_email in ((), (employee,))


@pytest.mark.rule("R-36")
@pytest.mark.parametrize("ignores", [True, False])
def test_an_email_is_found_where_the_schema_can(
    xledger: Any, ask: Any, create: Callable[..., Any], *, ignores: bool
) -> None:
    """With the filters there, an address leads to its employee, whatever its case."""
    xledger.set(hidden=[], email_filter_ignores_case=ignores)
    ((_, _, employee),) = create(1).values()
    other = Keys("x", "HNOBODY", "none", None, "New0@x.no")
    assert ask(lambda client: client.look_up([other]))["x"].by_email == (employee,)


@pytest.mark.rule("R-18")
@pytest.mark.usefixtures("any_xledger")
def test_a_listing_meets_everybody(ask: Any, create: Callable[..., Any]) -> None:
    """Page by page, whatever cursors look like; the last page says so."""
    made = create(7)

    async def pages(client: Any) -> list[ListedEmployee]:
        listed: list[ListedEmployee] = []
        page = await client.list_employees(None, 3)
        while page.after is not None:
            listed += page.employees
            page = await client.list_employees(page.after, 3)
        return [*listed, *page.employees]

    listed = {employee.employee: employee for employee in ask(pages)}
    for n, (contact, subledger, employee) in made.items():
        of = listed[employee]
        assert (of.contact, of.subledger, of.code) == (contact, subledger, f"E{n}")
        assert of.contact_email == of.subledger_email == f"new{n}@x.no"


@pytest.mark.rule("R-47")
@pytest.mark.parametrize("merges", [True, False])
def test_a_changed_part_leaves_the_rest_of_an_address(
    xledger: Any, ask: Any, create: Callable[..., Any], *, merges: bool
) -> None:
    """Whether Xledger merges a nested address or takes it for the whole of it."""
    contact, subledger, _ = create(1)[0]
    xledger.set(address_merges=merges)
    parts = {
        Target.CONTACT_STREET_ADDRESS: "Gata 1",
        Target.CONTACT_ZIP_CODE: "0150",
        Target.CONTACT_PLACE: "Oslo",
        Target.CONTACT_COUNTRY: "NO",
        Target.SUBLEDGER_ZIP_CODE: "0150",
        Target.SUBLEDGER_PLACE: "Oslo",
    }
    moved = {Target.CONTACT_ZIP_CODE: "0151", Target.SUBLEDGER_ZIP_CODE: "0151"}
    found = differing(Mapped({**parts, **moved}), parts)
    for record, db_id in ((Root.CONTACT, contact), (Root.SUBLEDGER, subledger)):
        values = {target: value for target, value in found.items() if target.root is record}
        given = (Input("0", values, db_id=db_id),)
        ask(lambda client, r=record, g=given: client.write([WriteRoot("r0", Verb.UPDATE, r, g)]))
    expected = {**KEPT, "zipCode": "0151"}
    assert xledger.read("contacts", ADDRESS)[contact]["address"] == expected
    assert xledger.read("subledgers", ADDRESS)[subledger]["address"] == expected


@pytest.mark.rule("R-51")
def test_every_character_arrives(xledger: Any, ask: Any, create: Callable[..., Any]) -> None:
    """Nasty characters are read back as they were sent."""
    ((contact, _, _),) = create(1).values()
    root = update("r0", Root.CONTACT, contact, {Target.CONTACT_FIRST_NAME: NASTY})
    ask(lambda client: client.write([root]))
    assert xledger.read("contacts", FIELDS)[contact]["firstName"] == NASTY


@pytest.mark.rule("R-45", "R-46")
def test_nulls_clear_but_no_part_of_an_address(
    xledger: Any, ask: Any, create: Callable[..., Any]
) -> None:
    """What is a clear is cleared; addresses stay, whatever the lane gives for them."""
    ((contact, subledger, employee),) = create(1).values()
    held = xledger.read("contacts", FIELDS)[contact]
    assert (held["gender"], held["address"]) == ({"code": "F"}, KEPT)

    def nothing(record: Root) -> dict[Target, TargetValue]:
        return {t: None for t in Target if t.root is record and t is not Target.EMPLOYEE_CODE}

    updates = [
        update("r0", Root.CONTACT, contact, nothing(Root.CONTACT)),
        update("r1", Root.SUBLEDGER, subledger, nothing(Root.SUBLEDGER)),
        update("r2", Root.EMPLOYEE, employee, nothing(Root.EMPLOYEE)),
    ]
    answers = ask(lambda client: client.write(updates))
    done = {alias: answer.done for alias, answer in answers.items()}
    assert done == {"r0": {"0": contact}, "r1": {"0": subledger}, "r2": {"0": employee}}
    held = xledger.read("contacts", FIELDS)[contact]
    cleared = [held[name] for name in ("birthday", "socialSec", "jobTitle", "gender")]
    assert (cleared, held["address"]) == ([None] * 4, KEPT)
    supplier = xledger.read("subledgers", f"bankAccount {ADDRESS}")[subledger]
    assert (supplier["bankAccount"], supplier["address"]) == (None, KEPT)


@pytest.mark.rule("R-51", "R-103")
def test_no_document_holds_a_value(xledger: Any, ask: Any, create: Callable[..., Any]) -> None:
    """Values stand in the journal's variables alone."""
    create(2)
    ask(lambda client: client.look_up([keys(0)]))
    for entry in xledger.admin("GET", "journal"):
        rest = {name: part for name, part in entry.items() if name != "variables"}
        assert "new0@x.no" not in str(rest)
        assert "HCONTACT" not in str(rest)
