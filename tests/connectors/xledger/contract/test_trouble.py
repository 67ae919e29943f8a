"""Trouble of the simulator's, over real connections, and what the client makes of it (R-85)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from processors.ports.xledger import Input, Keys, Verb, WriteRoot
from schemas.employee import Root, Target
from schemas.errors import Ambiguous, CredentialRefused, Fault, Limited, Unavailable

pytestmark = pytest.mark.rule("R-85")


def update_of(contact: str) -> list[WriteRoot]:
    """Return a root that updates one contact."""
    change = Input("0", {Target.CONTACT_PHONE: "40000000"}, contact)
    return [WriteRoot("r0", Verb.UPDATE, Root.CONTACT, (change,))]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("burst", Limited),
        ("concurrency", Limited),
        ("credits", Limited),
        ("http-503", Ambiguous),
        ("http-529", Ambiguous),
        ("reset-before", Ambiguous),
        ("reset-after-commit", Ambiguous),
        ("timeout-after-commit", Ambiguous),
        ("invalid-json", Ambiguous),
        ("hang", Ambiguous),
        ("unauthorized", CredentialRefused),
        ("scope-missing", CredentialRefused),
    ],
)
def test_trouble_is_told_by_what_to_do(
    xledger: Any, ask: Any, create: Callable[..., Any], fault: str, expected: type[Fault]
) -> None:
    """What certainly was not done is told from what may have been, and neither is a refusal."""
    ((contact, _, _),) = create(1).values()
    xledger.strike(fault, seconds=3.0)
    with pytest.raises(expected):
        ask(lambda client: client.write(update_of(contact)))
    happened = xledger.read("contacts", "phone")[contact]["phone"] == "40000000"
    assert not happened or expected is Ambiguous
    assert happened or not fault.endswith("after-commit")


@pytest.mark.parametrize("fault", ["http-503", "reset-before", "hang", "invalid-json"])
def test_a_read_that_fails_changed_nothing(xledger: Any, ask: Any, fault: str) -> None:
    """For a listing the same trouble is Unavailable."""
    xledger.strike(fault, seconds=3.0)
    with pytest.raises(Fault) as caught:
        ask(lambda client: client.list_employees(None, 10))
    assert type(caught.value) is Unavailable


def test_a_slow_answer_is_an_answer(xledger: Any, ask: Any, create: Callable[..., Any]) -> None:
    """What comes within the total time-out counts."""
    ((contact, _, _),) = create(1).values()
    xledger.strike("slow", seconds=0.3)
    assert ask(lambda client: client.write(update_of(contact)))["r0"].done == {"0": contact}


@pytest.mark.parametrize("reset_at", ["naive", "utc", "absent"])
def test_credits_say_until_when(xledger: Any, ask: Any, reset_at: str) -> None:
    """Whatever the format, the wait is neither nothing nor for ever."""
    xledger.set(reset_at=reset_at)
    xledger.strike("credits")
    with pytest.raises(Limited) as caught:
        ask(lambda client: client.list_employees(None, 10))
    assert caught.value.limit == "credits"
    assert 10.0 <= (caught.value.retry_after or 0.0) <= 6 * 3600.0
    assert reset_at != "absent" or caught.value.retry_after == 1200.0


def test_the_burst_limit_is_met_as_such(xledger: Any, ask: Any) -> None:
    """The published limit, without a fault."""
    xledger.set(burst={"requests": 3, "seconds": 60})

    async def many(client: Any) -> None:
        for _ in range(5):
            await client.list_employees(None, 1)

    with pytest.raises(Limited) as caught:
        ask(many)
    assert (caught.value.limit, caught.value.retry_after) == ("burst", 5.0)


@pytest.mark.rule("R-82")
def test_a_creation_whose_answer_was_lost_is_found(xledger: Any, ask: Any) -> None:
    """The record that the lost answer would have named is found by its key, once."""
    contact = Input("0", {Target.CONTACT_LAST_NAME: "Ås"}, code="HLATE")
    xledger.strike("reset-after-commit")
    with suppress(Ambiguous):
        ask(lambda client: client.write([WriteRoot("r0", Verb.ADD, Root.CONTACT, (contact,))]))
    found = ask(lambda client: client.look_up([Keys("0", "HLATE", "none", None, None)]))
    assert len(found["0"].contacts) == 1
