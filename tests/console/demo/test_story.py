"""The story: what it lets happen, and that its expectations are those of the rules' text."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from console.demo.cast import Cast, cast
from console.demo.changes import SWITCHBOARD
from console.demo.expectations import POST
from console.demo.member import Member, Standing
from console.demo.story import LETTERS, Story
from console.demo.zones import PAIRS, QUIET, zones
from tests.console.demo.conftest import TODAY
from tests.processors.positions import model

TOMORROW = TODAY + timedelta(days=1)


def by_the_rules(member: Member, day: date) -> dict[str, str | None]:
    """Return what the model of the rules' text says of a person's positions on a day."""
    found = model.expected(list(member.positions.values()), day)
    return {target: found[target] and str(found[target]) for target in POST}


def posted(players: Cast) -> list[Member]:
    """Return those whose position data is sent."""
    members = players.members.values()
    return [one for one in members if one.posted and one.standing is Standing.LINKED]


def played(seed: int, count: int) -> Cast:
    """Return a cast after the day and the midnight that follows."""
    made = cast(seed, count, TODAY)
    story = Story(made, TODAY)
    assert all(chapter.steps for chapter in story.day())
    story.midnight()
    return made


@pytest.mark.parametrize("seed", range(10))
def test_what_the_story_expects_is_what_the_rules_say(seed: int) -> None:
    """After midnight, and as of the day before for those who were locked."""
    for member in posted(played(seed, 150)):
        assert member.expected is not None
        day = TOMORROW if member.live else TODAY
        assert {name: member.expected[name] for name in POST} == by_the_rules(member, day)


@pytest.mark.parametrize("seed", range(10))
def test_midnight_turns_whom_the_story_says_and_nobody_else(seed: int) -> None:
    """The two dates differ for them alone; the days after change nothing for anybody."""
    for member in posted(played(seed, 150)):
        turns = by_the_rules(member, TODAY) != by_the_rules(member, TOMORROW)
        assert turns == (member.tomorrow is not None)
        later = [by_the_rules(member, TOMORROW + timedelta(days=days)) for days in range(1, 14)]
        assert later == [by_the_rules(member, TOMORROW)] * len(later)


def test_some_positions_turn_of_which_nothing_is_sent(players: Cast) -> None:
    """Midnight comes for them too, and must change nothing."""
    alone = [
        one for one in players.members.values() if one.handover and not one.posted and one.live
    ]
    assert alone
    for member in alone:
        assert by_the_rules(member, TODAY) != by_the_rules(member, TOMORROW)


def test_a_chapter_changes_what_its_title_says() -> None:
    """Hires with a later start, notices, contract ends before locks, positions of many, rehires."""
    made = cast(4, 1200, TODAY)
    story = Story(made, TODAY)
    chapters = {chapter.title[:5]: chapter for chapter in story.day()}
    starts = [
        position["contractStartDate"]
        for step in chapters["09:30"].steps
        for positions in step.positions.values()
        for position in positions.values()
    ]
    assert sorted(set(starts)) == ["2026-11-25", "2026-12-25"]
    assert {"terminationNoticeDate", "contractEndDate"} <= told(chapters["12:00"].steps)
    leaving = chapters["12:30"].steps
    ends = {id_: at for at, step in enumerate(leaving) for id_ in step.positions}
    locks = {id_: at for at, step in enumerate(leaving) for id_ in locked_by(step.users)}
    assert ends
    assert all(ends[id_] < locks[id_] for id_ in ends)
    assert len(chapters["14:00"].steps[0].positions) == 60
    back = chapters["15:30"]
    assert back.rested
    again = [one for one in made.members.values() if one.standing is Standing.HIRED_AGAIN]
    gone = {one.user["email"] for one in made.members.values() if one.deleted}
    assert len(again) == 3
    assert {one.user["email"] for one in again} < gone
    assert any(step.users and step.positions for step in back.steps)


def told(steps: Any) -> set[str]:
    """Return which fields of positions some steps change."""
    moves = (one for step in steps for of in step.positions.values() for one in of.values())
    return {name for move in moves for name in move or ()}


def locked_by(users: Any) -> list[str]:
    """Return who is deactivated."""
    return [id_ for id_, user in users.items() if user and user.get("status") == {"active": False}]


def test_a_small_cast_has_enough_for_every_chapter() -> None:
    """Fifty people play the whole day, and somebody's position turns."""
    for seed in range(10):
        assert any(one.turned for one in played(seed, 50).members.values())


def test_no_midnight_of_the_clocks_own_is_near() -> None:
    """Whenever it begins, the date in its zone stays, and the other zone is a day ahead of it."""
    begins = datetime(2026, 11, 25, tzinfo=UTC)
    found = []
    for minute in range(24 * 60):
        now = begins + timedelta(minutes=minute)
        where = zones(now)
        end = now + QUIET
        assert now.astimezone(ZoneInfo(where.before)).date() == where.today
        assert end.astimezone(ZoneInfo(where.before)).date() == where.today
        assert end.astimezone(ZoneInfo(where.after)).date() == where.today + timedelta(days=1)
        found.append((where.before, where.after))
    assert set(found) == set(PAIRS)


@pytest.mark.parametrize("seed", range(5))
def test_corrections_leave_no_letter_and_everybody_gets_a_number(seed: int) -> None:
    """What stays different is what nobody can send; a quarter share the refused number."""
    made = cast(seed, 150, TODAY)
    story = Story(made, TODAY)
    list(story.day())
    assert LETTERS & {name for member in made.members.values() for name in member.kept}
    story.corrections()
    live = [member for member in made.members.values() if member.live]
    assert not LETTERS & {name for member in live for name in member.kept}
    own, shared = story.renumbering().steps
    assert len(shared.users) == len(made.members) // 4
    assert own.users.keys().isdisjoint(shared.users)
    assert {values["phone"] for values in shared.users.values()} == {SWITCHBOARD}
    for id_ in shared.users:
        expected = made.members[id_].expected
        assert expected is not None
        assert expected["contact.phone"] == SWITCHBOARD
