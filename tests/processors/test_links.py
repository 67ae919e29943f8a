"""The table "Links" of `rules.md`, line by line."""

import pytest

from processors.lane.barrier import SKIPPED_LINKS
from processors.links import LINKS, Row, when_created, when_rehired
from schemas.connection import LinkState
from schemas.reasons import Code

pytestmark = pytest.mark.rule("R-37")

AFTER_A_FIELD_CHANGE = {
    "unlinked": Row(Code.NOT_LINKED),
    "wanted": Row(),
    "creating": Row(),
    "linked": Row(),
    "exists": Row(Code.EXISTS_IN_XLEDGER),
    "declined": Row(Code.DECLINED),
    "ambiguous": Row(Code.AMBIGUOUS),
    "gone": Row(Code.EMPLOYEE_GONE, fails=True),
    "deleted": Row(Code.DELETED),
}


def test_the_table_is_the_rule() -> None:
    """In each state a field change does what the rule's table says."""
    assert {state.value: row for state, row in LINKS.items()} == AFTER_A_FIELD_CHANGE


def test_the_lane_asks_the_same_table() -> None:
    """What the gate skips by the link, the lane skips too when it takes the work."""
    skipped = {state: row.code for state, row in LINKS.items() if row.code and not row.fails}
    assert skipped == SKIPPED_LINKS


@pytest.mark.rule("R-04", "R-05")
@pytest.mark.parametrize("state", LinkState)
@pytest.mark.parametrize("add", [True, False])
def test_only_an_unlinked_person_becomes_wanted(state: LinkState, add: bool) -> None:  # noqa: FBT001 - the option
    """A created user is wanted with the option on, and only when nothing else is known of them."""
    after = when_created(state, add_new_users=add)
    assert after is (LinkState.WANTED if add and state is LinkState.UNLINKED else state)


@pytest.mark.rule("R-78")
@pytest.mark.parametrize("state", LinkState)
def test_a_rehired_email_is_for_a_human(state: LinkState) -> None:
    """Whoever has the email of somebody who was deleted is not created by itself."""
    wanted = state is LinkState.WANTED
    assert when_rehired(state) is (LinkState.AMBIGUOUS if wanted else state)
