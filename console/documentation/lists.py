"""`docs/metrics.md`, `docs/reasons.md`, `docs/topics.md`: what is declared in lists."""

from console.documentation.markdown import code, page, table
from schemas.advice import REASONS, Kind, Reason
from schemas.failures import OF_FIELDS
from schemas.metrics import ALL as METRICS
from schemas.reasons import Code
from schemas.topics import ALL as TOPICS
from schemas.topics import DAY_MS


def metrics() -> str:
    """Return what every process exports."""
    return page(
        "Metrics",
        "Every process serves them on `/metrics`. No label names a connection, an organisation or "
        "a person (R-103, R-105). Alert on the age of the oldest, not on counts.",
        table(
            ["metric", "kind", "labels", "says"],
            [
                [code(one.name), one.kind.value, ", ".join(map(code, one.labels)), one.says]
                for one in sorted(METRICS, key=lambda one: one.name)
            ],
        ),
    )


def topics() -> str:
    """Return the four topics as they should be."""
    return page(
        "Topics",
        "`huma-xledger topics plan` compares the cluster with this list, `topics apply` brings it "
        "about. Every topic has the key `<organisation>:<user>`, so that one person's records stay "
        "in order; heartbeats alone have another. What the records hold: "
        "[asyncapi.yaml](asyncapi.yaml).",
        table(
            ["topic", "partitions", "retention", "`max.message.bytes`", "written by"],
            [
                [
                    code(one.name),
                    str(one.partitions),
                    f"{one.retention_ms // DAY_MS} days",
                    str(one.max_message_bytes),
                    "huma-xledger" if one.ours else "Huma",
                ]
                for one in TOPICS
            ],
        ),
        "Records of ours may be 64 KiB larger than the source's, because a dead letter is the "
        "record it tells of with more headers.",
    )


def reasons() -> str:
    """Return every code with what it means and what to do."""
    by_kind = {kind: [REASONS[one] for one in Code if REASONS[one].kind is kind] for kind in Kind}
    return page(
        "Reason codes",
        "Why an event, or a field of it, ended as it did. The codes stand in outcomes, dead "
        "letters, logs and metrics, and never change their meaning.",
        "## Skipped: by design, nothing is wrong",
        table(["code", "rule", "means", "what to do"], [_row(one) for one in by_kind[Kind.SKIP]]),
        "## Failed: a dead letter tells of it",
        table(
            ["code", "rule", "means", "what to do", "class", "stage", "does a replay help?"],
            [[*_row(one), *_letter(one)] for one in by_kind[Kind.FAIL]],
        ),
        "## Warnings: applied all the same",
        table(
            ["code", "rule", "means", "what to do"], [_row(one) for one in by_kind[Kind.WARNING]]
        ),
    )


def _row(one: Reason) -> list[str]:
    return [code(one.code.value), one.rule, one.says, one.advice]


def _letter(one: Reason) -> list[str]:
    stage = OF_FIELDS[one.code][0] if one.code in OF_FIELDS else "decode, validate or gate"
    return [one.letter.value if one.letter else "", stage, one.replay.value]
