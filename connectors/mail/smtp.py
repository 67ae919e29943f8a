"""Mail by SMTP, one session a mail: notices are few."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from connectors.mail.written import written
from processors.ports.mail import MailRefused, Message
from schemas.errors import RetryLater, Unavailable
from schemas.personal import Personal

Security = Literal["starttls", "tls", "none"]
CLOSING: Final = 421
"""The answer, to whatever, of a server that has no time."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where, and how. `timeout` is in seconds, of each step; without a `user` nobody signs in."""

    host: str
    port: int
    security: Security
    timeout: float
    user: str = ""
    password: Personal[str] | None = field(default=None, repr=False)


class SmtpMailer:
    """Mail through one server.

    What smtplib says quotes addresses, so nothing of it is passed on but the code (R-103).

    Args:
        server: see there.
        sender: who writes.
        trust: whom to believe that it is the server.
    """

    def __init__(self, server: SmtpServer, sender: str, trust: ssl.SSLContext) -> None:
        self._server = server
        self._sender = sender
        self._trust = trust

    def send(self, message: Message) -> None:
        """See the port. What failed after the last byte may have arrived, and goes out again."""
        mail = written(message, self._sender)
        with _translated(), self._session() as smtp:
            smtp.send_message(mail, self._sender, [message.to.reveal()])

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        smtp = self._connected()
        try:
            if self._server.security == "starttls":
                self._start_tls(smtp)
            if self._server.user:
                self._sign_in(smtp)
            yield smtp
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()  # the mail has arrived, whatever becomes of the goodbye
        finally:
            smtp.close()

    def _connected(self) -> smtplib.SMTP:
        given, name = self._server, socket.gethostname()
        if given.security == "tls":
            return smtplib.SMTP_SSL(
                given.host, given.port, name, timeout=given.timeout, context=self._trust
            )
        return smtplib.SMTP(given.host, given.port, name, timeout=given.timeout)

    def _start_tls(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        try:
            smtp.starttls(context=self._trust)
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException):
            raise RetryLater(
                "the mail server offers no STARTTLS: set MAIL__SECURITY to tls, or to none inside "
                "a private network"
            ) from None

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        password = self._server.password
        try:
            smtp.login(self._server.user, "" if password is None else password.reveal())
        except smtplib.SMTPAuthenticationError as error:
            raise RetryLater(
                f"the mail server refuses MAIL__USER or its password ({error.smtp_code})"
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise RetryLater(
                "the mail server lets nobody sign in here: look at MAIL__PORT and MAIL__SECURITY"
            ) from None


@contextmanager
def _translated() -> Iterator[None]:
    """Turn smtplib's errors and the network's into ours."""
    try:
        yield
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise _ours(error) from None


def _ours(error: Exception) -> MailRefused | RetryLater:
    code = getattr(error, "smtp_code", 0)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (code, _), *_ = error.recipients.values()
    if code == CLOSING:
        return Unavailable("the mail server is closing")
    match error:
        case smtplib.SMTPRecipientsRefused() | smtplib.SMTPDataError():
            what = "mail" if isinstance(error, smtplib.SMTPDataError) else "recipient"
            return MailRefused(f"the mail server refuses the {what} ({code})")
        case smtplib.SMTPNotSupportedError() | UnicodeError():
            return MailRefused("the mail server cannot take an address with such letters")
        case smtplib.SMTPSenderRefused():
            return RetryLater(f"the mail server refuses MAIL__SENDER ({code})")
        case smtplib.SMTPResponseException():
            return Unavailable(f"the mail server is not ready ({code})")
        case _:
            return _network(error)


def _network(error: Exception) -> RetryLater:
    if isinstance(error.__context__, TimeoutError):
        error = error.__context__  # smtplib says of it that the session ended
    match error:
        case smtplib.SMTPException():
            return Unavailable("the mail server ended the session")
        case ssl.SSLCertVerificationError():
            return RetryLater(
                f"the mail server's certificate is not trusted ({error.verify_message}): see "
                "MAIL__CA_FILE"
            )
        case ssl.SSLError():
            return RetryLater(
                "the mail server does not speak TLS so: look at MAIL__PORT and MAIL__SECURITY"
            )
        case TimeoutError():
            return Unavailable("the mail server did not answer within MAIL__TIMEOUT")
        case _:
            why = getattr(error, "strerror", None) or type(error).__name__
            return Unavailable(f"the mail server cannot be reached: {why}")
