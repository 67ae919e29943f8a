"""Xledger's own words are kept without the values of whom they are about (R-103)."""

import pytest

from connectors.store import refusals
from processors.lane import words as module
from schemas.connection import LinkState
from schemas.employee import Target
from schemas.reasons import Code
from tests.fixtures.working import Bad, Bench, person, whole

pytestmark = pytest.mark.rule("R-103")


def kept(bench: Bench, field: str) -> tuple[int, str] | None:
    """Return turn and words that are kept of a field."""
    with bench.stored.store.begin() as connection:
        found = refusals.read(
            connection, bench.stored.keyring, bench.connection.id, person(1).user, field
        )
    return None if found is None else (found[0], found[1].reveal())


def test_what_was_sent_and_what_was_known_is_not_in_them(bench: Bench) -> None:
    """Of every field of the person, as Huma has it and as it went over the wire."""
    bench.hire(1)
    (told,) = bench.change({1: whole(1)})
    bench.run(bench.all_ended(told))
    says = "Given1 Family (P1@x.no): phone '41 11 11 11' is held by employee 77345678"
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, "41111111", text=says)]
    (told,) = bench.change({1: {"phone": "41111111"}})
    bench.run(bench.all_ended(told))
    assert bench.stored.ended()[told] == ("dead-lettered", Code.REFUSED.value)
    found = kept(bench, "phone")
    assert found is not None
    assert found[1] == ("[givenName] ([email]): phone '[phone]' is held by employee 77345678")


def test_nor_when_a_creation_is_refused(bench: Bench) -> None:
    """Whose words stand for every field that would have gone with it."""
    bench.hire(1, state=LinkState.WANTED)
    says = "p1@x.no is taken; Family, Given1"
    bench.xledger.bad = [Bad(Target.CONTACT_EMAIL, "p1@x.no", text=says)]
    (told,) = bench.change({1: whole(1)})
    bench.run(bench.all_ended(told))
    shown = "[email] is taken; [familyName], [givenName]"
    assert {field: (kept(bench, field) or (0, ""))[1] for field in whole(1)} == dict.fromkeys(
        whole(1), shown
    )


def test_a_value_that_a_cut_would_tear_goes_with_the_rest(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a name is not known as one."""
    monkeypatch.setattr(module, "LONGEST", 300)
    bench.hire(1)
    says = "x " * 148 + "Family name unknown"
    bench.xledger.bad = [Bad(Target.CONTACT_PHONE, "41111111", text=says)]
    (told,) = bench.change({1: {**whole(1), "phone": "41111111"}})
    bench.run(bench.all_ended(told))
    found = kept(bench, "phone")
    assert found is not None
    assert set(found[1]) == {"x", " "}
