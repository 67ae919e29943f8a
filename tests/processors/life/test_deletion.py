"""Deleted in Huma: all of a person ends here, and nothing of it in Xledger (R-75 to R-79)."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import LargeBinary

from connectors.store.intake import StoredIntake
from connectors.store.tables import audit, intent, metadata, pending, person, refusal
from schemas.employee import Root, Target
from schemas.errors import Ambiguous
from schemas.topics import DEAD_LETTERS
from tests.fixtures.arrivals import USER
from tests.fixtures.stored import ORGANIZATION
from tests.fixtures.working import Bad
from tests.processors.life.conftest import KARI, Life

DELETED = ("skipped", "deleted")
PHONE = Target.CONTACT_PHONE
NO_ANSWER = Ambiguous("Xledger does not answer in time")
NEW = "9b2e0c1a-0000-4000-8000-0000000000bb"
CANARY = "kanari4711"


def opened(life: Life) -> list[tuple[str, str]]:
    """Return every value that can be read, by table and column: sealed ones are opened.

    What leaves for Kafka is no longer ours to hold back: letters are left out.
    """
    with life.stored.store.begin() as transaction:
        cipher = life.stored.keyring.cipher_of(transaction, ORGANIZATION)
    found = []
    for table in metadata.sorted_tables:
        names = [column.name for column in table.c]
        for row in life.stored.rows(*table.c):
            values = dict(zip(names, row, strict=True))
            if table.name == "outbox" and values["topic"] == DEAD_LETTERS.name:
                continue
            known = {str(value) for value in values.values() if isinstance(value, str)}
            for column in table.c:
                value = values[column.name]
                if value is None or not isinstance(column.type, LargeBinary):
                    found.append((f"{table.name}.{column.name}", str(value)))
                    continue
                place = f"{table.name}.{column.name}"
                for name in ("", *(f"/{one}" for one in known)):
                    for whom in known:
                        try:
                            text = cipher.open(whom, place + name, bytes(value)).decode()
                        except Exception:  # noqa: BLE001, S112 - not sealed so
                            continue
                        found.append((place, text))
                found.append((place, bytes(value).decode("latin-1")))
    return found


def shows(life: Life) -> set[str]:
    """Return where a canary can be read."""
    return {place for place, text in opened(life) if CANARY in text.lower()}


@pytest.mark.rule("R-78", "R-103")
def test_no_value_is_left_in_any_table(life: Life) -> None:
    """Fields, positions, what was confirmed, refused, waits or was begun: all of it goes."""
    first, second = life.connect("c1"), life.connect("c2")
    for name in ("c1", "c2"):
        life.employ(name)
    first.xledger.bad = [Bad(PHONE, CANARY, text=f"{CANARY} is no phone number")]
    life.arrivals.updated(
        5, phone=CANARY, homeAddress={"line1": CANARY, "country": "NO"}, email=f"{CANARY}@x.no"
    )
    title = {"id": "t", "name": CANARY}
    life.position(6, "created", contractStartDate="2020-01-01", title=title)
    life.live()
    assert second.xledger.writes
    third = life.connect("c3")
    third.xledger.faults = [(NO_ANSWER, True)]
    life.created(7, familyName=CANARY, email=f"{CANARY}@x.no")
    life.read()
    life.attempt("c3")
    life.arrivals.updated(8, gender=CANARY)
    life.read()
    assert shows(life) == {
        "field.value", "position.value", "confirmed.value", "pending.record", "intent.keys",
    }  # fmt: skip
    assert life.stored.rows(refusal.c.field) != []  # kept without the value
    life.happened("user.deleted", 9)
    life.live()
    assert shows(life) == set()
    assert life.stored.rows(refusal.c.field) == []


@pytest.mark.rule("R-75", "R-78")
def test_what_waits_ends_and_what_follows_is_skipped(life: Life) -> None:
    """In both connections, each with its own outcome; the records stay as they are."""
    for name in ("c1", "c2"):
        life.connect(name)
        life.employ(name)
    life.arrivals.updated(5, phone="5")
    life.live()
    before = [life.has(name) for name in ("c1", "c2")]
    life.arrivals.updated(6, phone="6")
    life.read()
    life.happened("user.deleted", 7)
    life.arrivals.updated(8, phone="8")
    life.position(9, "created")
    life.happened("user.reactivated", 10)
    life.created(11)
    life.replay(6, "c1", ["phone"], phone="6")
    life.read()
    after = {f"e{n}": DELETED for n in (7, 8, 9, 10, 11)}
    assert life.arrivals.all(pending) == []
    told = [
        (one["connection"], one["event"]["id"], one["round"], one["reason"])
        for one in life.stored.outcomes()
        if one["result"] == "skipped"
    ]
    c1, c2 = (life.benches[name].connection.id for name in ("c1", "c2"))
    expected = [(one, id_, 0, "deleted") for one in (c1, c2) for id_ in ("e6", *after)]
    assert sorted(told) == sorted([*expected, (c1, "e6", 1, "deleted")])
    life.deliver()
    assert [life.has(name) for name in ("c1", "c2")] == before
    assert (life.state("c1"), life.state("c2")) == ("deleted", "deleted")


@pytest.mark.rule("R-79")
@pytest.mark.parametrize("order", [(6, 5), (5, 6)])
@pytest.mark.parametrize("apart", [True, False])
def test_nobody_deleted_is_created(life: Life, order: tuple[int, int], *, apart: bool) -> None:
    """Deleted before the lane came, in whatever order it was told: no request to Xledger."""
    bench = life.connect()
    for revision in order:
        if revision == 5:
            life.created(5)
        else:
            life.happened("user.deleted", 6)
        if apart:
            life.read()
    life.live()
    assert life.ends() == dict.fromkeys(("e5", "e6"), DELETED)
    assert bench.xledger.requests == []


@pytest.mark.rule("R-75", "R-78")
def test_deleted_while_in_flight(life: Life) -> None:
    """The request is done: it is audited, and no value of the answer is kept."""
    bench = life.connect()
    life.employ()
    life.arrivals.updated(5, phone=CANARY)
    life.read()

    async def flight() -> None:
        bench.xledger.gate = asyncio.Event()
        lane, stop = bench.lane(), asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        await bench.wait(lambda: bool(bench.xledger.writes), lane, task)
        life.happened("user.deleted", 6)
        await asyncio.to_thread(life.read)
        bench.xledger.gate.set()
        stop.set()
        await task

    asyncio.run(flight())
    assert life.has()[PHONE] == CANARY
    assert life.ends() == dict.fromkeys(("e5", "e6"), DELETED)
    assert shows(life) == set()
    rows = life.stored.rows(audit.c.action, audit.c.person, audit.c.fields)
    assert {row[2] for row in rows if row[:2] == ("employee.written", USER)} == {
        "contact.phone", "subledger.phone",
    }  # fmt: skip


@pytest.mark.rule("R-75", "R-78", "R-82")
@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("step", [0, 1])
def test_deleted_while_a_creation_is_open(life: Life, step: int, *, happened: bool) -> None:
    """What was made of it stays in Xledger; no intent is left, and nothing more is made."""
    bench = life.connect()
    bench.limits = replace(bench.limits, settle=60.0)  # nobody looks again before the deletion
    bench.xledger.faults = [None] * step + [(NO_ANSWER, happened)]
    life.created(5)
    life.read()
    life.attempt()
    assert life.stored.rows(intent.c.person) == [(USER,)]
    made = {root: dict(records) for root, records in bench.xledger.records.items()}
    requests = len(bench.xledger.requests)
    life.happened("user.deleted", 6)
    life.live()
    assert life.stored.rows(intent.c.person) == []
    assert life.ends() == dict.fromkeys(("e5", "e6"), DELETED)
    assert (bench.xledger.records, len(bench.xledger.requests)) == (made, requests)
    assert len(made[Root.CONTACT]) == (1 if happened or step else 0)


@pytest.mark.rule("R-75", "R-78", "R-82")
def test_deleted_between_two_steps_of_a_creation(life: Life) -> None:
    """Contact and supplier are there: the employee is not made any more."""
    bench = life.connect()
    life.created(5)
    life.read()

    async def flight() -> None:
        bench.xledger.gate = asyncio.Event()
        lane, stop = bench.lane(), asyncio.Event()
        task = asyncio.create_task(lane.run(stop))
        await bench.wait(lambda: bool(bench.xledger.writes), lane, task)
        life.happened("user.deleted", 6)
        await asyncio.to_thread(life.read)
        bench.xledger.gate.set()
        stop.set()
        await task

    asyncio.run(flight())
    assert [len(records) for records in bench.xledger.records.values()] == [1, 1, 0]
    assert life.stored.rows(intent.c.person) == []
    assert (life.state(), life.link()["company"]) == ("deleted", None)


def gone(life: Life, email: str = "kari@x.no") -> None:
    """Let Kari be an employee, and be deleted."""
    life.connect()
    life.employ()
    life.arrivals.updated(5, email=email)
    life.live()
    life.happened("user.deleted", 6)


@pytest.mark.rule("R-78")
@pytest.mark.parametrize("together", [True, False])
def test_a_rehire_is_for_a_human(life: Life, *, together: bool) -> None:
    """A new id with the email of a tombstone, also in the very batch of the deletion."""
    gone(life)
    if not together:
        life.read()
    life.created(7, NEW, email=" KARI@X.no ")
    life.arrivals.updated(8, NEW, phone="8")
    life.live()
    assert life.ends()["e7"] == life.ends()["e8"] == ("skipped", "ambiguous")
    assert life.state(user=NEW) == "ambiguous"
    assert len(life.benches["c1"].xledger.records[Root.EMPLOYEE]) == 1


@pytest.mark.rule("R-78")
@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.parametrize("first", [None, "other@x.no"])
def test_the_email_may_come_later(life: Life, first: str | None, *, locked: bool) -> None:
    """Created without it, or with another one, before anybody was made: a human looks."""
    gone(life)
    life.created(7, NEW, email=first)
    life.read()
    if locked:
        life.happened("user.deactivated", 8, NEW)
    life.arrivals.updated(9, NEW, email="kari@x.no")
    life.live()
    assert life.state(user=NEW) == "ambiguous"
    assert life.ends()["e7"] == ("skipped", "ambiguous")
    life.happened("user.reactivated", 10, NEW)
    life.live()
    assert life.ends()["e10"] == ("skipped", "ambiguous" if locked else "nothing to do")
    assert len(life.benches["c1"].xledger.records[Root.EMPLOYEE]) == 1


@pytest.mark.rule("R-78", "R-12")
def test_an_employee_who_gets_the_email_keeps_the_link(life: Life) -> None:
    """Whoever is linked is known: the email is sent as Huma says."""
    gone(life)
    life.created(7, NEW, email="other@x.no", employmentId="008")
    life.live()
    life.arrivals.updated(8, NEW, email="kari@x.no")
    life.live()
    assert life.state(user=NEW) == "linked"
    assert life.has(user=NEW)[Target.CONTACT_EMAIL] == "kari@x.no"


@pytest.mark.rule("R-78", "R-97")
def test_the_email_may_be_read_from_huma(life: Life) -> None:
    """No event told it: what is read when the lane asks is looked at before anybody is made."""
    gone(life)
    life.read()
    bench = life.connect("c2", "g1")
    life.huma.knows(NEW, "g1")
    user = {name: value for name, value in KARI.items() if name != "email"}
    life.arrivals.arrive("user.created", {"user": user}, 7, user=NEW)
    life.live()
    assert life.huma.asked == [NEW]
    assert life.ends("c2")["e7"] == ("skipped", "ambiguous")
    assert (life.state("c1", NEW), life.state("c2", NEW)) == ("ambiguous", "ambiguous")
    assert bench.xledger.writes == []


@pytest.mark.rule("R-78", "R-101")
@pytest.mark.parametrize("later", [True, False])
def test_a_rehire_may_join_the_group(life: Life, *, later: bool) -> None:
    """Out of scope when created, and in the group afterwards: known all the same."""
    gone(life)
    bench = life.connect("c2", "g2")
    life.created(7, NEW, email="other@x.no" if later else "kari@x.no", groups=[])
    life.read()
    if later:
        life.arrivals.updated(8, NEW, email="kari@x.no")
        life.read()
    life.moved(9, "g2", user=NEW)
    life.live()
    assert life.ends("c2")["e9"] == ("skipped", "ambiguous")
    assert life.state("c2", NEW) == "ambiguous"
    assert bench.xledger.writes == []


@pytest.mark.rule("R-78")
def test_somebody_elses_email_is_nobodys_tombstone(life: Life) -> None:
    """Another email, and an email of a person who is there, make nobody a rehire."""
    gone(life)
    life.created(7, NEW, email="ola@x.no", employmentId="008")
    life.live()
    assert life.state(user=NEW) == "linked"


@pytest.mark.rule("R-78")
def test_who_comes_after_a_deletion_in_one_batch_is_another(life: Life) -> None:
    """A batch deletes one and changes another: each has their own end."""
    gone(life)
    life.created(7, NEW, email="ola@x.no", employmentId="008")
    other = str(uuid4())
    life.happened("user.deleted", 8, other)
    life.live()
    assert (life.ends()["e7"], life.ends()["e8"]) == (("applied", None), DELETED)
    known: dict[Any, Any] = {
        row[0]: row[1] is not None for row in life.stored.rows(person.c.person, person.c.deleted_at)
    }
    assert known == {USER: True, NEW: False, other: True}


def test_the_canary_would_be_seen(life: Life) -> None:
    """What is searched for above can be found: sealed columns are opened with the right names."""
    life.connect()
    life.employ()
    life.arrivals.updated(5, phone=CANARY)
    life.read()
    assert shows(life) == {"field.value", "pending.record"}
    assert isinstance(life.arrivals.intake_store, StoredIntake)
    assert CANARY not in orjson.dumps(life.stored.outcomes()).decode()
