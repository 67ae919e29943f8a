"""`docs/alerts.md`: every alert and every recorded series, from the rule files in `deploy/`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from console.documentation.markdown import code, page, table

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"
GROUPS: Final = ("freshness", "roles", "lanes", "letters", "correctness")
"""Files, in the order of the document: what is looked at first stands first."""
TEMPLATE: Final = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True, slots=True)
class Group:
    """One file of rules, and what its first line says."""

    name: str
    says: str
    rules: tuple[dict[str, Any], ...]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Those that tell somebody."""
        return [rule for rule in self.rules if "alert" in rule]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Those that alerts and dashboards are made of."""
        return [rule for rule in self.rules if "record" in rule]


def groups() -> list[Group]:
    """Return every rule there is, by its file."""
    import yaml  # noqa: PLC0415 - a development dependency; the program itself never reads YAML

    found = []
    for name in GROUPS:
        text = (FOLDER / f"{name}.yaml").read_text("utf-8")
        (group,) = yaml.safe_load(text)["groups"]
        found.append(Group(name, text.split("\n", 1)[0].removeprefix("# "), tuple(group["rules"])))
    return found


def text() -> str:
    """Return the document."""
    found = groups()
    return page(
        "Alerts",
        "Each has a page that says what to do: [runbooks](../deploy/runbooks/README.md). A page "
        "wakes somebody, a ticket waits for working hours. How to load them: "
        "[deploy/prometheus](../deploy/prometheus/README.md). What they are made of: "
        "[metrics](metrics.md).",
        *(part for group in found for part in _section(group)),
        "## Recorded series",
        "Ages in seconds; a series is absent while nothing waits.",
        table(
            ["series", "is"],
            [
                [code(rule["record"]), code(_line(rule["expr"]))]
                for group in found
                for rule in group.records
            ],
        ),
    )


def _section(group: Group) -> list[str]:
    return [
        f"## {group.name.capitalize()}",
        group.says,
        table(["alert", "severity", "says", "when", "for"], map(_row, group.alerts)),
    ]


def _row(rule: dict[str, Any]) -> list[str]:
    name = rule["alert"]
    return [
        f"[{name}](../deploy/runbooks/{name}.md)",
        rule["labels"]["severity"],
        TEMPLATE.sub("…", rule["annotations"]["summary"]),
        code(_line(rule["expr"])),
        rule["for"],
    ]


def _line(expression: str) -> str:
    return " ".join(expression.split())
