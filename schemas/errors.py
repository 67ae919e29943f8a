"""Errors, classed by what to do with them.

    Fault
    ├── RetryLater            the world is away: wait and try again; nobody is to blame (R-85)
    │   ├── Unavailable       certainly not done: refused connection, 503 before any effect
    │   │   └── StoreUnavailable, BrokerUnavailable
    │   ├── Limited           certainly not done: a published limit; `until` says when
    │   └── Ambiguous         may have been done: time-out after sending, reset, 5xx, no JSON
    ├── PauseConnection       a human must act on this connection; probe every 15 minutes
    │   ├── CredentialRefused the token or client is not (or no longer) good
    │   └── OtherCompany      the token reaches another entity than the one connected (R-09)
    ├── DeadLetter            this event is wrong; the next one is not (R-85)
    ├── NotFound              asked for one thing that does not exist (404, dbId unknown)
    ├── CannotStore           one row of this batch cannot be written: halve the batch
    └── StopProcess           setting, key, schema or use is wrong; says how to mend it

Messages never hold a personal value or a secret (R-103): they name fields, ids and settings.
"""

from schemas.reasons import Code


class Fault(Exception):
    """Every error of ours."""


class RetryLater(Fault):
    """The world is away: wait and try again.

    `retry_after` is in seconds; None leaves the wait to the caller.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(RetryLater):
    """Certainly not done: nothing was sent, or it was refused before any effect."""


class StoreUnavailable(Unavailable):
    """The store is away, or a transaction lost a race; repeating it is safe."""


class BrokerUnavailable(Unavailable):
    """The Kafka cluster is away."""


class Limited(RetryLater):
    """A published limit was met; nothing was executed. `limit` is burst, concurrency or credits."""

    def __init__(self, message: str, limit: str, retry_after: float) -> None:
        super().__init__(message, retry_after)
        self.limit = limit


class Ambiguous(RetryLater):
    """May have happened, or may still happen (`design.md`, Ambiguity)."""


class PauseConnection(Fault):
    """A human must act on this connection."""


class CredentialRefused(PauseConnection):
    """The token, or the client, is refused, has expired, or lacks a scope.

    `midway`: something of the same request was done, so any of it may have been.
    """

    def __init__(self, message: str, *, midway: bool = False) -> None:
        super().__init__(message)
        self.midway = midway


class OtherCompany(PauseConnection):
    """The token reaches another company than the one connected (R-09)."""


def perhaps_done(trouble: Fault | None) -> bool:
    """Say whether what was in the request may have happened (`design.md`, Ambiguity).

    >>> perhaps_done(CredentialRefused("x")), perhaps_done(CredentialRefused("x", midway=True))
    (False, True)
    """
    midway = isinstance(trouble, CredentialRefused) and trouble.midway
    return midway or isinstance(trouble, Ambiguous)


class DeadLetter(Fault):
    """This event is wrong. `fields` names what is wrong in it, when known."""

    def __init__(self, code: Code, stage: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{stage}: {code.value}" + (f" ({', '.join(fields)})" if fields else ""))
        self.code = code
        self.stage = stage
        self.fields = fields


class NotFound(Fault):
    """The one thing asked for does not exist."""


class ProtocolError(Ambiguous):
    """An answer that is not what the API promises; what it means for the effect is unknown."""


class CannotStore(Fault):
    """One value of this batch cannot be written (SQLSTATE 22, 23, 54, or our own encoding)."""


class StopProcess(Fault):
    """Wrong setting, key, schema or use: one sentence that says what to do. Exit code 1."""
