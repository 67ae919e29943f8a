"""Another master key (R-108): what was sealed opens, what was backed up does not any more."""

import pytest

from connectors.encryption import KEY_BYTES, Vault
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.rotation import master_keys, rotate
from connectors.store.tables import audit, connection, organization
from schemas.errors import StopProcess
from schemas.personal import Personal
from tests.fixtures.stored import ELSEWHERE, KARI, ORGANIZATION, Stored, new_connection

OLD, NEW = {"old": b"o" * KEY_BYTES}, {"new": b"n" * KEY_BYTES}


@pytest.fixture
def sealed(stored: Stored) -> Stored:
    """A store under the old key with a connection and a value."""
    old = Stored(stored.store, Keyring(Vault(OLD)))
    one = old.connect("c1")
    old.people(KARI)
    old.linked(one, KARI)
    old.change(one, KARI, 1, {"phone": "1"})
    return old


def under(stored: Stored, keys: dict[str, bytes]) -> Stored:
    """Return the store as a process has it that starts with these master keys."""
    return Stored(stored.store, Keyring(Vault(keys)))


def turn(stored: Stored, *, execute: bool = True) -> int:
    """Rotate."""
    return rotate(stored.store, Vault(OLD), Vault(NEW), "operator", execute=execute)


@pytest.mark.rule("R-108", "R-08")
def test_everything_opens_with_the_new_key_alone(sealed: Stored) -> None:
    """Values and tokens are sealed by the same data keys as before."""
    (one,) = sealed.connections.shown()
    before = sealed.rows(connection.c.token)
    assert turn(sealed) == 2
    assert master_keys(sealed.store) == {"new": 2}
    fresh = under(sealed, NEW)
    assert fresh.connections.token(one.connection.id) == Personal("token of c1")
    assert fresh.subject(fresh.claim(one.connection)).projection["phone"] == "1"
    assert sealed.rows(connection.c.token) == before


@pytest.mark.rule("R-108")
def test_a_backup_does_not_open_once_its_master_key_is_gone(sealed: Stored) -> None:
    """Its data keys are wrapped by the old one: with it they open, with the new one they do not."""
    rows = sealed.rows(organization.c.id, organization.c.data_key, organization.c.master_key)
    backup = {row[0]: (row[1], row[2]) for row in rows}
    turn(sealed)
    Vault(OLD).cipher(*backup[ORGANIZATION], ORGANIZATION)
    with pytest.raises(StopProcess, match="needs master key old"):
        Vault(NEW).cipher(*backup[ORGANIZATION], ORGANIZATION)


@pytest.mark.rule("R-108")
def test_a_plan_changes_nothing_and_repeating_neither(sealed: Stored) -> None:
    """It counts what it would wrap; done, nothing is left to do."""
    before = sealed.rows(*organization.c)
    assert turn(sealed, execute=False) == 2
    assert sealed.rows(*organization.c) == before
    assert (turn(sealed), turn(sealed)) == (2, 0)
    actions = sealed.rows(audit.c.action, audit.c.object, audit.c.organization)
    assert actions.count(("keys.rotated", "master-key:new", NOBODY)) == 1


@pytest.mark.rule("R-108")
def test_a_role_that_has_only_the_old_key_stops_with_the_new_ones_name(sealed: Stored) -> None:
    """What it has opened it may go on with; it never takes what it cannot open for nothing."""
    running = under(sealed, OLD)
    (one,) = sealed.connections.shown()
    running.connections.token(one.connection.id)
    turn(sealed)
    assert running.connections.token(one.connection.id) == Personal("token of c1")
    with pytest.raises(StopProcess, match="needs master key new"):
        under(sealed, OLD).connections.token(one.connection.id)


@pytest.mark.rule("R-108", "R-09")
def test_roles_with_both_keys_go_on(sealed: Stored) -> None:
    """Old first or new first: what either makes the other opens, and a token is refused twice."""
    ready, after = under(sealed, OLD | NEW), under(sealed, NEW | OLD)
    (one,) = sealed.connections.shown()
    turn(sealed)
    for each in (ready, after):
        assert each.connections.token(one.connection.id) == Personal("token of c1")
        with pytest.raises(StopProcess, match="token is in use"):
            each.connections.add(new_connection("c2", token="token of c1"), "admin")
    late = ready.connect("c3", organization=ELSEWHERE)
    assert master_keys(sealed.store) == {"new": 2, "old": 1}
    assert turn(sealed) == 1
    assert under(sealed, NEW).connections.token(late.id) == Personal("token of c3")


@pytest.mark.rule("R-108")
@pytest.mark.parametrize(
    ("old", "says"),
    [
        ({"other": b"x" * KEY_BYTES}, "needs master key old"),
        ({"old": b"x" * KEY_BYTES}, "not open"),
    ],
)
def test_without_the_old_key_nothing_is_changed(
    sealed: Stored, old: dict[str, bytes], says: str
) -> None:
    """Neither planned nor done: it says which key is missing, or wrong."""
    before = sealed.rows(*organization.c)
    for execute in (False, True):
        with pytest.raises(StopProcess, match=says):
            rotate(sealed.store, Vault(old), Vault(NEW), "operator", execute=execute)
    assert sealed.rows(*organization.c) == before
