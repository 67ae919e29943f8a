"""Mail by SMTP, against a server on this machine: encrypted, signed in, and each way to fail."""

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from connectors.mail import Security, SmtpMailer, SmtpServer
from processors.ports.mail import MailRefused, Message
from schemas.errors import RetryLater, Unavailable
from schemas.personal import Personal
from tests.fixtures.mail_server import PASSWORD, USER, Certificate, Post, serving

ADDRESS = "canary-of-an-address@payroll.example"
MESSAGE = Message(
    "7.1764060000000", 1_764_060_000.0, Personal(ADDRESS), "[huma-xledger] Lønn står\nstille",
    "Lønn: ingenting sendes.\n.\n..\nSlutt.\n",
)  # fmt: skip
SENDER = "huma-xledger@firm.example"


@pytest.fixture
def trust(certificate: Certificate) -> ssl.SSLContext:
    """Trust in this server."""
    return ssl.create_default_context(cafile=certificate.file)


def mailer(
    post: Post,
    trust: ssl.SSLContext,
    security: Security = "starttls",
    user: str = USER,
    password: str | None = PASSWORD,
    timeout: float = 5.0,
) -> SmtpMailer:
    """Return what sends through this server."""
    secret = None if password is None else Personal(password)
    server = SmtpServer("127.0.0.1", post.port, security, timeout, user, secret)
    return SmtpMailer(server, SENDER, trust)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_arrives_encrypted_and_signed_in(
    certificate: Certificate, trust: ssl.SSLContext, security: Security
) -> None:
    """With its letters as they are, one line of subject, and an id that a repeat shares."""
    with serving(Post(tls=certificate.server(), from_the_start=security == "tls")) as post:
        for _ in range(2):
            mailer(post, trust, security).send(MESSAGE)
    assert (post.encrypted, post.signed_in) == ([True, True], [True, True])
    (sender, recipients, mail), (_, _, again) = post.mails
    assert (sender, recipients) == (SENDER, [ADDRESS])
    assert (mail["From"], mail["To"]) == (SENDER, ADDRESS)
    assert mail["Subject"] == "[huma-xledger] Lønn står stille"
    assert mail["Message-ID"] == again["Message-ID"] == "<7.1764060000000@firm.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["Date"]) == datetime.fromtimestamp(MESSAGE.at, UTC)
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE.body


def test_without_a_user_nobody_signs_in(trust: ssl.SSLContext) -> None:
    """A relay in a private network asks for nothing."""
    with serving(Post(offers=())) as post:
        mailer(post, trust, "none", user="", password=None).send(MESSAGE)
    assert (post.encrypted, post.signed_in) == ([False], [False])


Change = Callable[[Post], object]


def _offers(*offers: str) -> Change:
    return lambda post: setattr(post, "offers", offers)


def _instead(verb: str, answer: str) -> Change:
    return lambda post: post.instead.__setitem__(verb, answer)


WRONG: dict[str, tuple[Change, type[Exception], str]] = {
    "no STARTTLS": (_offers("AUTH PLAIN"), RetryLater, "offers no STARTTLS: set MAIL__SECURITY"),
    "STARTTLS refused": (_instead("STARTTLS", "454 not now"), RetryLater, "offers no STARTTLS"),
    "no sign-in": (_offers("STARTTLS"), RetryLater, "lets nobody sign in here"),
    "wrong password": (
        lambda post: post.instead.update(AUTH="535 not you, canary"), RetryLater,
        r"refuses MAIL__USER or its password \(535\)",
    ),
    "sender": (_instead("MAIL", "553 not that one"), RetryLater, r"MAIL__SENDER \(553\)"),
    "recipient": (
        _instead("RCPT", f"550 nobody is {ADDRESS}"), MailRefused, r"the recipient \(550\)",
    ),
    "later": (_instead("RCPT", "450 grey"), MailRefused, r"the recipient \(450\)"),
    "content": (_instead(".", f"554 {ADDRESS} wants no spam"), MailRefused, r"the mail \(554\)"),
    "no data": (_instead("DATA", "421 closing"), Unavailable, "is closing"),
    "hangs up": (lambda post: post.hangs_up.add("MAIL"), Unavailable, "ended the session"),
    "gone after the last byte": (
        lambda post: post.hangs_up.add("."), Unavailable, "ended the session",
    ),
    "no time": (_instead("RCPT", "421 busy"), Unavailable, "is closing"),
    "no greeting": (
        lambda post: post.instead.update(EHLO="554 no", HELO="554 no"), Unavailable,
        r"not ready \(554\)",
    ),
}  # fmt: skip


@pytest.mark.rule("R-103")
@pytest.mark.parametrize("case", WRONG)
def test_what_goes_wrong_is_said_without_an_address_or_a_secret(
    certificate: Certificate, trust: ssl.SSLContext, case: str
) -> None:
    """The server's own words quote both, and are left out, of what is chained as well."""
    change, kind, says = WRONG[case]
    with serving(Post(tls=certificate.server())) as post:
        change(post)
        with pytest.raises(kind, match=says) as raised:
            mailer(post, trust).send(MESSAGE)
    error: BaseException | None = raised.value
    assert error is not None
    assert "canary" not in f"{error!r}"
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_wrong_password_is_the_servers_judgement(
    certificate: Certificate, trust: ssl.SSLContext
) -> None:
    """Whose answer repeats it, and is not passed on."""
    with serving(Post(tls=certificate.server())) as post:
        with pytest.raises(RetryLater, match="its password") as raised:
            mailer(post, trust, password="canary-wrong").send(MESSAGE)
        assert "canary" not in str(raised.value)
        assert post.mails == []


def test_a_certificate_nobody_vouches_for_gets_no_password(certificate: Certificate) -> None:
    """Nothing is sent before it is known to whom."""
    with serving(Post(tls=certificate.server())) as post:
        stranger = mailer(post, ssl.create_default_context())
        with pytest.raises(RetryLater, match=r"certificate is not trusted.*MAIL__CA_FILE"):
            stranger.send(MESSAGE)
    assert (post.mails, post.signed_in) == ([], [])


def test_tls_where_there_is_none_is_said(trust: ssl.SSLContext) -> None:
    """The wrong port for the wrong way."""
    with serving(Post()) as post, pytest.raises(RetryLater, match="does not speak TLS so"):
        mailer(post, trust, "tls").send(MESSAGE)


def test_a_server_that_is_away_or_silent_is_waited_for(
    certificate: Certificate, trust: ssl.SSLContext
) -> None:
    """Nobody listens; nobody answers in time."""
    silent = Post(tls=certificate.server(), silent={"MAIL"})
    with serving(silent) as post, pytest.raises(Unavailable, match="within MAIL__TIMEOUT"):
        mailer(post, trust, timeout=0.2).send(MESSAGE)
    with pytest.raises(Unavailable, match="cannot be reached: Connection refused"):
        mailer(post, trust).send(MESSAGE)


def test_a_goodbye_that_fails_does_not_send_it_again(
    certificate: Certificate, trust: ssl.SSLContext
) -> None:
    """The mail has arrived."""
    with serving(Post(tls=certificate.server(), hangs_up={"QUIT"})) as post:
        mailer(post, trust).send(MESSAGE)
    with serving(Post(tls=certificate.server(), instead={"QUIT": "451 no"})) as other:
        mailer(other, trust).send(MESSAGE)
    assert (len(post.mails), len(other.mails)) == (1, 1)


@pytest.mark.parametrize("address", [f"{ADDRESS}\nBcc: other@x.no", "kåre@x.no"])
def test_an_address_that_cannot_be_used_is_refused_alone(
    certificate: Certificate, trust: ssl.SSLContext, address: str
) -> None:
    """No header can be smuggled in, and a server without SMTPUTF8 gets no such letters."""
    with serving(Post(tls=certificate.server())) as post:
        with pytest.raises(MailRefused) as raised:
            mailer(post, trust).send(replace(MESSAGE, to=Personal(address)))
        assert "x.no" not in str(raised.value)
    assert post.mails == []
