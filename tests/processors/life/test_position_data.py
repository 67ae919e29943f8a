"""Position data through intake and lane: what triggers it, what goes out (R-52 to R-62)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.store import previews
from connectors.store.connections import raise_generation
from connectors.store.people import AT_ONCE
from connectors.store.sweep import StoredSweep
from connectors.store.tables import confirmed, position
from connectors.store.tables import connection as connections
from schemas.connection import LinkState
from schemas.employee import Root, Target, TargetValue
from schemas.metrics import DUPLICATES
from schemas.person import PersonKey, PositionField
from schemas.topics import REQUESTS
from tests.fixtures.arrivals import START, USER
from tests.fixtures.stored import ORGANIZATION
from tests.fixtures.working import Bad, Bench
from tests.processors.life.conftest import Life

APPLIED = ("applied", None)
BEFORE = ("skipped", "before activation")
NOT_YET = ("skipped", "no position data yet")
JOB, FROM, TO = Target.CONTACT_JOB_TITLE, Target.EMPLOYMENT_FROM, Target.EMPLOYMENT_TO
TRIAL, NOTICE = Target.TRIAL_TO, Target.NOTICE_DATE
POSITION_TARGETS = {JOB, FROM, TO, TRIAL, NOTICE}
NAMES = {field.value for field in PositionField}
CHEF: dict[str, Any] = {
    "contractStartDate": "2020-01-01", "title": {"id": "t1", "name": "Chef"}, "percentage": 100,
}  # fmt: skip
OLD: dict[str, Any] = {
    "contractStartDate": "2010-01-01", "contractEndDate": "2019-12-31",
    "title": {"id": "t2", "name": "Cook"},
}  # fmt: skip
SECOND = timedelta(seconds=1)
SAW = date(2026, 11, 23)
"""The lanes' day."""


def began(bench: Bench, life: Life, at: datetime | None = START, *, preview: bool = False) -> None:
    """Let a connection be active since then, or not yet."""
    mine = connections.c.id == bench.connection.id
    since = None if at is None else int(at.timestamp() * 1000)
    opened = int(START.timestamp() * 1000) if preview else None
    life.stored.set(connections, mine, activated_at=since, preview_at=opened)
    with life.stored.store.begin() as transaction:
        raise_generation(transaction)


def told(
    life: Life, id_: str, revision: int, verb: str = "updated", time: datetime = START, **more: Any
) -> None:
    """Let a position be created, updated or deleted at that time."""
    data = {"position": {"id": id_, **more}}
    life.arrivals.arrive(f"position.{verb}", data, revision, time=time)


def held(life: Life) -> dict[Target, TargetValue]:
    """Return the position data that Xledger holds."""
    return {target: value for target, value in life.has().items() if target in POSITION_TARGETS}


def swept(life: Life, today: date = SAW) -> int:
    """Let the clock look, and what it asks for go its way; returns whom it asked for."""
    sweep = StoredSweep(life.stored.store, life.stored.keyring, 10**6)
    found = sweep.request("Europe/Oslo", today, 100, "s1")
    life.live()
    return found


@pytest.fixture
def employed(life: Life) -> Life:
    """Kari is an employee, linked before the connection was activated at `START`."""
    began(life.connect(), life)
    life.employ()
    return life


@pytest.mark.rule("R-54", "R-53")
def test_activation_alone_sends_nothing(employed: Life) -> None:
    """What was there, and what then arrives late, is known and stays here; other fields go."""
    life = employed
    bench = life.benches["c1"]
    began(bench, life, None)
    told(life, "p1", 5, "created", START - SECOND, **CHEF)
    life.live()
    began(bench, life)
    told(life, "p2", 6, "created", START - SECOND, **OLD)
    life.arrivals.updated(7, phone="7")
    life.live()
    assert life.ends() == {"e5": ("skipped", "not active"), "e6": BEFORE, "e7": APPLIED}
    assert len(life.stored.rows(position.c.position)) == 2
    assert held(life) == {}
    assert life.link()["next_flip_on"] is None
    assert not life.link()["triggered"]


@pytest.mark.rule("R-52", "R-53")
@pytest.mark.parametrize(
    ("verb", "before", "end"),
    [
        pytest.param("created", timedelta(0), APPLIED, id="created at the very moment"),
        pytest.param("updated", timedelta(0), APPLIED, id="updated at the very moment"),
        pytest.param("updated", -SECOND, APPLIED, id="updated after it"),
        pytest.param("updated", timedelta(milliseconds=1), BEFORE, id="a moment before"),
        pytest.param("deleted", -SECOND, NOT_YET, id="only deleted"),
    ],
)
def test_what_triggers(
    employed: Life, verb: str, before: timedelta, end: tuple[str, str | None]
) -> None:
    """The time of the change in Huma decides, and equal counts as after."""
    life = employed
    told(life, "old", 1, "created", START - 9 * SECOND, **OLD)
    told(life, "p1", 5, verb, START - before, **(CHEF if verb != "deleted" else {}))
    life.live()
    assert life.ends()["e5"] == end
    assert bool(held(life)) is (end == APPLIED)
    assert life.link()["triggered"] is (end == APPLIED)


@pytest.mark.rule("R-53", "R-55")
def test_once_triggered_all_positions_count(employed: Life) -> None:
    """Also old ones, of before the activation, that no event was sent for."""
    life = employed
    told(life, "p1", 1, "created", START - SECOND, **OLD)
    told(life, "p2", 5, "created", **CHEF)
    life.live()
    assert held(life) == {
        FROM: "2010-01-01", TO: None, JOB: "Chef", TRIAL: None, NOTICE: None,
    }  # fmt: skip


@pytest.mark.rule("R-52", "R-53", "R-100")
def test_each_connection_has_its_own_cut_off(employed: Life) -> None:
    """Of one event: applied where it came after the activation, skipped where before."""
    life = employed
    began(life.connect("c2"), life, START + SECOND)
    life.employ("c2")
    told(life, "p1", 5, "created", **CHEF)
    life.live()
    assert (life.ends("c1"), life.ends("c2")) == ({"e5": APPLIED}, {"e5": BEFORE})
    assert (held(life)[JOB], life.has("c2").get(JOB)) == ("Chef", None)
    told(life, "p1", 6, "deleted", START + SECOND)
    told(life, "p2", 7, "created", START + SECOND, **OLD)
    life.live()
    assert (life.ends("c1")["e6"], life.ends("c2")["e6"]) == (("superseded", None), NOT_YET)
    assert held(life)[JOB] == life.has("c2")[JOB] == "Cook"


@pytest.mark.rule("R-53", "R-60")
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two"])
def test_a_late_event_stays_skipped_and_its_input_counts(employed: Life, *, together: bool) -> None:
    """It triggers nothing; where data went out already, the next sweep makes it right."""
    life = employed
    told(life, "p2", 5, "created", **CHEF)
    if not together:
        life.live()
    told(life, "p1", 1, "created", START - SECOND, **OLD)
    life.live()
    assert life.ends() == {"e1": BEFORE, "e5": APPLIED}
    assert life.link()["next_flip_on"] == AT_ONCE
    assert swept(life) == 1
    assert held(life)[FROM] == "2010-01-01"
    assert life.link()["next_flip_on"] is None
    assert swept(life) == 0


@pytest.mark.rule("R-53", "R-60")
def test_a_late_event_during_a_request_is_not_forgotten(employed: Life) -> None:
    """It arrives between look and answer: the answer does not say that all is well."""
    life = employed
    told(life, "p2", 5, "created", **CHEF)
    life.read()
    arrives = [True]

    def late(operation: str) -> None:
        if operation == "write" and arrives.pop():
            told(life, "p1", 1, "created", START - SECOND, **OLD)
            life.read()
            arrives.append(False)

    life.benches["c1"].xledger.trouble = late
    life.deliver()
    assert held(life)[FROM] == "2020-01-01"
    assert swept(life) == 1
    assert held(life)[FROM] == "2010-01-01"


@pytest.mark.rule("R-52", "R-81")
@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two"])
def test_the_order_of_arrival_changes_nothing(employed: Life, *, together: bool) -> None:
    """Deleted, and only then told that it had been updated: the others' data goes out alike."""
    life = employed
    told(life, "p2", 1, "created", START - SECOND, **CHEF)
    told(life, "p1", 6, "deleted")
    if not together:
        life.live()
    told(life, "p1", 5, **OLD)
    life.live()
    assert life.ends() == {"e1": BEFORE, "e5": ("skipped", "stale"), "e6": NOT_YET}
    assert life.link()["triggered"]
    assert swept(life) == 1
    assert held(life)[JOB] == "Chef"


@pytest.mark.rule("R-52", "R-83")
def test_a_creation_told_late_triggers_too(employed: Life) -> None:
    """Its position was deleted since, its phone number is new: applied, and the sweep looks."""
    life = employed
    told(life, "p2", 1, "created", START - SECOND, **CHEF)
    told(life, "p1", 6, "deleted")
    life.live()
    life.created(5, phone="5", positions=[{"id": "p1", **OLD}])
    life.live()
    assert life.ends()["e5"] == APPLIED
    assert life.link()["triggered"]
    assert swept(life) == 1
    assert held(life)[JOB] == "Chef"


@pytest.mark.rule("R-52", "R-82", "R-83")
def test_a_repeat_triggers_nothing(employed: Life) -> None:
    """Skipped while nobody was linked; delivered again, afterwards, it is counted only."""
    life = employed
    life.set_state(LinkState.UNLINKED)
    told(life, "p1", 5, "created", **CHEF)
    life.read()
    life.set_state(LinkState.LINKED)
    told(life, "p1", 5, "created", **CHEF)
    life.live()
    assert life.ends() == {"e5": ("skipped", "not linked")}
    assert life.arrivals.numbers.of(DUPLICATES) == 1
    assert not life.link()["triggered"]


@pytest.mark.rule("R-52")
@pytest.mark.parametrize("state", [LinkState.UNLINKED, LinkState.DECLINED, LinkState.EXISTS])
def test_who_is_not_linked_is_not_triggered(employed: Life, state: LinkState) -> None:
    """What comes before the link is skipped; matched in a run, position data stays as it is."""
    life = employed
    life.set_state(state)
    told(life, "p1", 5, "created", **CHEF)
    told(life, "p2", 8, "deleted")
    told(life, "p2", 7, **CHEF)
    life.live()
    assert set(life.ends()) == {"e5", "e7", "e8"}
    life.set_state(LinkState.LINKED)
    life.arrivals.updated(9, phone="9")
    life.live()
    assert not life.link()["triggered"]
    assert held(life) == {}


@pytest.mark.rule("R-52", "R-55", "R-57")
def test_new_employees_get_it_with_the_creation(life: Life) -> None:
    """In the same three requests; it went out, so that a deletion counts from then on."""
    bench = life.connect()
    positions = [{"id": "p1", **OLD}, {"id": "p2", **CHEF, "probationEndDate": "2020-07-01"}]
    life.created(5, positions=positions)
    life.live()
    asked = [operation for (operation,) in bench.xledger.requests if operation != "identity"]
    assert asked == ["look_up", "write", "write"]
    assert held(life) == {FROM: "2010-01-01", JOB: "Chef", TRIAL: "2020-07-01"}
    assert life.link()["triggered"]
    assert set(life.stored.outcomes()[0]["fields"]) >= NAMES
    told(life, "p1", 6, "deleted")
    life.live()
    assert held(life)[FROM] == "2020-01-01"
    assert life.ends() == {"e5": APPLIED, "e6": APPLIED}


@pytest.mark.rule("R-52", "R-53")
def test_new_employees_get_what_was_known_before_them(life: Life) -> None:
    """A position that was told first, and skipped, goes out with the creation all the same."""
    life.connect()
    told(life, "p1", 6, "created", **CHEF)
    life.live()
    life.created(5)
    life.live()
    assert life.ends() == {"e6": ("skipped", "not linked"), "e5": APPLIED}
    assert held(life) == {FROM: "2020-01-01", JOB: "Chef"}
    assert life.link()["triggered"]


@pytest.mark.rule("R-52")
def test_new_employees_without_a_position_get_it_with_the_first_one(life: Life) -> None:
    """Nothing of theirs was triggered by the creation."""
    life.connect()
    life.created(5)
    life.live()
    assert not life.link()["triggered"]
    told(life, "p1", 6, "created", **CHEF)
    life.live()
    assert held(life)[JOB] == "Chef"


@pytest.mark.rule("R-61", "R-57")
def test_a_deleted_position_leaves_the_others(employed: Life) -> None:
    """Every field is computed anew from what is left."""
    life = employed
    told(life, "p1", 5, "created", **OLD)
    told(life, "p2", 6, "created", **CHEF, terminationNoticeDate="2026-12-01")
    life.live()
    told(life, "p2", 7, "deleted")
    life.live()
    assert held(life) == {
        FROM: "2010-01-01", TO: "2019-12-31", JOB: "Cook", TRIAL: None, NOTICE: None,
    }  # fmt: skip


@pytest.mark.rule("R-61")
def test_the_last_one_deleted_keeps_xledgers_dates(employed: Life) -> None:
    """Skipped and said; a new position counts again."""
    life = employed
    told(life, "p1", 5, "created", **OLD)
    life.live()
    before = held(life)
    told(life, "p1", 6, "deleted")
    life.live()
    assert life.ends()["e6"] == ("skipped", "no position left")
    assert held(life) == before
    told(life, "p2", 7, "created", **CHEF)
    life.live()
    assert held(life)[FROM] == "2020-01-01"


@pytest.mark.rule("R-62")
def test_an_end_before_the_start_is_not_used(employed: Life) -> None:
    """The event is applied with a warning; alone it changes nothing in Xledger."""
    life = employed
    told(life, "p1", 5, "created", **CHEF)
    told(life, "p2", 6, "created", contractStartDate="2026-02-01", contractEndDate="2026-01-01",
         primary=True)  # fmt: skip
    life.live()
    assert held(life)[JOB] == "Chef"
    (last,) = (told for told in life.stored.outcomes() if told["event"]["id"] == "e6")
    assert (last["result"], last["warnings"]) == ("applied", ["contract ends before it starts"])


@pytest.mark.rule("R-56")
def test_an_older_open_position_is_warned_of(employed: Life) -> None:
    """The employment stays open, and the outcome says why that may be wrong."""
    life = employed
    told(life, "p1", 5, "created", contractStartDate="2009-01-01")
    told(life, "p2", 6, "created", **OLD)
    life.live()
    assert held(life)[TO] is None
    (last,) = (told for told in life.stored.outcomes() if told["event"]["id"] == "e6")
    assert last["warnings"] == ["an older position is still open"]


@pytest.mark.rule("R-46", "R-56", "R-57", "R-58")
def test_what_turns_into_nothing_is_cleared(employed: Life) -> None:
    """By an explicit null: a contract that was opened again, a trial and a notice taken back."""
    life = employed
    told(life, "p1", 5, "created", **CHEF, contractEndDate="2026-12-31",
         probationEndDate="2020-07-01", terminationNoticeDate="2026-10-01")  # fmt: skip
    life.live()
    told(life, "p1", 6, contractStartDate="2020-01-01", contractEndDate="", title=None)
    life.live()
    assert life.written()[-1] == {TO: None, JOB: None, TRIAL: None, NOTICE: None}
    assert held(life) == {FROM: "2020-01-01", TO: None, JOB: None, TRIAL: None, NOTICE: None}


@pytest.mark.rule("R-84")
def test_what_does_not_differ_is_unchanged(employed: Life) -> None:
    """A position of which nothing goes out, and one that is told again: no call."""
    life = employed
    told(life, "p1", 5, "created", **CHEF)
    life.live()
    before = len(life.written())
    told(life, "p1", 6, **CHEF, contractType="permanent")
    told(life, "p2", 7, "created", contractStartDate="2021-01-01", percentage=20)
    life.live()
    assert len(life.written()) == before
    assert life.ends()["e7"] == ("unchanged", None)


@pytest.mark.rule("R-63", "R-84")
def test_an_edit_in_xledger_stays_until_huma_says_otherwise(employed: Life) -> None:
    """No read goes before a write: what differs from what we sent is written over it."""
    life = employed
    told(life, "p1", 5, "created", **CHEF)
    life.live()
    there = life.benches["c1"].xledger.records[JOB.root][life.link()["contact"]]
    there[JOB] = "Typed by hand"
    told(life, "p1", 6, **{**CHEF, "percentage": 50})
    life.live()
    assert held(life)[JOB] == "Typed by hand"
    told(life, "p1", 7, **{**CHEF, "title": {"name": "Boss"}})
    life.live()
    assert held(life)[JOB] == "Boss"


@pytest.mark.rule("R-55", "R-87")
def test_each_field_of_an_event_has_its_end(employed: Life) -> None:
    """All five are named: applied, failed and skipped beside each other."""
    life = employed
    told(life, "p1", 5, "created", title={"name": "x" * 300}, probationEndDate="2026-12-01")
    life.live()
    (one,) = life.stored.outcomes()
    assert one["fields"].keys() == NAMES
    ends = {name: (end["result"], end.get("code")) for name, end in one["fields"].items()}
    assert ends == {
        "title": ("failed", "too long"),
        "contractStartDate": ("skipped", "no contract start date"),
        "contractEndDate": ("applied", None),
        "probationEndDate": ("applied", None),
        "terminationNoticeDate": ("applied", None),
    }
    assert {end["version"] for end in one["fields"].values()} == {5}


@pytest.mark.rule("R-57", "R-103")
def test_why_each_value_is_here_is_kept_with_it(employed: Life) -> None:
    """The rule, the position, what the others lost by and the day: no date of theirs, no title."""
    life = employed
    told(life, "p1", 5, "created", **OLD)
    told(life, "p2", 6, "created", **CHEF)
    life.live()
    kept = {row[0]: orjson.loads(row[1]) for row in life.stored.rows(
        confirmed.c.target, confirmed.c.why) if row[0] in POSITION_TARGETS}  # fmt: skip
    day = SAW.isoformat()
    main = {"chosen": "p2", "lost": {"p1": "status"}, "on": day}
    assert kept == {
        FROM: {"rule": "R-55", "chosen": "p1", "lost": {"p2": "start"}, "on": day},
        TO: {"rule": "R-56", "chosen": "p2", "lost": {"p1": "end"}, "on": day},
        JOB: {"rule": "R-58", **main},
        TRIAL: {"rule": "R-57", **main},
        NOTICE: {"rule": "R-58", **main},
    }


@pytest.mark.rule("R-07", "R-52", "R-54")
@pytest.mark.parametrize("confirmed_", [True, False], ids=["confirmed", "discarded"])
def test_a_preview_keeps_the_trigger_only_if_it_is_confirmed(
    life: Life, *, confirmed_: bool
) -> None:
    """While it is open everything may be after the activation; what came to nothing was not."""
    bench = life.connect()
    life.employ()
    life.set_state(LinkState.UNLINKED)
    began(bench, life, None, preview=True)
    told(life, "p1", 5, "created", **CHEF)
    life.read()
    assert life.link()["triggered"]
    began(bench, life, START if confirmed_ else None)
    previews.end_waiting(life.stored.store, life.stored.keyring, bench.connection.id)
    life.set_state(LinkState.LINKED)
    began(bench, life)
    life.arrivals.updated(6, phone="6")
    life.live()
    assert life.link()["triggered"] is confirmed_
    assert (JOB in held(life)) is confirmed_
    assert life.ends()["e5"] == (APPLIED if confirmed_ else ("skipped", "not active"))


def replayed(life: Life, revision: int, *fields: str, **more: Any) -> None:
    """Let the desk send the event of the position `p1` again (R-91)."""
    bench = life.benches["c1"]
    headers = [
        ("huma-xledger-replay-count", b"1"),
        ("huma-xledger-connection", bench.connection.id.encode()),
        ("huma-xledger-fields", ",".join(fields).encode()),
    ]
    life.arrivals.forget()
    data = {"position": {"id": "p1", **more}}
    life.arrivals.arrive(
        "position.updated", data, revision, topic=REQUESTS.name, headers=headers, time=START
    )
    life.live()


@pytest.mark.rule("R-92", "R-87")
def test_a_replay_marks_position_fields_again(employed: Life) -> None:
    """Only those of the letter; the current value goes, whatever the event said."""
    life = employed
    bench = life.benches["c1"]
    bench.xledger.bad = [Bad(JOB, "Chef"), Bad(JOB, "Boss")]
    told(life, "p1", 5, "created", **CHEF)
    life.live()
    told(life, "p1", 6, **{**CHEF, "title": {"name": "Boss"}})
    life.live()
    assert {end[0] for end in life.ends().values()} == {"dead-lettered"}
    assert JOB not in held(life)
    bench.xledger.bad = []
    before = len(life.written())
    replayed(life, 5, "title", **CHEF)
    assert life.written()[before:] == [{JOB: "Boss"}]
    assert life.ends() == {"e5": APPLIED}
    (one,) = life.stored.outcomes()
    assert one["fields"]["title"]["version"] == 6, "it says which value went"


@pytest.mark.rule("R-52", "R-92")
@pytest.mark.parametrize(
    ("before", "end"),
    [(timedelta(0), APPLIED), (SECOND, BEFORE)],
    ids=["after the activation", "before it"],
)
def test_a_replay_triggers_what_the_event_would_have(
    employed: Life, before: timedelta, end: tuple[str, str | None]
) -> None:
    """It failed since the employee was gone; linked anew, its position data goes out."""
    life = employed
    life.set_state(LinkState.GONE)
    told(life, "p1", 5, **CHEF)
    life.live()
    assert life.ends() == {"e5": ("dead-lettered", "employee gone")}
    life.set_state(LinkState.LINKED)
    began(life.benches["c1"], life, START + before)
    replayed(life, 5, *NAMES, **CHEF)
    assert life.ends() == {"e5": end}
    assert life.link()["triggered"] is (end == APPLIED)
    assert (JOB in held(life)) is (end == APPLIED)


@pytest.mark.rule("R-52", "R-112")
@pytest.mark.parametrize("triggered", [True, False])
def test_a_request_sends_position_fields_only_if_they_were_triggered(
    employed: Life, *, triggered: bool
) -> None:
    """Named or not: "everything that differs" does not reach what nothing triggered."""
    life = employed
    moment = START if triggered else START - SECOND
    told(life, "p1", 5, "created", moment, **CHEF)
    life.live()
    bench = life.benches["c1"]
    if triggered:  # somebody changed it there
        bench.xledger.records[JOB.root][life.link()["contact"]][JOB] = "Other"
        life.stored.set(confirmed, confirmed.c.target == JOB.value, value=None)
    data = {"connection": bench.connection.id, "fields": ["title"]}
    life.arrivals.arrive("xledger.resend.requested", data, id_="r1", topic=REQUESTS.name)
    life.live()
    assert held(life).get(JOB) == ("Chef" if triggered else None)
    assert life.ends()["r1"] == (APPLIED if triggered else ("skipped", "nothing to do"))


@pytest.mark.rule("R-111", "R-112", "R-52")
@pytest.mark.parametrize("triggered", [True, False])
def test_somebody_incomplete_gets_it_once_complete_if_it_was_triggered(
    employed: Life, *, triggered: bool
) -> None:
    """Skipped until the email is filled; then everything that differs, by R-112."""
    life = employed
    life.arrivals.updated(4, email=None)
    told(life, "p1", 5, "created", START if triggered else START - SECOND, **CHEF)
    life.live()
    assert life.ends()["e5"] == (("skipped", "missing email") if triggered else BEFORE)
    assert held(life) == {}
    life.arrivals.updated(6, email="kari@x.no")
    life.live()
    assert (JOB in held(life)) is triggered
    assert life.ends()["e6"] == APPLIED


@pytest.mark.rule("R-97", "R-53")
def test_who_is_known_by_a_position_only_is_read_first(life: Life) -> None:
    """Then all positions count: what Huma has beside it too, in the first write."""
    bench = life.connect()
    ids: dict[str, Any] = {root.value: bench.xledger.add(0, root) for root in Root}
    key = PersonKey(ORGANIZATION, USER)
    life.stored.linked(bench.connection, key, company=bench.connection.company, **ids)
    life.huma.knows()
    old = {"p0": {"id": "p0", **OLD}, "p1": {"id": "p1", "title": {"name": "Apprentice"}}}
    life.huma.people[USER] = replace(life.huma.people[USER], positions=old)
    told(life, "p1", 5, "created", **CHEF)
    life.live()
    assert life.huma.asked == [USER]
    assert life.ends() == {"e5": APPLIED}
    (first,) = life.written()
    assert (first[FROM], first[JOB]) == ("2010-01-01", "Chef")
