"""What a process exports, and how it says that it lives."""

import pytest

from connectors.telemetry import Prometheus, Vitals
from processors.watch import watching
from schemas.labels import READ_BY_WATCH
from schemas.metrics import ALL, TROUBLE, Metric, MetricKind


def exported(telemetry: Prometheus) -> dict[str, set[tuple[str, ...]]]:
    """Return the label values of each series, by the metric's name."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for family in telemetry.registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set()).add(tuple(sample.labels.values()))
    return found


@pytest.mark.rule("R-105")
@pytest.mark.parametrize("metric", [one for one in ALL if one.known], ids=lambda one: one.name)
def test_what_is_known_beforehand_is_there_from_the_start(metric: Metric) -> None:
    """As 0, or an alert on the first of its kind would have nothing to compare with."""
    telemetry = Prometheus()
    assert exported(telemetry)[metric.name] == set(metric.known)
    for labels in metric.known:
        named = dict(zip(metric.labels, labels, strict=True))
        assert telemetry.registry.get_sample_value(metric.name, named) == 0


@pytest.mark.rule("R-105")
def test_what_has_no_labels_is_there_from_the_start() -> None:
    """Histograms by their count."""
    names = exported(Prometheus())
    for metric in ALL:
        if not metric.labels:
            suffix = "_count" if metric.kind is MetricKind.HISTOGRAM else ""
            assert metric.name + suffix in names


def test_labels_of_watch_are_the_words_that_it_uses() -> None:
    """They are declared where the metric is, and used where records are read."""
    words = {watching.STORED, watching.REPEATED, watching.UNREADABLE, watching.REFUSED}
    assert {result for _, result in READ_BY_WATCH} == words


@pytest.mark.rule("R-105")
def test_a_part_is_exported_as_soon_as_its_process_runs() -> None:
    """So that an alert sees that no process has it."""
    telemetry = Prometheus()
    vitals = Vitals(["relay", "intake"], 60.0, telemetry)
    assert exported(telemetry)[TROUBLE.name] == {("relay",), ("intake",)}
    vitals.trouble("intake", "the store is away")
    assert telemetry.registry.get_sample_value(TROUBLE.name, {"part": "intake"}) == 1
    vitals.trouble("intake", None)
    assert telemetry.registry.get_sample_value(TROUBLE.name, {"part": "intake"}) == 0


@pytest.mark.rule("R-103", "R-105")
def test_no_label_names_anybody() -> None:
    """No connection, organisation, person, or id of anything."""
    names = {label for metric in ALL for label in metric.labels}
    assert not names & {"connection", "organization", "organisation", "person", "user", "id"}
