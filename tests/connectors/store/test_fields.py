"""The projection: one row a field, merged by version (R-83, R-96)."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.store.tables import field, person, position
from processors.ports.intake import StoredPerson, Value
from schemas.person import Json
from tests.fixtures.stored import KARI, OLA, Stored


def merge(stored: Stored, *values: Value) -> dict[str, int]:
    """Merge fields of one person; returns what each accepted one replaced."""
    with stored.intake.transaction() as transaction:
        return {name: old for (_, name), old in transaction.merge(values).items()}


def value(version: int, content: Json = "x", name: str = "phone") -> Value:
    """Return a value of Kari's."""
    return Value(KARI, name, version, str(version).encode(), content)


@pytest.mark.rule("R-83", "R-96")
def test_one_statement_tells_accepted_from_stale(stored: Stored) -> None:
    """What was accepted comes back with the version it replaced; what was not does not."""
    assert merge(stored, value(5)) == {"phone": -1}
    assert merge(stored, value(7), value(1, name="email")) == {"phone": 5, "email": -1}
    assert merge(stored, value(6)) == {}


@pytest.mark.rule("R-83")
def test_an_equal_version_changes_nothing(stored: Stored) -> None:
    """The same event twice has one effect."""
    merge(stored, value(5))
    assert merge(stored, replace(value(5), event=b"another")) == {}
    assert stored.rows(field.c.version, field.c.event) == [(5, b"5")]


@pytest.mark.rule("R-96")
def test_revisions_of_eighteen_digits_are_kept_whole(stored: Stored) -> None:
    """The largest revision that a publisher may mint orders like any other."""
    largest = 10**18 - 1
    assert merge(stored, value(largest)) == {"phone": -1}
    assert merge(stored, value(largest - 1)) == {}
    with stored.intake.transaction() as transaction:
        assert transaction.versions([(KARI, "phone")]) == {(KARI, "phone"): largest}


@pytest.mark.rule("R-46")
def test_a_null_is_stored_as_one(stored: Stored) -> None:
    """An emptied field is known to be empty, at its version."""
    merge(stored, value(5))
    assert merge(stored, value(6, None)) == {"phone": 5}
    assert stored.rows(field.c.version, field.c.value) == [(6, None)]


@pytest.mark.rule("R-83")
def test_a_field_of_a_newer_program_survives(stored: Stored) -> None:
    """An older program that does not know a field leaves it as it is."""
    merge(stored, value(5, name="shoeSize"))
    merge(stored, value(6))
    assert stored.rows(field.c.field, field.c.version) == [("phone", 6), ("shoeSize", 5)]


@pytest.mark.rule("R-83", "R-96")
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(versions=st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_whatever_the_order_the_greatest_version_stays(stored: Stored, versions: list[int]) -> None:
    """Events of a person may arrive in any order: the projection ends the same."""
    with stored.store.begin() as connection:
        connection.execute(field.delete())
    for version in versions:
        merge(stored, value(version, version))
    assert stored.rows(field.c.version) == [(max(versions),)]


def test_repeats_are_known_by_event(stored: Stored) -> None:
    """Which event stored a field is kept, so that its repeat is counted and not told again."""
    merge(stored, value(5))
    with stored.intake.transaction() as transaction:
        mine, other = value(5), replace(value(5), event=b"another")
        found, pending = transaction.repeats([mine, other], [], ["nobody's"])
    assert found == {(KARI, b"5")}
    assert pending == frozenset()


@pytest.mark.rule("R-83")
def test_a_position_is_one_row(stored: Stored) -> None:
    """Positions are merged apart, by version; a deleted one stays as a null."""
    with stored.intake.transaction() as transaction:
        transaction.merge_positions([value(5, {"id": "p1"}, "p1"), value(5, {"id": "p2"}, "p2")])
        transaction.merge_positions([value(6, None, "p1"), value(4, None, "p2")])
    rows = stored.rows(position.c.position, position.c.version, position.c.value)
    assert [(id_, version, sealed is None) for id_, version, sealed in rows] == [
        ("p1", 6, True),
        ("p2", 5, False),
    ]


@pytest.mark.rule("R-96")
def test_each_part_of_a_person_has_its_own_version(stored: Stored) -> None:
    """Type, state and groups are merged apart; the highest revision and completeness stay."""
    first = StoredPerson("user", 3, True, 9, ("g1",), 4, 9, complete=True)  # noqa: FBT003 - a row
    second = StoredPerson("service_user", 5, False, 6, ("g2",), 5, 7)  # noqa: FBT003 - a row
    for one in (first, second):
        with stored.intake.transaction() as transaction:
            transaction.save_people({KARI: one})
    with stored.intake.transaction() as transaction:
        known = transaction.people([KARI, OLA])
    assert known == {
        KARI: StoredPerson("service_user", 5, True, 9, ("g2",), 5, 9, complete=True)  # noqa: FBT003 - a row
    }


@pytest.mark.rule("R-78")
def test_everybody_with_the_email_of_the_deleted_is_found(stored: Stored) -> None:
    """A rehire is known by the digest of the email, also when two have it in one batch."""
    gone = Value(KARI, "email", 1, b"", "Kari@x.no", digest_of="kari@x.no")
    merge(stored, gone)
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
    new = [replace(gone, person=KARI._replace(user=user)) for user in ("new", "newer")]
    other = replace(gone, person=OLA, digest_of="ola@x.no")
    with stored.intake.transaction() as transaction:
        transaction.merge([*new, other])
        found = transaction.rehired([one.person for one in (*new, other)])
    assert {key.user for key in found} == {"new", "newer"}


@pytest.mark.rule("R-78")
def test_the_email_of_somebody_who_is_there_is_no_rehire(stored: Stored) -> None:
    """An email in use is another matter (R-12); one that was cleared is nobody's."""
    taken = Value(KARI, "email", 1, b"", "kari@x.no", digest_of="kari@x.no")
    merge(stored, taken)
    merge(stored, replace(taken, person=OLA))
    with stored.intake.transaction() as transaction:
        assert transaction.rehired([OLA]) == frozenset()
    merge(stored, replace(taken, version=2, value=None, digest_of=None))
    assert (None,) in stored.rows(person.c.email_digest)
    with stored.intake.transaction() as transaction:
        transaction.delete_people([KARI])
        assert transaction.rehired([OLA]) == frozenset()
