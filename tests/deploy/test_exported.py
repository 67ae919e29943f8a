"""Rules ask for what the program exports: names, labels and values of labels."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from console.documentation import ROOT, alerts
from schemas.metrics import ALL, MetricKind
from schemas.topics import ALL as TOPICS

RULES: Final = [rule for group in alerts.groups() for rule in group.rules]
RECORDED: Final = {rule["record"] for rule in RULES if "record" in rule}
METRICS: Final = {metric.name: metric for metric in ALL}
SERIES: Final = {
    name + suffix: metric
    for name, metric in METRICS.items()
    for suffix in (("_bucket", "_sum", "_count") if metric.kind is MetricKind.HISTOGRAM else ("",))
}
OF_PROMETHEUS: Final = {"namespace"}
"""Labels that the scrape adds."""
MATCHER: Final = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
PARTS: Final = {
    part
    for file in (ROOT / "processors").rglob("*.py")
    for part in re.findall(r'^PART: Final = "(\w+)"$', file.read_text("utf-8"), re.MULTILINE)
}
"""What the parts of processes call themselves."""


def name_of(rule: dict[str, Any]) -> str:
    """Return how a rule is called."""
    return str(rule.get("alert") or rule["record"])


def used(rule: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Yield each series that an expression asks for, with its matchers."""
    for series, matchers in re.findall(
        r"((?:\w+:)?huma_xledger_\w+(?::\w+)?)(\{[^}]*\})?", rule["expr"]
    ):
        yield series, MATCHER.findall(matchers)


@pytest.mark.rule("R-105")
@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_a_rule_asks_for_what_is_exported_only(rule: dict[str, Any]) -> None:
    """By its whole name; a histogram by its parts."""
    names = {series for series, _ in used(rule)}
    assert names
    assert names <= set(SERIES) | RECORDED


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_a_rule_asks_for_labels_and_values_that_there_are(rule: dict[str, Any]) -> None:
    """Of what is known beforehand; a regular expression must match one at least."""
    for series, matchers in used(rule):
        for label, operator, value in matchers:
            if series in RECORDED:
                assert label in series.split(":", 1)[0].split("_")
                continue
            metric = SERIES[series]
            assert label in {*metric.labels, *(["le"] if metric.buckets else [])}
            known = values_of(metric.name, label)
            if known is not None and "~" not in operator:
                assert value in known
            elif known is not None:
                assert all(any(re.fullmatch(one, each) for each in known)
                           for one in value.split("|"))  # fmt: skip


def values_of(name: str, label: str) -> set[str] | None:
    """Return the values that a label can have; None: they are not known beforehand."""
    metric = METRICS[name]
    if label == "le":
        return {str(float(one)) for one in metric.buckets}
    if label == "part":
        return PARTS
    if label == "topic":
        return {topic.name for topic in TOPICS}
    place = metric.labels.index(label)
    return {values[place] for values in metric.known} or None


def test_what_is_aggregated_by_is_a_label() -> None:
    """Of ours, or of the scrape."""
    ours = {label for metric in ALL for label in metric.labels}
    for rule in RULES:
        for labels in re.findall(r"\bby \(([^)]*)\)", rule["expr"]):
            assert {label.strip() for label in labels.split(",")} <= ours | OF_PROMETHEUS


def test_every_recorded_series_is_used() -> None:
    """One that no alert needs is a dashboard's affair."""
    asked = {series for rule in RULES for series, _ in used(rule)}
    assert asked >= RECORDED


@pytest.mark.parametrize("rule", [one for one in RULES if "alert" in one], ids=name_of)
def test_an_alerts_words_use_labels_that_it_has(rule: dict[str, Any]) -> None:
    """A template of a label that is aggregated away would say nothing."""
    words = " ".join(rule["annotations"].values())
    aggregated = {
        label.strip()
        for labels in re.findall(r"\bby \(([^)]*)\)", rule["expr"])
        for label in labels.split(",")
    }
    recorded = {
        part for series, _ in used(rule) if series in RECORDED
        for part in series.split(":", 1)[0].split("_")
    }  # fmt: skip
    assert set(re.findall(r"\$labels\.(\w+)", words)) <= aggregated | recorded
