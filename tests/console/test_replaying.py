"""`dead-letters replay` as a process: killed in the middle, and gone on with (R-91)."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
from confluent_kafka import Producer
from sqlalchemy import func, select

from connectors.encryption import open_vault
from connectors.kafka.group_offsets import CommittedOffsets
from connectors.store.engine import open_store
from connectors.store.keyring import Keyring
from connectors.store.tables import audit, letter, replay, replay_letter
from schemas.about import About
from schemas.events import EventType
from schemas.key import key_of
from schemas.letter import Failure, Place, build, parse
from schemas.person import PersonKey
from schemas.reasons import Code, LetterClass
from schemas.topics import DEAD_LETTERS, EVENTS, REQUESTS
from tests.console.conftest import Operator, prepare
from tests.fixtures.databases import LIMITS
from tests.fixtures.records import kafka, new_group, read
from tests.fixtures.stored import Stored
from tests.fixtures.waiting import until

LETTERS: Final = 120
SECONDS: Final = 60.0
REASON: Final = ("--reason", "the accounts are mended")


class Office:
    """An organisation whose people are locked, and letters of theirs that a replay ends at once."""

    def __init__(self, operator: Operator, servers: str) -> None:
        self.operator = operator
        self.servers = servers
        self.organization = str(UUID(bytes=os.urandom(16)))
        path = operator.folder / "store.db"
        self.store = open_store(f"sqlite:///{path}", None, LIMITS)
        vault = open_vault(operator.folder / "master.key")
        self.stored = Stored(self.store, Keyring(vault))
        self.connection = self.stored.connect(organization=self.organization)
        self.people = [
            PersonKey(self.organization, str(UUID(bytes=os.urandom(16)))) for _ in range(LETTERS)
        ]
        self.stored.people(*self.people, type="user", active=False, active_version=9)
        self.stored.linked(self.connection, *self.people)

    def write_letters(self) -> None:
        """Write a letter of each person straight into the topic."""
        producer, at = Producer(kafka(self.servers)), datetime.now(UTC)
        failure = Failure(
            self.connection.id, "map", LetterClass.DATA, Code.BAD_BIRTH_DATE, ("birthDate",),
            {"birthDate": 5}, {"birthDate": 7}, 0, at, at, "test 1",
        )  # fmt: skip
        value = orjson.dumps({"changes": {"birthDate": "1800-01-01"}})
        for number, key in enumerate(self.people):
            about = About("/huma/users", f"e{number}", EventType.USER_UPDATED.value, *key, at, 5)
            attributes = {
                "specversion": "1.0", "id": about.id, "source": about.source, "type": about.type,
                "subject": key.user, "organization": key.organization, "time": at.isoformat(),
                "revision": "5",
            }  # fmt: skip
            headers: Any = [(f"ce_{name}", str(text).encode()) for name, text in attributes.items()]
            place = Place(EVENTS.name, 0, number, int(at.timestamp() * 1000))
            whole: Any = build(headers, place, about, failure)
            producer.produce(DEAD_LETTERS.name, value, key_of(*key), headers=whole)
        assert producer.flush(20) == 0

    def letters(self) -> Counter[tuple[str, str | None]]:
        """Count letters by state, and as what they are closed."""
        with self.store.read() as transaction:
            rows = transaction.execute(
                select(letter.c.state, letter.c.closed_as).where(
                    letter.c.organization == self.organization
                )
            )
            return Counter((row[0], row[1]) for row in rows)

    def sent(self) -> int:
        """Return how many letters a run has sent."""
        with self.store.read() as transaction:
            query = select(func.count()).select_from(replay_letter)
            return int(
                transaction.execute(query.where(replay_letter.c.round.is_not(None))).scalar_one()
            )

    def run(self) -> str:
        """Return the one run's id."""
        with self.store.read() as transaction:
            return str(transaction.execute(select(replay.c.id)).scalar_one())

    def replayed(self) -> Counter[tuple[str | None, int]]:
        """Count the replays on the requests topic, by event and round."""
        place = ("huma-xledger-watch", [REQUESTS.name])
        ends = CommittedOffsets(kafka(self.servers), *place).reached()
        number = sum(one.end for one in ends.values())
        found: Counter[tuple[str | None, int]] = Counter()
        for message in read(self.servers, REQUESTS.name, number):
            key: Any = message.key() or b""
            if key.startswith(self.organization.encode()):
                headers: Any = message.headers() or []
                known = parse(headers)
                found[known.event_id, known.replay_count] += 1
        return found


@pytest.fixture
def office(operator: Operator, broker: str) -> Iterator[Office]:
    """An office with letters, while intake and watch run."""
    ready = operator.but(
        KAFKA__BOOTSTRAP_SERVERS=broker, KAFKA__SESSION_TIMEOUT="6", STORE__LOCK_TIMEOUT="3",
        STORE__IDLE_TIMEOUT="3", KAFKA__GROUP=new_group(), WATCH__GROUP=new_group(),
        WATCH__FILL="0.05", DELIVERY__PEOPLE="10", DELIVERY__WINDOW="0.5", REPLAY__LOOK="0.1",
    )  # fmt: skip
    prepare(ready)
    found = Office(ready, broker)
    with closing(found.store), running(ready):
        found.write_letters()
        until(lambda: found.letters() == {("open", None): LETTERS}, SECONDS)
        yield found


@contextmanager
def running(operator: Operator) -> Iterator[None]:
    """Let intake and watch run."""
    with (
        operator.program("intake", "run", "intake") as intake,
        operator.program("watch", "run", "watch") as watch,
    ):
        intake.start()
        watch.start()
        yield


@pytest.mark.java
@pytest.mark.rule("R-91")
@pytest.mark.timeout(180)
def test_killed_in_the_middle_it_goes_on_and_sends_nothing_twice(office: Office) -> None:
    """A plan, SIGKILL while it sends, --resume: each letter was sent once, and all are closed."""
    meant = ("--organization", office.organization)
    planned = office.operator.types("dead-letters", "replay", *meant, *REASON)
    assert planned.code == 0, planned.err
    assert "a plan only: repeat with --execute to do it" in planned.err
    assert f"{LETTERS} letters; a replay sends {LETTERS} of them" in planned.out
    assert "blocked (locked)" in planned.out
    foretold = office.operator.types("dead-letters", "forecast", *meant, "--json")
    assert foretold.json["letters"] == foretold.json["sent"] == LETTERS

    replays = ("dead-letters", "replay")
    with office.operator.program("replay", *replays, *meant, *REASON, "--execute") as program:
        program.launch()
        until(lambda: office.sent() > 10, SECONDS)
        program.kill()
    sent, run = office.sent(), office.run()
    assert 10 < sent < LETTERS
    resumed = office.operator.starts(*replays, "--resume", run, *REASON, "--execute", "--json")
    assert resumed.code == 0, resumed.err
    assert (resumed.json["to_be_sent"], resumed.json["under_way"]) == (0, 0)
    assert office.letters() == {("resolved", "locked"): LETTERS}
    assert office.replayed() == {(f"e{number}", 1): 1 for number in range(LETTERS)}

    again = office.operator.types(*replays, "--resume", run, *REASON, "--execute")
    assert again.code == 1
    assert f"replay {run} has finished" in again.err
    nothing = office.operator.types(*replays, *meant, *REASON, "--execute")
    assert (nothing.code, nothing.out.startswith("no letter is meant by this")) == (0, True)
    with office.store.read() as transaction:
        told = transaction.execute(
            select(audit.c.actor, audit.c.object).where(audit.c.action == "letters.replayed")
        ).all()
    assert [row.object for row in told] == [f"replay:{run}"] * 2
    assert all(row.actor.startswith("command:") for row in told)
