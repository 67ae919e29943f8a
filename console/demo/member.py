"""One person of the demo: what Huma holds, what Xledger should hold, and why they may differ."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from console.demo.expectations import Record
from console.demo.posts import Positions


class Standing(StrEnum):
    """Why a person is, or is not, an Xledger employee that changes go to."""

    LINKED = "linked"
    ONLY_IN_HUMA = "only in Huma when connected: offered at the next manual sync"
    NO_EMAIL = "has no email: cannot be matched"
    AMBIGUOUS = "two employees of Xledger share the email: a human picks"
    NOT_A_PERSON = "a service user: out of scope"
    HIRED_AGAIN = "hired again with the email of somebody deleted: a human looks (R-78)"


@dataclass(slots=True)
class Member:
    """One person: what Huma holds now, and what Xledger should hold.

    Attributes:
        id: Huma's.
        user: Huma's values.
        standing: see there.
        expected: the record in Xledger; None: no employee of ours.
        positions: Huma's, by id.
        handover: a position ends today and another begins tomorrow.
        posted: a position changed, so that position data goes out (R-52).
        tomorrow: what the date alone makes of the positions at midnight, if it is another.
        turned: midnight did so.
        late: fields changed under the lock, sent when the person comes back.
        kept: why a field of Xledger's differs from Huma's, by Huma's name of it.
        deleted: no longer in Huma.
    """

    id: str
    user: dict[str, Any] = field(repr=False)
    standing: Standing
    expected: Record | None = field(repr=False)
    positions: Positions = field(default_factory=dict, repr=False)
    handover: bool = False
    posted: bool = False
    tomorrow: Record | None = field(default=None, repr=False)
    turned: bool = False
    late: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    deleted: bool = False

    @property
    def active(self) -> bool:
        """Whether Huma lets changes out."""
        return bool(self.user["status"]["active"]) and not self.deleted

    @property
    def live(self) -> bool:
        """Whether a change of this person should arrive."""
        return self.standing is Standing.LINKED and self.active
