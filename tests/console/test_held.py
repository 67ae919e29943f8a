"""A lane that the guard holds, and an operator who looks, releases or rejects (R-93)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.encryption import new_master_key_file, open_vault
from connectors.store import holds
from connectors.store.delivery import StoredLanes
from connectors.store.keyring import Keyring
from connectors.store.tables import audit
from processors.lane.guard import Guard
from schemas.guard import GuardLimits
from tests.console.conftest import Operator, Said
from tests.fixtures.stored import BOUNDS, Stored
from tests.fixtures.working import Bench, person, whole

WHY = ("--reason", "case 17: canary-name")
RULE = Guard(GuardLimits(50, 20, 5, 2), 3600.0)
PEOPLE = 12


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The ciphers that the commands have, too: under a master key in a file."""
    file = tmp_path / "master.key"
    new_master_key_file(file)
    return Keyring(open_vault(file))


@dataclass(frozen=True, slots=True)
class Desk:
    """A connection of twelve people, of whom eleven want another email: six more than allowed."""

    operator: Operator
    bench: Bench

    @property
    def id(self) -> str:
        """The connection's id."""
        return self.bench.connection.id

    @property
    def stored(self) -> Stored:
        """The store's ports."""
        return self.bench.stored

    def says(self, command: str, *arguments: str) -> Said:
        """Give a command about the connection."""
        return self.operator.types("connections", command, self.id, *arguments)

    def shows(self, command: str, *arguments: str) -> Any:
        """Return the document of a command."""
        said = self.says(command, *arguments, "--json")
        assert said.code == 0, said.err
        return said.json

    def holds(self) -> None:
        """Let a lane meet the mass change."""
        self.bench.change({n: {"email": f"canary{n}@x.no"} for n in range(1, PEOPLE)})
        self.bench.run(lambda: self.bench.status()[0] == "held")
        self.bench.lanes.release([self.bench.lanes.claim(self.id, "me", 90.0, 60.0).lease])


@pytest.fixture
def desk(operator: Operator, store_url: str, bench: Bench) -> Desk:
    """An operator, and a lane with the limits of the settings."""
    bench.hire(*range(1, PEOPLE + 1))
    bench.run(bench.all_ended(*bench.change({n: whole(n) for n in range(1, PEOPLE + 1)})))
    with bench.stored.store.begin() as transaction:
        holds._count_anew(transaction, bench.connection.id, 0)
    bench.xledger.writes.clear()
    bench.lanes = StoredLanes(bench.stored.store, bench.stored.keyring, BOUNDS, RULE)
    return Desk(operator.but(STORE__URL=store_url), bench)


@pytest.mark.rule("R-93", "R-103")
def test_what_is_held_is_seen_before_anybody_decides(desk: Desk) -> None:
    """Which limit, since when, counts, fields, ten people by id, and what to type; no value."""
    desk.holds()
    shown = desk.shows("held")
    assert (shown["state"], shown["reason"]) == ("held", "sensitive fields")
    assert shown["since"] is not None
    assert shown["changed"] == {"people": PEOPLE - 1, "sensitive": PEOPLE - 1}
    assert shown["allowed"] == {"people": 50, "sensitive": 5}
    assert shown["linked"] == PEOPLE
    assert shown["waiting"] == {
        "people": PEOPLE - 1, "events": PEOPLE - 1, "fields": {"email": PEOPLE - 1},
    }  # fmt: skip
    assert shown["some"] == [person(n).user for n in range(1, 11)]
    said = desk.says("held")
    for word in ("sensitive fields", "more than 5", "release", "reject", desk.id):
        assert word in said.out
    assert "canary" not in said.out + said.err
    assert "connections held" in desk.says("show").err


@pytest.mark.rule("R-93")
def test_a_released_lane_sends_what_it_held(desk: Desk) -> None:
    """Who and why is audited; why is sealed."""
    desk.holds()
    assert desk.shows("release", *WHY) == {
        "id": desk.id, "state": "running", "people": PEOPLE - 1,
    }  # fmt: skip
    desk.bench.run(lambda: not desk.stored.open(desk.bench.connection))
    assert desk.bench.status() == ("running", None)
    rows = desk.stored.rows(audit.c.action, audit.c.actor, audit.c.reason)
    ((_, actor, why),) = [row for row in rows if row[0] == "connection.released"]
    assert actor.startswith("command:")
    assert b"canary" not in bytes(why)


@pytest.mark.rule("R-93")
def test_a_rejection_is_planned_first(desk: Desk) -> None:
    """Without --execute nothing ends; with it all does, and nothing was sent."""
    desk.holds()
    plan = desk.says("reject", *WHY)
    assert (plan.code, "--execute" in plan.err) == (0, True)
    assert desk.bench.status()[0] == "held"
    done = desk.shows("reject", *WHY, "--execute")
    assert done == {"id": desk.id, "rejected": True, "people": PEOPLE - 1, "events": PEOPLE - 1}
    assert desk.bench.status() == ("running", None)
    assert desk.bench.xledger.writes == []
    reasons = [reason for _, reason in desk.stored.ended().values()]
    assert reasons.count("rejected") == PEOPLE - 1


@pytest.mark.rule("R-93")
def test_after_a_rejection_the_newest_value_goes_out(desk: Desk) -> None:
    """The next change of the field is a change like any other."""
    desk.holds()
    desk.shows("reject", *WHY, "--execute")
    (event,) = desk.bench.change({1: {"email": "right@x.no"}})
    desk.bench.run(desk.bench.all_ended(event))
    assert desk.stored.ended()[event] == ("applied", None)


@pytest.mark.rule("R-93", "R-94")
@pytest.mark.parametrize("command", [("resume",), ("pause",), ("sync", "run", "--link-matching")])
def test_nothing_else_ends_a_hold(desk: Desk, command: tuple[str, ...]) -> None:
    """It says what to do instead."""
    desk.holds()
    words = command if command[0] == "sync" else ("connections", *command)
    said = desk.operator.types(*words[:2], desk.id, *words[2:])
    assert said.code == 1
    assert f"connections held {desk.id}" in said.err
    assert desk.bench.status()[0] == "held"


@pytest.mark.rule("R-93")
@pytest.mark.parametrize("command", [("release",), ("reject",), ("reject", "--execute")])
def test_a_lane_that_runs_is_neither_released_nor_rejected(
    desk: Desk, command: tuple[str, ...]
) -> None:
    """It is said, and nothing ends."""
    desk.bench.change({1: {"phone": "1"}})
    said = desk.says(command[0], *WHY, *command[1:])
    assert (said.code, "not held" in said.err) == (1, True)
    assert len(desk.stored.open(desk.bench.connection)) == 1
    assert desk.says("held").out.strip().endswith("it is not held")


@pytest.mark.rule("R-93")
def test_a_reason_is_needed(desk: Desk) -> None:
    """A decision about people's accounts has one."""
    desk.holds()
    assert desk.says("release").code == 2
    assert desk.says("reject", "--execute").code == 2
    assert desk.bench.status()[0] == "held"


@pytest.mark.rule("R-93")
def test_a_rejection_waits_for_requests_under_way(desk: Desk) -> None:
    """A delivery process that does not give the lane back is waited for, for its lease."""
    desk.holds()
    desk.stored.claim(desk.bench.connection, "delivery")
    impatient = Desk(
        desk.operator.but(
            DELIVERY__LEASE="0.9", DELIVERY__REQUEST_TIMEOUT="0.5", DELIVERY__RENEWAL="0.3"
        ),
        desk.bench,
    )
    said = impatient.says("reject", *WHY, "--execute")
    assert (said.code, "waiting for requests" in said.err) == (1, True)
    assert desk.bench.status()[0] == "held"


@pytest.mark.rule("R-93")
def test_limits_are_shown_and_changed_for_one_connection(desk: Desk) -> None:
    """What a connection has not of its own is the setting's; the change is audited."""
    names = ("people", "percent", "sensitive_people", "sensitive_percent")
    other = desk.operator.but(GUARD__PEOPLE="60")

    def limits(document: Any) -> list[int]:
        return [document[f"guard_{name}"] for name in names]

    (listed,) = other.types("connections", "list", "--json").json
    assert limits(listed) == [60, 20, 5, 2]
    given = ("--guard-people", "70", "--guard-sensitive-percent", "3")
    assert desk.shows("set", *given) == {"guard_people": 70, "guard_sensitive_percent": 3}
    assert limits(desk.shows("show")) == [70, 20, 5, 3]
    fields = {row[0] for row in desk.stored.rows(audit.c.fields, audit.c.action)}
    assert "guard_people,guard_sensitive_percent" in fields


@pytest.mark.rule("R-93")
@pytest.mark.parametrize(
    ("option", "value"),
    [("people", "0"), ("people", "100001"), ("percent", "101"), ("percent", "-1"),
     ("sensitive-people", "0"), ("sensitive-percent", "101")],
)  # fmt: skip
def test_a_limit_cannot_be_removed(desk: Desk, option: str, value: str) -> None:
    """A wrong one is wrong use."""
    assert desk.says("set", f"--guard-{option}", value).code == 2
