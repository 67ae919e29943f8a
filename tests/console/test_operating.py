"""Keys, schema, topics, offsets and files of events, by command (`interfaces.md`, Commands)."""

import json
import stat
from pathlib import Path

import pytest

from tests.console.conftest import Operator

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
UPDATED = EXAMPLES / "user.updated.v1.json"


def test_a_new_store_is_migrated_once(operator: Operator) -> None:
    """Exit code 2 while it is not this program's version; repeating changes nothing."""
    empty = operator.types("store", "version", "--json")
    assert (empty.code, empty.json["version"]) == (2, "nothing")
    first = operator.types("store", "migrate", "--json")
    again = operator.types("store", "migrate", "--json")
    assert (first.code, first.json) == (again.code, again.json)
    assert operator.types("store", "version").code == 0


def test_a_master_key_is_made_once_and_for_its_owner_only(operator: Operator) -> None:
    """A second key over the first would lose everything: it is refused."""
    file = Path(operator.settings["MASTER_KEY_FILE"])
    assert operator.types("keys", "create", str(file)).code == 0
    before = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said = operator.types("keys", "create", str(file))
    assert (said.code, file.read_bytes()) == (1, before)
    assert str(file) in said.err


def test_topics_are_planned_then_applied(operator: Operator, noida_broker: str) -> None:
    """The plan says what is missing by exit code 2, and nothing once it is there."""
    ready = operator.but(KAFKA__BOOTSTRAP_SERVERS=noida_broker)
    assert ready.types("topics", "plan").code in {0, 2}  # another test may have made them
    assert ready.types("topics", "apply").code == 0
    assert ready.types("topics", "plan", "--json").code == 0


def test_events_are_published_and_reading_is_moved(prepared: Operator, tmp_path: Path) -> None:
    """What was published is there to be read, and reading can be told to go on after it."""
    event = json.loads(UPDATED.read_text("utf-8"))
    file = tmp_path / "events.jsonl"
    file.write_text(f"{json.dumps(event)}\n\n{json.dumps(event)}\n")
    before = sum(row["end"] for row in prepared.types("offsets", "show", "--json").json)
    said = prepared.types("events", "publish", str(file), "--json")
    assert (said.code, said.json) == (0, {"published": 2}), said.err
    rows = prepared.types("offsets", "show", "--json").json
    assert sum(row["end"] for row in rows) == before + 2
    assert all(row["next"] is None for row in rows)
    plan = prepared.types("offsets", "set", "--to", "latest", "--json")
    assert "--execute" in plan.err
    assert prepared.types("offsets", "show", "--json").json == rows
    assert prepared.types("offsets", "set", "--to", "latest", "--execute").code == 0
    moved = prepared.types("offsets", "show", "--json").json
    assert all(row["next"] == row["end"] for row in moved)


def test_a_file_with_one_bad_line_publishes_nothing(prepared: Operator, tmp_path: Path) -> None:
    """The bad line is named, without its content."""
    good = json.loads(UPDATED.read_text("utf-8"))
    file = tmp_path / "events.jsonl"
    bad = {**good, "revision": "canary-revision"}
    file.write_text(f"{json.dumps(good)}\n{json.dumps(bad)}\nno json canary\n")
    before = prepared.types("offsets", "show", "--json").json
    for command in ("publish", "validate"):
        said = prepared.types("events", command, str(file), "--json")
        assert said.code == 2
        assert [one["line"] for one in said.json["wrong"]] == [2, 3]
        assert "canary" not in said.out + said.err
    assert prepared.types("offsets", "show", "--json").json == before


def test_every_example_is_valid(operator: Operator, tmp_path: Path) -> None:
    """The contract's examples of Huma's events pass the check."""
    lines = [
        json.dumps(json.loads(file.read_text("utf-8")))
        for file in sorted(EXAMPLES.glob("[up]*.json"))
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines))
    said = operator.types("events", "validate", str(file))
    assert said.code == 0, said.out


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        (("connections", "list"), {}, "run `store migrate`"),
        (("run", "intake"), {"STORE__URL": ""}, "HUMA_XLEDGER_STORE__URL is not set"),
        (("run", "intake"), {"STORE__URL": "mysql://x"}, "must begin with sqlite:///"),
        (
            ("run", "intake"),
            {"STORE__URL": "postgresql://a:canary-password@h/d"},
            "HUMA_XLEDGER_STORE__PASSWORD_FILE",
        ),
        (("topics", "plan"), {}, "HUMA_XLEDGER_KAFKA__BOOTSTRAP_SERVERS is not set"),
        (("run", "delivery"), {"DELIVERY__LEASE": "61"}, "DELIVERY__LEASE must be longer"),
        (("offsets", "show"), {"STORE__POOL": "none"}, "HUMA_XLEDGER_STORE__POOL"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    operator: Operator, arguments: tuple[str, ...], settings: dict[str, str], says: str
) -> None:
    """Exit code 1, what to do, no traceback, and no secret."""
    said = operator.but(**settings).types(*arguments)
    assert said.code == 1
    assert says in said.err
    assert "Traceback" not in said.err
    assert "canary" not in said.err


def test_a_wrong_option_is_wrong_use(operator: Operator) -> None:
    """Exit code 2 tells wrong use from a failure."""
    assert operator.types("offsets", "set", "--to").code == 2
    assert operator.types("connections", "add").code == 2
    assert operator.types("run", "nobody").code == 2


def test_the_installed_command_is_this_one(operator: Operator) -> None:
    """As a process: the same sentence, the same code, nothing on standard output."""
    said = operator.starts("connections", "list")
    assert (said.code, said.out) == (1, "")
    assert said.err == "huma-xledger: the store is empty: run `store migrate`\n"
