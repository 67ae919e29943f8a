"""How it begins: an organisation with two connections, the second of which is a group's alone."""

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any, Final

import httpx

from console.demo.cast import TYPED, Cast
from console.demo.expectations import NO_POST, Record, record_of
from console.demo.member import Standing
from console.demo.records import state_of
from console.demo.stage import Stage
from simulators.huma import people
from tests.faults.calendar import Calendar
from tests.faults.person import Person
from tests.faults.side import Employee, Side

ORDINARY: Final = frozenset({Standing.LINKED, Standing.ONLY_IN_HUMA})
ELSEWHERE: Final = 1_000_000
"""So far from those of the first company lie the dbIds of the second's records."""
STRANGERS: Final = 5
OLD_SHARE: Final = 0.5
OLD: Final = {
    "title": {"id": "old", "name": "Lærling"},
    "contractStartDate": "1995-08-01",
    "contractEndDate": "1997-07-31",
    "terminationNoticeDate": "1997-04-30",
}


def everybody(players: Cast, random: Random) -> dict[str, Person]:
    """Return everybody as Huma has them, half with a position of long ago.

    Of no position Huma's state says whether it is primary: its API does not tell, so of positions
    from before the activation nobody can know.
    """
    for positions in players.huma["positions"].values():
        for position in positions.values():
            position.pop("primary", None)
        if random.random() < OLD_SHARE:
            id_ = people.uuid(random)
            positions[id_] = {"id": id_, **OLD}
    return {
        id_: Person(
            id_, member.user, dict(players.huma["positions"][id_]), member.standing in ORDINARY
        )
        for id_, member in players.members.items()
    }


def whole(stage: Stage, players: Cast, calendar: Calendar) -> Side:
    """Return the connection of the whole organisation, which the stage has made."""
    linked = {id_: one.expected for id_, one in players.members.items() if one.expected}
    side = _side(stage.connection, stage.xledger["tokens"][0], None, calendar, linked)
    side.others += [*players.doubles, *players.strangers]
    return side


def of_group(stage: Stage, players: Cast, calendar: Calendar, today: date) -> Side:
    """Connect a group to another company, in which the group's people are employees."""
    token = stage.xledger["tokens"][1]
    group = next(id_ for id_, one in players.huma["groups"].items() if one["type"] == "team")
    linked = {
        id_: record_of(member.user) | TYPED
        for id_, member in players.members.items()
        if member.standing is Standing.LINKED
        and any(one["id"] == group for one in member.user["groups"])
    }
    added = stage.programs.command(
        "connections", "add", "--organization", stage.huma["organization"], "--group", group,
        "--token-file", "-", "--huma-client-file", str(stage.folder / "huma-client.json"),
        "--consent", "--name", "Fjordmat Nord", "--xledger-url", stage.xledger["url"],
        "--huma-url", stage.huma["url"], "--add-new-users", "--synthetic-numbers",
        "--zone", calendar.early.zone, given=token["token"],
    )  # fmt: skip
    side = _side(added["id"], token, group, calendar, linked)
    outside = people.generate(stage.seed + 2, STRANGERS, today)["users"].values()
    for number, user in enumerate(outside):
        own = {"email": f"third{number}@elsewhere.example", "employmentId": f"Y{number}"}
        side.others.append(record_of(user | own) | NO_POST)
    state = {"companies": {side.company: _elsewhere(state_of([*linked.values(), *side.others]))}}
    admin = stage.xledger["url"].removesuffix("/graphql")
    httpx.patch(f"{admin}/_admin/state", json=state).raise_for_status()
    return side


def link(stage: Stage, side: Side) -> None:
    """Link the people of a connection by email, and so activate it."""
    done = stage.programs.command("sync", "run", side.connection, "--link-matching")
    assert done["counts"]["linked"] == len(side.employees)


def _side(
    connection: str,
    token: Mapping[str, str],
    group: str | None,
    calendar: Calendar,
    linked: Mapping[str, Record],
) -> Side:
    employees = {
        id_: Employee(record["employee.code"], {name: {held} for name, held in record.items()})
        for id_, record in linked.items()
    }
    return Side(connection, token["name"], token["company"], group, calendar.early, [], employees)


def _elsewhere(state: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a company's state with other dbIds."""
    moved: dict[str, dict[str, Any]] = {}
    for kind, records in state.items():
        moved[kind] = {
            str(int(id_) + ELSEWHERE): {
                name: value + ELSEWHERE if isinstance(value, int) else value
                for name, value in record.items()
            }
            for id_, record in records.items()
        }
    return moved
