"""The master key by command: which ones the store needs, and another one (R-108)."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.encryption import open_vault
from connectors.store.keyring import Keyring
from schemas.personal import Personal
from tests.console.conftest import Operator, Said
from tests.fixtures.stored import Stored


@dataclass(frozen=True, slots=True)
class Keys:
    """An operator with a connected organisation, whose next master key is written already."""

    operator: Operator
    old: Path
    new: Path
    stored: Stored

    def says(self, *arguments: str, file: Path | None = None) -> Said:
        """Give a command about keys, with this file as MASTER_KEY_FILE."""
        settings = {"MASTER_KEY_FILE": str(file or self.old)}
        return self.operator.but(**settings).types("keys", *arguments)

    def rotates(self, *more: str) -> Said:
        """Rotate to the new file."""
        return self.says("rotate", "--new-key-file", str(self.new), "--json", *more)

    def shown(self, file: Path) -> dict[str, tuple[int, bool]]:
        """Return the master keys with how many data keys they wrap, and whether they are here."""
        found = self.says("show", "--json", file=file).json
        return {one["master_key"]: (one["data_keys"], one["held"]) for one in found}


@pytest.fixture
def keys(operator: Operator, store_url: str, stored: Stored, tmp_path: Path) -> Keys:
    """Two files of keys, and a store under the first."""
    old, new = tmp_path / "old.key", tmp_path / "new.key"
    for file in (old, new):
        assert operator.types("keys", "create", str(file)).code == 0
    mine = Stored(stored.store, Keyring(open_vault(old)))
    mine.connect("c1")
    return Keys(operator.but(STORE__URL=store_url), old, new, mine)


@pytest.mark.rule("R-108")
def test_another_master_key_takes_over(keys: Keys) -> None:
    """Planned first; then the new file alone opens everything, and says what to do next."""
    old, new = open_vault(keys.old).current, open_vault(keys.new).current
    plan = keys.rotates()
    assert (plan.code, plan.json) == (0, {"master_key": new, "data_keys": 2, "rotated": False})
    assert "--execute" in plan.err
    assert keys.shown(keys.old) == {old: (2, True)}
    done = keys.rotates("--execute")
    assert (done.code, done.json["rotated"]) == (0, True)
    assert "restart every role" in done.err
    assert keys.shown(keys.new) == {new: (2, True)}
    (one,) = keys.stored.connections.shown()
    fresh = Stored(keys.stored.store, Keyring(open_vault(keys.new)))
    assert fresh.connections.token(one.connection.id) == Personal("token of c1")


@pytest.mark.rule("R-108")
def test_a_key_that_is_needed_and_not_here_is_named(keys: Keys) -> None:
    """By exit code 2; a file with both keys shows which of them is used."""
    old, new = open_vault(keys.old).current, open_vault(keys.new).current
    assert keys.says("show").code == 0
    keys.rotates("--execute")
    late = keys.says("show")
    assert (late.code, f"{new}  wraps 2 data keys; MASTER_KEY_FILE" in late.out) == (2, True)
    both = keys.old.with_name("both.key")
    both.write_text(keys.old.read_text() + keys.new.read_text())
    assert keys.shown(both) == {new: (2, True), old: (0, True)}
    assert keys.says("show", file=both).code == 0


@pytest.mark.rule("R-108")
def test_a_rotation_that_cannot_be_is_one_sentence(keys: Keys) -> None:
    """Without the old key, or without a new one: nothing is changed, and no key is shown."""
    before = keys.shown(keys.old)
    missing = keys.says("rotate", "--new-key-file", "nowhere.key", "--execute")
    assert (missing.code, "nowhere.key cannot be read" in missing.err) == (1, True)
    stranger = keys.old.with_name("stranger.key")
    keys.operator.types("keys", "create", str(stranger))
    lost = keys.says("rotate", "--new-key-file", str(keys.new), "--execute", file=stranger)
    assert (lost.code, "needs master key" in lost.err) == (1, True)
    assert keys.old.read_text().strip() not in lost.err + missing.err
    assert keys.shown(keys.old) == before
