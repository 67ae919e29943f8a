"""What is declared once: topics, metrics, rules, reasons, failures."""

import re

import pytest

from schemas import metrics, topics
from schemas.failures import OF_FIELDS
from schemas.person import HumaField
from schemas.settings import Settings


def test_the_four_topics() -> None:
    """As `interfaces.md` has them: what is ours takes records 64 KiB larger than the source's."""
    days = {one.name: (one.partitions, one.retention_ms // topics.DAY_MS) for one in topics.ALL}
    assert days == {
        "huma.user-events.v1": (12, 14),
        "huma.xledger.requests.v1": (12, 30),
        "huma.xledger.outcomes.v1": (12, 90),
        "huma.xledger.dead-letters.v1": (12, 30),
    }
    source, *ours = topics.ALL
    assert not source.ours
    assert source.max_message_bytes == (10 * 1024 + 64) * 1024
    assert {one.max_message_bytes - source.max_message_bytes for one in ours} == {64 * 1024}
    assert all(one.ours for one in ours)


def test_the_largest_event_that_can_be_set_fits_the_source_topic() -> None:
    """With room for its headers."""
    field = type(Settings().intake).model_fields["max_value_kib"]
    (most,) = [one.le for one in field.metadata if hasattr(one, "le")]
    assert most * 1024 <= topics.SOURCE_MAX_BYTES


@pytest.mark.rule("R-105")
def test_metrics_are_named_as_prometheus_asks() -> None:
    """Counters end in `_total`, histograms and times in their unit; a name is there once."""
    names = [metric.name for metric in metrics.ALL]
    assert len(names) == len(set(names)) > 20
    for metric in metrics.ALL:
        assert re.fullmatch(r"huma_xledger_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") is (metric.kind is metrics.MetricKind.COUNTER)
        assert bool(metric.buckets) is (metric.kind is metrics.MetricKind.HISTOGRAM)
        assert metric.name.endswith("_seconds") or not metric.buckets
        assert metric.says.endswith(".")


@pytest.mark.rule("R-105", "R-103")
def test_no_metric_is_labelled_by_connection_organisation_or_person() -> None:
    """Labels are few and fixed."""
    labels = {label for metric in metrics.ALL for label in metric.labels}
    assert labels == {"type", "result", "reason", "topic", "operation", "status", "verb", "state",
                      "part", "version", "class", "code", "api"}  # fmt: skip


@pytest.mark.rule("R-105")
def test_what_waits_is_exported_as_the_age_of_the_oldest() -> None:
    """A time, which alerts compare with now."""
    names = {metric.name.removeprefix(metrics.PREFIX) for metric in metrics.ALL}
    for what in ("unread", "pending", "outbox", "mail", "open_letter"):
        assert f"oldest_{what}_timestamp_seconds" in names


def test_every_failure_of_a_field_has_a_stage_and_a_class() -> None:
    """Map or call: what is no event at all says its stage itself."""
    assert {stage for stage, _ in OF_FIELDS.values()} == {"map", "call"}


@pytest.mark.rule("R-40")
def test_the_fields_of_the_table() -> None:
    """The employee fields of `rules.md`, by their names in Huma's API."""
    assert {*HumaField} == {"email", "employmentId", "givenName", "familyName", "phone",
                            "birthDate", "bankAccount", "homeAddress", "gender",
                            "identifications"}  # fmt: skip
