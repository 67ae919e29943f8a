"""No value and no token in any clear column of any table (R-103)."""

import shutil
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from connectors.store.engine import open_store
from connectors.store.keyring import Keyring
from connectors.store.organizations import HumaClientOf, Organizations
from connectors.store.tables import metadata
from processors.ports.huma import HumaPerson
from processors.ports.intake import Ending, NewLetter, Raw, Value
from processors.ports.lane import Claim, FieldEnd, Intent, PersonResult, Step, Unread
from processors.ports.lane import Result as End
from processors.ports.source import Place
from processors.ports.xledger import ListedEmployee
from schemas.about import About
from schemas.employee import Root, Target
from schemas.outcome import Result
from schemas.person import HumaField, Json
from schemas.personal import Personal
from schemas.reasons import Code, LetterClass
from schemas.topics import EVENTS
from tests.fixtures.databases import LIMITS
from tests.fixtures.stored import KARI, OLA, SOURCE, Stored, new_connection, waiting

CANARY = "kanari4711"
VALUES: dict[str, Json] = {
    HumaField.EMAIL: f"{CANARY}@x.no",
    HumaField.BANK_ACCOUNT: {"number": CANARY, "country": CANARY},
    HumaField.HOME_ADDRESS: {"line1": CANARY, "postalCode": CANARY, "city": CANARY},
    HumaField.IDENTIFICATIONS: [{"id": CANARY, "type": "national", "value": CANARY}],
}
FIELDS: dict[str, Json] = {name.value: VALUES.get(name, CANARY) for name in HumaField}
RECORD = orjson.dumps({"changes": FIELDS})
RAW = Raw(Place(EVENTS.name, 0), 1, None, None, RECORD, [("ce_id", b"1")])
ABOUT = About(SOURCE, "bad", "com.humahr.user.updated.v1", KARI.organization, KARI.user)


def store_everything(stored: Stored) -> None:
    """Let a canary pass through every write there is."""
    new = replace(new_connection(token=CANARY), notify=Personal(f"{CANARY}@x.example"))
    one = stored.connections.add(new, "admin")
    stored.connections.activate(one.id, 1)
    client = HumaClientOf("https://h.example", Personal(CANARY), Personal(CANARY))
    Organizations(stored.store, stored.keyring).set_huma(KARI.organization, client)
    stored.people(KARI, revision=1)
    stored.people(OLA, complete=False)
    stored.linked(one, KARI, OLA)
    values = [Value(KARI, name, 2, b"", value, digest_of=CANARY) for name, value in FIELDS.items()]
    event = replace(waiting(one, KARI, 2, FIELDS), raw=RAW)
    letter = NewLetter(RAW, "validate", LetterClass.SCHEMA, ("data.email",))
    with stored.intake.transaction() as transaction:
        transaction.merge(values)
        transaction.merge_positions([Value(KARI, "p1", 2, b"", {"title": {"name": CANARY}})])
        turns, _ = transaction.dirty([(one.id, KARI, name, 2, 0) for name in FIELDS])
        transaction.wait([(event, {name: turn for (_, _, name), turn in turns.items()})])
        transaction.end(
            [Ending(ABOUT, None, 0, Result.DEAD_LETTERED, Code.BAD_EVENT, letter=letter)]
        )
    lease = stored.claim(one)
    read = HumaPerson(OLA.user, "user", None, None, FIELDS, {"p1": {"title": CANARY}})
    assert stored.lanes.merge_read(lease, Unread(OLA.user, -1), read, CANARY)
    intent = Intent(Step.EMPLOYEE, CANARY, CANARY, CANARY, ("7",))
    assert not stored.lanes.begin(lease, [Claim(KARI.user, intent)], one.company)
    confirmed: dict[Target, str | None] = dict.fromkeys(Target, CANARY)
    records = dict.fromkeys(Root, "7")
    stored.finish(lease, PersonResult(KARI.user, confirmed=confirmed, turn=1, records=records))
    refused = FieldEnd("phone", 1, End.FAILED, Code.REFUSED, text=Personal(CANARY))
    stored.finish(lease, PersonResult(KARI.user, (refused,)))
    employee = ListedEmployee("7", "1", "2", CANARY, CANARY, CANARY, "2026-01-01")
    stored.sync.remember_employees(lease, [(employee, CANARY)])


@pytest.mark.rule("R-08", "R-103")
def test_no_column_shows_a_value_or_a_token(stored: Stored) -> None:
    """Whoever reads the database, or a backup of it, reads ids, states and ciphertext."""
    store_everything(stored)
    found, filled = [], set()
    for table in metadata.sorted_tables:
        for row in stored.rows(*table.c):
            for column, value in zip(table.c, row, strict=True):
                if value is not None:
                    filled.add(f"{table.name}.{column.name}")
                raw = bytes(value) if isinstance(value, bytes) else str(value).encode()
                if CANARY.encode() in raw.lower():
                    found.append(f"{table.name}.{column.name}")
    assert found == []
    sealed = {
        "connection.token", "connection.notify", "organization.huma_client", "field.value",
        "position.value", "pending.record", "confirmed.value", "intent.keys", "outbox.value",
        "refusal.text", "listed.code_digest", "listed.email_digest", "person.email_digest",
    }  # fmt: skip
    assert sealed <= filled


@pytest.mark.rule("R-103")
def test_no_file_shows_one(sqlite_template: Path, tmp_path: Path, keyring: Keyring) -> None:
    """Not in a page, a journal or an index of SQLite's either."""
    shutil.copy(sqlite_template, tmp_path / "store.db")
    store = open_store(f"sqlite:///{tmp_path}/store.db", None, LIMITS)
    store_everything(Stored(store, keyring))
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    store.close()
    assert "store.db-wal" in files
    assert [name for name, content in files.items() if CANARY.encode() in content] == []
