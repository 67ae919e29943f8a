"""Replays as rows: claimed once, sent in order, noted, counted (R-91)."""

import threading
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from connectors.store.replays import StoredReplays
from connectors.store.replays_sent import NOT_SENT, TAKEN
from connectors.store.tables import heartbeat, letter, outbox, refusal, replay, replay_letter
from processors.ports.replay import NewReplay, Numbered, Sending, Unsent
from schemas.desk import Forecast, LetterState, ReplayState, Selection
from schemas.errors import Limited, NotFound, StoreUnavailable
from schemas.person import PersonKey
from schemas.personal import Personal
from schemas.topics import REQUESTS
from tests.fixtures.stored import ELSEWHERE, KARI, OLA, ORGANIZATION, Stored

MANY = 60


def replays_of(stored: Stored, rows: int = 10_000) -> StoredReplays:
    """Return the port."""
    return StoredReplays(stored.store, stored.keyring, rows, 86_400.0)


def write_letters(stored: Stored, count: int = MANY, organization: str = ORGANIZATION) -> None:
    """Let there be open letters, l000 and so on."""
    with stored.store.begin() as transaction:
        transaction.execute(
            letter.insert(),
            [
                {
                    "id": f"l{number:03d}", "source": "/huma/users", "event": f"e{number}",
                    "connection": "c1", "organization": organization, "person": f"p{number}",
                    "stage": "call", "class": "data", "code": "refused by Xledger",
                    "fields": '["phone"]', "attempts": 1, "first_failed_at": 1,
                    "last_failed_at": 1, "source_topic": "t", "source_partition": 0,
                    "source_offset": number, "partition": 0, "offset": number, "written_at": 1,
                    "failed_round": 0, "state": "open",
                }
                for number in range(count)
            ],
        )  # fmt: skip


def plan(replays: StoredReplays, run: str, count: int = MANY) -> None:
    """Plan a run of these letters, and start it."""
    numbered = [
        Numbered(number, f"l{number:03d}", ORGANIZATION, "c1", Forecast.WILL_BE_TRIED)
        for number in range(count)
    ]
    selection = Selection(codes=("refused by Xledger",), states=(LetterState.OPEN,))
    replays.plan(NewReplay(run, "me", Personal("why"), selection, 5, 30, 20), numbered)
    replays.start(run, "me", Personal("why"))


def sending(number: int, round_: int = 1) -> Sending:
    """Return a letter on its way."""
    key = PersonKey(ORGANIZATION, f"p{number}")
    return Sending(
        f"l{number:03d}", round_, b"key%d" % number, b"{}", [("ce_id", b"1")],
        f"o{number}", key, ORGANIZATION, "c1", ("phone",),
    )  # fmt: skip


def sent_keys(stored: Stored) -> list[bytes]:
    """Return the keys of what was left for the requests topic, in order."""
    rows = stored.outbox.rows(0, 100_000)
    return [row.key or b"" for row in rows if row.topic == REQUESTS.name]


@pytest.mark.rule("R-91")
def test_letters_are_claimed_and_left_in_the_outbox_in_order(stored: Stored) -> None:
    """One transaction: the claim, the record and the note of it."""
    stored.connect()
    write_letters(stored, 3)
    replays = replays_of(stored)
    plan(replays, "r1", 3)
    some: dict[int, Sending | Unsent] = {2: sending(2), 0: sending(0), 1: Unsent("locked out")}
    assert replays.send("r1", some) == 2
    assert sent_keys(stored) == [b"key0", b"key2"]
    found = replays.letters_of(["l000", "l001", "l002"])
    assert [(one.state, one.replay_count, one.run) for _, one in sorted(found.items())] == [
        (LetterState.RETRYING, 1, "r1"), (LetterState.OPEN, 0, None),
        (LetterState.RETRYING, 1, "r1"),
    ]  # fmt: skip
    columns = replay_letter.c
    assert stored.rows(columns.number, columns.round, columns.outcome, columns.code) == [
        (0, 1, "o0", None), (1, None, None, "locked out"), (2, 1, "o2", None),
    ]  # fmt: skip
    assert replays.next("r1", 10) == []
    with stored.store.read() as transaction:
        sealed = transaction.execute(select(outbox.c.value, outbox.c.sealed_for)).first()
        assert sealed is not None
        assert bytes(sealed[0]) != b"{}"
        assert sealed[1] == ORGANIZATION


@pytest.mark.rule("R-91")
def test_two_replays_of_the_same_letters_send_each_once(stored: Stored) -> None:
    """Two operators at once, and one run that goes on twice at once: each letter goes once."""
    stored.connect()
    write_letters(stored)
    for run in ("r1", "r2"):
        plan(replays_of(stored), run)
    sent: list[int] = []
    begin = threading.Barrier(4)
    trouble: list[BaseException] = []

    def work(run: str, step: int) -> None:
        replays = replays_of(stored)
        begin.wait(20)
        try:
            while some := replays.next(run, step):
                try:
                    sent.append(replays.send(run, {o.number: sending(o.number) for o in some}))
                except StoreUnavailable:  # a race lost is tried again
                    continue
        except BaseException as error:  # noqa: BLE001 - shown below
            trouble.append(error)

    given = [("r1", 7), ("r1", 11), ("r2", 5), ("r2", 13)]
    threads = [threading.Thread(target=work, args=one) for one in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert trouble == []
    assert sum(sent) == MANY
    assert Counter(sent_keys(stored)) == {b"key%d" % number: 1 for number in range(MANY)}
    columns = replay_letter.c
    rows = stored.rows(columns.letter, columns.round, columns.result, columns.code)
    assert len(rows) == 2 * MANY
    assert sum(1 for row in rows if row[1] == 1) == MANY
    assert {row[2:] for row in rows if row[1] is None} <= {(NOT_SENT, TAKEN)}


@pytest.mark.rule("R-91")
def test_a_round_that_somebody_else_sent_is_not_sent_again(stored: Stored) -> None:
    """The claim names the round: what was judged from an older row finds nothing to claim."""
    stored.connect()
    write_letters(stored, 1)
    replays = replays_of(stored)
    for run in ("r1", "r2"):
        plan(replays, run, 1)
    assert replays.send("r1", {0: sending(0)}) == 1
    stored.set(letter, letter.c.id == "l000", state="open")
    assert replays.send("r2", {0: sending(0)}) == 0
    assert stored.rows(replay_letter.c.replay, replay_letter.c.code) == [
        ("r1", None), ("r2", TAKEN),
    ]  # fmt: skip


@pytest.mark.rule("R-91")
def test_a_full_outbox_takes_no_replays(stored: Stored) -> None:
    """Nothing is claimed, so that it can be tried again."""
    stored.connect()
    write_letters(stored, 1)
    replays = replays_of(stored, rows=0)
    plan(replays, "r1", 1)
    with pytest.raises(Limited, match="a quarter of OUTBOX__LIMIT"):
        replays.send("r1", {0: sending(0)})
    assert len(replays.next("r1", 10)) == 1
    assert replays.letters_of(["l000"])["l000"].state is LetterState.OPEN


@pytest.mark.rule("R-108")
def test_an_erased_organisation_gets_no_replay(stored: Stored) -> None:
    """Its key is gone: nothing can be sealed for it."""
    write_letters(stored, 1, ELSEWHERE)
    replays = replays_of(stored)
    plan(replays, "r1", 1)
    assert replays.send("r1", {0: replace(sending(0), organization=ELSEWHERE)}) == 0
    assert stored.rows(replay_letter.c.code) == [("organisation erased",)]
    assert stored.nothing_left()


@pytest.mark.rule("R-91", "R-109")
def test_progress_tells_how_a_run_gets_on(stored: Stored) -> None:
    """What ended counts from the last start on: a run that stopped begins anew."""
    stored.connect()
    write_letters(stored, 4)
    replays = replays_of(stored)
    plan(replays, "r1", 4)
    replays.send("r1", {0: sending(0), 1: sending(1), 2: Unsent("locked out")})
    mine = replay_letter.c.number == 0
    stored.set(replay_letter, mine, result="dead-lettered", code="refused by Xledger")
    found = replays.progress("r1")
    assert (found.letters, found.unsent, found.refused) == (4, 1, 1)
    assert (found.waits_for, found.under_way) == (1, {"c1": 1})
    assert found.ended == {("dead-lettered", "refused by Xledger"): 1}
    assert found.beat_at is None
    with stored.store.begin() as transaction:
        transaction.execute(heartbeat.insert(), [{"partition": 0, "beat_at": 7}])
    stored.set(replay_letter, mine, sent_at=1)
    replays.end("r1", ReplayState.STOPPED, "the canary failed")
    assert replays.run("r1").state is ReplayState.STOPPED
    assert stored.rows(replay.c.why) == [("the canary failed",)]
    replays.start("r1", "me", Personal("again"))
    found = replays.progress("r1")
    assert (found.ended, found.beat_at, found.settled) == ({}, 7, 0)
    assert stored.rows(replay.c.state, replay.c.why) == [("running", None)]


@pytest.mark.rule("R-91")
def test_a_run_that_is_not_there_is_said(stored: Stored) -> None:
    """And so is one that has finished."""
    replays = replays_of(stored)
    with pytest.raises(NotFound, match="there is no replay r1"):
        replays.progress("r1")
    plan(replays, "r1", 0)
    replays.end("r1", ReplayState.FINISHED)
    with pytest.raises(NotFound, match="replay r1 has finished"):
        replays.start("r1", "me", Personal("again"))


@pytest.mark.rule("R-91")
def test_people_are_seen_as_intake_and_lanes_would_find_them(stored: Stored) -> None:
    """Hundreds at once, in each connection; who is unknown has nothing."""
    first, second = stored.connect("c1"), stored.connect("c2", group="g")
    stored.people(KARI, type="user", active=True, active_version=3)
    stored.linked(first, KARI)
    stored.change(first, KARI, 5, {"phone": "40000001"})
    with stored.store.begin() as transaction:
        transaction.execute(
            refusal.insert().values(
                connection=first.id, person=KARI.user, field="phone", organization=ORGANIZATION,
                turn=1, text=b"sealed", at=1,
            )
        )  # fmt: skip
    replays = replays_of(stored)
    world = replays.around()
    assert {one.connection.id for one in world.connections.by_organization[ORGANIZATION]} == {
        first.id, second.id,
    }  # fmt: skip
    elsewhere = PersonKey(ELSEWHERE, OLA.user)
    found = replays.people([KARI, OLA, elsewhere, KARI], world)
    assert found.keys() == {KARI, OLA}
    kari = found[KARI]
    assert (kari.person.active, kari.person.active_version) == (True, 3)
    assert kari.fields["phone"] == (5, b"")
    assert [one.field for one in kari.subjects[first.id].dirty] == ["phone"]
    assert kari.subjects[first.id].projection["phone"] == "40000001"
    assert kari.subjects[second.id].dirty == ()
    assert kari.refused[first.id] == {"phone": None}
    assert found[OLA].person.revision == -1
    assert found[OLA].fields == {}
    assert found[OLA].subjects.keys() == {first.id, second.id}
