"""Mail: the port `processors.ports.mail.Mailer`, by SMTP or into a maildir."""

from connectors.mail.maildir import MaildirMailer
from connectors.mail.smtp import Security, SmtpMailer, SmtpServer

__all__ = ["MaildirMailer", "Security", "SmtpMailer", "SmtpServer"]
