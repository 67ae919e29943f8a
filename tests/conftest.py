"""Fixtures that many tests share: each file of `tests/fixtures`, apart from what they share."""

from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures"
pytest_plugins = [
    f"tests.fixtures.{file.stem}" for file in sorted(FOLDER.glob("*.py")) if file.stem != "parts"
]
