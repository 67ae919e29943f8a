"""Fixtures that many tests share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# a first example draws Unicode's tables, which takes seconds beside other tests on two cores
settings.register_profile(
    "ours", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("ours")

FOLDER = Path(__file__).parent / "fixtures"
pytest_plugins = [
    f"tests.fixtures.{file.stem}"
    for file in sorted(FOLDER.glob("*.py"))
    if "@pytest.fixture" in file.read_text("utf-8")
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the fault test: it takes longest, and mostly waits beside the others."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/faults/"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seeds that were drawn, whatever came of their tests."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", ()):
                terminalreporter.write_line(f"{report.nodeid}: {name}={value}")
