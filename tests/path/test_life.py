"""A person's life on the whole path: positions, leaving, coming back, moving between groups."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from console.demo.member import Member
from tests.fixtures.waiting import until
from tests.path.conftest import MainPath
from tests.path.test_main_path import NEW

POST = (
    "contact.jobTitle", "employee.employmentFrom", "employee.trialTo", "employee.noticeDate",
    "employee.employmentTo",
)  # fmt: skip


def day(days: int) -> str:
    """Return a day some days from now."""
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def position(title: str, begins: str, **more: Any) -> dict[str, Any]:
    """Return a position as Huma has it."""
    named = {"id": str(uuid4()), "name": title}
    return {"title": named, "contractStartDate": begins, "contractType": "Permanent", **more}


def alone(path: MainPath, member: Member, **positions: dict[str, Any] | None) -> None:
    """Let a person have these positions, and none of those that they had before."""
    gone: dict[str, Any] = dict.fromkeys(member.positions)
    path.stage.theatre.change({"positions": {member.id: {**gone, **positions}}})


def post(path: MainPath, member: Member) -> tuple[str | None, ...]:
    """Return what Xledger holds of a person's positions."""
    held = path.employee(member)
    return tuple(held[name] for name in POST)


@pytest.mark.rule("R-52", "R-55", "R-57", "R-58")
def test_a_hire_gets_position_fields_with_the_creation(path: MainPath) -> None:
    """A position that is still to come counts where there is no other."""
    user = str(uuid4())
    hired = {**NEW, "email": "snart@example.no", "employmentId": "00081", "phone": "40000081"}
    future = position("Kokk", day(30), probationEndDate=day(210))
    path.stage.theatre.change({"users": {user: hired}, "positions": {user: {str(uuid4()): future}}})
    assert path.results(user)[0] == ("applied", None)
    (employee,) = path.employees("00081")
    assert tuple(employee[name] for name in POST) == ("Kokk", day(30), day(210), None, None)


@pytest.mark.rule("R-53", "R-55", "R-56", "R-57", "R-70", "R-71", "R-74")
def test_promoted_given_notice_gone_and_back(path: MainPath) -> None:
    """The contract's end arrives although the account is closed at once; what follows waits."""
    member, old, new = path.person(), str(uuid4()), str(uuid4())
    first = position("Selger", "2019-03-01")
    alone(path, member, **{old: first})
    until(lambda: post(path, member) == ("Selger", "2019-03-01", None, None, None))

    ended = {**first, "contractEndDate": day(-1)}
    alone(path, member, **{old: ended, new: position("Salgssjef", day(0))})
    until(lambda: post(path, member) == ("Salgssjef", "2019-03-01", None, None, None))

    path.stage.theatre.change({"positions": {member.id: {new: {"terminationNoticeDate": day(0)}}}})
    until(lambda: post(path, member)[3] == day(0))

    path.stage.theatre.change(
        {
            "positions": {member.id: {new: {"contractEndDate": day(90)}}},
            "users": {member.id: {"status": {"active": False}}},
        }
    )
    left = ("Salgssjef", "2019-03-01", None, day(0), day(90))
    until(lambda: post(path, member) == left)

    known = len(path.ended(member.id))
    path.stage.theatre.change({"positions": {member.id: {new: {"contractEndDate": day(120)}}}})
    assert path.ends(member.id, known + 1)[-1]["reason"] == "locked"
    assert post(path, member) == left

    path.change(member, {"status": {"active": True}})
    until(lambda: post(path, member) == (*left[:4], day(120)))


@pytest.mark.rule("R-75", "R-78")
def test_who_is_hired_again_waits_for_a_human(path: MainPath) -> None:
    """A new id with the email of somebody deleted: nobody is created, and nothing changes."""
    member, again = path.person(), str(uuid4())
    before = path.employee(member)
    path.change(member, None)
    path.ends(member.id)
    path.change(again, {**NEW, "email": member.user["email"], "employmentId": "00082"})
    assert path.results(again) == [("skipped", "ambiguous")]
    assert path.employees("00082") == []
    assert path.employee(member) == before


@pytest.mark.rule("R-09", "R-100", "R-101")
def test_a_person_of_two_connections_goes_to_both(path: MainPath) -> None:
    """Who joins the group is created there too, and stays as they were once they leave it.

    Back in it they are compared. The connection's pause and removal concern nobody else.
    """
    stage, group = path.stage, {"id": str(uuid4()), "type": "team"}
    token = stage.xledger["tokens"][1]
    second = stage.programs.command(
        "connections", "add", "--organization", path.organization, "--group", group["id"],
        "--token-file", "-", "--huma-client-file", str(stage.folder / "huma-client.json"),
        "--consent", "--xledger-url", stage.xledger["url"], "--huma-url", stage.huma["url"],
        "--add-new-users", "--synthetic-numbers", given=token["token"],
    )["id"]  # fmt: skip
    stage.programs.command("sync", "run", second, "--link-matching")
    member, other = path.person(), path.person()

    def phone(of: Member) -> str | None:
        code = of.user["employmentId"]
        there = stage.theatre.employees(token["company"])
        return next((one["contact.phone"] for one in there if one["employee.code"] == code), None)

    path.change(member, {"groups": [*member.user["groups"], group]})
    until(lambda: phone(member) == member.user["phone"])
    assert phone(other) is None

    path.change(member, {"phone": "+47 41 00 00 01"})
    until(lambda: phone(member) == path.employee(member)["contact.phone"] == "+47 41 00 00 01")

    path.change(member, {"groups": member.user["groups"]})
    path.change(member, {"phone": "+47 41 00 00 04"})
    until(lambda: path.employee(member)["contact.phone"] == "+47 41 00 00 04")
    until(lambda: len(_ends(path, member.id, second, "out of scope")) >= 2)
    assert phone(member) == "+47 41 00 00 01"
    path.change(member, {"groups": [*member.user["groups"], group]})
    until(lambda: phone(member) == "+47 41 00 00 04")

    stage.programs.command("connections", "pause", second)
    path.change(member, {"phone": "+47 41 00 00 02"})
    until(lambda: path.employee(member)["contact.phone"] == "+47 41 00 00 02")
    assert phone(member) == "+47 41 00 00 04"

    stage.programs.command("connections", "remove", second, "--execute")
    until(lambda: _ends(path, member.id, second, "connection removed"))
    path.change(member, {"phone": "+47 41 00 00 03"})
    until(lambda: path.employee(member)["contact.phone"] == "+47 41 00 00 03")
    assert phone(member) == "+47 41 00 00 04"


def _ends(path: MainPath, user: str, connection: str, reason: str) -> list[dict[str, Any]]:
    """Return a person's outcomes in a connection that have this reason."""
    told = [one for one in path.ended(user) if one.get("connection") == connection]
    return [one for one in told if one.get("reason") == reason]


@pytest.mark.rule("R-59", "R-60")
def test_midnight_passes(path: MainPath) -> None:
    """In another zone it is tomorrow already: the date alone makes another position the one."""
    member = path.person()
    path.stage.move("Etc/GMT+12")
    today = (datetime.now(UTC) - timedelta(hours=12)).date()
    old, new = str(uuid4()), str(uuid4())
    alone(
        path,
        member,
        **{
            old: position("Vikar", "2020-01-01", contractEndDate=today.isoformat()),
            new: position("Leder", _after(today)),
        },
    )
    until(lambda: post(path, member)[:2] == ("Vikar", "2020-01-01"))
    path.stage.move("Etc/GMT-12")
    until(lambda: post(path, member)[:2] == ("Leder", "2020-01-01"))


def _after(today: date) -> str:
    return (today + timedelta(days=1)).isoformat()
