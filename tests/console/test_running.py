"""Roles as processes: they start in any order, say how they are, wait, and end politely."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from connectors.broker.apache import Apache
from console.run import START_AGAIN
from schemas.metrics import SWEEP_ENDED
from schemas.requests import minute_of
from schemas.topics import EVENTS, OUTCOMES
from tests.console.conftest import Operator, prepare
from tests.fixtures.waiting import until


def is_ready(url: str) -> bool:
    """Say whether a role does its work."""
    return health(url, "ready")[0] == 200


def waits_for_kafka(url: str) -> bool:
    """Say whether a role tells that it waits for Kafka."""
    return any("Kafka" in why for why in health(url, "ready")[1])


def health(url: str, which: str) -> tuple[int, list[str]]:
    """Return the status, and what is said."""
    answer = httpx.get(f"{url}/health/{which}", trust_env=False)
    return answer.status_code, answer.json()["why"]


@pytest.mark.rule("R-105")
@pytest.mark.parametrize("role", ["intake", "delivery", "watch"])
def test_a_role_says_how_it_is_and_ends_politely(prepared: Operator, role: str) -> None:
    """Live, ready, its metrics; SIGTERM ends it with exit code 0."""
    with prepared.program(role, "run", role) as program:
        url = program.start()["url"]
        until(partial(is_ready, url))
        assert health(url, "live") == (200, [])
        metrics = httpx.get(f"{url}/metrics", trust_env=False).text
        assert "huma_xledger_outbox_rows" in metrics
        assert "huma_xledger_build_info" in metrics
        assert httpx.get(f"{url}/else", trust_env=False).status_code == 404
        assert program.stop() == 0


@pytest.mark.rule("R-78", "R-95")
def test_the_delivery_role_keeps_house(prepared: Operator) -> None:
    """What is too old goes by itself."""
    with closing(sqlite3.connect(prepared.folder / "store.db", timeout=10)) as store:
        store.execute("INSERT INTO quota (name, hour, used) VALUES ('of long ago', 1, 1)")
        store.commit()
        with prepared.program("delivery", "run", "delivery") as program:
            program.start()
            until(lambda: not store.execute("SELECT 1 FROM quota").fetchall())
            assert program.stop() == 0


@pytest.mark.java
@pytest.mark.rule("R-105", "R-109")
def test_a_heartbeat_goes_the_whole_way(operator: Operator, broker: str) -> None:
    """Outbox, Kafka, intake, outbox, Kafka: each partition's ends in the same one of outcomes."""
    ready = operator.but(KAFKA__BOOTSTRAP_SERVERS=broker)
    prepare(ready)
    began = minute_of(datetime.now(UTC))
    with (
        closing(Consumer({"bootstrap.servers": broker, "group.id": "heartbeats"})) as reader,
        ready.program("intake", "run", "intake") as intake,
        ready.program("delivery", "run", "delivery") as delivery,
    ):
        partitions = range(OUTCOMES.partitions)
        reader.assign([TopicPartition(OUTCOMES.name, n, OFFSET_BEGINNING) for n in partitions])
        intake.start()
        url = delivery.start()["url"]
        found: set[int] = set()

        def everywhere() -> bool:
            found.update(beats(reader, began))
            return len(found) == OUTCOMES.partitions

        until(everywhere)
        metrics = httpx.get(f"{url}/metrics", trust_env=False).text
        assert "huma_xledger_sweep_due_people 0.0" in metrics
        (ended,) = [one for one in metrics.splitlines() if one.startswith(SWEEP_ENDED.name)]
        assert float(ended.split()[1]) >= 60 * began
        assert health(url, "ready") == (200, [])


def beats(reader: Consumer, began: int) -> Iterator[int]:
    """Return the partitions of which a heartbeat ended, of this minute or a later one."""
    for message in reader.consume(1000, 0.1):
        if message.key() != f"heartbeat:{message.partition()}".encode():
            continue
        outcome = json.loads(message.value() or b"{}")
        partition, minute = map(int, outcome["event"]["id"].split("/"))
        assert partition == message.partition()
        assert (outcome["result"], outcome["reason"]) == ("skipped", "nothing to do")
        assert not {"connection", "organization", "user"} & outcome.keys()
        if minute >= began:
            yield partition


def test_all_runs_each_role_and_starts_one_again_that_dies(prepared: Operator) -> None:
    """One child a role; a killed one comes back, and all go with the parent."""
    with prepared.program("all", "run", "all") as program:
        program.launch()
        children = until(lambda: of_parent(program.pid, 3))
        os.kill(children[0], signal.SIGKILL)
        again = until(lambda: [one for one in of_parent(program.pid, 3) if one not in children])
        assert len(again) == 1
        assert program.stop() == 0
        until(lambda: not any(Path(f"/proc/{one}").exists() for one in [*children[1:], *again]))


def of_parent(parent: int, count: int) -> list[int]:
    """Return a process's children, in order of their start, once there are so many."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(one) for one in found] if len(found) == count else []


@pytest.mark.java
def test_roles_wait_for_kafka_and_go_on_by_themselves(
    operator: Operator, own_apache: Apache
) -> None:
    """Kafka away at the start: not ready, alive, no exit; then they are ready."""
    ready = operator.but(KAFKA__BOOTSTRAP_SERVERS=own_apache.servers)
    prepare(ready)
    own_apache.kill()
    with (
        ready.program("intake", "run", "intake") as intake,
        ready.program("delivery", "run", "delivery") as delivery,
    ):
        urls = [program.start()["url"] for program in (intake, delivery)]
        for url in urls:
            until(partial(waits_for_kafka, url))
            assert health(url, "live") == (200, [])
        own_apache.start()
        for url in urls:
            until(partial(is_ready, url), 60)
        assert (intake.stop(), delivery.stop()) == (0, 0)
    for role in ("intake", "delivery"):
        log = (ready.folder / f"{role}.log").read_text()
        assert "start.waits" in log
        assert "Traceback" not in log


def test_a_role_whose_port_is_taken_says_so(prepared: Operator) -> None:
    """The sentence names the setting."""
    with prepared.program("one", "run", "delivery") as program:
        port = program.start()["url"].rsplit(":", 1)[1]
        said = prepared.but(HTTP__PORT=port).starts("run", "delivery")
    assert said.code == 1
    assert "HUMA_XLEDGER_HTTP__PORT" in said.err


def test_a_role_whose_setting_is_wrong_ends(prepared: Operator) -> None:
    """Also where it is seen last: no thread of it is left behind, and so no process."""
    said = prepared.but(
        MAIL__HOST="mail.example", MAIL__SENDER="a@example.no", MAIL__CA_FILE="/nowhere"
    ).starts("run", "delivery", seconds=30)
    assert said.code == 1
    assert "MAIL__CA_FILE" in said.err


def test_a_fault_of_this_program_is_no_case_for_a_human(prepared: Operator) -> None:
    """What nobody thought of is logged without its text; `run all` starts that role again."""
    with closing(sqlite3.connect(prepared.folder / "store.db", timeout=10)) as store:
        store.execute(
            "INSERT INTO partition VALUES (?, ?, 0, 'no number', 1)", ("intake", EVENTS.name)
        )
        store.commit()
    said = prepared.starts("run", "intake", seconds=30)
    assert said.code == START_AGAIN
    assert "process.died" in said.err
    assert "no number" not in said.err
    assert "Traceback" not in said.err


def test_an_attached_role_ends_with_its_parent(prepared: Operator) -> None:
    """When the pipe that the parent holds closes, the child ends itself."""
    said = prepared.starts("run", "intake", "--attached")
    assert said.code == 0
