"""The generated documents, each from what the program itself declares.

`make docs` writes them; a test compares. None holds a date, and all are in a fixed order.
"""

from pathlib import Path
from typing import Final

from console.documentation import alerts, asyncapi, commands, lists, rules, settings

ROOT: Final = Path(__file__).parents[2]


def generate(root: Path = ROOT) -> dict[str, str]:
    """Return every generated document by its name under `docs/`.

    Args:
        root: where `tests/` is, whose marks name the rules that are proved.
    """
    return {
        "alerts.md": alerts.text(),
        "asyncapi.yaml": asyncapi.text(),
        "commands.md": commands.text(),
        "metrics.md": lists.metrics(),
        "reasons.md": lists.reasons(),
        "rules.md": rules.text(rules.proofs(root)),
        "settings.md": settings.text(),
        "topics.md": lists.topics(),
    }


def write(root: Path = ROOT) -> list[str]:
    """Write every generated document, and return the names of those that changed."""
    changed = []
    for name, text in generate(root).items():
        file = root / "docs" / name
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            changed.append(name)
    return changed
