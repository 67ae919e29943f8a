"""Who is who: equal email on both sides, each once, and everybody in exactly one place."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.ports.huma import HumaListed
from processors.ports.sync import Existing
from processors.ports.xledger import ListedEmployee
from processors.sync.matching import Matches, match

NOTHING = Existing(frozenset(), {}, frozenset())


def human(
    id_: str, email: str | None, type_: str = "user", groups: Sequence[str] = ()
) -> HumaListed:
    """Return one of Huma's people."""
    return HumaListed(id_, type_, active=True, groups=tuple(groups), email=email)


def employee(id_: str, contact: str | None, subledger: str | None = None) -> ListedEmployee:
    """Return one of Xledger's."""
    return ListedEmployee(id_, f"c{id_}", f"s{id_}", None, contact, subledger, None)


def place(found: Matches, user: str) -> str:
    """Return where a person came to stand."""
    places = {
        "linked": [one.user for one in found.linked],
        "known": found.known,
        "ambiguous": found.ambiguous,
        "held": found.held,
        "without": found.without_email,
        "only": found.only_in_huma,
        "outside": found.outside,
    }
    (where,) = [name for name, users in places.items() if user in users]
    return where


@pytest.mark.parametrize(
    ("people", "employees", "existing", "where"),
    [
        pytest.param(
            [human("u", "Kari@X.no")], [employee("1", " kari@x.no ")], NOTHING, "linked",
            marks=pytest.mark.rule("R-10", "R-11"), id="equal",
        ),
        pytest.param(
            [human("u", "kari+a@x.no")], [employee("1", "kari@x.no")], NOTHING, "only",
            marks=pytest.mark.rule("R-11"), id="a tag counts",
        ),
        pytest.param(
            [human("u", "k@x.no")], [employee("1", "k@x.no"), employee("2", "K@x.no")], NOTHING,
            "ambiguous", marks=pytest.mark.rule("R-13"), id="two employees",
        ),
        pytest.param(
            [human("u", "k@x.no"), human("v", "K@x.no")], [employee("1", "k@x.no")], NOTHING,
            "ambiguous", marks=pytest.mark.rule("R-13"), id="two people",
        ),
        pytest.param(
            [human("u", "k@x.no")], [employee("1", None, "k@x.no")], NOTHING, "linked",
            marks=pytest.mark.rule("R-14"), id="the subledger's alone",
        ),
        pytest.param(
            [human("u", "k@x.no")], [employee("1", "other@x.no", "k@x.no")], NOTHING, "only",
            marks=pytest.mark.rule("R-14"), id="the contact's decides",
        ),
        pytest.param(
            [human("u", None)], [employee("1", None)], NOTHING, "without",
            marks=pytest.mark.rule("R-15"), id="two empty ones",
        ),
        pytest.param(
            [human("u", "no address")], [employee("1", "no address")], NOTHING, "without",
            marks=pytest.mark.rule("R-15"), id="two invalid ones",
        ),
        pytest.param(
            [human("u", "k@x.no")], [employee("1", "k@x.no")],
            Existing(frozenset({"u"}), {"9": "c1"}, frozenset()), "known",
            marks=pytest.mark.rule("R-12"), id="the link beats the email",
        ),
        pytest.param(
            [human("u", "k@x.no")], [employee("1", "k@x.no")],
            Existing(frozenset(), {"1": "c2"}, frozenset()), "held",
            marks=pytest.mark.rule("R-16"), id="held by another link",
        ),
        pytest.param(
            [human("u", "k@x.no")], [employee("1", "k@x.no")],
            Existing(frozenset(), {}, frozenset({"u"})), "outside",
            marks=pytest.mark.rule("R-78"), id="deleted",
        ),
        pytest.param(
            [human("u", "k@x.no", "service_user")], [employee("1", "k@x.no")], NOTHING, "outside",
            marks=pytest.mark.rule("R-17"), id="no person",
        ),
        pytest.param(
            [human("u", "k@x.no"), human("v", "k@x.no", "service_user")],
            [employee("1", "k@x.no")], NOTHING, "linked",
            marks=pytest.mark.rule("R-17"), id="no person claims no email",
        ),
    ],
)  # fmt: skip
def test_where_a_person_stands(
    people: list[HumaListed], employees: list[ListedEmployee], existing: Existing, where: str
) -> None:
    """The first of the people is looked at."""
    assert place(match(people, employees, existing, None), "u") == where


@pytest.mark.rule("R-100")
def test_who_is_not_in_the_group_is_outside() -> None:
    """A connection of a group links its members alone."""
    people = [human("u", "a@x.no", groups=["g1"]), human("v", "b@x.no", groups=["g2"])]
    found = match(people, [employee("1", "a@x.no"), employee("2", "b@x.no")], NOTHING, "g1")
    assert (place(found, "u"), place(found, "v")) == ("linked", "outside")
    assert found.only_in_xledger == 1


@pytest.mark.rule("R-14", "R-16")
def test_what_is_told_besides() -> None:
    """Which connection holds an employee, and how many subledgers differ."""
    people = [human("u", "a@x.no"), human("v", "b@x.no")]
    employees = [employee("1", "a@x.no", "old@x.no"), employee("2", "b@x.no", "B@x.no")]
    found = match(people, employees, Existing(frozenset(), {"2": "c2"}, frozenset()), None)
    assert found.held == {"v": "c2"}
    assert found.mismatched == 1
    (link,) = found.linked
    assert (link.employee, link.contact, link.subledger) == ("1", "c1", "s1")
    assert found.counts()["linked"] == 1


EMAILS = st.sampled_from([None, "", "a@x.no", "A@x.no ", "b@x.no", "c@x.no", "no address"])
TYPES = st.sampled_from(["user", "user", "user", "service_user"])
IDS = st.integers(0, 9).map(str)


@pytest.mark.rule("R-10", "R-13", "R-16")
@given(
    st.dictionaries(IDS, st.tuples(EMAILS, TYPES)),
    st.dictionaries(IDS, st.tuples(EMAILS, EMAILS)),
    st.sets(IDS), st.dictionaries(IDS, st.just("c2")), st.sets(IDS),
)  # fmt: skip
def test_nobody_is_matched_twice(
    people: dict[str, tuple[str | None, str]],
    employees: dict[str, tuple[str | None, str | None]],
    mine: set[str],
    held: dict[str, str],
    deleted: set[str],
) -> None:
    """Each person stands in one place, each employee is linked once, and none that is held."""
    listed = [human(id_, email, type_) for id_, (email, type_) in people.items()]
    theirs = [employee(id_, *emails) for id_, emails in employees.items()]
    found = match(listed, theirs, Existing(frozenset(mine), held, frozenset(deleted)), None)
    for id_ in people:
        place(found, id_)
    taken = Counter(one.employee for one in found.linked)
    assert all(count == 1 for count in taken.values())
    assert not taken.keys() & held.keys()
    assert not {one.user for one in found.linked} & (mine | deleted)
    assert 0 <= found.only_in_xledger <= len(theirs) - len(found.linked)
