"""Mailing: sends the outbox's mails in order, one process at a time (`design.md`, Outbox).

A mail is deleted once the mail server has it, so each is sent at least once, and keeps its
Message-ID. A mail server that is away is no trouble of the process that runs this: nobody's wages
wait for it, so neither liveness nor readiness hear of it; the metrics do.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from processors.notices import text_of
from processors.ports.mail import Mail, Mailer, MailRefused, MailStore, Message
from processors.ports.telemetry import Telemetry
from schemas.errors import RetryLater
from schemas.metrics import MAILS, TROUBLE
from schemas.notice import MailResult

PART: Final = "mail"
AT_ONCE: Final = 100
"""Mails read at once."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MailLimits:
    """Seconds: of the lease, between two looks, first and longest pause, and to give up."""

    lease: float
    look: float
    retry: float
    retry_longest: float
    give_up: float


class Pause:
    """How long something is left alone after each failure in a row."""

    def __init__(self) -> None:
        self._strikes = 0
        self.until = 0.0

    def longer(self, now: float, limits: MailLimits) -> None:
        """Wait twice as long as the last time."""
        seconds = limits.retry * 2.0 ** min(self._strikes, 30)
        self._strikes += 1
        self.until = now + min(seconds, limits.retry_longest)


class Mailing:
    """One process's mailing; a thread of its own runs it.

    Args:
        store: the mails.
        mailer: sends them; None: none is set up, and they are counted and dropped.
        owner: who holds the lease; unique a process.
        limits: see there.
        telemetry: counts what became of them.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        store: MailStore,
        mailer: Mailer | None,
        owner: str,
        limits: MailLimits,
        telemetry: Telemetry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._mailer = mailer
        self._owner = owner
        self._limits = limits
        self._telemetry = telemetry
        self._clock = clock
        self._server = Pause()
        self._refused: dict[int, Pause] = {}
        self._trouble: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop; the mail under way is finished first."""
        self._telemetry.set(TROUBLE, 0, PART)
        while not stop.is_set():
            try:
                self.turn(stop)
            except RetryLater as away:
                self._say(str(away))
            stop.wait(self._limits.look)
        try:
            self._store.release(self._owner)
        except RetryLater as away:
            log.warning("mail.lease_kept", why=str(away))

    def turn(self, stop: threading.Event) -> bool:
        """Tell what has lasted, and send what there is; False when another process does.

        Raises:
            StoreUnavailable: the store is away.
        """
        if not self._store.claim(self._owner, self._limits.lease):
            self._say(None)
            return False
        self._store.tell()
        if self._clock() < self._server.until:
            return True
        after, held_back = 0, set[str]()
        while not stop.is_set() and (mails := self._store.mails(after, AT_ONCE)):
            for mail in mails:
                if stop.is_set() or not self._store.claim(self._owner, self._limits.lease):
                    return True
                if mail.notice.connection not in held_back and not self._done(mail):
                    held_back.add(mail.notice.connection)  # its later ones wait for their turn
                if self._clock() < self._server.until:
                    self._give_up(mails)
                    return True
            after = mails[-1].id
        self._say(None)
        return True

    def _done(self, mail: Mail) -> bool:
        """Send one mail and delete it; False: it stays, for now."""
        if mail.address is None or mail.name is None:
            return self._end(mail, MailResult.NO_ADDRESS)
        if self._mailer is None:
            return self._end(mail, MailResult.NOT_SET_UP)
        pause = self._refused.get(mail.id)
        if pause is not None and self._clock() < pause.until:
            return False
        text = text_of(mail.notice, mail.name, mail.zone)
        id_ = f"{mail.id}.{mail.written_at}"
        message = Message(id_, mail.written_at / 1000, mail.address, text.subject, text.body)
        try:
            self._mailer.send(message)
        except MailRefused as refused:
            self._telemetry.count(MAILS, MailResult.REFUSED.value)
            log.warning("mail.refused", connection=mail.notice.connection, why=str(refused))
            self._refused.setdefault(mail.id, Pause()).longer(self._clock(), self._limits)
            return self._end(mail, MailResult.GIVEN_UP) if self._too_old(mail) else False
        except RetryLater as away:
            self._server.longer(self._clock(), self._limits)
            self._say(str(away))
            return False
        self._server = Pause()
        return self._end(mail, MailResult.SENT)

    def _end(self, mail: Mail, result: MailResult) -> bool:
        self._store.delete(mail.id)
        self._refused.pop(mail.id, None)
        self._telemetry.count(MAILS, result.value)
        if result is not MailResult.SENT:
            one = mail.notice.connection
            log.warning("mail.not_sent", connection=one, why=result.value, state=mail.notice.state)
        return True

    def _give_up(self, mails: Sequence[Mail]) -> None:
        for mail in mails:
            if self._too_old(mail):
                self._end(mail, MailResult.GIVEN_UP)

    def _too_old(self, mail: Mail) -> bool:
        return mail.age > self._limits.give_up

    def _say(self, trouble: str | None) -> None:
        """Tell the metrics, and the log when it is news."""
        self._telemetry.set(TROUBLE, 0 if trouble is None else 1, PART)
        if trouble is not None and trouble != self._trouble:
            log.warning("mail.waits", why=trouble)
        self._trouble = trouble
