"""Whose a record is that the look-up found, and what follows (R-36, R-82)."""

import pytest

from processors.lane.creating import Newcomer, Then, decide, own_code
from processors.lane.parcel import Parcel
from processors.ports.lane import Holders, Intent, Step
from processors.ports.xledger import Found
from schemas.connection import LinkState
from schemas.employee import Target
from schemas.reasons import Code
from tests.processors.lane.test_parcel import subject

NOBODY = Holders({}, {})
ME, OTHER = "u", "somebody"


def one(
    step: Step | None = None, found: tuple[str, ...] = (), *, records: bool = False
) -> Newcomer:
    """Return a person on the way, with an open intent of that step, and perhaps the first ids."""
    intent = None if step is None else Intent(step, "7", "7", "kari@x.no", found)
    person = subject(state=LinkState.CREATING, intent=intent)
    values = {Target.EMPLOYEE_CODE: "7", Target.CONTACT_EMAIL: "kari@x.no"}
    contact, subledger = ("c", "s") if records else (None, None)
    parcel = Parcel(person, values, {}, (), {}, creates=True)
    return Newcomer(parcel, contact, subledger, found=found)


CREATE, EXISTS = (Then.CREATE, None), (Then.EXISTS, Code.EXISTS_IN_XLEDGER)
LINK, ASK = (Then.LINK, None), (Then.ASK, Code.AMBIGUOUS)
HELD = (Then.HELD, Code.LINKED_BY_ANOTHER)
IN_USE = (Then.FAIL, Code.EMPLOYMENT_ID_IN_USE)


@pytest.mark.rule("R-36", "R-37", "R-82")
@pytest.mark.parametrize(
    ("newcomer", "found", "holders", "decision"),
    [
        pytest.param(one(), Found(), NOBODY, CREATE, id="nothing there"),
        pytest.param(one(), Found(suppliers=("s1",)), NOBODY, CREATE, id="a foreign supplier"),
        pytest.param(one(), Found(employees_by_code=("e",)), NOBODY, EXISTS, id="id unlinked"),
        pytest.param(
            one(), Found(employees_by_code=("e",)), Holders({"e": OTHER}, {}), IN_USE, id="id held"
        ),
        pytest.param(
            one(), Found(employees_by_code=("e",)), Holders({"e": ME}, {}), HELD,
            id="held by my other connection", marks=pytest.mark.rule("R-09"),
        ),
        pytest.param(one(), Found(by_email=("e",)), NOBODY, EXISTS, id="email unlinked"),
        pytest.param(
            one(), Found(by_email=("e",)), Holders({"e": OTHER}, {}), CREATE, id="email linked"
        ),
        pytest.param(
            one(), Found(by_email=("e",)), Holders({"e": ME}, {}), HELD,
            id="email of my other link", marks=pytest.mark.rule("R-09"),
        ),
        pytest.param(one(), Found(contacts=("c",)), NOBODY, CREATE, id="our contact alone"),
        pytest.param(one(), Found(contacts=("c", "d")), NOBODY, ASK, id="two with our code"),
        pytest.param(
            one(), Found(contacts=("c",), suppliers=("s",), employees_by_contact=("e",)), NOBODY,
            LINK, id="all of an earlier creation",
        ),
        pytest.param(
            one(), Found(contacts=("c",), employees_by_contact=("e",)), NOBODY, ASK,
            id="an employee without its supplier",
        ),
        pytest.param(
            one(), Found(contacts=("c",), suppliers=("s",), employees_by_contact=("e", "f")),
            NOBODY, ASK, id="two employees of our contact",
        ),
        pytest.param(
            one(), Found(contacts=("c",), suppliers=("s",), employees_by_contact=("e",)),
            Holders({"e": ME}, {}), HELD, id="made by my other connection",
            marks=pytest.mark.rule("R-09"),
        ),
        pytest.param(
            one(Step.RECORDS), Found(suppliers=("s",)), NOBODY, CREATE, id="our lost supplier"
        ),
        pytest.param(
            one(Step.RECORDS), Found(suppliers=("s", "t")), NOBODY, ASK, id="two new suppliers"
        ),
        pytest.param(
            one(Step.RECORDS, ("s",)), Found(suppliers=("s",)), NOBODY, CREATE,
            id="a supplier from before",
        ),
        pytest.param(
            one(Step.RECORDS), Found(by_email=("e",)), NOBODY, CREATE, id="begun: email is ours"
        ),
        pytest.param(
            one(Step.EMPLOYEE, records=True), Found(employees_by_code=("e",)), NOBODY, LINK,
            id="our lost employee",
        ),
        pytest.param(
            one(Step.EMPLOYEE, records=True), Found(employees_by_contact=("e",)), NOBODY, LINK,
            id="our lost employee, by our contact",
        ),
        pytest.param(
            one(Step.EMPLOYEE, records=True), Found(employees_by_code=("e", "f")), NOBODY, ASK,
            id="two new employees",
        ),
        pytest.param(
            one(Step.EMPLOYEE, ("e",), records=True), Found(employees_by_code=("e",)), NOBODY,
            EXISTS,
            id="an employee from before",
        ),
        pytest.param(one(Step.EMPLOYEE, records=True), Found(), NOBODY, CREATE, id="lost before"),
    ],
)  # fmt: skip
def test_what_was_found_decides(
    newcomer: Newcomer, found: Found, holders: Holders, decision: tuple[Then, Code | None]
) -> None:
    """Ours is taken over, at whatever step; what may be ours or not goes to a human."""
    assert decide(newcomer, found, holders) == decision
    if decision == LINK:
        assert (newcomer.contact, newcomer.subledger, newcomer.employee) == ("c", "s", "e")


@pytest.mark.rule("R-82")
def test_what_was_there_before_is_kept_for_the_intent() -> None:
    """The first look-up remembers foreign records; a later one does not."""
    first = one()
    decide(first, Found(suppliers=("s", "s")), NOBODY)
    assert first.intent(Step.RECORDS).found == ("s",)
    later = one(Step.RECORDS, ("s",))
    decide(later, Found(suppliers=("s", "ours")), NOBODY)
    assert later.subledger == "ours"
    assert later.intent(Step.EMPLOYEE).found == ("s",)


@pytest.mark.rule("R-36")
def test_keys_are_the_employment_id_and_our_own_code() -> None:
    """A contact's code is always ours; a supplier's is the employment id where there is one."""
    keys = one().keys("0")
    assert (keys.contact_code, keys.supplier_code, keys.employee_code) == (own_code("u"), "7", "7")
    without = one()
    without.parcel = Parcel(without.parcel.subject, {}, {}, (), {})
    assert without.keys("0").supplier_code == own_code("u")
    assert len(own_code("u")) == 12
