"""Every reason code says what it means, by which rule, and what to do about it."""

import re

import pytest

from console.documentation import ROOT
from schemas.advice import REASONS, Kind, Reason, Replay
from schemas.failures import OF_FIELDS
from schemas.reasons import Code, LetterClass
from schemas.rules import RULES

ALL = list(REASONS.values())


def test_every_code_has_a_meaning() -> None:
    """Its own."""
    assert set(REASONS) == set(Code)
    assert all(REASONS[code].code is code for code in Code)


def test_every_code_is_given_by_some_part() -> None:
    """A reason that nobody ever sees explains nothing."""
    lists = {"reasons.py", "advice.py", "failures.py"}
    parts = [file for part in ("schemas", "processors", "connectors")
             for file in (ROOT / part).rglob("*.py") if file.name not in lists]  # fmt: skip
    text = "\n".join(file.read_text("utf-8") for file in parts)
    assert {code.name for code in Code} <= set(re.findall(r"\bCode\.([A-Z_]+)", text))


@pytest.mark.parametrize("reason", ALL, ids=lambda reason: reason.code.value)
def test_a_reason_is_a_sentence_a_rule_and_an_advice(reason: Reason) -> None:
    """For people: whole sentences."""
    assert re.fullmatch(r"[A-Z].*\.", reason.says)
    assert re.fullmatch(r"[A-Z].*[.?]", reason.advice)
    assert reason.rule in {rule.id for rule in RULES}
    assert len(reason.code.value) <= 40


@pytest.mark.parametrize("reason", ALL, ids=lambda reason: reason.code.value)
def test_only_failures_have_letters_and_replays(reason: Reason) -> None:
    """What is skipped or applied has nothing to send again."""
    assert (reason.letter is not None) is (reason.kind is Kind.FAIL)
    assert reason.kind is Kind.FAIL or reason.replay is Replay.NO


def test_the_class_of_a_failed_field_is_the_letters() -> None:
    """One table files letters, the other explains them: they agree."""
    for code, (_, letter) in OF_FIELDS.items():
        assert REASONS[code].letter is letter
    failing = {reason.code for reason in ALL if reason.kind is Kind.FAIL}
    assert set(OF_FIELDS) <= failing


def test_an_event_against_the_contract_is_never_mended_by_a_replay() -> None:
    """The same bytes fail again, unless the program or its settings are what was wrong."""
    broken = {Code.NOT_JSON, Code.NOT_AN_EVENT, Code.BAD_EVENT}
    for code in broken:
        assert (REASONS[code].letter, REASONS[code].replay) == (LetterClass.SCHEMA, Replay.NO)
