"""`schemas/examples/`: the contract's fixtures, one for each type."""

import re
from datetime import date

import pytest

from processors.mapping import identity_number
from schemas.events import Event, EventType, Request
from schemas.person import HumaField
from tests.schemas.records import (
    FOLDER,
    NAMES,
    OURS,
    RECORDED,
    Mode,
    binary,
    example,
    key_of,
    parsed,
    structured,
)

PREFIX = "com.humahr."
TODAY = date(2026, 11, 23)


def test_every_type_has_one_example() -> None:
    """A file is named after the type it holds."""
    assert [f"{PREFIX}{name}" for name in NAMES] == sorted(type_.value for type_ in EventType)
    assert all(example(name)["type"] == f"{PREFIX}{name}" for name in NAMES)


@pytest.mark.parametrize("mode", [binary, structured])
@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_an_event(name: str, mode: Mode) -> None:
    """In both modes, and its key is the one that it names."""
    event = example(name)
    read = parsed(mode(event), key_of(event), OURS)
    assert isinstance(read, Event | Request)
    assert read.type.value == event["type"]
    assert read.warnings == ()


@pytest.mark.parametrize("name", NAMES)
def test_both_modes_say_the_same(name: str) -> None:
    """One event read from headers equals the same read from a document."""
    event = example(name)
    key = key_of(event)
    assert parsed(binary(event), key, OURS) == parsed(structured(event), key, OURS)


def test_the_created_person_has_every_field() -> None:
    """What is synchronised appears once at least in the fixtures."""
    assert {*HumaField} <= set(example("user.created.v1")["data"]["user"])


def test_identity_numbers_are_synthetic() -> None:
    """No number in the fixtures can belong to anybody: production refuses each (R-65)."""
    text = "".join((FOLDER / f"{name}.json").read_text("utf-8") for name in NAMES)
    numbers = set(re.findall(r'"type": "national",\s+"country": "NO",\s+"value": "(\d+)"', text))
    assert len(numbers) == 2
    for number in numbers:
        assert identity_number.read(number, TODAY, synthetic=True) is not None
        assert identity_number.read(number, TODAY, synthetic=False) is None


def test_revisions_and_times_rise_together() -> None:
    """The examples are one person's history, in an order that can be replayed."""
    events = [example(name) for name in NAMES]
    history = [parsed(structured(one), key_of(one), OURS) for one in events]
    changes = sorted(
        (one for one in history if isinstance(one, Event)), key=lambda one: one.revision
    )
    assert [one.revision for one in changes] == list(range(1, len(changes) + 1))
    assert [one.time for one in changes] == sorted(one.time for one in changes)
    assert changes[-1].time < RECORDED
