"""`dead-letters show`: what happened, why, how it is now; values only where asked for (R-103)."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from connectors.encryption import new_master_key_file, open_vault
from connectors.store.keyring import Keyring
from connectors.store.removal import remove
from connectors.store.tables import audit, letter
from processors.replay.run import Stopped
from schemas.employee import Target
from schemas.errors import BrokerUnavailable
from tests.console.conftest import Operator, Said
from tests.fixtures.arrivals import Arrivals
from tests.fixtures.replaying import REFUSED, Replaying
from tests.fixtures.stored import Stored
from tests.fixtures.working import Bad, person

KARI: Final = person(1)
WHY: Final = ("--values", "--reason", "case 17")
SAYS: Final = f"Given Family: '{REFUSED[:4]} {REFUSED[4:]}' is no number (P1@X.NO)"

pytestmark = pytest.mark.rule("R-89", "R-90")


class Desk:
    """An operator, and a world in which letters are written, sent again, and read."""

    def __init__(self, operator: Operator, world: Replaying) -> None:
        self.operator = operator
        self.world = world

    def fails(self, *numbers: int) -> None:
        """Let people's phone numbers be refused, in Xledger's own words."""
        world = self.world
        world.bench.hire(*numbers)
        for number in numbers:
            names = {"email": f"p{number}@x.no", "givenName": "Given", "familyName": "Family"}
            world.change(number, 5, **names, phone=REFUSED)
        world.bench.xledger.bad = [Bad(Target.CONTACT_PHONE, REFUSED, text=SAYS)]
        world.live()

    def id(self, event: str = "e1/5") -> str:
        """Return a letter's id."""
        (found,) = [id_ for id_, one in self.world.stored.rows(letter.c.id, letter.c.event)
                    if one == event]  # fmt: skip
        return str(found)

    def says(self, *options: str, code: int = 0, event: str = "e1/5") -> Said:
        """Show a letter; what it said in one line."""
        said = self.operator.types("dead-letters", "show", self.id(event), *options)
        assert said.code == code, said.err
        return replace(said, out=" ".join(said.out.split()) if code == 0 else said.out)

    def shows(self, *options: str, event: str = "e1/5") -> Any:
        """Return the document."""
        return json.loads(self.says("--json", *options, event=event).out)

    def audited(self) -> list[Any]:
        """Return what the audit has of values that were shown."""
        columns = (audit.c.action, audit.c.person, audit.c.event, audit.c.fields)
        return [row[1:] for row in self.world.stored.rows(*columns) if row[0] == "values.shown"]


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The ciphers that the commands have, too: under a master key in a file."""
    new_master_key_file(file := tmp_path / "master.key")
    return Keyring(open_vault(file))


@pytest.fixture
def desk(
    operator: Operator,
    store_url: str,
    stored: Stored,
    arrivals: Arrivals,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """A desk on an empty store; Kafka's topic of dead letters is a dictionary."""
    world = Replaying(stored, arrivals)
    for module in ("desk", "replaying"):
        monkeypatch.setattr(f"console.wiring.{module}.KafkaLetters", lambda _: world)
    return Desk(operator.but(STORE__URL=store_url, KAFKA__BOOTSTRAP_SERVERS="none:1"), world)


def test_a_letter_says_what_happened_why_and_what_to_type(desk: Desk) -> None:
    """Where its records stand, the reason and advice, each field as it is, and what comes next."""
    desk.fails(1, 2)
    said, shown = desk.says(), desk.shows()
    assert (said.err, shown["state"], shown["person"]) == ("", "open", KARI.user)
    assert shown["reason"]["code"] == shown["code"] == "refused by Xledger"
    assert shown["reason"]["advice"] in said.out
    assert shown["record"] == {"held": True, "why": None, "event": True}
    assert [one["what"] for one in shown["happened"]][:2] == ["written", "ended"]
    assert any("phone failed (refused by Xledger)" in one["says"] for one in shown["happened"])
    (change,) = shown["changes"]
    assert (change["field"], change["open"], change["in_event"]) == ("phone", True, True)
    assert change["changed_since"] is False
    assert {one["target"] for one in change["now"]["targets"]} == {
        "contact.phone", "subledger.phone",
    }  # fmt: skip
    assert shown["forecast"]["forecast"] == "will be tried"
    assert shown["forecast"]["sent"]
    assert shown["alike"] == 2
    id_ = desk.id()[:12]
    assert shown["next"] == [
        'huma-xledger dead-letters list --by connection,field --code "refused by Xledger"',
        f"huma-xledger people explain {KARI.user} phone",
        f"huma-xledger dead-letters forecast --id {id_}",
        f'huma-xledger dead-letters replay --id {id_} --reason "…"',
    ]
    assert all(step in said.out for step in shown["next"])


def test_every_command_that_is_named_can_be_typed(desk: Desk) -> None:
    """A plan at the most comes of it."""
    desk.fails(1, 2)
    for step in desk.shows()["next"]:
        said = desk.operator.types(*shlex.split(step)[1:])
        assert said.code == 0, said.err


@pytest.mark.rule("R-103")
def test_xledgers_words_are_shown_without_values(desk: Desk) -> None:
    """However it quoted them; and no other value is shown either, unless it is asked for."""
    desk.fails(1)
    said, shown = desk.says(), desk.shows()
    words = "[givenName]: '[phone]' is no number ([email])"
    assert shown["changes"][0]["xledger_said"] == words
    assert f"Xledger said: {words}" in said.out
    for value in (REFUSED, REFUSED[4:], "p1@x.no", "Given"):
        assert value.lower() not in (said.out + str(shown)).lower().replace("givenname", "")
    assert desk.audited() == []


@pytest.mark.rule("R-103", "R-104")
def test_values_are_shown_after_the_audit_has_it(desk: Desk) -> None:
    """What the event said, what would be sent now, and what Xledger confirmed."""
    desk.fails(1)
    desk.world.correct(1, phone="41111111")
    (change,) = desk.shows(*WHY)["changes"]
    assert (change["event_value"], change["changed_since"]) == (REFUSED, True)
    assert {one["value"] for one in change["now"]["targets"]} == {"41111111"}
    assert desk.audited() == [(KARI.user, desk.id(), "phone")]
    out = desk.says(*WHY).out
    assert f"in the event {REFUSED}; it has changed since" in out
    assert "Now: 41111111." in out
    assert "--values needs --reason" in desk.says("--values", code=2).err


@pytest.mark.rule("R-91")
def test_replays_and_newer_events_are_told_in_order(desk: Desk) -> None:
    """Who sent it and how that ended; and what came of the person's later change."""
    desk.fails(1)
    run = desk.world.plan("r1")
    with pytest.raises(Stopped):
        desk.world.execution(run).go()
    assert desk.operator.types("dead-letters", "park", "--id", desk.id(), "--reason", "x",
                               "--execute").code == 0  # fmt: skip
    told = [one["says"] for one in desk.shows()["happened"]]
    for text in (
        "the event was written", "ended: dead-lettered", "replay 1 sent by operator, run r1",
        "replay 1 ended: dead-lettered", "parked by command:",
    ):  # fmt: skip
        assert [text in one for one in told].count(True) >= 1, told
    assert [one["at"] for one in desk.shows()["happened"]] == sorted(
        one["at"] for one in desk.shows()["happened"]
    )
    desk.world.refuse()
    desk.world.change(1, 9, phone="41111111")
    desk.world.live()
    shown = desk.shows()
    assert (shown["state"], shown["closed_as"]) == ("resolved", "applied")
    (newer,) = shown["newer"]
    assert (newer["revision"], newer["result"], newer["fields"]) == (9, "applied", ["phone"])
    assert shown["changes"][0]["closed_as"] == "applied"
    assert shown["changes"][0]["xledger_said"] is None
    assert "phone: failed at revision 5" in desk.says().out
    assert shown["next"] == [f"huma-xledger people explain {KARI.user} phone"]


def test_bytes_that_are_no_event_are_shown_as_such(desk: Desk) -> None:
    """Of no connection, and of whom its headers name; for the publisher, or to be ignored."""
    desk.world.arrivals.arrive("user.updated", {}, 5, id_="e1/5", value=b"{half a rec")
    desk.world.live()
    said, shown = desk.says(), desk.shows()
    assert (shown["record"]["held"], shown["record"]["event"]) == (True, False)
    assert "The record is no event" in said.out
    assert shown["changes"] == []
    assert [step.split()[2] for step in shown["next"]][-2:] == ["export", "ignore"]
    assert "half a rec" not in said.out + desk.says(*WHY).out


@pytest.mark.rule("R-09")
def test_a_removed_connection_is_said(desk: Desk) -> None:
    """Its id is all that is left of it, and nothing can be sent."""
    desk.fails(1)
    stored, one = desk.world.stored, desk.world.bench.connection
    stored.connections.pause(one.id, "me")
    remove(stored.store, stored.keyring, one, "me")
    said, shown = desk.says(), desk.shows()
    assert shown["connection_removed"]
    assert "Its connection was removed: nothing can be sent." in said.out
    assert shown["forecast"] | {"why": None} == {
        "forecast": "blocked", "code": "connection removed", "why": None, "sent": False,
    }  # fmt: skip
    assert (shown["state"], shown["closed_as"], shown["next"]) == (
        "resolved", "connection removed", [],
    )  # fmt: skip


@pytest.mark.rule("R-78", "R-103")
def test_of_a_deleted_person_no_value_is_shown(desk: Desk) -> None:
    """Although Kafka has them for some days yet."""
    desk.fails(1)
    desk.world.arrivals.arrive("user.deleted", {}, 9, user=KARI.user)
    desk.world.live()
    said = desk.says(*WHY)
    assert "The person was deleted: every value is gone." in said.out
    assert REFUSED not in said.out
    assert desk.audited() == []
    assert desk.shows()["closed_as"] == "deleted"


@pytest.mark.rule("R-108")
def test_of_an_erased_person_there_is_none(desk: Desk) -> None:
    """It says where to look."""
    desk.fails(1)
    id_ = desk.id()
    assert desk.operator.types("people", "erase", KARI.user, "--reason", "x", "--execute").code == 0
    said = desk.operator.types("dead-letters", "show", id_)
    assert (said.code, f"no letter {id_} is stored" in said.err) == (1, True)


def test_bytes_that_are_gone_are_said(desk: Desk) -> None:
    """Retention took them, or the topic was made anew; the rest is shown all the same."""
    desk.fails(1, 2)
    mine, other = desk.world.topic[0, 0], desk.world.topic[0, 1]
    desk.world.topic[0, 0] = other
    desk.world.topic[0, 1] = mine
    assert desk.shows()["record"]["why"] == "another record stands in its place"
    desk.world.topic.clear()
    said, shown = desk.says(), desk.shows()
    assert "the topic holds it no longer" in said.out
    assert (shown["changes"][0]["in_event"], shown["forecast"]["sent"]) == (False, True)
    assert "A replay sends a request for the current values of its fields instead" in said.out
    with pytest.raises(Stopped):
        desk.world.execution(desk.world.plan("r1")).go()
    assert "The record is no event" not in desk.says().out  # it is the request that failed
    desk.world.topic.clear()
    told = desk.operator.types("dead-letters", "forecast").out
    assert "does not hold the bytes of 2; for 2 of these a request for the current values" in told


def test_without_kafka_the_store_tells_what_it_knows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says that its bytes were not read."""
    desk.fails(1)

    def away(_: object) -> None:
        raise BrokerUnavailable("Kafka does not answer")

    monkeypatch.setattr(desk.world, "read", away)
    said = desk.says()
    assert said.err == "its bytes were not read: Kafka does not answer\n"
    assert desk.shows()["forecast"] is None
    assert "What happened" in said.out


def test_several_letters_that_begin_alike_are_told_apart(desk: Desk) -> None:
    """Rather than that one of them is taken."""
    desk.fails(1, 2)
    for number, id_ in enumerate((desk.id("e1/5"), desk.id("e2/5"))):
        desk.world.stored.set(letter, letter.c.id == id_, id=f"abcd{number}" + id_[5:])
    said = desk.operator.types("dead-letters", "show", "abcd")
    assert (said.code, "several letters begin with abcd" in said.err) == (1, True)


@pytest.mark.rule("R-78", "R-103")
@pytest.mark.parametrize("how", ["replayed", "unwatched"])
def test_of_a_deleted_person_no_value_is_shown_however_the_letter_ended(
    desk: Desk, how: str
) -> None:
    """A replay ended it before the deletion, or watch has not read the deletion yet."""
    desk.fails(1)
    if how == "replayed":
        desk.world.refuse()
        desk.world.execution(desk.world.plan("r1")).go()
    desk.world.watches = how == "replayed"
    desk.world.arrivals.arrive("user.deleted", {}, 9, user=KARI.user)
    desk.world.live()
    said = desk.says(*WHY)
    assert REFUSED not in said.out
    assert desk.audited() == []
    told = desk.operator.types("dead-letters", "export", "--state", "all", *WHY)
    assert json.loads(told.out)["bytes"] is None
    assert desk.audited() == []
