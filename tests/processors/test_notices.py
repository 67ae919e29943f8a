"""What a notice says: what happened, since when, what it means, what to do (R-94, R-97, R-103)."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.command import commands
from console.documentation.commands import leaves
from processors.delivery import FAULT
from processors.lane.state import Waits, after_trouble
from processors.notices import WIDTH, text_of
from processors.ports.lane import BY_HAND
from schemas.connection import LaneState
from schemas.errors import CredentialRefused, Limited, OtherCompany, Unavailable
from schemas.guard import HoldReason
from schemas.notice import HUMA_AT_ONCE, HUMA_OK, Notice, NoticeAbout, as_told

ID: Final = "0b8f7f0e-0000-4000-8000-000000000001"
NOON: Final = 1_764_068_400_000
"""2025-11-25 11:00 UTC."""


def _lane_states() -> Iterator[tuple[str, str | None]]:
    """Return every state of a lane with each reason that the program stores."""
    for limit in ("burst", "concurrency", "credits", "dead letters", "outbox"):
        found = after_trouble(Limited("x", limit, 1.0), 1, Waits(), 0.0)
        yield found.state.value, found.reason
    for trouble in (Unavailable("x"), CredentialRefused("x"), OtherCompany("x")):
        found = after_trouble(trouble, 9, Waits(), 0.0)
        yield found.state.value, found.reason
    yield FAULT.state.value, FAULT.reason
    yield LaneState.FAILING.value, "most people fail"
    yield from ((LaneState.HELD.value, reason.value) for reason in HoldReason)
    yield LaneState.PAUSED.value, BY_HAND
    yield LaneState.RUNNING.value, None


def _notices() -> Iterator[Notice]:
    for state, reason in _lane_states():
        told = as_told("broken", "Xledger is away") if state == LaneState.RUNNING.value else None
        yield Notice(NoticeAbout.LANE, ID, state, reason, NOON, told)
    for state in (HUMA_OK, "away", HUMA_AT_ONCE):
        yield Notice(NoticeAbout.HUMA, ID, state, None, NOON, None)


ALL: Final = tuple(_notices())


COMMANDS: Final = {tuple(name.split()): command for name, command in leaves(commands, "")}
"""Every command by its words."""


def _commands(body: str) -> list[tuple[str, ...]]:
    return [
        tuple(line.split()[1:]) for line in body.splitlines() if line.startswith("  huma-xledger ")
    ]


@pytest.mark.rule("R-94", "R-97")
@pytest.mark.parametrize("notice", ALL, ids=lambda one: f"{one.state} {one.reason}")
def test_it_says_what_when_what_it_means_and_what_to_do(notice: Notice) -> None:
    """For each state that can be told; the time is the organisation's own."""
    text = text_of(notice, "Kari's company", "Europe/Oslo")
    assert text.subject.startswith("[huma-xledger] Kari's company ")
    for title in ("What happened:", "Since:", "What it means:", "What to do:"):
        assert f"\n{title}\n" in text.body
    assert "2025-11-25 12:00 (Europe/Oslo)" in text.body
    assert "{" not in text.body
    assert ID in text.body
    assert max(map(len, text.body.splitlines()[2:])) <= WIDTH + len("  huma-xledger ") + len(ID)


@pytest.mark.parametrize("notice", ALL, ids=lambda one: f"{one.state} {one.reason}")
def test_the_command_that_it_names_exists(notice: Notice) -> None:
    """As spelt, with its options."""
    for words in _commands(text_of(notice, "c", "Europe/Oslo").body):
        name = next(name for name in COMMANDS if words[: len(name)] == name)
        known = {option for one in COMMANDS[name].params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= known
        assert words[len(name) :]


def test_no_two_states_read_alike() -> None:
    """But for two of Xledger's limits, which are one thing to an administrator."""
    subjects = [text_of(one, "c", "UTC").subject for one in ALL]
    assert len(subjects) == len(ALL)
    assert len(set(subjects)) == len(ALL) - 1


def test_running_again_says_what_it_was() -> None:
    """As the last mail said."""
    notice = Notice(NoticeAbout.LANE, ID, "running", None, NOON, "paused: credential")
    body = " ".join(text_of(notice, "c", "UTC").body.split())
    assert "said that it is stopped: Xledger refuses the token." in body


@given(st.text(), st.sampled_from(LaneState), st.none() | st.text(max_size=20))
def test_whatever_the_name_and_the_reason_it_can_be_told(
    name: str, state: LaneState, reason: str | None
) -> None:
    """A reason of a later version, a name of nothing but blanks: a short subject all the same."""
    text = text_of(Notice(NoticeAbout.LANE, ID, state.value, reason, NOON, None), name, "UTC")
    assert len(text.subject) < 160
    assert text.body.endswith("\n")
    assert not re.search(r"[\r\n]", text.subject)
