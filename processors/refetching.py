"""Reading a person again: repeated while events arrive that the answer may not know (R-97)."""

from collections.abc import Callable
from typing import Final, TypeVar

from processors.mapping.email import same_email_key
from processors.ports.huma import HumaPerson
from processors.ports.lane import Unread
from schemas.errors import RetryLater
from schemas.person import HumaField

TRIES: Final = 5

T = TypeVar("T")


def refetch(
    ask: Callable[[], Unread],
    read: Callable[[], HumaPerson],
    merge: Callable[[Unread, HumaPerson], T | None],
) -> T:
    """Return what merging the read changed.

    Args:
        ask: returns the person with the highest revision known now.
        read: asks Huma.
        merge: merges; None when an event arrived since `ask`.

    Raises:
        RetryLater: events kept arriving.
    """
    for _ in range(TRIES):
        asked = ask()
        merged = merge(asked, read())
        if merged is not None:
            return merged
    raise RetryLater(
        f"events of this person arrived during each of {TRIES} reads: nothing was changed, repeat "
        "the command"
    )


def email_key_of(read: HumaPerson) -> str | None:
    """Return the normal form of the email that was read, by which a rehire is known (R-78)."""
    typed = read.fields.get(HumaField.EMAIL)
    return same_email_key(typed) if isinstance(typed, str) else None
