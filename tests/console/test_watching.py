"""Watch as a process: killed again and again it comes to what it would have come to (R-89)."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from confluent_kafka import Message, Producer
from sqlalchemy import func, select

from connectors.broker.apache import Apache
from connectors.kafka.group_offsets import CommittedOffsets
from connectors.store.engine import Store, open_store
from connectors.store.tables import failure, heartbeat, letter, timeline
from processors.ports.source import Place
from processors.ports.watch import Seen
from schemas.key import organization_of_key
from schemas.topics import DEAD_LETTERS, OUTCOMES, WATCHED
from tests.console.conftest import Operator, prepare
from tests.fixtures.databases import LIMITS
from tests.fixtures.records import kafka, new_group, read, write
from tests.fixtures.stored import ORGANIZATION
from tests.fixtures.waiting import until
from tests.fixtures.watched import Company, Happened, Watched, connect, failed

STEPS: Final = 600
KILLS: Final = 3
SECONDS: Final = 60


@pytest.fixture
def watcher(operator: Operator, broker: str) -> Operator:
    """An operator of watch on Apache Kafka, with a group of its own."""
    ready = operator.but(
        KAFKA__BOOTSTRAP_SERVERS=broker, KAFKA__SESSION_TIMEOUT="6", STORE__LOCK_TIMEOUT="3",
        STORE__IDLE_TIMEOUT="3", WATCH__GROUP=new_group(), WATCH__BATCH="10", WATCH__FILL="0.05",
        WATCH__LOOK="0.2",
    )  # fmt: skip
    prepare(ready)
    return ready


def store_of(path: Path, organization: str) -> Store:
    """Open a store, and let c1 and c2 be connected."""
    store = open_store(f"sqlite:///{path}", None, LIMITS)
    connect(store, organization)
    return store


def publish(servers: str, company: Company) -> Iterator[int]:
    """Write what happened, bit by bit; yields how many outcomes are there."""
    producer = Producer(kafka(servers))
    for number, happened in enumerate(company.happened, 1):
        for record in (happened.letter_record, happened.outcome_record):
            if record is not None:
                producer.produce(
                    record.topic, record.value, record.key, headers=list(record.headers or ())
                )
        if number % 50 == 0:
            assert producer.flush(20) == 0
            yield number
    assert producer.flush(20) == 0
    yield len(company.happened)


def seen(message: Message) -> Seen:
    """Return a record as watch reads it."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    headers: Any = message.headers() or []
    return Seen(
        topic, partition, offset, message.timestamp()[1], message.key(), message.value(),
        headers,
    )  # fmt: skip


def held(servers: str, topic: str, ends: int, company: Company) -> list[Seen]:
    """Return what the topic holds of this company."""
    records = [seen(message) for message in read(servers, topic, ends)]
    return [one for one in records if organization_of_key(one.key) == company.organization]


def rows(store: Store, company: Company) -> dict[str, list[Any]]:
    """Return the rows of this company: others write to the same topics."""
    with store.read() as connection:
        return {
            table.name: sorted(
                (
                    tuple(row)
                    for row in connection.execute(
                        select(table).where(table.c.organization == company.organization)
                    )
                ),
                key=repr,
            )
            for table in (timeline, failure, letter)
        }


def told(store: Store, company: Company) -> int:
    """Return how many outcomes of this company are kept."""
    mine = timeline.c.organization == company.organization
    with store.read() as connection:
        query = select(func.count()).select_from(timeline).where(mine)
        return int(connection.execute(query).scalar_one())


@pytest.mark.java
@pytest.mark.rule("R-72", "R-78", "R-89", "R-90")
@pytest.mark.timeout(180)
def test_killed_and_started_again_the_rows_are_the_same(
    watcher: Operator, broker: str, sqlite_template: Path, tmp_path: Path
) -> None:
    """SIGKILL in the middle of a stream of outcomes and letters, three times."""
    organization = str(UUID(bytes=os.urandom(16)))
    company = Company(Random(7), organization, people=40)  # noqa: S311 - a story, not a secret
    for _ in range(STEPS):
        company.live()
    store = store_of(watcher.folder / "store.db", organization)
    count = len(company.happened)
    with closing(store), watcher.program("watch", "run", "watch") as watch:
        watch.start()
        kills = [count * n // (KILLS + 1) for n in range(1, KILLS + 1)]
        for written in publish(broker, company):
            if kills and written > kills[0]:
                until(partial(has_read, store, company, kills.pop(0)), SECONDS)
                watch.kill()
                watch.start()
        until(partial(has_read, store, company, count), SECONDS)
        offsets = CommittedOffsets(kafka(broker), watcher.settings["WATCH__GROUP"], WATCHED)
        until(lambda: not any(one.unread for one in offsets.reached().values()), SECONDS)
        found = rows(store, company)
        assert watch.stop() == 0
    reached = offsets.reached()
    ends = {
        topic: sum(one.end for place, one in reached.items() if place.topic == topic)
        for topic in WATCHED
    }
    path = tmp_path / "expected.db"
    shutil.copy(sqlite_template, path)
    with closing(store_of(path, organization)) as undisturbed:
        watched = Watched(undisturbed)
        for record in held(broker, OUTCOMES.name, ends[OUTCOMES.name], company):
            watched.watching.outcomes([record])
        for record in held(broker, DEAD_LETTERS.name, ends[DEAD_LETTERS.name], company):
            watched.watching.letters([record])
        expected = rows(undisturbed, company)
    assert found == expected
    assert len(found["timeline"]) == count
    log = (watcher.folder / "watch.log").read_text()
    assert "Traceback" not in log


def has_read(store: Store, company: Company, count: int) -> bool:
    """Say whether so many outcomes of the company are kept."""
    return told(store, company) >= count


@pytest.mark.java
@pytest.mark.rule("R-109")
def test_heartbeats_come_the_whole_way(watcher: Operator) -> None:
    """Outbox, Kafka, intake, outbox, Kafka, watch: the oldest of each partition's is exported."""
    with (
        watcher.program("intake", "run", "intake") as intake,
        watcher.program("delivery", "run", "delivery") as delivery,
        watcher.program("watch", "run", "watch") as watch,
        closing(store_of(watcher.folder / "store.db", ORGANIZATION)) as store,
    ):
        url = watch.start()["url"]
        intake.start()
        delivery.start()
        until(lambda: len(beats(store)) == OUTCOMES.partitions, SECONDS)
        newest = min(beats(store))
        until(lambda: (oldest(url) or 0) * 1000 >= newest)
        answer = httpx.get(f"{url}/health/live", trust_env=False)
        assert answer.status_code == 200, answer.text


def beats(store: Store) -> Sequence[int]:
    """Return the newest heartbeat of each partition."""
    with store.read() as connection:
        return connection.execute(select(heartbeat.c.beat_at)).scalars().all()


def oldest(url: str) -> float | None:
    """Return the oldest heartbeat, as it is exported."""
    name = "huma_xledger_oldest_heartbeat_timestamp_seconds "
    lines = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    return next((float(one.removeprefix(name)) for one in lines if one.startswith(name)), None)


@pytest.mark.java
@pytest.mark.rule("R-81")
def test_offsets_of_watch_are_shown_and_set(watcher: Operator) -> None:
    """By the same commands as intake's; set only while nobody reads."""
    shown = watcher.types("offsets", "show", "--group", "watch", "--json")
    assert {row["topic"] for row in shown.json} == set(WATCHED)
    assert {row["next"] for row in shown.json} == {None}
    move = ("offsets", "set", "--group", "watch", "--to", "latest")
    with watcher.program("watch", "run", "watch") as watch:
        url = watch.start()["url"]
        until(partial(is_ready, url))
        said = watcher.types(*move, "--execute")
        assert (said.code, "stop every `run watch`" in said.err) == (1, True)
        assert watch.stop() == 0
    assert watcher.types(*move, "--execute").code == 0
    rows_now = watcher.types("offsets", "show", "--group", "watch", "--json").json
    assert all(row["next"] == row["end"] for row in rows_now)


@pytest.mark.java
def test_watch_goes_on_by_itself_once_kafka_is_back(operator: Operator, own_apache: Apache) -> None:
    """Meanwhile it says so, is not ready, and lives."""
    ready = operator.but(
        KAFKA__BOOTSTRAP_SERVERS=own_apache.servers, WATCH__LOOK="0.2", WATCH__GROUP=new_group()
    )
    prepare(ready)
    before, after = (Happened(f"e{n}", {"email": failed(n)}) for n in (1, 2))
    with (
        ready.program("watch", "run", "watch") as watch,
        closing(store_of(ready.folder / "store.db", ORGANIZATION)) as store,
    ):
        url = watch.start()["url"]
        tell(own_apache, before)
        until(partial(has_kept, store, before), SECONDS)
        until(partial(is_ready, url), SECONDS)
        own_apache.kill()
        until(lambda: not is_ready(url), SECONDS)
        assert httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
        own_apache.start()
        until(partial(is_ready, url), SECONDS)
        tell(own_apache, after)
        until(partial(has_kept, store, after), SECONDS)
        assert watch.stop() == 0
    assert "Traceback" not in (ready.folder / "watch.log").read_text()


def tell(kafka_: Apache, one: Happened) -> None:
    """Write an outcome."""
    record = one.outcome_record
    write(kafka_.servers, Place(record.topic, 0), record.value, key=record.key)


def has_kept(store: Store, one: Happened) -> bool:
    """Say whether an outcome is kept."""
    with store.read() as connection:
        ids = connection.execute(select(timeline.c.outcome)).scalars().all()
    return one.outcome.id in ids


def is_ready(url: str) -> bool:
    """Say whether a role does its work."""
    return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
