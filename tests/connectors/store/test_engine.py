"""The store away: one sentence, no password, and it comes back by itself."""

import socket
import sqlite3
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, select

from connectors.store.engine import open_store
from connectors.store.tables import generation, outbox
from processors.ports.intake import Value
from schemas.errors import StopProcess, StoreUnavailable
from schemas.personal import Personal
from tests.connectors.store.conftest import HURRIED
from tests.fixtures.databases import LIMITS
from tests.fixtures.stored import KARI, Stored

SECRET = "s3cret-canary"


@pytest.mark.rule("R-103")
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "HUMA_XLEDGER_STORE__URL is not set"),
        ("mysql://host/x", "must begin with sqlite:/// or postgresql://"),
        ("not an address", "must begin with sqlite:/// or postgresql://"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////proc/nowhere/store.db", "cannot be used"),
        (f"postgresql://me:{SECRET}@host/x", "HUMA_XLEDGER_STORE__PASSWORD_FILE"),
        (f"postgresql://me@host/x?password={SECRET}", "HUMA_XLEDGER_STORE__PASSWORD_FILE"),
        (f"postgresql://me@host/x?sslpassword={SECRET}", "HUMA_XLEDGER_STORE__PASSWORD_FILE"),
        (f"mysql://me:{SECRET}@host/x", "must begin with"),
    ],
)
def test_a_wrong_address_is_one_sentence(url: str, says: str) -> None:
    """It names the setting, and never the password that should not be there."""
    with pytest.raises(StopProcess, match=says) as caught:
        open_store(url, None, LIMITS)
    assert SECRET not in str(caught.value)


@pytest.mark.rule("R-103")
def test_a_server_that_is_not_there_is_away() -> None:
    """Nobody listens: the sentence has no password."""
    url = "postgresql://me@127.0.0.1:1/x"
    store = open_store(url, Personal(SECRET), replace(LIMITS, lock_timeout=2))
    with pytest.raises(StoreUnavailable, match="PASSWORD_FILE") as caught, store.read():
        pytest.fail("nobody is there")
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(store)
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("wrong", ["user", "database"])
def test_a_refused_sign_in_names_the_settings(postgresql: str, wrong: str) -> None:
    """Who set a wrong user, password or database reads where to look."""
    address = make_url(f"{postgresql}/postgres")
    where = address.set(username="nobody") if wrong == "user" else address.set(database="nowhere")
    store = open_store(where.render_as_string(), None, LIMITS)
    says = "see STORE__URL and STORE__PASSWORD_FILE"
    with pytest.raises(StoreUnavailable, match=says), store.read():
        pytest.fail("nobody is let in")
    store.close()


@pytest.mark.postgres
def test_a_killed_session_is_away_and_the_next_one_works(postgresql_stored: Stored) -> None:
    """An administrator, or a failover, ends our sessions: repeating the transaction is enough."""
    stored = postgresql_stored
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    address = stored.store._engine.url.set(drivername="postgresql").render_as_string()

    def killed() -> None:
        with stored.intake.transaction() as transaction:
            transaction.merge([Value(KARI, "phone", 1, b"", "1")])
            with psycopg.connect(address, autocommit=True) as administrator:
                administrator.execute(kill)
            transaction.merge([Value(KARI, "phone", 2, b"", "2")])

    with pytest.raises(StoreUnavailable):
        killed()
    with stored.intake.transaction() as transaction:
        merged = transaction.merge([Value(KARI, "phone", 3, b"", "3")])
    assert merged == {(KARI, "phone"): -1}


@pytest.mark.postgres
def test_a_stopped_process_does_not_hold_up_its_successor(postgresql_stored: Stored) -> None:
    """A session that idles in a transaction is ended by the server, and its work is taken back."""
    stored = postgresql_stored

    def stopped() -> None:
        with stored.intake.transaction() as idle:
            idle.merge([Value(KARI, "phone", 1, b"", "1")])
            with stored.intake.transaction() as successor:
                merged = successor.merge([Value(KARI, "phone", 2, b"", "2")])
                assert merged == {(KARI, "phone"): -1}
            idle.generation()

    with pytest.raises(StoreUnavailable):
        stopped()


@pytest.mark.postgres
def test_a_server_that_goes_without_a_word_is_noticed(postgresql_stored: Stored) -> None:
    """The kernel asks after it; else who waits for an answer would do so for two hours."""
    with postgresql_stored.store.read() as connection:
        number = connection.connection.driver_connection.fileno()  # type: ignore[union-attr]
        with socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM) as mine:
            told = [
                mine.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                *(
                    mine.getsockopt(socket.IPPROTO_TCP, option)
                    for option in (
                        socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT,
                        socket.TCP_USER_TIMEOUT,
                    )
                ),
            ]  # fmt: skip
    assert told == [1, 10, 5, 3, 25_000]


@pytest.mark.postgres
def test_a_lock_is_not_waited_for_longer_than_told(postgresql: str) -> None:
    """Another process that holds a row is the store being away, after a while."""
    store = open_store(f"{postgresql}/postgres", None, replace(LIMITS, lock_timeout=0.2, pool=2))
    with store.begin() as mine:
        mine.exec_driver_sql("CREATE TEMPORARY TABLE held (id int)")
        mine.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
        with pytest.raises(StoreUnavailable, match="55P03"), store.begin() as other:
            other.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
    store.close()


def test_a_locked_file_is_away_after_the_busy_time(tmp_path: Path, sqlite_template: Path) -> None:
    """Another process that writes for too long, like one that was stopped, is the store away."""
    path = tmp_path / "store.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{path}", None, HURRIED)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="the store does not answer"), store.begin():
        pytest.fail("the file is locked")
    with store.read() as connection:
        assert connection.execute(select(generation.c.value)).all() == []
    other.execute("ROLLBACK")
    with store.begin() as connection:
        connection.execute(generation.insert().values(id=1, value=1))
    other.close()
    store.close()


def test_every_connection_in_use_is_the_store_away(tmp_path: Path) -> None:
    """The pool has a limit, and waiting for it one too."""
    store = open_store(
        f"sqlite:///{tmp_path}/store.db", None, replace(LIMITS, pool=1, lock_timeout=0.05)
    )
    away = pytest.raises(StoreUnavailable, match="the store does not answer")
    with store.read(), away, store.read():
        pytest.fail("there is one connection only")
    store.close()


def test_a_snapshot_stays_what_it_was(stored: Stored) -> None:
    """What others commit meanwhile is not seen, and a reader does not hold them up."""
    with stored.store.read() as connection:
        before = connection.execute(select(generation.c.value)).all()
        stored.connect()
        assert connection.execute(select(generation.c.value)).all() == before == []


def test_reading_writes_nothing(stored: Stored) -> None:
    """A write in a reading transaction does not stay."""
    try:
        with stored.store.read() as connection:
            connection.execute(generation.insert().values(id=1, value=1))
    except StoreUnavailable:
        assert stored.store.dialect == "postgresql"  # which refuses it at once
    assert stored.rows(generation.c.value) == []


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    """A store that was not there is made unreadable for others."""
    store = open_store(f"sqlite:///{tmp_path}/new/store.db", None, LIMITS)
    assert (tmp_path / "new" / "store.db").stat().st_mode & 0o777 == 0o600
    store.close()


def test_a_full_disk_is_the_store_away(tmp_path: Path, sqlite_template: Path) -> None:
    """SQLite says so with a full database; the work waits."""
    path = tmp_path / "store.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{path}", None, LIMITS)

    def fill() -> None:
        with store.begin() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            for _ in range(9):
                connection.execute(
                    outbox.insert().values(topic="t", value=bytes(100_000), written_at=1)
                )

    with pytest.raises(StoreUnavailable):
        fill()
    store.close()
