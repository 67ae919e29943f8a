"""The organisations' data keys: made once, kept once they are committed (`design.md`, Store)."""

import threading

import pytest

from connectors.encryption import KEY_BYTES, Vault
from connectors.store import outbox as stored_outbox
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.outbox import NewRow, StoredOutbox
from connectors.store.tables import organization
from schemas.errors import StopProcess
from tests.fixtures.stored import KARI, ORGANIZATION, Stored

KEYS = {"old": bytes(KEY_BYTES), "new": b"n" * KEY_BYTES}


def sealed_by(stored: Stored, keyring: Keyring, name: str = ORGANIZATION) -> bytes:
    """Seal something under an organisation's key."""
    with stored.store.begin() as connection:
        return keyring.cipher_of(connection, name).seal("p", "c", b"value")


def opened_by(stored: Stored, keyring: Keyring, sealed: bytes, name: str = ORGANIZATION) -> bytes:
    """Open it again."""
    with stored.store.begin() as connection:
        return keyring.cipher_of(connection, name).open("p", "c", sealed)


def test_every_process_opens_what_another_one_sealed(stored: Stored) -> None:
    """The data key is the store's, wrapped by the master key that all have."""
    sealed = sealed_by(stored, Keyring(Vault(KEYS)))
    assert opened_by(stored, Keyring(Vault(KEYS)), sealed) == b"value"


def test_organisations_have_keys_of_their_own(stored: Stored) -> None:
    """What one sealed the other does not open."""
    keyring = Keyring(Vault(KEYS))
    sealed = sealed_by(stored, keyring)
    with pytest.raises(StopProcess):
        opened_by(stored, keyring, sealed, "another")


def test_a_key_that_was_rolled_back_was_never_there(stored: Stored) -> None:
    """Nothing is sealed with it afterwards: it would never open again."""
    keyring = Keyring(Vault(KEYS))

    def fail() -> None:
        with stored.store.begin() as connection:
            ciphers = [keyring.cipher_of(connection, ORGANIZATION) for _ in range(3)]
            assert ciphers[0].open("p", "c", ciphers[2].seal("p", "c", b"1")) == b"1"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    sealed = sealed_by(stored, keyring)
    assert opened_by(stored, Keyring(Vault(KEYS)), sealed) == b"value"


@pytest.mark.rule("R-90")
def test_letters_of_a_batch_that_is_repeated_open_elsewhere(stored: Stored) -> None:
    """A batch with letters of nobody, judged twice, leaves what another process's relay reads."""
    letters = [NewRow("t", None, b"letter", organization=NOBODY) for _ in range(3)]

    def fail() -> None:
        with stored.store.begin() as connection:
            stored_outbox.write(connection, stored.keyring, letters, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with stored.store.begin() as connection:
        stored_outbox.write(connection, stored.keyring, letters, 1)
    elsewhere = StoredOutbox(stored.store, Keyring(stored.keyring.vault))
    assert [row.value for row in elsewhere.rows(0, 9)] == [b"letter"] * 3


def test_two_who_make_the_first_key_at_once_agree(stored: Stored) -> None:
    """Each process opens what the other one sealed in that moment."""
    keyrings = [Keyring(Vault(KEYS)) for _ in range(4)]
    barrier, sealed = threading.Barrier(4), []

    def make(keyring: Keyring) -> None:
        barrier.wait(10)
        sealed.append(sealed_by(stored, keyring))

    threads = [threading.Thread(target=make, args=(keyring,)) for keyring in keyrings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    opened = [opened_by(stored, keyring, one) for keyring in keyrings for one in sealed]
    assert opened == [b"value"] * 16
    assert len(stored.rows(organization.c.id)) == 1


def test_a_new_master_key_beside_the_old_one(stored: Stored) -> None:
    """Old data keys open as long as their master key is there; new ones are wrapped by the new."""
    old = Keyring(Vault({"old": KEYS["old"]}))
    sealed = sealed_by(stored, old)
    both = Keyring(Vault({"new": KEYS["new"], "old": KEYS["old"]}))
    assert opened_by(stored, both, sealed) == b"value"
    sealed_by(stored, both, "another")
    assert dict(stored.rows(organization.c.id, organization.c.master_key)) == {
        ORGANIZATION: "old",
        "another": "new",
    }


def test_an_unknown_master_key_stops_with_its_name(stored: Stored) -> None:
    """It never reads as no value, and no other key is made."""
    sealed_by(stored, Keyring(Vault({"old": KEYS["old"]})))
    with pytest.raises(StopProcess, match="needs master key old"):
        sealed_by(stored, Keyring(Vault({"new": KEYS["new"]})))
    assert stored.rows(organization.c.master_key) == [("old",)]


def test_a_wrong_master_key_stops_with_its_name(stored: Stored) -> None:
    """Another key under the same name does not open the data key."""
    sealed_by(stored, Keyring(Vault({"old": KEYS["old"]})))
    with pytest.raises(StopProcess, match="master key old does not open"):
        sealed_by(stored, Keyring(Vault({"old": KEYS["new"]})))


@pytest.mark.rule("R-78")
def test_a_value_that_does_not_open_is_not_taken_for_none(stored: Stored) -> None:
    """A person's row moved to another person stops the lane, and names the column only."""
    one = stored.connect()
    stored.people(KARI)
    stored.linked(one, KARI)
    stored.change(one, KARI, 1, {"phone": "canary", "email": "canary"})
    with stored.store.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE field SET value = (SELECT f.value FROM field AS f WHERE f.field = 'phone') "
            "WHERE field = 'email'"
        )
    lease = stored.claim(one)
    with pytest.raises(StopProcess, match=r"field\.value/email") as caught:
        stored.take(lease)
    assert "canary" not in str(caught.value)
