"""The table "Links" of `rules.md` in words: what a link's state means for the person (R-37)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from processors.gate.person import PERSON
from processors.mapping.required import REQUIRED, missing
from processors.ports.lane import Facts, Subject
from schemas.connection import LinkState
from schemas.person import HumaField

SAYS: Final[Mapping[LinkState, str]] = MappingProxyType(
    {
        LinkState.UNLINKED: "Not linked to an Xledger employee: nothing is sent until a manual "
        "sync links or creates them.",
        LinkState.WANTED: "Will be created in Xledger as soon as the required fields are there.",
        LinkState.CREATING: "Is being created in Xledger.",
        LinkState.LINKED: "Linked to an Xledger employee: what changes in Huma is sent.",
        LinkState.EXISTS: "Xledger has an employee with this email or employment id who is not "
        "linked: nothing is sent until the match is confirmed at the next manual sync.",
        LinkState.DECLINED: 'Decided at a manual sync: "do not create". Nothing is sent.',
        LinkState.AMBIGUOUS: "Who this is in Xledger is not certain: several employees could be "
        "meant, or somebody who was deleted in Huma and came back. Nothing is sent until a human "
        "picks one at the next manual sync.",
        LinkState.GONE: "Was linked, but the employee does not exist in Xledger any more: decide "
        "at the next manual sync.",
        LinkState.DELETED: "Deleted in Huma: nothing more is sent, and the employee stays in "
        "Xledger.",
    }
)
"""One sentence for each state."""

WRITES: Final = frozenset({LinkState.WANTED, LinkState.CREATING, LinkState.LINKED})
"""Links for which anything may be written."""


def lacking(subject: Subject) -> tuple[HumaField, ...]:
    """Return the required fields that a person lacks (R-31), where they matter."""
    if subject.state not in WRITES or subject.facts.deleted:
        return ()
    codes = missing(subject.projection)
    return tuple(name for name, code in REQUIRED.items() if code in codes)


def hindrances(facts: Facts, group: str | None) -> list[str]:
    """Return what keeps a person from being sent, whatever the link is."""
    says: list[str] = []
    if facts.deleted:
        return says
    if facts.type not in (None, PERSON):
        says.append("Huma says that this is no person but a service user: never synchronised.")
    if facts.active is False:
        says.append(
            f"Deactivated in Huma by revision {facts.active_version}: what is newer is not sent "
            "until they are reactivated."
        )
    if is_outside(facts, group):
        says.append(
            f"Not in the connection's group since revision {facts.groups_version}: what is newer "
            "is not sent until they join it."
        )
    return says


def is_outside(facts: Facts, group: str | None) -> bool:
    """Say whether a person is out of a connection's group; unknown counts as in it (R-100)."""
    return group is not None and facts.groups is not None and group not in facts.groups
