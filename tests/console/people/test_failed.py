"""`people show` of somebody of whom something failed: an open entry of the error log is a line."""

from dataclasses import replace
from typing import Any, Final

import pytest

from connectors.store.tables import letter
from schemas.outcome import Result
from schemas.reasons import Code
from tests.console.people.conftest import KARI, Office, only
from tests.fixtures.stored import OLA
from tests.fixtures.watched import Happened, Watched, applied, failed, skipped

PHONE: Final = Happened("e1", {"phone": failed(1), "email": applied(1)}, 0)
"""Kari's phone was refused at noon."""


def see(office: Office, *happened: Happened) -> Watched:
    """Let watch read what became of events in the office's connection, unless it is in none."""
    one = office.bench.connection.id
    watched = Watched(office.bench.stored.store)
    for each in happened:
        where = each.connection and one
        whose = KARI if each.person != OLA else OLA
        watched.see(replace(each, connection=where, person=whose))
    return watched


def failures(document: Any) -> dict[str, dict[str, Any]]:
    """Return the failures by field."""
    return {one["field"]: one for one in only(document)["failures"]}


@pytest.mark.rule("R-89")
def test_what_failed_is_a_line_each(office: Office) -> None:
    """Which field, why, how it stands, since when, and the letter to look at."""
    office.hires()
    see(office, PHONE)
    (one,) = failures(office.shows()).values()
    assert (one["field"], one["code"], one["state"]) == ("phone", Code.REFUSED, "open")
    line = (
        "    phone: refused by Xledger (open), since 2026-11-23 13:00:00, "
        f"letter {one['letter'][:12]}"
    )
    assert line in office.says("show", KARI.user).out.splitlines()


@pytest.mark.rule("R-89")
def test_programs_get_what_it_means_and_what_to_do(office: Office) -> None:
    """With the rule, the correlation id, and whether a replay can help."""
    office.hires()
    see(office, PHONE)
    one = failures(office.shows())["phone"]
    assert one["rule"] == "R-87"
    assert one["advice"]
    assert one["outcome"] == one["letter"]
    assert one["replay_helps"].startswith("yes")
    assert (one["attempts"], one["last_failed_at"]) == (1, "2026-11-23T12:00:00+00:00")


@pytest.mark.rule("R-72", "R-89")
@pytest.mark.parametrize("end", [applied(2), skipped(Code.LOCKED, 2)])
def test_what_was_ended_since_is_no_failure(office: Office, end: Any) -> None:
    """Written, or locked: nobody has to do anything."""
    office.hires()
    see(office, PHONE, Happened("e2", {"phone": end}, 1))
    assert failures(office.shows()) == {}
    assert "Failed" not in office.says("show", KARI.user).out


def test_how_a_letter_stands_is_how_its_fields_stand(office: Office) -> None:
    """One that somebody ignored is not hidden: Xledger still lacks the value."""
    office.hires()
    see(office, PHONE)
    office.bench.stored.set(letter, letter.c.event == "e1", state="ignored")
    assert failures(office.shows())["phone"]["state"] == "ignored"


def test_failures_of_others_are_not_shown(office: Office) -> None:
    """Nor what became of somebody's colleagues."""
    office.hires()
    see(office, replace(PHONE, person=OLA))
    assert failures(office.shows()) == {}


@pytest.mark.rule("R-90")
def test_a_record_that_failed_whole_is_shown_apart(office: Office) -> None:
    """No field of it was looked at, and in no connection."""
    office.hires()
    why = Code.CANNOT_BE_STORED
    see(office, Happened("b1", connection=None, result=Result.DEAD_LETTERED, reason=why))
    shown = office.shows()
    (one,) = shown["letters"]
    assert (one["code"], one["state"], one["connection"]) == (why, "open", None)
    assert failures(shown) == {}
    assert f"letter {one['letter'][:12]}" in office.says("show", KARI.user).out
