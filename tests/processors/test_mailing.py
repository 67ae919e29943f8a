"""Mailing: each mail in order, gone only when the server has it, and trouble that stops nobody."""

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from mailbox import Maildir
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connectors.mail import MaildirMailer, SmtpMailer, SmtpServer
from connectors.store.mails import StoredMails
from connectors.store.notices import Patience
from connectors.store.tables import connection as connections
from connectors.store.tables import outbox
from processors.mailing import PART, Mailing, MailLimits
from processors.ports.lane import LaneStatus
from processors.ports.mail import Mailer, MailRefused, Message
from schemas.connection import Connection, LaneState
from schemas.errors import RetryLater, Unavailable
from schemas.metrics import MAILS, TROUBLE
from schemas.notice import MailResult
from schemas.personal import Personal
from tests.fixtures.arrivals import Numbers
from tests.fixtures.mail_server import PASSWORD, USER, Certificate, Post, serving
from tests.fixtures.stored import Stored
from tests.fixtures.waiting import until

LIMITS = MailLimits(lease=60.0, look=0.01, retry=30.0, retry_longest=900.0, give_up=3 * 86_400.0)
DAY = 86_400_000
STATES = {
    "credential": LaneStatus(LaneState.PAUSED, "credential", 900.0),
    "company": LaneStatus(LaneState.PAUSED, "other company", 900.0),
    "failing": LaneStatus(LaneState.FAILING, "most people fail", 60.0),
}


@dataclass
class Server:
    """A mail server that takes, refuses or is away, as it is told."""

    wrong: dict[str, Exception] = field(default_factory=dict)
    away: Exception | None = None
    tries: list[str] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        """See the port; what is wrong is so by a piece of the subject."""
        self.tries.append(message.subject)
        if self.away is not None:
            raise self.away
        for piece, error in self.wrong.items():
            if piece in message.subject:
                raise error
        self.taken.append(message)


@dataclass
class Office:
    """Connections on a real store, whose notices are mailed."""

    stored: Stored
    server: Server = field(default_factory=Server)
    numbers: Numbers = field(default_factory=Numbers)
    clock: float = 1000.0

    def __post_init__(self) -> None:
        self.mails = StoredMails(self.stored.store, self.stored.keyring, Patience(300.0, 3600.0))
        self.stop = threading.Event()

    def connect(self, name: str) -> Connection:
        """Add a connection."""
        return self.stored.connect(name, group=name)

    def put(self, one: Connection, *states: str) -> None:
        """Let its lane come into these states."""
        lease = self.stored.claim(one)
        for state in states:
            self.stored.lanes.set_status(lease, STATES[state])

    def mailing(self, mailer: Mailer | None = None, owner: str = "me") -> Mailing:
        """Return one process's mailing."""
        return Mailing(
            self.mails, mailer or self.server, owner, LIMITS, self.numbers, lambda: self.clock
        )

    def sent(self, mailing: Mailing, after: float = 0.0) -> list[str]:
        """Let time pass and mail be sent; returns what the server took of it, without the rest."""
        self.clock += after
        before = len(self.server.taken)
        mailing.turn(self.stop)
        return [_short(one) for one in self.server.taken[before:]]

    def count(self, result: MailResult) -> float:
        """Return how many mails ended so."""
        return self.numbers.of(MAILS, result.value)

    def left(self) -> int:
        """Return how many mails wait."""
        return len(self.mails.mails(0, 1000))


def _short(message: Message) -> str:
    name, _, rest = message.subject.removeprefix("[huma-xledger] ").partition(" ")
    known = {"refuses": "credential", "another": "company", "fail": "failing"}
    return f"{name} {next(state for word, state in known.items() if word in rest)}"


@pytest.fixture
def office(stored: Stored) -> Office:
    """Nobody yet."""
    return Office(stored)


def test_mail_goes_out_in_order_and_once(office: Office) -> None:
    """To the connection's address, with its name."""
    one, other = office.connect("one"), office.connect("two")
    office.put(one, "failing", "credential")
    office.put(other, "company")
    office.put(one, "company")
    mailing = office.mailing()
    assert office.sent(mailing) == [
        "one failing", "one credential", "two company", "one company",
    ]  # fmt: skip
    assert {one.to for one in office.server.taken} == {Personal("admin@x.example")}
    assert len({one.id for one in office.server.taken}) == 4
    assert office.sent(mailing) == []
    assert (office.count(MailResult.SENT), office.left()) == (4, 0)


def test_a_server_that_is_away_is_left_alone_for_longer_and_longer(office: Office) -> None:
    """Nothing is lost, and it is said once, not at each try."""
    office.put(office.connect("one"), "failing", "credential")
    mailing = office.mailing()
    office.server.away = Unavailable("the mail server cannot be reached: Connection refused")
    tries = []
    with capture_logs() as logs:
        for seconds in range(0, 4000, 10):
            office.clock = 1000.0 + seconds
            before = len(office.server.tries)
            mailing.turn(office.stop)
            tries += [seconds] * (len(office.server.tries) - before)
    assert tries == [0, 30, 90, 210, 450, 930, 1830, 2730, 3630]
    assert [line["event"] for line in logs] == ["mail.waits"]
    assert office.numbers.of(TROUBLE, PART) == 1
    office.server.away = None
    assert office.sent(mailing, 900.0) == ["one failing", "one credential"]
    assert office.numbers.of(TROUBLE, PART) == 0


def test_a_refused_mail_waits_alone(office: Office) -> None:
    """Others go out; its own connection's later ones wait for it, so that order is kept."""
    one, other = office.connect("one"), office.connect("two")
    office.put(one, "failing", "company")
    office.put(other, "company")
    office.server.wrong["one sends little"] = MailRefused("the mail server refuses it (450)")
    mailing = office.mailing()
    assert office.sent(mailing) == ["two company"]
    assert office.sent(mailing, 10.0) == []
    assert office.count(MailResult.REFUSED) == 1
    office.server.wrong.clear()
    assert office.sent(mailing, 30.0) == ["one failing", "one company"]


@pytest.mark.parametrize(
    "wrong", [MailRefused("the mail server refuses it (550)"), Unavailable("away")]
)
def test_what_cannot_be_sent_for_days_is_given_up(office: Office, wrong: Exception) -> None:
    """After one more try; what is younger stays."""
    office.put(office.connect("one"), "failing")
    office.stored.set(outbox, outbox.c.topic == "", written_at=outbox.c.written_at - 4 * DAY)
    office.put(office.connect("two"), "failing")
    office.server.wrong["fail"] = wrong
    with capture_logs() as logs:
        assert office.sent(office.mailing()) == []
    assert (office.count(MailResult.GIVEN_UP), office.left()) == (1, 1)
    assert "mail.not_sent" in {line["event"] for line in logs}


def test_nobody_to_tell_is_counted(office: Office) -> None:
    """A connection without an address, and one that is gone."""
    office.put(office.connect("one"), "failing")
    office.stored.set(connections, connections.c.name == "one", notify=None)
    assert office.sent(office.mailing()) == []
    assert (office.count(MailResult.NO_ADDRESS), office.left()) == (1, 0)


def test_without_a_way_to_send_mail_is_counted_and_dropped(office: Office) -> None:
    """It would be old news by the day somebody sets one up."""
    office.put(office.connect("one"), "failing", "credential")
    mailing = Mailing(office.mails, None, "me", LIMITS, office.numbers)
    assert mailing.turn(office.stop)
    assert (office.count(MailResult.NOT_SET_UP), office.left()) == (2, 0)


def test_one_process_at_a_time_sends(office: Office) -> None:
    """The other sends nothing until the first has let go."""
    office.put(office.connect("one"), "failing")
    assert office.mails.claim("other", 60.0)
    assert not office.mailing().turn(office.stop)
    assert office.server.tries == []
    office.mails.release("other")
    assert office.sent(office.mailing()) == ["one failing"]


class Killed(BaseException):
    """Ends a process in the middle."""


def test_killed_between_sending_and_deleting_it_is_sent_again_with_its_id(office: Office) -> None:
    """So whoever gets it twice, person or program, can tell."""
    office.put(office.connect("one"), "failing")
    mailing = office.mailing()
    delete, office.mails.delete = office.mails.delete, _killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        mailing.turn(office.stop)
    office.mails.delete = delete  # type: ignore[method-assign]
    assert office.left() == 1
    office.mails.release("me")
    assert office.sent(office.mailing(owner="next")) == ["one failing"]
    first, second = office.server.taken
    assert first == second


def _killed(id_: int) -> None:
    raise Killed(id_)


@pytest.mark.rule("R-94", "R-103")
def test_notices_reach_a_mail_server_that_comes_and_goes(
    office: Office, certificate: Certificate
) -> None:
    """The loop itself, on a real server; no log line knows the address or the password."""
    office.put(office.connect("one"), "credential")
    post = Post(tls=certificate.server())
    with serving(post):
        pass  # its port is known, and nobody listens
    server = SmtpServer("127.0.0.1", post.port, "starttls", 5.0, USER, Personal(PASSWORD))
    mailer = SmtpMailer(server, "huma-xledger@firm.example", _trust(certificate))
    quick = MailLimits(60.0, 0.01, 0.02, 0.05, 1000.0)
    mailing = Mailing(office.mails, mailer, "me", quick, office.numbers)
    with capture_logs() as logs, running(mailing):
        until(lambda: office.numbers.of(TROUBLE, PART) == 1)
        with serving(post):
            until(lambda: office.left() == 0)
    ((_, recipients, mail),) = post.mails
    assert recipients == ["admin@x.example"]
    assert mail["Subject"] == "[huma-xledger] one is stopped: Xledger refuses the token"
    assert {line["event"] for line in logs} == {"mail.waits"}
    assert not re.search(f"admin@|{PASSWORD}", repr(logs))
    assert office.mails.claim("next", 1.0), "it gave the lease back"


def test_notices_reach_a_maildir(office: Office, tmp_path: Path) -> None:
    """As in the demo."""
    office.put(office.connect("one"), "failing")
    office.mailing(MaildirMailer(tmp_path / "mail")).turn(office.stop)
    (mail,) = Maildir(tmp_path / "mail", create=False)
    assert "most changes fail" in str(mail["Subject"])
    assert office.left() == 0


def test_a_store_that_is_away_is_waited_for(office: Office) -> None:
    """The loop goes on."""
    office.put(office.connect("one"), "failing")
    claim = office.mails.claim
    failures: list[Callable[[], object]] = [_store_away, _store_away]

    def claims(owner: str, seconds: float) -> bool:
        if failures:
            failures.pop()()
        return claim(owner, seconds)

    office.mails.claim = claims  # type: ignore[method-assign]
    with running(office.mailing()):
        until(lambda: office.server.taken)


def _store_away() -> None:
    raise RetryLater("the store is away")


def _trust(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate.file)


@contextmanager
def running(mailing: Mailing) -> Iterator[None]:
    """Run the loop in a thread of its own, until the block is left."""
    stop = threading.Event()
    thread = threading.Thread(target=mailing.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
