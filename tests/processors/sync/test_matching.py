"""Who is who: people of Huma and employees of Xledger, by equal email (R-10 to R-17)."""

from itertools import chain
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.ports.huma import HumaListed
from processors.ports.sync import Existing, NewLink
from processors.ports.xledger import ListedEmployee
from processors.sync.matching import Matches, match

NOBODY: Final = Existing(frozenset(), {}, frozenset())
GROUP: Final = "g1"


def person(id_: str, email: str | None, type_: str = "user", *groups: str) -> HumaListed:
    """Return a person of Huma's listing."""
    return HumaListed(id_, type_, active=True, groups=groups, email=email)


def employee(number: int, contact: str | None, subledger: str | None = None) -> ListedEmployee:
    """Return an employee of Xledger's listing: `subledger` as the contact's unless given."""
    return ListedEmployee(
        f"e{number}", f"c{number}", f"s{number}", None, contact, subledger or contact, None
    )


def matched(
    people: list[HumaListed],
    employees: list[ListedEmployee],
    existing: Existing = NOBODY,
    group: str | None = None,
) -> Matches:
    """Match, and check that each person came out in exactly one place."""
    found = match(people, employees, existing, group)
    places = (
        [link.user for link in found.linked], found.known, found.ambiguous, found.held,
        found.without_email, found.only_in_huma, found.outside,
    )  # fmt: skip
    assert sorted(chain(*places)) == sorted(one.id for one in people)
    return found


@pytest.mark.rule("R-10")
def test_equal_emails_match() -> None:
    """With the ids of all three records."""
    found = matched([person("a", "kari@x.no")], [employee(1, "ola@x.no"), employee(2, "kari@x.no")])
    assert found.linked == (NewLink("a", "e2", "c2", "s2"),)
    assert (found.only_in_xledger, found.mismatched) == (1, 0)


@pytest.mark.rule("R-10", "R-11")
@pytest.mark.parametrize(
    ("one", "two", "same"),
    [("Kari@X.no", " kari@x.no", True), ("kari@blåbær.no", "KARI@xn--blbr-roah.no", True),
     ("kari+a@x.no", "kari@x.no", False), ("k.ari@x.no", "kari@x.no", False),
     ("kari@x.no", "kari@x.com", False), ("strasse@x.no", "straße@x.no", False)],
)  # fmt: skip
def test_emails_are_compared_in_their_normal_form(one: str, two: str, same: bool) -> None:  # noqa: FBT001
    """Whichever side wrote it which way."""
    for huma, xledger in ((one, two), (two, one)):
        found = matched([person("a", huma)], [employee(1, xledger)])
        assert bool(found.linked) is same
        assert (found.only_in_huma == ("a",)) is not same


@pytest.mark.rule("R-12")
def test_the_link_beats_the_email() -> None:
    """Who is linked stays linked, whatever the emails say now; nobody else gets the employee."""
    existing = Existing(frozenset({"a"}), {"e1": "this"}, frozenset())
    people = [person("a", "new@x.no"), person("b", "kari@x.no")]
    found = matched(people, [employee(1, "kari@x.no"), employee(2, "new@x.no")], existing)
    assert found.known == ("a",)
    assert found.held == {"b": "this"}
    assert found.linked == ()


@pytest.mark.rule("R-13")
def test_several_employees_with_the_email_are_ambiguous() -> None:
    """Nobody is linked, also when one of them is held by another link; a human picks."""
    employees = [employee(1, "kari@x.no"), employee(2, "KARI@x.no")]
    for existing in (NOBODY, Existing(frozenset(), {"e1": "other"}, frozenset())):
        found = matched([person("a", "kari@x.no")], employees, existing)
        assert (found.ambiguous, found.linked) == (("a",), ())


@pytest.mark.rule("R-13")
def test_one_employee_whom_two_people_claim_is_ambiguous() -> None:
    """Neither gets them; who is out of scope claims nobody."""
    people = [person("a", "kari@x.no"), person("b", "Kari@x.no")]
    found = matched(people, [employee(1, "kari@x.no")])
    assert (found.ambiguous, found.linked) == (("a", "b"), ())
    service = [person("a", "kari@x.no"), person("b", "kari@x.no", "service_user")]
    assert matched(service, [employee(1, "kari@x.no")]).linked[0].user == "a"


@pytest.mark.rule("R-14")
def test_the_contacts_email_decides() -> None:
    """A differing subledger email is a mismatch, and never a match of its own."""
    both = employee(1, "kari@x.no", "ola@x.no")
    found = matched([person("a", "kari@x.no"), person("b", "ola@x.no")], [both])
    assert [link.user for link in found.linked] == ["a"]
    assert (found.only_in_huma, found.mismatched) == (("b",), 1)


@pytest.mark.rule("R-14")
@pytest.mark.parametrize("contact", [None, "", " ", "\u200b"], ids=ascii)
def test_an_empty_contact_email_leaves_it_to_the_subledger(contact: str | None) -> None:
    """A match, and counted as differing."""
    found = matched([person("a", "kari@x.no")], [employee(1, contact, "kari@x.no")])
    assert ([link.user for link in found.linked], found.mismatched) == (["a"], 1)


@pytest.mark.rule("R-14", "R-15")
def test_an_invalid_contact_email_is_not_left_to_the_subledger() -> None:
    """It is filled, so it decides; and what is invalid never matches."""
    found = matched([person("a", "kari@x.no")], [employee(1, "kari at x.no", "kari@x.no")])
    assert (found.linked, found.only_in_huma) == ((), ("a",))


@pytest.mark.rule("R-15")
@pytest.mark.parametrize("email", [None, "", " ", "kari", "@x.no", "kari@", "a b@x.no"])
def test_no_or_an_invalid_email_never_matches(email: str | None) -> None:
    """On either side, and not another such one."""
    found = matched([person("a", email), person("b", email)], [employee(1, email)])
    assert (found.without_email, found.linked, found.only_in_xledger) == (("a", "b"), (), 1)
    assert matched([person("a", "kari@x.no")], [employee(1, email)]).only_in_huma == ("a",)


@pytest.mark.rule("R-16", "R-09")
def test_an_employee_of_another_link_is_not_matched_again() -> None:
    """The connection that holds them is told; they are not counted as Xledger's only."""
    existing = Existing(frozenset(), {"e1": "the-other-connection"}, frozenset())
    found = matched([person("a", "kari@x.no")], [employee(1, "kari@x.no")], existing)
    assert found.held == {"a": "the-other-connection"}
    assert (found.linked, found.only_in_xledger) == ((), 0)
    assert found.counts()["held by another link"] == 1


@pytest.mark.rule("R-17", "R-78")
@pytest.mark.parametrize("type_", ["service_user", "robot", ""])
def test_only_persons_are_matched(type_: str) -> None:
    """Neither another kind of user, nor who was deleted."""
    employees = [employee(1, "kari@x.no")]
    assert matched([person("a", "kari@x.no", type_)], employees).outside == ("a",)
    gone = Existing(frozenset(), {}, frozenset({"a"}))
    assert matched([person("a", "kari@x.no")], employees, gone).outside == ("a",)


@pytest.mark.rule("R-100")
def test_only_members_of_the_connections_group_are_matched() -> None:
    """Without a group: everybody."""
    people = [person("a", "a@x.no", "user", GROUP, "g2"), person("b", "b@x.no", "user", "g2")]
    employees = [employee(1, "a@x.no"), employee(2, "b@x.no")]
    found = matched(people, employees, group=GROUP)
    assert ([link.user for link in found.linked], found.outside) == (["a"], ("b",))
    assert len(matched(people, employees).linked) == 2


EMAILS = st.sampled_from([None, "", "bad", "a@x.no", "A@x.no", "b@x.no", "c@x.no"])


@pytest.mark.rule("R-10", "R-13", "R-16")
@settings(max_examples=300, deadline=None)
@given(
    st.lists(EMAILS, max_size=6),
    st.lists(st.tuples(EMAILS, EMAILS), max_size=6),
    st.sets(st.integers(0, 5), max_size=2),
)
def test_nobody_is_linked_twice(
    huma: list[str | None],
    xledger: list[tuple[str | None, str | None]],
    held: set[int],
) -> None:
    """No employee by two people, none that is held; and the order of the listings is nothing."""
    people = [person(f"p{at}", email) for at, email in enumerate(huma)]
    employees = [employee(at, *emails) for at, emails in enumerate(xledger)]
    existing = Existing(frozenset(), {f"e{at}": "other" for at in held}, frozenset())
    found = matched(people, employees, existing)
    taken = [link.employee for link in found.linked]
    assert len(taken) == len(set(taken))
    assert not set(taken) & set(existing.held)
    shuffled = (list(reversed(people)), list(reversed(employees)))
    again = matched(*shuffled, existing)
    assert sorted(again.linked, key=str) == sorted(found.linked, key=str)
    assert sorted(again.ambiguous) == sorted(found.ambiguous)
    assert again.counts() == found.counts()
