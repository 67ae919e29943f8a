"""Mail into a maildir: for the demo, for tests, and for whoever reads mail on this machine."""

from mailbox import Error, Maildir
from pathlib import Path
from typing import Final

from connectors.mail.written import written
from processors.ports.mail import Message
from schemas.errors import Unavailable

SENDER: Final = "huma-xledger@localhost"


class MaildirMailer:
    """Mail into one maildir, which is made when there is none.

    Args:
        folder: of the maildir.
        sender: who writes; a name of this machine when empty.
    """

    def __init__(self, folder: Path, sender: str = "") -> None:
        self._folder = folder
        self._sender = sender or SENDER

    def send(self, message: Message) -> None:
        """See the port; a mail that was sent before stands there twice, with one Message-ID."""
        mail = written(message, self._sender)
        try:
            box = Maildir(self._folder, create=True)
            box.add(mail.as_bytes())
        except (OSError, Error) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise Unavailable(f"MAIL__MAILDIR cannot be written: {why}") from None
