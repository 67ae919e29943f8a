"""Erasing a person by command (R-108)."""

import pytest

from tests.console.people.conftest import KARI, KEY, Office
from tests.fixtures.working import whole

WHY = ("--reason", "case 17")


@pytest.fixture
def employed(office: Office) -> Office:
    """Kari was created in Xledger, and a change of hers waits."""
    office.hires()
    office.delivers()
    office.changes(2, phone="99999999")
    return office


@pytest.mark.rule("R-108")
def test_a_plan_says_what_there_is_and_changes_nothing(employed: Office) -> None:
    """Counts, and in which connections; no value."""
    before = employed.shows()["connections"]
    said = employed.says("erase", KARI.user, *WHY, "--json")
    assert said.code == 0, said.err
    assert "--execute" in said.err
    plan = said.json
    assert (plan["organization"], plan["user"], plan["erased"]) == (*KARI, False)
    assert plan["connections"] == {employed.bench.connection.id: "linked"}
    assert plan["counts"]["waiting events"] == 1
    assert plan["counts"]["fields"] == len(whole(1))
    assert employed.shows()["connections"] == before
    assert "person.erased" not in [row[0] for row in employed.audited()]


@pytest.mark.rule("R-108", "R-78")
def test_an_erased_person_stays_erased(employed: Office) -> None:
    """What waits is skipped, nothing is sent, and later events of the id end as deleted."""
    written = len(employed.bench.xledger.writes)
    said = employed.says("erase", KEY, *WHY, "--execute", "--json")
    assert (said.code, said.json["ended"], said.json["erased"]) == (0, 1, True), said.err
    assert "docs/privacy.md" in said.err
    employed.changes(3, phone="88888888")
    ended = employed.arrivals.read()
    assert (ended["e2"], ended["e3"]) == (("skipped", "deleted"),) * 2
    assert employed.arrivals.projection(KARI.user) == {}
    assert len(employed.bench.xledger.writes) == written
    again = employed.says("erase", KARI.user, *WHY, "--json")
    assert again.json["deleted"]
    assert set(again.json["counts"].values()) == {0}


@pytest.mark.rule("R-108", "R-103")
def test_it_is_told_in_words_and_without_values(employed: Office) -> None:
    """To people as to programs; the reason is in the audit only, and sealed."""
    plan = employed.says("erase", KARI.user, *WHY)
    done = employed.says("erase", KARI.user, *WHY, "--execute")
    assert "1  waiting events" in plan.out
    assert "erased; 1 waiting events were skipped as deleted" in done.out
    shown = plan.out + plan.err + done.out + done.err
    assert not [value for value in whole(1).values() if str(value) in shown]
    assert "case 17" not in shown
    ((_, user, actor, _, reason),) = [
        row for row in employed.audited() if row[0] == "person.erased"
    ]
    assert (user, actor.split(":")[0]) == (KARI.user, "command")
    assert b"case 17" not in reason


@pytest.mark.rule("R-108")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((KARI.user,), 2, "--reason"),
        ((KARI.user, "--reason", " "), 2, "say why"),
        (("kari", *WHY), 2, "neither Huma's user id"),
        (("9b2e0c1a-0000-4000-8000-0000000000ff", *WHY, "--execute"), 1, "known here"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    employed: Office, arguments: tuple[str, ...], code: int, says: str
) -> None:
    """Nothing is erased without a reason, or of somebody else."""
    said = employed.says("erase", *arguments)
    assert (said.code, said.out) == (code, "")
    assert says in said.err
    assert employed.shows()["user"] == KARI.user
