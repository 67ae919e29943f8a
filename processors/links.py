"""The table "Links" of `rules.md`, as data: what a field change does in each state (R-37)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from schemas.connection import LinkState
from schemas.reasons import Code


@dataclass(frozen=True, slots=True)
class Row:
    """What a field change does: it is sent (`code` None), skipped, or `fails` with the code."""

    code: Code | None = None
    fails: bool = False


LINKS: Final[Mapping[LinkState, Row]] = MappingProxyType(
    {
        LinkState.UNLINKED: Row(Code.NOT_LINKED),
        LinkState.WANTED: Row(),
        LinkState.CREATING: Row(),
        LinkState.LINKED: Row(),
        LinkState.EXISTS: Row(Code.EXISTS_IN_XLEDGER),
        LinkState.DECLINED: Row(Code.DECLINED),
        LinkState.AMBIGUOUS: Row(Code.AMBIGUOUS),
        LinkState.GONE: Row(Code.EMPLOYEE_GONE, fails=True),
        LinkState.DELETED: Row(Code.DELETED),
    }
)

WRITTEN: Final = frozenset(state for state, row in LINKS.items() if row.code is None)
"""In these a field change is sent."""


def when_created(state: LinkState, *, add_new_users: bool) -> LinkState:
    """Return the link's state after a user was created, or joined the group, while active.

    Only here a creation begins (R-04, R-05, R-06): a field change never leads to one.

    Args:
        state: before.
        add_new_users: R-04.

    >>> when_created(LinkState.UNLINKED, add_new_users=True)
    <LinkState.WANTED: 'wanted'>
    """
    return LinkState.WANTED if add_new_users and state is LinkState.UNLINKED else state


def when_rehired(state: LinkState) -> LinkState:
    """Return the state once the email is that of somebody who was deleted (R-78).

    Nobody of whom nothing is made yet is created by themselves: a human looks.

    >>> when_rehired(LinkState.WANTED), when_rehired(LinkState.LINKED)
    (<LinkState.AMBIGUOUS: 'ambiguous'>, <LinkState.LINKED: 'linked'>)
    """
    return LinkState.AMBIGUOUS if state is LinkState.WANTED else state
