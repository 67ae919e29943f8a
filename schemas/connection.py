"""A connection: the tie to one Xledger company; the states of its lane and of its links."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit


class LaneState(StrEnum):
    """What a lane is doing; exactly one (`design.md`, A lane's state)."""

    RUNNING = "running"
    WAITING = "waiting"
    BROKEN = "broken"
    FAILING = "failing"
    HELD = "held"
    PAUSED = "paused"


class LinkState(StrEnum):
    """The state of a link, one per connection and person (`rules.md`, Links)."""

    UNLINKED = "unlinked"
    WANTED = "wanted"
    CREATING = "creating"
    LINKED = "linked"
    EXISTS = "exists"
    DECLINED = "declined"
    AMBIGUOUS = "ambiguous"
    GONE = "gone"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection as rules see it: no token in here.

    Attributes:
        id: our own, a UUID as text.
        organization: Huma's organisation id.
        group: Huma's group id, or None for the whole organisation (R-100).
        name: what the administrator calls it.
        xledger_url: base address of the GraphQL API.
        entity: the dbId of the entity the token reaches (R-09), as text.
        huma_url: base address of Huma's API.
        add_new_users: R-04.
        zone: IANA name, for R-59.
        country: ISO alpha-2, default country of phone numbers (R-34).
        synthetic_numbers: accept synthetic identity numbers; a test flag (R-65).
        activated_at: R-07, UTC; None while inactive.
    """

    id: str
    organization: str
    group: str | None
    name: str
    xledger_url: str
    entity: str
    huma_url: str
    add_new_users: bool
    zone: str
    country: str
    synthetic_numbers: bool
    activated_at: datetime | None

    @property
    def company(self) -> str:
        """Which company this is: two connections that are equal here reach the same one (R-09)."""
        return company_of(self.xledger_url, self.entity)


def company_of(url: str, entity: str) -> str:
    """Return what is equal for one company, however its Xledger's address is written (R-09).

    Without a path Xledger's own is meant; the scheme and its own port make no other server.

    >>> company_of("https://X.example:443/GraphQL/", "7") == company_of("https://x.example", "7")
    True
    """
    address = urlsplit(url)
    host = (address.hostname or "").rstrip(".")
    port = "" if address.port in {None, 80, 443} else f":{address.port}"
    path = address.path.rstrip("/").lower() or "/graphql"
    return f"{host}{port}{path}#{entity}"
