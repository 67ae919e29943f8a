"""Mail into a maildir: made when there is none, readable by every mail program."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path

import pytest

from connectors.mail import MaildirMailer
from processors.ports.mail import Message
from schemas.errors import Unavailable
from schemas.personal import Personal

MESSAGE = Message("7.9", 1_764_060_000.0, Personal("a@x.no"), "Står stille", "Ingenting.\n")


def test_mail_stands_in_the_folder(tmp_path: Path) -> None:
    """A repeat stands there twice, under one id."""
    mailer = MaildirMailer(tmp_path / "mail")
    mailer.send(MESSAGE)
    mailer.send(MESSAGE)
    found = [
        message_from_bytes(one.as_bytes(), EmailMessage, policy=policy.default)
        for one in Maildir(tmp_path / "mail", create=False)
    ]
    assert {str(one["Message-ID"]) for one in found} == {"<7.9@localhost>"}
    assert [(one["To"], one["Subject"]) for one in found] == [("a@x.no", "Står stille")] * 2
    assert [one.get_content() for one in found] == ["Ingenting.\n"] * 2


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """It is tried again: disks are mounted late."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="MAIL__MAILDIR cannot be written: Not a directory"):
        MaildirMailer(tmp_path / "file" / "mail").send(MESSAGE)
