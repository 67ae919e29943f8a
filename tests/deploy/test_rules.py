"""Prometheus' own tool checks the rules, and runs their unit tests."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from console.documentation import ROOT, alerts
from tests.fixtures.parts import missing

PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
RULES: Final = sorted((PROMETHEUS / "rules").iterdir())
TESTS: Final = sorted((PROMETHEUS / "tests").iterdir())
ALERTS: Final = [rule for group in alerts.groups() for rule in group.alerts]
CASES: Final = [
    one
    for file in TESTS
    for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
    for one in test["alert_rule_test"]
]


def name_of(path: Path) -> str:
    """Return how a file is called in a test's id."""
    return path.stem


@pytest.fixture(scope="module")
def promtool() -> str:
    """The tool."""
    found = shutil.which("promtool")
    if found is None:
        missing("promtool", "Debian has it in its package prometheus")
    return found


def run(*command: str) -> str:
    """Run a command and return what it says; it must end well."""
    done = subprocess.run(
        command, cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.rule("R-105")
@pytest.mark.parametrize("file", RULES, ids=name_of)
def test_the_rules_are_rules(promtool: str, file: Path) -> None:
    """Names, expressions, times and templates are as Prometheus reads them."""
    (group,) = [group for group in alerts.groups() if group.name == file.stem]
    assert f"SUCCESS: {len(group.rules)} rules found" in run(promtool, "check", "rules", str(file))


@pytest.mark.rule("R-105", "R-109")
@pytest.mark.parametrize("file", TESTS, ids=name_of)
def test_the_alerts_fire_when_they_should_and_not_otherwise(promtool: str, file: Path) -> None:
    """With the labels and the words that are expected."""
    assert "SUCCESS" in run(promtool, "test", "rules", str(file))


def test_every_file_of_rules_has_a_file_of_tests_and_is_listed() -> None:
    """None is forgotten in the documents."""
    assert [file.name for file in RULES] == [file.name for file in TESTS]
    assert sorted(alerts.GROUPS) == [file.stem for file in RULES]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_is_tested_both_ways(rule: dict[str, Any]) -> None:
    """Once with all it says, once silent."""
    cases = [one["exp_alerts"] for one in CASES if one["alertname"] == rule["alert"]]
    assert [] in cases
    fired = [one for expected in cases for one in expected]
    assert fired
    for one in fired:
        assert set(one["exp_annotations"]) == set(rule["annotations"])
        assert rule["labels"].items() <= one["exp_labels"].items()


@pytest.mark.rule("R-105")
@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_it_costs_and_what_to_do(rule: dict[str, Any]) -> None:
    """A summary of one line; impact, causes and the first step; and where the runbook is."""
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert "\n" not in notes["summary"]
    assert re.fullmatch(r"Impact: .+\.\nCauses: .+\.\nFirst: .+[.?]", notes["description"])
    assert notes["runbook_url"] == f"https://runbooks.example/huma-xledger/{rule['alert']}.md"
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["labels"]["service"] == "huma-xledger"
    assert re.fullmatch(r"HumaXledger[A-Z][A-Za-z]+", rule["alert"])


def test_few_alerts_wake_anybody() -> None:
    """A page is for what does not get through; a dozen would be ignored."""
    assert sum(rule["labels"]["severity"] == "page" for rule in ALERTS) <= 8
