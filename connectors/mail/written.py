"""A mail as it is written down (RFC 5322)."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from processors.ports.mail import MailRefused, Message


def written(message: Message, sender: str) -> EmailMessage:
    """Return the mail with its headers.

    Its id is made of the message's and the sender's domain, so that whoever gets it twice can tell.

    Raises:
        MailRefused: the address cannot stand in a header.
    """
    mail = EmailMessage()
    mail["From"] = sender
    try:
        mail["To"] = message.to.reveal()
    except (ValueError, IndexError):  # the parser's own slips; its words quote the address
        raise MailRefused("the address is no address") from None
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at, UTC))
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2].strip('> ')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    return mail
