"""Fixtures that many tests share."""

from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures"
pytest_plugins = [
    f"tests.fixtures.{file.stem}"
    for file in sorted(FOLDER.glob("*.py"))
    if "@pytest.fixture" in file.read_text("utf-8")
]
