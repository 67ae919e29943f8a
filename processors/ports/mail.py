"""What mailing asks: of the store, what is to be told; of a mail server, that it takes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.errors import Fault
from schemas.notice import Notice
from schemas.personal import Personal


class MailRefused(Fault):
    """This mail is refused, perhaps others are not. The sentence names no address (R-103)."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One row of the outbox that is mail.

    Attributes:
        id: of the row.
        written_at: milliseconds since 1970, the store's clock.
        age: seconds since then.
        notice: what it tells.
        name: what the administrator calls the connection; None: the connection is gone.
        zone: where the connection's organisation is, an IANA name.
        address: who gets it; None: nobody.
    """

    id: int
    written_at: int
    age: float
    notice: Notice
    name: str | None
    zone: str
    address: Personal[str] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, in words. `id` is the same whenever it is sent; `at` is seconds since 1970."""

    id: str
    at: float
    to: Personal[str] = field(repr=False)
    subject: str
    body: str


class MailStore(Protocol):
    """Mails, and the lease under which one process at a time sends them.

    Every call may raise StoreUnavailable.
    """

    def claim(self, owner: str, seconds: float) -> bool:
        """Take or renew the lease; False when somebody else has it."""
        ...

    def release(self, owner: str) -> None:
        """Give the lease back."""
        ...

    def tell(self) -> int:
        """Write a notice of each state that has lasted long enough; returns how many."""
        ...

    def mails(self, after: int, limit: int) -> Sequence[Mail]:
        """Return the oldest mails with a greater id, in order of insertion."""
        ...

    def delete(self, id_: int) -> None:
        """Delete a mail that needs no more sending."""
        ...


class Mailer(Protocol):
    """A way to send mail."""

    def send(self, message: Message) -> None:
        """Send one mail.

        Raises:
            MailRefused: this one is refused.
            RetryLater: none can be sent; says why.
        """
        ...
