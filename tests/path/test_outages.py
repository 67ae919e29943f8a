"""What is away is waited for: nothing is lost, no letter is written, and it goes on by itself.

R-85: "Systemic trouble never dead-letters". Each test takes one system away under work.
"""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import parsedate_to_datetime
from mailbox import Maildir

import httpx
import pytest

from tests.fixtures.waiting import until
from tests.path.conftest import MainPath, folder_of


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process for the block: it is there, and answers nobody."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def letters(path: MainPath) -> int:
    """Return how many letters there are."""
    return len(path.letters.read())


def program(path: MainPath, name: str) -> int:
    """Return the process id of one of the stage's programs."""
    return path.stage.programs.named(name).pid


@pytest.mark.rule("R-85", "R-94")
def test_xledger_away_makes_the_lane_wait(path: MainPath) -> None:
    """503 again and again: the lane is broken, the change waits; then it arrives."""
    before = letters(path)
    member = path.person()
    path.xledger("faults", [{"match": {}, "fault": "http-503", "times": 1000}])
    path.change(member, {"phone": "+47 42 00 00 01"})
    until(lambda: lane_state(path) == "broken", 60)
    assert path.ended(member.id) == []
    path.xledger("faults", [])
    assert path.results(member.id) == [("applied", None)]
    assert lane_state(path) == "running"
    assert letters(path) == before


@pytest.mark.rule("R-85", "R-94", "R-09")
def test_a_refused_token_pauses_the_connection_until_it_is_good_again(path: MainPath) -> None:
    """Nothing is lost; the probe finds out by itself, or a human replaces the token."""
    before = letters(path)
    tokens = path.stage.xledger["tokens"]
    path.xledger("tokens", [{**tokens[0], "name": "other", "token": "x" * 43}])
    member = path.person()
    path.change(member, {"phone": "+47 42 00 00 02"})
    until(lambda: lane_state(path) == "paused", 30)
    until(lambda: "is stopped: Xledger refuses the token" in told(path))
    path.xledger("tokens", tokens)
    assert path.results(member.id) == [("applied", None)]
    until(lambda: told(path)[-1] == "runs again")
    assert told(path).count("is stopped: Xledger refuses the token") == 1
    assert letters(path) == before


@pytest.mark.rule("R-97")
def test_huma_away_holds_up_only_those_who_must_be_read(path: MainPath) -> None:
    """Who was read before goes out; the others wait, and go out once Huma answers."""
    known, unread = path.person(), path.person()
    path.change(known, {"phone": "+47 42 00 00 03"})
    path.ends(known.id)
    base = path.stage.huma["url"]
    fault = {"match": {}, "fault": "http-503", "times": 100_000}
    httpx.put(f"{base}/_admin/faults", json=[fault], trust_env=False).raise_for_status()
    path.change(unread, {"phone": "+47 42 00 00 04"})
    path.change(known, {"phone": "+47 42 00 00 05"})
    assert path.results(known.id, 2)[-1] == ("applied", None)
    assert path.ended(unread.id) == []
    httpx.put(f"{base}/_admin/faults", json=[], trust_env=False).raise_for_status()
    assert path.results(unread.id) == [("applied", None)]


@pytest.mark.rule("R-82")
def test_the_store_away_stops_everybody_and_loses_nothing(path: MainPath) -> None:
    """Another process holds the store: both roles say so, and go on afterwards."""
    member = path.person()
    holder = sqlite3.connect(folder_of(path) / "store.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        path.change(member, {"phone": "+47 42 00 00 06"})
        until(lambda: any("store" in why for why in path.health("intake")), 30)
        assert httpx.get(f"{path.urls['intake']}/health/live", trust_env=False).status_code == 200
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert path.results(member.id) == [("applied", None)]
    until(lambda: path.health("intake") == [] and path.health("delivery") == [], 30)


@pytest.mark.rule("R-85")
def test_a_silent_xledger_is_asked_again_after_the_settle_time(path: MainPath) -> None:
    """A server that takes the request and says nothing: it may have happened; it is sent again."""
    before = letters(path)
    member = path.person()
    path.change(member, {"phone": "+47 42 00 00 07"})
    path.ends(member.id)
    with stopped(program(path, "simulated-xledger")):
        path.change(member, {"phone": "+47 42 00 00 08"})
        until(lambda: unsure(path, member.id), 30)
    assert path.results(member.id, 2)[-1] == ("applied", None)
    assert path.employee(member)["contact.phone"] == "+47 42 00 00 08"
    assert letters(path) == before


def unsure(path: MainPath, user: str) -> bool:
    """Say whether a field of a person may have been written."""
    query = "SELECT count(*) FROM dirty WHERE person = ? AND open AND unsure"
    with closing(sqlite3.connect(folder_of(path) / "store.db")) as store:
        return bool(store.execute(query, (user,)).fetchone()[0])


def told(path: MainPath) -> list[str]:
    """Return what the administrator was mailed, oldest first, by what the subjects say."""
    mails = Maildir(path.stage.mailbox, create=False) if path.stage.mailbox.exists() else ()
    found = sorted((parsedate_to_datetime(mail["Date"]), mail["Subject"]) for mail in mails)
    return [subject.partition(" Fjordmat ")[2] for _, subject in found]


def lane_state(path: MainPath) -> str:
    """Return the state of the connection's lane."""
    shown = path.stage.programs.command("connections", "show", path.stage.connection)
    return str(shown["state"])
