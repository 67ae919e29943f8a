"""`dead-letters export`: letters as JSON lines; with their bytes, where asked for (R-103)."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final

import pytest
from confluent_kafka import Message, Producer

from connectors.encryption import open_vault
from connectors.store.engine import open_store
from connectors.store.keyring import Keyring
from connectors.store.tables import audit
from schemas.about import About
from schemas.desk import LetterState
from schemas.letter import Failure, Place, build
from schemas.reasons import Code, LetterClass
from schemas.topics import DEAD_LETTERS, EVENTS
from tests.console.conftest import Operator, Said
from tests.fixtures.databases import LIMITS
from tests.fixtures.letters import a_letter, file
from tests.fixtures.records import kafka
from tests.fixtures.stored import KARI, SOURCE, Stored

CANARY: Final = "canary-4711"
WHY = ("--values", "--reason", "for the publisher")


class Desk:
    """An operator, and a store whose letters stand on a real topic."""

    def __init__(self, operator: Operator, stored: Stored) -> None:
        self.operator = operator
        self.stored = stored
        self.connection = stored.connect("Fjord AS").id

    def write(self, event: str) -> tuple[int, int]:
        """Write a letter; returns where it stands."""
        at = datetime.now(UTC)
        about = About(SOURCE, event, None, *KARI)
        failure = Failure(
            self.connection, "call", LetterClass.DATA, Code.REFUSED, ("phone",), {}, {}, 1, at, at,
            "test 1",
        )  # fmt: skip
        headers: Any = build([("x", None)], Place(EVENTS.name, 3, 0, 1), about, failure)
        told: list[Message] = []
        producer = Producer(kafka(self.operator.settings["KAFKA__BOOTSTRAP_SERVERS"]))
        producer.produce(
            DEAD_LETTERS.name, CANARY.encode(), b"k", 0, headers=headers,
            on_delivery=lambda _, message: told.append(message),
        )  # fmt: skip
        assert producer.flush(20) == 0
        partition, offset = told[0].partition(), told[0].offset()
        assert partition is not None
        assert offset is not None
        return partition, offset

    def file(self, number: int, place: tuple[int, int] = (0, 10**9), **more: Any) -> None:
        """Store the row of a letter that stands there."""
        where: dict[str, Any] = {"partition": place[0], "offset": place[1]}
        file(self.stored.store, [a_letter(number, connection=self.connection, **where, **more)])

    def says(self, *options: str, code: int = 0) -> Said:
        """Export letters."""
        said = self.operator.types("dead-letters", "export", *options)
        assert said.code == code, said.err
        return said

    def exports(self, *options: str) -> dict[str, Any]:
        """Return the lines, by event."""
        lines = map(json.loads, self.says(*options).out.splitlines())
        return {one["event"]["id"]: one for one in lines}

    def audited(self) -> list[Any]:
        """Return what the audit has of values that were shown."""
        columns = (audit.c.action, audit.c.person, audit.c.event, audit.c.rule)
        return [row[1:] for row in self.stored.rows(*columns) if row[0] == "values.shown"]


@pytest.fixture
def desk(prepared: Operator) -> Iterator[Desk]:
    """A desk on a file, with a broker."""
    vault = open_vault(prepared.folder / "master.key")
    with closing(open_store(prepared.settings["STORE__URL"], None, LIMITS)) as store:
        yield Desk(prepared, Stored(store, Keyring(vault)))


@pytest.mark.rule("R-103")
def test_without_values_there_is_none(desk: Desk) -> None:
    """Ids, codes and names, of what nothing ended; nobody is asked why."""
    desk.file(0, desk.write("e0"))
    desk.file(1, state=LetterState.IGNORED)
    assert desk.exports().keys() == {"e0"}
    assert desk.exports("--state", "all", "--json").keys() == {"e0", "e1"}
    (line,) = desk.says().out.splitlines()
    assert CANARY not in line
    assert base64.b64encode(CANARY.encode()).decode() not in line
    assert "bytes" not in json.loads(line)
    assert desk.audited() == []
    nothing = desk.says("--code", "none")
    assert (nothing.out, "no letter is meant" in nothing.err) == ("", True)


@pytest.mark.rule("R-90", "R-103", "R-104")
def test_bytes_are_shown_after_the_audit_has_it(desk: Desk) -> None:
    """Key, value and headers as they stand there; what cannot be read says why."""
    place = desk.write("e0")
    desk.file(0, place)
    desk.file(1, place)
    desk.file(2)
    desk.file(3, place, state=LetterState.RESOLVED, closed_as="deleted")
    found = desk.exports(*WHY, "--state", "all")
    held = found["e0"]["bytes"]
    assert [base64.b64decode(held[name]) for name in ("key", "value")] == [b"k", CANARY.encode()]
    assert held["headers"][0] == ["x", None]
    assert {event: one["bytes_missing"] for event, one in found.items()} == {
        "e0": None,
        "e1": "another record stands in its place",
        "e2": "the topic ends before its place: it was made anew, or it is another one",
        "e3": "the person was deleted in Huma",
    }
    letter = a_letter(0, connection=desk.connection)
    assert desk.audited() == [(KARI.user, letter.id, "R-103")]


def test_many_are_read_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is left out, and none is there twice."""
    monkeypatch.setattr(import_module("console.dead_letters.export"), "AT_ONCE", 2)
    for number in range(5):
        desk.file(number)
    lines = desk.says().out.splitlines()
    assert sorted(json.loads(line)["event"]["id"] for line in lines) == [f"e{n}" for n in range(5)]


def test_values_need_a_reason(desk: Desk) -> None:
    """And a reason is for values."""
    assert "--values needs --reason" in desk.says("--values", code=2).err
    assert "--reason is for --values" in desk.says("--reason", "x", code=2).err
