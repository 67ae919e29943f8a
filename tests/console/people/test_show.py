"""`people show`: who somebody is, what waits and why, what was confirmed, of which position."""

from typing import Any

import pytest

from connectors.store.tables import dirty, lane, link, organization
from connectors.store.tables import person as people
from schemas.connection import LinkState
from schemas.person import Json
from tests.console.people.conftest import KARI, KEY, Office, only
from tests.fixtures.stored import ELSEWHERE, FOREVER
from tests.fixtures.working import person

COOK: dict[str, Json] = {
    "id": "p1", "title": {"name": "Kokk"}, "contractStartDate": "2020-01-01",
    "contractEndDate": "2099-12-31", "percentage": 100,
}  # fmt: skip
CHEF: dict[str, Json] = {"id": "p2", "title": {"name": "Sjef"}, "contractStartDate": "2100-01-01"}
WRONG: dict[str, Json] = {
    "id": "p3",
    "contractStartDate": "2027-01-02",
    "contractEndDate": "2027-01-01",
}


def waiting(document: Any) -> dict[str, Any]:
    """Return the open fields by name."""
    return {one["field"]: one for one in only(document)["open"]}


@pytest.mark.rule("R-37")
def test_a_new_person_is_shown_with_all_that_waits(office: Office) -> None:
    """The link's state as a sentence, the open fields since when and why, the event behind them."""
    office.hires()
    said = office.says("show", KARI.user)
    assert (said.code, said.err) == (0, "")
    shown = office.shows()
    assert (shown["user"], shown["type"], shown["active"], shown["revision"]) == (
        KARI.user, "user", True, 1,
    )  # fmt: skip
    assert (shown["complete"], shown["deleted_at"], shown["positions"]) == (True, None, [])
    one = only(shown)
    assert one["link"]["state"] == LinkState.WANTED
    assert one["link"]["says"] in said.out
    assert set(waiting(shown)) == {"email", "givenName", "familyName", "employmentId", "phone"}
    assert {why["waits"] for why in waiting(shown).values()} == {"process"}
    assert "huma-xledger run delivery" in said.out
    (event,) = one["events"]
    assert (event["type"], event["revision"]) == ("com.humahr.user.created.v1", 1)
    assert event["outcome"] in said.out
    assert (one["confirmed"], one["position_data"], shown["audit"]) == ([], None, [])


@pytest.mark.rule("R-102", "R-57", "R-52")
def test_a_linked_person_is_shown_with_what_xledger_has(office: Office) -> None:
    """Ids on both sides, each confirmed field with its time and position, and the audit."""
    office.hires(COOK, CHEF, WRONG)
    office.delivers()
    said, shown = office.says("show", KARI.user), office.shows()
    one = only(shown)
    assert one["link"]["state"] == LinkState.LINKED
    assert (one["open"], one["events"]) == ([], [])
    for record in ("contact", "subledger", "employee"):
        assert f"{record} {one['link'][record]}" in said.out
    confirmed = {row["target"]: row["position"] for row in one["confirmed"]}
    assert confirmed["contact.phone"] is None
    assert confirmed["contact.jobTitle"] == confirmed["employee.employmentFrom"] == "p1"
    assert {row["action"] for row in shown["audit"]} == {"employee.written"}
    assert [row["id"] for row in shown["positions"]] == ["p1", "p2", "p3"]


@pytest.mark.rule("R-57", "R-60", "R-62")
def test_each_position_field_tells_which_position_it_is_of(office: Office) -> None:
    """And why each other one lost, and when the date alone will change the choice."""
    office.hires(COOK, CHEF, WRONG)
    said, data = office.says("show", KARI.user).out, only(office.shows())["position_data"]
    assert (data["sent"], data["changes_on"]) == (True, "2100-01-01")
    of = {field["field"]: field["choice"] for field in data["fields"]}
    assert {name: choice["chosen"] for name, choice in of.items()} == {
        "title": "p1", "probationEndDate": "p1", "terminationNoticeDate": "p1",
        "contractStartDate": "p1", "contractEndDate": "p2",
    }  # fmt: skip
    assert of["title"]["lost"]["p3"] == "ends before it starts"
    assert of["contractEndDate"]["rule"] == "R-56"
    assert "title, probationEndDate, terminationNoticeDate: position p1 (R-57, R-58)" in said
    assert "not p2: is of a later kind" in said
    assert "The date alone changes the choice next on 2100-01-01" in said


@pytest.mark.rule("R-52", "R-54")
def test_position_data_that_is_withheld_says_so(office: Office) -> None:
    """The choice is shown all the same: what would be sent, once something triggers it."""
    office.hires(COOK)
    office.bench.stored.linked(office.bench.connection, KARI, triggered=False)
    data = only(office.shows())["position_data"]
    assert (data["sent"], "not sent yet" in data["says"]) == (False, True)
    assert [field["choice"]["chosen"] for field in data["fields"]] == ["p1"] * 5


@pytest.mark.rule("R-60")
@pytest.mark.parametrize(("day", "due"), [("0001-01-01", True), ("2100-01-01", False)])
def test_a_day_that_has_come_is_for_the_clock(office: Office, day: str, *, due: bool) -> None:
    """The stored day, which the sweep goes by, has come or not."""
    office.hires(COOK)
    office.bench.stored.linked(office.bench.connection, KARI, triggered=True, next_flip_on=day)
    assert only(office.shows())["position_data"]["due"] is due
    assert ("The clock looks at them again" in office.says("show", KARI.user).out) is due


@pytest.mark.rule("R-61")
def test_deleted_positions_are_named(office: Office) -> None:
    """And what that means for the fields."""
    office.hires(COOK)
    office.arrivals.arrive("position.deleted", {"position": {"id": "p1"}}, 2, user=KARI.user)
    office.arrivals.read()
    said, shown = office.says("show", KARI.user).out, office.shows()
    assert shown["positions"] == [{"id": "p1", "revision": 2, "deleted": True}]
    assert only(shown)["position_data"]["fields"] == []
    assert "p1 (revision 2, deleted)" in said
    assert "The person has no position." in said


@pytest.mark.rule("R-70", "R-71")
def test_a_lock_is_shown_with_its_revision(office: Office) -> None:
    """What was changed before it still goes, and what was changed again will not."""
    office.hires()
    office.delivers()
    office.changes(5, phone="2", gender="Male")
    office.arrivals.arrive("user.deactivated", {}, 6, user=KARI.user)
    office.arrivals.read()
    office.changes(7, phone="3")
    said, shown = office.says("show", KARI.user).out, office.shows()
    assert (shown["active"], shown["active_revision"]) == (False, 6)
    assert only(shown)["link"]["locked"]
    assert "deactivated since revision 6, and so locked" in said
    waits = waiting(shown)
    assert (waits["gender"]["waits"], waits["phone"]["waits"]) == ("turn", "nothing")
    assert "A newer value came after the person was locked" in said


@pytest.mark.rule("R-101", "R-17")
def test_who_is_outside_is_told_why(office: Office) -> None:
    """Out of the connection's group, or no person at all."""
    group = ELSEWHERE
    office.bench.stored.people(person(2), groups=(group,), groups_version=3, type="service_user")
    other = office.bench.stored.connect("c2", group=KARI.user)
    said = office.says("show", person(2).user, "--connection", other.id)
    shown = office.shows("--connection", other.id, user=person(2).user)
    assert only(shown)["link"]["out_of_scope"]
    assert "Not in the connection's group since revision 3" in said.out
    assert "service_user: never synchronised" in said.out
    assert group in said.out


@pytest.mark.rule("R-31", "R-32", "R-111")
def test_missing_required_fields_are_named(office: Office) -> None:
    """By Huma's names."""
    office.hires(givenName=" ", email=None)
    said, shown = office.says("show", KARI.user).out, office.shows()
    assert only(shown)["link"]["lacking"] == ["email", "givenName"]
    assert "Required and missing in Huma: email, givenName." in said
    assert {why["waits"] for why in waiting(shown).values()} == {"nothing"}


def test_what_was_tried_says_when_it_is_tried_again(office: Office) -> None:
    """How often, since when it fails, and when an ambiguous answer is settled."""
    office.hires()
    office.delivers()
    office.changes(5, phone="2", gender="Male")
    field = dirty.c.field
    set_ = office.bench.stored.set
    set_(dirty, field == "phone", due=FOREVER // 100, attempts=2, first_failed_at=1)
    set_(dirty, field == "gender", due=FOREVER // 100, unsure=True)
    waits = waiting(office.shows())
    assert (waits["phone"]["waits"], waits["phone"]["tries"]) == ("retry", 2)
    assert waits["phone"]["first_failed_at"].startswith("1970-01-01")
    assert (waits["gender"]["waits"], waits["gender"]["may_be_written"]) == ("settle", True)
    assert waits["gender"]["until"].startswith("2286")
    assert "after 2 tries (at most 5)" in office.says("show", KARI.user).out


def test_a_stopped_connection_says_what_lets_it_go_on(office: Office) -> None:
    """Once beside the connection, and for each field that waits for it."""
    office.hires()
    id_ = office.bench.connection.id
    assert office.operator.types("connections", "pause", id_).code == 0
    said, shown = office.says("show", KARI.user).out, office.shows()
    assert {why["waits"] for why in waiting(shown).values()} == {"human"}
    assert only(shown)["lane"]["state"] == "paused"
    assert said.count(f"connections resume {id_}") == 2


def test_who_is_on_the_way_or_behind_others_is_told_so(office: Office) -> None:
    """The answer is waited for; or other people's turn comes before."""
    office.hires()
    office.delivers()
    stored, one = office.bench.stored, office.bench.connection
    office.bench.hire(2, 3)
    office.bench.change({2: {"phone": "2"}, 3: {"phone": "3"}})
    office.changes(5, phone="4")
    assert waiting(office.shows())["phone"]["says"].startswith("Its turn comes: 2 other people")
    lease = stored.claim(one)
    stored.take(lease)
    assert waiting(office.shows())["phone"]["waits"] == "answer"
    stored.set(lane, lane.c.connection == one.id, lease_until=1)
    assert waiting(office.shows())["phone"]["waits"] == "process"


@pytest.mark.rule("R-97")
def test_who_must_be_read_first_is_told_how_huma_is(office: Office) -> None:
    """It is read first; or Huma is away, until a time."""
    office.hires()
    stored = office.bench.stored
    stored.set(people, people.c.person == KARI.user, complete=False)
    said = office.says("show", KARI.user).out
    assert "not read from Huma yet, up to revision 1" in said
    assert "is read from Huma first" in said
    stored.set(organization, organization.c.id == KARI.organization, huma_state="away",
               huma_probe_at=FOREVER // 100)  # fmt: skip
    assert waiting(office.shows())["phone"]["says"].startswith("The person must be read from Huma")


@pytest.mark.rule("R-78")
def test_a_deleted_person_is_ids_only(office: Office) -> None:
    """When, and where in Xledger they were; no field, no position, but the audit."""
    office.hires(COOK)
    office.delivers()
    office.arrivals.arrive("user.deleted", {}, 9, user=KARI.user)
    office.arrivals.read()
    said, shown = office.says("show", KEY).out, office.shows()
    assert shown["deleted_at"] is not None
    assert "every value is gone" in said
    one = only(shown)
    assert one["link"]["state"] == LinkState.DELETED
    assert f"employee {one['link']['employee']}" in said
    assert (one["open"], one["confirmed"], one["position_data"]) == ([], [], None)
    assert shown["audit"]


@pytest.mark.rule("R-108")
def test_an_erased_person_is_ids_only_too(office: Office) -> None:
    """The audit says that they were erased."""
    office.hires(COOK)
    office.delivers()
    assert office.says("erase", KARI.user, "--reason", "case 17", "--execute").code == 0
    said, shown = office.says("show", KARI.user).out, office.shows()
    assert "Deleted in Huma, or erased here" in said
    one = only(shown)
    assert (one["link"]["state"], one["confirmed"]) == (LinkState.DELETED, [])
    assert shown["audit"][0]["action"] == "person.erased"
    assert only(office.explains("phone"))["fields"] == []


@pytest.mark.rule("R-100")
def test_each_connection_is_shown_or_only_one(office: Office) -> None:
    """A person of two connections, each with its own link."""
    office.hires()
    other = office.bench.stored.connect("c2")
    office.bench.stored.linked(other, KARI, state=LinkState.DECLINED)
    states = {one["name"]: one["link"]["state"] for one in office.shows()["connections"]}
    assert states == {"c1": LinkState.WANTED, "c2": LinkState.DECLINED}
    assert only(office.shows("--connection", other.id))["name"] == "c2"
    said = office.says("show", KARI.user, "--connection", "c9")
    assert (said.code, said.out) == (1, "")
    assert "has no connection c9" in said.err


def test_the_audit_is_bounded_and_begins_with_the_newest(office: Office) -> None:
    """Of both connections, unless one is named."""
    office.hires()
    office.delivers()
    office.changes(5, phone="2")
    office.delivers()
    newest, *_ = office.shows()["audit"]
    assert office.shows("--history", "1")["audit"] == [newest]
    assert office.shows("--history", "0")["audit"] == []
    assert newest["fields"] == ["subledger.phone"] or newest["fields"] == ["contact.phone"]
    other = office.bench.stored.connect("c2")
    assert office.shows("--connection", other.id)["audit"] == []


@pytest.mark.parametrize("named", [KARI.user, KARI.user.upper(), KEY, KEY.upper()])
def test_a_person_is_named_by_id_or_by_key(office: Office, named: str) -> None:
    """In whatever case."""
    office.hires()
    assert office.shows(user=named)["user"] == KARI.user


def test_who_is_not_known_is_one_sentence(office: Office) -> None:
    """Exit code 1; what is no id at all is wrong use."""
    office.hires()
    elsewhere = f"{ELSEWHERE}:{KARI.user}"
    for named in (person(9).user, f"{KARI.organization}:{person(9).user}", elsewhere):
        said = office.says("show", named)
        assert (said.code, said.out) == (1, "")
        assert "is known here" in said.err
    assert office.says("show", "kari@x.no").code == 2
    assert office.says("show", f"{KEY}:1").code == 2


def test_who_is_known_twice_must_be_named_by_key(office: Office) -> None:
    """The sentence holds both keys, to be copied."""
    office.hires()
    office.bench.stored.connect("c2", organization=ELSEWHERE)
    office.bench.stored.people(KARI._replace(organization=ELSEWHERE))
    said = office.says("show", KARI.user)
    assert (said.code, said.out) == (1, "")
    assert KEY in said.err
    assert f"{ELSEWHERE}:{KARI.user}" in said.err
    assert office.shows(user=KEY)["organization"] == KARI.organization


def test_who_is_linked_and_otherwise_not_known_is_shown(office: Office) -> None:
    """A sync linked them; no event ever told of them."""
    office.bench.stored.linked(office.bench.connection, KARI, employee="7")
    said = office.says("show", KARI.user).out
    assert "not known yet, taken as active" in said
    assert "no revision seen yet" in said
    assert "employee 7" in said
    office.bench.stored.set(link, link.c.person == KARI.user, state=LinkState.GONE.value)
    assert only(office.shows())["link"]["state"] == LinkState.GONE
