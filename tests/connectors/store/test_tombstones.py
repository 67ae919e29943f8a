"""What a deleted person leaves: ids, the time, and two keyed digests (R-77, R-78)."""

from uuid import uuid4

import orjson
import pytest

from connectors.store.deletion import confirmed_digest
from connectors.store.tables import link, person
from processors.ports.huma import HumaListed, HumaPerson
from processors.ports.intake import Value
from processors.ports.lane import PersonResult, Unread
from schemas.connection import Connection
from schemas.employee import Target
from schemas.person import PersonKey
from tests.fixtures.stored import KARI, OLA, ORGANIZATION, Stored

NUMBER, PLACE = "4711 is secret", "Bergen"
WRITTEN: dict[Target, str | None] = {
    Target.SUBLEDGER_BANK_ACCOUNT: NUMBER,
    Target.CONTACT_PHONE: None,
    Target.CONTACT_PLACE: PLACE,
}


def delete(stored: Stored, *keys: PersonKey) -> None:
    """Let people be deleted."""
    with stored.intake.transaction() as transaction:
        transaction.delete_people(keys)


def known(stored: Stored, email: str) -> bool:
    """Say whether a new person with this email is seen to be a rehire."""
    new = PersonKey(ORGANIZATION, str(uuid4()))
    with stored.intake.transaction() as transaction:
        transaction.merge([Value(new, "email", 1, b"", email, digest_of=email)])
        return new in transaction.rehired([new])


def read(stored: Stored, one: Connection, email: str | None) -> None:
    """Let Kari be read from Huma."""
    answer = HumaPerson(KARI.user, "user", None, None, {"email": email}, {})
    asked = Unread(KARI.user, 4)
    assert stored.lanes.merge_read(stored.claim(one), asked, answer, email)


@pytest.mark.rule("R-78", "R-97")
def test_an_email_that_was_only_read_is_known_again(stored: Stored) -> None:
    """No event ever told it: a rehire is noticed all the same, once the person is deleted."""
    one = stored.connect()
    stored.people(KARI, complete=False, revision=4)
    read(stored, one, "kari@x.no")
    assert not known(stored, "kari@x.no")
    delete(stored, KARI)
    assert known(stored, "kari@x.no")
    assert not known(stored, "ola@x.no")


@pytest.mark.rule("R-78", "R-97", "R-83")
@pytest.mark.parametrize("told", ["event@x.no", None])
def test_a_read_speaks_only_where_no_event_did(stored: Stored, told: str | None) -> None:
    """What an event said of the email, also that there is none, is newer than what is read."""
    one = stored.connect()
    with stored.intake.transaction() as transaction:
        transaction.merge([Value(KARI, "email", 4, b"", told, digest_of=told)])
    stored.people(KARI, complete=False, revision=4)
    before = stored.rows(person.c.email_digest)
    read(stored, one, "read@x.no")
    assert stored.rows(person.c.email_digest) == before
    delete(stored, KARI)
    assert not known(stored, "read@x.no")


@pytest.mark.rule("R-77", "R-78")
def test_what_was_confirmed_leaves_a_digest_with_each_link(stored: Stored) -> None:
    """Names in clear, values as a keyed digest; each connection has its own; a repeat keeps it."""
    ones = [stored.connect(name) for name in ("c1", "c2")]
    for one in ones:
        stored.linked(one, KARI, OLA)
    first, second = (stored.claim(one) for one in ones)
    stored.finish(first, PersonResult(KARI.user, confirmed=WRITTEN, turn=1))
    stored.finish(second, PersonResult(KARI.user, confirmed={Target.CONTACT_PHONE: "1"}, turn=1))
    stored.finish(first, PersonResult(OLA.user, confirmed=WRITTEN, turn=1))
    for _ in range(2):
        delete(stored, KARI)
    columns = (link.c.connection, link.c.person, link.c.confirmed_digest, link.c.confirmed_targets)
    left = {row[:2]: row[2:] for row in stored.rows(*columns)}
    with stored.store.begin() as connection:
        cipher = stored.keyring.cipher_of(connection, ORGANIZATION)
        other = stored.keyring.cipher_of(connection, "other")
    digest, targets = left[ones[0].id, KARI.user]
    assert orjson.loads(targets) == sorted(target.value for target in WRITTEN)
    values = {target.value: value for target, value in WRITTEN.items()}
    assert bytes(digest) == confirmed_digest(cipher, values)
    assert bytes(digest) != confirmed_digest(cipher, {**values, Target.CONTACT_PHONE: "1"})
    assert bytes(digest) != confirmed_digest(other, values)
    assert orjson.loads(left[ones[1].id, KARI.user][1]) == [Target.CONTACT_PHONE.value]
    assert left[ones[0].id, OLA.user] == (None, None)
    shown = repr([*stored.rows(*link.c), *stored.rows(*person.c)])
    assert NUMBER not in shown
    assert PLACE not in shown


@pytest.mark.rule("R-77")
def test_who_was_never_written_leaves_no_digest_of_it(stored: Stored) -> None:
    """Nothing was confirmed, so nothing can differ from it."""
    one = stored.connect()
    stored.linked(one, KARI)
    delete(stored, KARI)
    assert stored.rows(link.c.confirmed_digest, link.c.confirmed_targets) == [(None, None)]


@pytest.mark.rule("R-78", "R-112")
@pytest.mark.parametrize(
    ("said", "known_by"),
    [(None, "listed@x.no"), ("event@x.no", "event@x.no"), ("deleted", "event@x.no")],
)
def test_who_was_only_listed_is_known_again(
    stored: Stored, said: str | None, known_by: str
) -> None:
    """A listing's email counts where nothing newer was said, or left by a deletion."""
    one = stored.connect()
    if said is not None:
        with stored.intake.transaction() as transaction:
            value = Value(KARI, "email", 4, b"", "event@x.no", digest_of="event@x.no")
            transaction.merge([value])
    if said == "deleted":
        delete(stored, KARI)
    listed = HumaListed(KARI.user, "user", True, (), "Listed@x.no")  # noqa: FBT003 - a person
    stored.sync.remember_people(stored.claim(one), [(listed, "listed@x.no")])
    delete(stored, KARI)
    assert {email for email in ("listed@x.no", "event@x.no") if known(stored, email)} == {known_by}
