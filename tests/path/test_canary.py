"""No value, no name and no token shows anywhere but where it must (R-103)."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from confluent_kafka import Message

from tests.path.conftest import MainPath, folder_of, headers_of

CANARY = "kanarifugl"
NUMBER = "57912075186"
"""A synthetic D-number (R-65)."""
ACCOUNT = "86011117947"
PHONE = "+47 48 88 77 66"
VALUES: dict[str, Any] = {
    "email": f"{CANARY}@example.no",
    "givenName": f"{CANARY}-given",
    "familyName": f"{CANARY}-family",
    "phone": PHONE,
    "birthDate": "1971-07-17",
    "bankAccount": {"type": "national", "code": "NO", "country": "NO", "number": ACCOUNT},
    "homeAddress": {
        "line1": f"{CANARY} street", "line2": None, "line3": None, "postalCode": "0199",
        "city": f"{CANARY}-city", "country": "NO",
    },
    "gender": f"{CANARY}-gender",
    "identifications": [
        {"id": str(uuid4()), "type": "national", "country": "NO", "value": NUMBER}
    ],
    "employmentId": f"{CANARY}-7",
}  # fmt: skip
PLANTED = (CANARY, NUMBER, ACCOUNT, PHONE, "48887766", "1971-07-17")
WORDS = tuple(word.encode() for word in PLANTED)


def held(text: bytes | str | None) -> list[str]:
    """Return which of the planted values a text holds."""
    raw = text.encode() if isinstance(text, str) else text or b""
    return [word.decode() for word in WORDS if word in raw]


@pytest.fixture(scope="module")
def planted(path: MainPath) -> tuple[str, str]:
    """A new colleague and an old one whose every field is a canary, applied and refused."""
    new, old = str(uuid4()), path.person()
    path.change(new, {"type": "user", "status": {"active": True}, "groups": [], **VALUES})
    path.ends(new)
    path.change(old, {name: VALUES[name] for name in ("givenName", "gender", "homeAddress")})
    path.ends(old.id)
    wrong = {**VALUES["bankAccount"], "number": f"{CANARY}-account"}
    path.change(old, {"bankAccount": wrong, "birthDate": "1971-02-30", "phone": PHONE})
    path.ends(old.id, 2)
    refuse = {"root": "updateContacts", "field": "firstName", "value": f"{CANARY}-refused"}
    path.xledger("faults", [{
        "match": refuse, "fault": "refuse", "naming": "value", "report": "all", "times": 9,
        "message": f"the name {CANARY}-refused of {CANARY}-family is not allowed",
    }])  # fmt: skip
    path.change(old, {"givenName": f"{CANARY}-refused"})
    outcome = path.ends(old.id, 3)[-1]
    assert (outcome["result"], outcome["reason"]) == ("dead-lettered", "exhausted")
    path.xledger("faults", [])
    return new, old.id


@pytest.mark.rule("R-08", "R-103")
@pytest.mark.usefixtures("planted")
def test_no_log_holds_a_value_or_a_token(path: MainPath) -> None:
    """Each role's whole log is looked through."""
    logs = [(folder_of(path) / f"{role}.log").read_bytes() for role in path.roles]
    assert b"lane.claimed" in b"".join(logs)
    for log in logs:
        assert held(log) == []
        assert not [secret for secret in secrets(path) if secret.encode() in log]


@pytest.mark.rule("R-103", "R-105")
@pytest.mark.usefixtures("planted")
def test_no_metric_and_no_health_holds_a_value(path: MainPath) -> None:
    """No label names a person, a connection or an organisation either."""
    ids = (path.organization, path.stage.connection, path.stage.xledger["tokens"][0]["company"])
    for url in path.urls.values():
        for page in ("metrics", "health/live", "health/ready"):
            text = httpx.get(f"{url}/{page}", trust_env=False).text
            assert held(text) == []
            assert not [id_ for id_ in (*ids, *secrets(path)) if id_ in text]


@pytest.mark.rule("R-103")
def test_no_outcome_holds_a_value(path: MainPath, planted: tuple[str, str]) -> None:
    """Outcomes name ids and fields only, in key, value and headers."""
    seen = [message for message in path.outcomes.read() if about(message, planted)]
    assert len(seen) >= 4
    for message in seen:
        assert held(message.value()) == held(message.key()) == []
        assert [held(value) for value in headers_of(message).values() if held(value)] == []


@pytest.mark.rule("R-90", "R-103")
def test_a_letter_holds_values_only_where_the_event_had_them(
    path: MainPath, planted: tuple[str, str]
) -> None:
    """Its value is the event; its key and headers hold ids, names of fields and codes."""
    letters = [one for one in path.letters.read() if planted[1].encode() in (one.key() or b"")]
    assert len(letters) == 2
    for letter in letters:
        assert held(letter.value())
        assert held(letter.key()) == []
        assert [name for name, value in headers_of(letter).items() if held(value)] == []


@pytest.mark.rule("R-08", "R-103")
@pytest.mark.usefixtures("planted")
def test_the_store_holds_no_value_in_clear(path: MainPath) -> None:
    """Neither a column nor a page of the file or of its log, deleted rows included."""
    file = folder_of(path) / "store.db"
    for one in (file, Path(f"{file}-wal")):
        raw = one.read_bytes() if one.exists() else b""
        assert held(raw) == []
        assert not [secret for secret in secrets(path) if secret.encode() in raw]
    with closing(sqlite3.connect(file)) as store:
        (people,) = store.execute("SELECT count(*) FROM confirmed").fetchone()
    assert people > 10


@pytest.mark.rule("R-51", "R-103")
@pytest.mark.usefixtures("planted")
def test_no_document_sent_to_xledger_holds_a_value(path: MainPath) -> None:
    """Values go as variables, under names that are no Huma id."""
    base = path.stage.xledger["url"].removesuffix("/graphql")
    journal = httpx.get(f"{base}/_admin/journal", trust_env=False).json()
    with_values = [entry for entry in journal if held(json.dumps(entry["variables"]))]
    assert with_values
    for entry in journal:
        rest = {name: value for name, value in entry.items() if name != "variables"}
        assert held(json.dumps(rest)) == []
        assert path.organization not in json.dumps(entry)


def secrets(path: MainPath) -> list[str]:
    """Return every secret of the stage."""
    tokens = [one["token"] for one in path.stage.xledger["tokens"]]
    return [*tokens, path.stage.huma["client_secret"]]


def about(message: Message, people: tuple[str, str]) -> bool:
    """Say whether an outcome is about one of these people."""
    return any(user.encode() in (message.key() or b"") for user in people)
