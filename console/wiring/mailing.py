"""Mail to administrators, as the delivery role sends it."""

import ssl

from connectors.mail import MaildirMailer, SmtpMailer, SmtpServer
from connectors.store.mails import StoredMails
from connectors.store.notices import Patience
from console.wiring.base import Base, secret_in
from processors.mailing import Mailing, MailLimits
from processors.ports.mail import Mailer
from schemas.errors import StopProcess


class Mails(Base):
    """Builds what sends notices."""

    def mailing(self) -> Mailing:
        """Build the loop that sends what the outbox holds for people."""
        given, notices = self.settings.mail, self.settings.notices
        return Mailing(
            StoredMails(self.store, self.keyring, Patience(notices.after, notices.waiting)),
            self._mailer(),
            self.owner,
            MailLimits(given.lease, given.look, given.retry, given.retry_longest, given.give_up),
            self.telemetry,
        )

    def _mailer(self) -> Mailer | None:
        given = self.settings.mail
        if given.maildir is not None:
            return MaildirMailer(given.maildir, given.sender)
        if not given.host:
            return None
        server = SmtpServer(
            given.host,
            given.port,
            given.security,
            given.timeout,
            given.user,
            secret_in(given.password_file),
        )
        try:
            trust = ssl.create_default_context(cafile=given.ca_file)
        except OSError:
            raise StopProcess(
                f"MAIL__CA_FILE is no file of certificates: {given.ca_file}"
            ) from None
        return SmtpMailer(server, given.sender, trust)
