"""A replay at work: what it sends, when it stops, and how it goes on (R-91, R-92)."""

import time
from dataclasses import replace

import pytest

from connectors.store.letters_decided import Deciding
from connectors.store.removal import remove
from connectors.store.replays import StoredReplays
from connectors.store.tables import audit, link, outbox, replay, replay_letter
from connectors.store.tables import letter as letters
from processors.replay.pace import Pace
from processors.replay.run import Stopped
from schemas.connection import LinkState
from schemas.desk import Forecast, LetterState, Selection
from schemas.personal import Personal
from tests.fixtures.replaying import LIMITS, REFUSED, Replaying
from tests.fixtures.working import person


@pytest.mark.rule("R-91")
def test_a_replay_brings_all_letters_to_an_end(replaying: Replaying) -> None:
    """Each letter is sent once, and resolved by its outcome; who and why stand in the audit."""
    replaying.fail(*range(1, 31))
    assert replaying.states() == {"open": 30}
    replaying.refuse()
    before = len(replaying.requests)
    progress = replaying.execution(replaying.plan()).go()
    assert progress.ended == {("applied", None): 30}
    assert replaying.states() == {"resolved": 30}
    assert len(replaying.requests) - before == 30
    assert replaying.stored.rows(replay.c.state, replay.c.why) == [("finished", None)]
    columns = (audit.c.action, audit.c.object, audit.c.actor, audit.c.connection)
    told = [row for row in replaying.stored.rows(*columns) if row[0] == "letters.replayed"]
    assert told == [("letters.replayed", "replay:r1", "operator", replaying.bench.connection.id)]


@pytest.mark.rule("R-91")
def test_a_canary_that_fails_stops_the_replay(replaying: Replaying) -> None:
    """Nothing else was sent; once the cause is mended, it goes on, with a canary again."""
    replaying.fail(*range(1, 31))
    with pytest.raises(Stopped, match="the canary: 5 of 5 letters did not end well"):
        replaying.execution(replaying.plan()).go()
    assert replaying.states() == {"open": 30}
    assert replaying.results().count(("dead-lettered", "refused by Xledger")) == 5
    assert replaying.stored.rows(replay.c.state) == [("stopped",)]
    replaying.refuse()
    progress = replaying.execution(replaying.start()).go()
    assert progress.ended == {("applied", None): 25}
    assert replaying.states() == {"open": 5, "resolved": 25}


@pytest.mark.rule("R-91")
def test_a_canary_counts_though_another_lets_the_run_go_on(replaying: Replaying) -> None:
    """What each has sent since its own start is its own to look at."""
    replaying.fail(*range(1, 31))
    run = replaying.plan()
    starts: list[str | None] = []

    def another_starts() -> None:
        time.sleep(0.002)
        starts.append(replaying.start().why)
        replaying.live()

    with pytest.raises(Stopped, match="the canary: 5 of 5 letters did not end well"):
        replaying.execution(run, meanwhile=another_starts).go()
    assert (len(starts), replaying.results().count((None, None))) == (1, 25)


@pytest.mark.rule("R-91")
def test_a_replay_stops_when_too_many_fail(replaying: Replaying) -> None:
    """It notices before all are sent, and not before enough of them have ended."""
    replaying.fail(*range(1, 101))
    execution = replaying.execution(replaying.plan(canary=0), replace(LIMITS, pace=Pace(10, 0.5)))
    with pytest.raises(Stopped, match="20 of the 20 letters that ended did not end well, more"):
        execution.go()
    assert replaying.replays.progress("r1").unsent == 80
    assert replaying.stored.rows(replay.c.state) == [("stopped",)]


@pytest.mark.rule("R-91")
def test_letters_of_a_person_are_sent_in_the_order_of_their_events(replaying: Replaying) -> None:
    """The canary takes the first of each person, and the others follow in their order."""
    replaying.fail(1, 2, revision=5)
    replaying.fail(1, 2, revision=6, givenName="Other", phone="48888888")
    replaying.refuse(REFUSED, "48888888")
    replaying.live()
    replaying.change(1, 7, phone="48888888")
    replaying.change(2, 8, phone="48888888")
    replaying.live()
    everything = Selection(states=tuple(LetterState))
    judged = replaying.judged(everything)
    whose = [(one.letter.person, one.letter.source_offset) for one in judged]
    assert whose == sorted(whose, key=lambda one: (str(one[0]), one[1]))


@pytest.mark.rule("R-91", "R-92")
def test_a_replay_of_many_uses_batches(replaying: Replaying) -> None:
    """2,000 letters of one cause are at most three requests for each 1,000 people."""
    many = 2000
    replaying.bench.hire(*range(1, many + 1))
    whose = link.c.connection == replaying.bench.connection.id
    replaying.stored.set(link, whose, state=LinkState.GONE.value)
    replaying.fail(*range(1, many + 1), phone="41234567")
    assert replaying.states() == {"open": many}
    replaying.stored.set(link, whose, state=LinkState.LINKED.value)
    before = replaying.bench.xledger.requests.count(("write",))
    limits = replace(LIMITS, pace=Pace(2500, 5.0))
    replaying.execution(replaying.plan(), limits).go()
    assert replaying.states() == {"resolved": many}
    assert replaying.bench.xledger.requests.count(("write",)) - before <= 3 * many / 1000


@pytest.mark.rule("R-91")
def test_a_lone_change_goes_before_a_replay(replaying: Replaying) -> None:
    """Requests are taken after Huma's events, however many of them wait."""
    replaying.fail(*range(1, 301))
    replaying.refuse()
    replaying.plan(canary=0)
    numbers = replaying.replays.next("r1", 300)
    found = replaying.replays.letters_of([one.letter for one in numbers])
    ways = replaying.foretelling.some([found[one.letter] for one in numbers], "r1")
    by_id = {one.letter.id: one.way for one in ways}
    assert replaying.replays.send("r1", {one.number: by_id[one.letter] for one in numbers}) == 300
    replaying.relay()
    replaying.arrivals.read()
    lone = person(250).user
    replaying.change(250, 9, givenName="Lone")
    replaying.arrivals.read()
    work = replaying.stored.take(replaying.stored.claim(replaying.bench.connection), people=10)
    assert work.people[0].user == lone


@pytest.mark.rule("R-91")
def test_what_was_sent_before_a_kill_ends_too(replaying: Replaying) -> None:
    """It ends slowly, one after the other: nobody is told that none ends, and no run stops."""
    replaying.fail(*range(1, 31))
    replaying.refuse()

    def kill() -> None:
        raise SystemExit

    killed = replaying.execution(replaying.plan(canary=0), meanwhile=kill)
    with pytest.raises(SystemExit):
        killed.go()
    time.sleep(0.002)  # what goes on has begun later than what was sent

    def one_ends() -> None:
        rows = replaying.stored.rows(replay_letter.c.number, replay_letter.c.result)
        waits = [number for number, result in rows if result is None]
        replaying.stored.set(replay_letter, replay_letter.c.number == waits[0], result="applied")

    limits = replace(LIMITS, look=40.0)
    replaying.execution(replaying.start(), limits, one_ends).go()
    assert (replaying.said, replaying.clock > limits.patience) == ([], True)


@pytest.mark.rule("R-91", "R-100")
@pytest.mark.parametrize("stands", ["another", None])
def test_a_connection_that_stands_still_keeps_no_other_waiting(
    replaying: Replaying, stands: str | None
) -> None:
    """However many of its letters come first."""
    replaying.fail(*range(1, 11))
    run = replaying.plan(canary=0)
    replaying.stored.set(replay_letter, replay_letter.c.number <= 7, connection=stands)
    looks: list[float] = []

    def nothing_ends() -> None:
        looks.append(replaying.clock)
        if len(looks) == 3:
            raise SystemExit

    limits = replace(LIMITS, pace=Pace(2, 1.0))
    with pytest.raises(SystemExit):
        replaying.execution(run, limits, nothing_ends).go()
    rows = replaying.stored.rows(replay_letter.c.number, replay_letter.c.round)
    assert [number for number, round_ in sorted(rows) if round_] == [0, 1, 8, 9]


@pytest.mark.rule("R-91")
def test_a_replay_waits_when_the_outbox_is_full(replaying: Replaying) -> None:
    """Requests stop at a quarter of its limit: the run says so, and goes on by itself."""
    replaying.fail(*range(1, 8))
    replaying.refuse()
    run = replaying.plan()
    rows = StoredReplays(replaying.stored.store, replaying.stored.keyring, 0, 86_400.0)
    usual, replaying.replays = replaying.replays, rows
    execution = replaying.execution(run)

    def more_room(seconds: float) -> None:
        replaying.clock += seconds
        execution.store = usual
        replaying.live()

    execution.wait = more_room
    execution.go()
    (said,) = replaying.said
    assert said.startswith("the outbox holds 0 rows or more, a quarter of OUTBOX__LIMIT")
    assert replaying.states() == {"resolved": 7}


@pytest.mark.rule("R-91", "R-109")
def test_a_replay_says_that_watch_does_not_run(replaying: Replaying) -> None:
    """No end comes: it says what may be the cause, and after a while it stops; then it goes on."""
    replaying.fail(*range(1, 8))
    replaying.refuse()
    replaying.watches = False
    sentence = (
        "5 letters were sent and none ends: watch has never seen a heartbeat; is `run watch` "
        "running?"
    )
    with pytest.raises(Stopped, match=r"none ends: watch has never .*--resume r1"):
        replaying.execution(replaying.plan(), replace(LIMITS, look=20.0)).go()
    assert replaying.said == [sentence]
    replaying.watches = True
    for one in range(1, 8):
        replaying.change(one, 9, givenName="Other")
    replaying.live()
    assert replaying.replays.progress("r1").waits_for == 5


@pytest.mark.rule("R-90", "R-91")
def test_a_letter_whose_bytes_are_gone_is_resent(replaying: Replaying) -> None:
    """It goes as a request that names the letter, and fails as that letter."""
    replaying.fail(1)
    replaying.topic.clear()
    with pytest.raises(Stopped):
        replaying.execution(replaying.plan()).go()
    again = replaying.one()
    assert (again.state, again.replay_count, again.event) == (LetterState.OPEN, 1, "e1/5")
    replaying.refuse()
    replaying.execution(replaying.plan("r2")).go()
    assert (replaying.one().state, replaying.one().closed_as) == (LetterState.RESOLVED, "applied")


@pytest.mark.rule("R-91")
def test_a_letter_is_replayed_five_times_and_then_parked(replaying: Replaying) -> None:
    """A sixth replay is refused, with the reason."""
    replaying.fail(1)
    for number in range(5):
        with pytest.raises(Stopped):
            replaying.execution(replaying.plan(f"r{number}")).go()
    assert replaying.states() == {"parked": 1}
    (judged,) = replaying.judged(Selection())
    assert (judged.foretold.forecast, judged.foretold.why) == (
        Forecast.BLOCKED, "replayed 5 times",
    )  # fmt: skip
    run = replaying.plan("last", selection=Selection())
    replaying.execution(run).go()
    assert replaying.results("last") == [("not sent", "replayed 5 times")]


@pytest.mark.rule("R-91")
def test_a_removed_connection_is_refused_with_the_reason(replaying: Replaying) -> None:
    """Nothing is sent for it, whenever it was removed."""
    replaying.fail(1)
    run = replaying.plan()
    replaying.stored.set(letters, letters.c.id == replaying.one().id, connection="gone")
    replaying.execution(run).go()
    assert replaying.results() == [("not sent", "connection removed")]


@pytest.mark.rule("R-09", "R-91")
def test_what_is_under_way_when_its_connection_is_removed_ends(replaying: Replaying) -> None:
    """Intake passes the request by, without an outcome: its run would wait for ever."""
    replaying.fail(1, 2)
    replaying.refuse()
    run = replaying.plan(canary=1)
    removed: list[int] = []

    def remove_it() -> None:
        if not removed:
            stored, one = replaying.stored, replaying.bench.connection
            stored.connections.pause(one.id, "me")
            removed.append(remove(stored.store, stored.keyring, one, "me"))
        replaying.arrivals.renew()
        replaying.arrivals.read()
        replaying.relay()

    replaying.execution(run, meanwhile=remove_it).go()
    assert replaying.results() == [("skipped", "connection removed"),
                                   ("not sent", "connection removed")]  # fmt: skip
    assert replaying.states() == {"resolved": 2}


@pytest.mark.rule("R-89", "R-91")
def test_a_replay_that_was_lost_can_be_given_up(replaying: Replaying) -> None:
    """Intake was set past its request: ignored by its state, the letter can be sent again."""
    replaying.fail(1)
    replaying.refuse()
    deciding = Deciding(replaying.stored.store, replaying.stored.keyring)
    lost = Selection(states=(LetterState.RETRYING,))

    def lose_it() -> None:
        with replaying.stored.store.begin() as transaction:
            transaction.execute(outbox.delete())
        ignored = deciding.decide(lost, LetterState.IGNORED, "me", Personal("lost"))
        assert (ignored, replaying.states()) == (1, {"ignored": 1})

    replaying.execution(replaying.plan(), meanwhile=lose_it).go()
    assert replaying.results() == [("given up", None)]
    ignored = Selection(states=(LetterState.IGNORED,))
    replaying.execution(replaying.plan("r2", selection=ignored)).go()
    assert (replaying.states(), replaying.one().replay_count) == ({"resolved": 1}, 2)


@pytest.mark.rule("R-72", "R-91")
def test_what_a_lock_stops_is_sent_and_closes(replaying: Replaying) -> None:
    """Its end is "locked", and that is how the letter closes."""
    replaying.fail(1)
    replaying.arrivals.arrive("user.deactivated", {}, 9, user=person(1).user)
    replaying.live()
    (judged,) = replaying.judged()
    assert judged.foretold.forecast is Forecast.BLOCKED
    replaying.execution(replaying.plan()).go()
    assert (replaying.one().state, replaying.one().closed_as) == (LetterState.RESOLVED, "locked")


@pytest.mark.rule("R-91")
def test_an_erased_letter_is_passed_over(replaying: Replaying) -> None:
    """Its row went with the person, after the run was planned."""
    replaying.fail(1, 2)
    replaying.refuse()
    run = replaying.plan()
    with replaying.stored.store.begin() as transaction:
        transaction.execute(letters.delete().where(letters.c.person == person(1).user))
    replaying.execution(run).go()
    assert sorted(replaying.results(), key=str) == [("applied", None), ("not sent", "erased")]


@pytest.mark.rule("R-91")
def test_what_will_fail_again_is_not_sent(replaying: Replaying) -> None:
    """Our own rules refuse the value of now: a replay would only use up one of five."""
    replaying.fail(1, birthDate="1800-01-01")
    (judged,) = replaying.judged()
    assert (judged.foretold.forecast, judged.foretold.code) == (
        Forecast.WILL_FAIL, "invalid birth date",
    )  # fmt: skip
    replaying.execution(replaying.plan()).go()
    assert replaying.results() == [("not sent", "invalid birth date")]
    assert replaying.states() == {"open": 1}
    assert replaying.stored.rows(replay_letter.c.round) == [(None,)]
