"""Every metric, declared once: name, kind, labels, what it says (R-105).

No label names a connection, an organisation or a person. What is waiting is exported as the time
of the oldest, since alerts ask for age, not for counts. `docs/metrics.md` is generated from here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas import labels as values
from schemas.notice import MailResult


class MetricKind(StrEnum):
    """Prometheus' own kinds."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: with prefix, and unit.
        kind: Prometheus' own.
        says: what it means, in a sentence.
        labels: names, in the order in which values are given.
        buckets: a histogram's, in its unit.
        known: values of the labels whose series exist from the start.
    """

    name: str
    kind: MetricKind
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    known: values.Values = ()


PREFIX: Final = "huma_xledger_"
SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600)


def _counter(name: str, says: str, *labels: str, known: values.Values = ()) -> Metric:
    return Metric(PREFIX + name, MetricKind.COUNTER, says, labels, known=known)


def _gauge(name: str, says: str, *labels: str, known: values.Values = ()) -> Metric:
    return Metric(PREFIX + name, MetricKind.GAUGE, says, labels, known=known)


def _seconds(name: str, says: str, *labels: str) -> Metric:
    return Metric(PREFIX + name, MetricKind.HISTOGRAM, says, labels, SECONDS)


EVENTS: Final = _counter(
    "events_total",
    "Events of organisations with a connection, by type; unknown ones as 'other'.",
    "type",
    known=values.TYPES,
)
EVENTS_ELSEWHERE: Final = _counter(
    "events_without_connection_total", "Events passed by their key: no connection (R-98)."
)
DUPLICATES: Final = _counter("duplicates_total", "Deliveries of an event already here (R-83).")
KEY_MISMATCHES: Final = _counter(
    "key_mismatches_total", "Events whose key is not that of their person; the event decides."
)
OUTCOMES: Final = _counter(
    "outcomes_total",
    "Ends of events, one a connection, by result and reason.",
    "result",
    "reason",
    known=values.ENDS,
)
LETTERS_WRITTEN: Final = _counter(
    "letters_total",
    "Dead letters written, those of failed replays included, by class.",
    "class",
    known=values.LETTER_CLASSES,
)
REPLAYS: Final = _counter(
    "replays_total",
    "Ends of replays and of resends of letters, by result (R-91).",
    "result",
    known=values.RESULTS,
)
END_TO_END: Final = _seconds(
    "end_to_end_seconds",
    "From the Kafka record's timestamp to the stored confirmation, lane running (R-80).",
)
CLOCK_SKEW: Final = _counter(
    "clock_skew_total", "Confirmations that seem older than their record; counted as 0 s (R-80)."
)
BATCH_SECONDS: Final = _seconds("intake_batch_seconds", "One batch, from decoding to its commit.")
BATCHES_HALVED: Final = _counter(
    "intake_batches_halved_total", "Batches cut in two to find an event that cannot be stored."
)
FENCED: Final = _counter(
    "intake_fenced_total", "Partitions of a batch left out because their stored offset moved."
)
OLDEST_UNREAD: Final = _gauge(
    "oldest_unread_timestamp_seconds", "Timestamp of the oldest unread record; 0: none.", "topic"
)
OLDEST_PENDING: Final = _gauge(
    "oldest_pending_timestamp_seconds",
    "When the oldest event without an outcome came, of active connections; 0: none.",
)
OLDEST_OUTBOX: Final = _gauge(
    "oldest_outbox_timestamp_seconds",
    "When the oldest row of the outbox that is for Kafka was written; 0: none.",
)
OUTBOX_ROWS: Final = _gauge("outbox_rows", "Rows of the outbox not yet published.")
MAILS: Final = _counter(
    "mails_total",
    "Notices that were mailed, or dropped; refused ones are tried again (R-94).",
    "result",
    known=tuple((one.value,) for one in MailResult),
)
OLDEST_MAIL: Final = _gauge(
    "oldest_mail_timestamp_seconds", "When the oldest mail not yet sent was written; 0: none."
)
PUBLISHED: Final = _counter("published_total", "Outbox rows that Kafka has, by topic.", "topic")
XLEDGER_SECONDS: Final = _seconds(
    "xledger_request_seconds",
    "Requests to Xledger, by operation and status (ok, refused, or an error's class).",
    "operation",
    "status",
)
XLEDGER_PEOPLE: Final = _counter(
    "xledger_people_total", "People whose write Xledger acknowledged, by verb.", "verb"
)
HUMA_SECONDS: Final = _seconds(
    "huma_request_seconds", "Requests to Huma, by operation and status.", "operation", "status"
)
CONNECTIONS: Final = _gauge(
    "connections",
    "Connections, by the state of their lane; held: by the guard (R-93).",
    "state",
    known=values.LANE_STATES,
)
OLDEST_STATE: Final = _gauge(
    "oldest_lane_state_timestamp_seconds",
    "Since when the lane that is longest in this state has been in it; 0: none is.",
    "state",
    known=values.LANE_STATES,
)
OLDEST_REFUSAL: Final = _gauge(
    "oldest_refused_credential_timestamp_seconds",
    "Since when the credential that is refused longest has been refused; 0: none is.",
    "api",
    known=values.APIS,
)
GUARD_HOLDS: Final = _counter(
    "guard_holds_total",
    "Lanes that the guard against mass changes held, by the limit that was passed (R-93).",
    "reason",
    known=values.HOLD_REASONS,
)
LANES: Final = _gauge("lanes", "Lanes that this process owns.")
LEASES_LOST: Final = _counter("leases_lost_total", "Lanes taken over while this process had work.")
AMBIGUOUS: Final = _counter(
    "ambiguous_people_total", "People whose request may have happened without an answer."
)
SEARCHES: Final = _counter(
    "culprit_requests_total", "Requests spent on finding who or what Xledger refuses."
)
SWEPT: Final = _counter(
    "sweep_people_total", "People asked for since a date of their positions came (R-60)."
)
SWEEP_DUE: Final = _gauge(
    "sweep_due_people",
    "People whose date has come and who are still to be asked for, where this process sweeps.",
)
SWEEP_ENDED: Final = _gauge(
    "sweep_ended_timestamp_seconds",
    "When this process last ended a sweep that left nobody; of all processes the newest counts.",
)
WATCHED: Final = _counter(
    "watch_records_total",
    "Records of our topics that watch has read, by topic and result: stored, repeated, unreadable, "
    "cannot be stored.",
    "topic",
    "result",
    known=values.READ_BY_WATCH,
)
WATCH_LAG: Final = _gauge(
    "watch_unread_records", "Records of our topics that watch has still to read.", "topic"
)
OLDEST_HEARTBEAT: Final = _gauge(
    "oldest_heartbeat_timestamp_seconds",
    "Minute of the oldest of the partitions' newest heartbeats that came the whole way; 0: none "
    "ever did (R-109).",
)
WAITING_LETTERS: Final = _gauge(
    "waiting_letters",
    "Dead letters that nothing has ended yet: open, retrying, parked.",
    "state",
    known=values.LETTER_STATES,
)
OPEN_LETTERS: Final = _gauge(
    "open_letters",
    "Dead letters that are open or sent again just now, by class and code.",
    "class",
    "code",
    known=values.LETTER_CODES,
)
OLDEST_LETTER: Final = _gauge(
    "oldest_open_letter_timestamp_seconds",
    "When the oldest letter that is open or sent again just now failed first; 0: none is.",
)
OLDEST_REPLAY: Final = _gauge(
    "oldest_replay_timestamp_seconds",
    "When the oldest replay of a letter was sent that has not ended; 0: none is under way.",
)
FIRST_LETTER: Final = _gauge(
    "first_letter_timestamp_seconds",
    "When the first letter of this code failed, of those that the desk knows; 0: none ever did.",
    "code",
    known=values.CODES,
)
TROUBLE: Final = _gauge("trouble", "1 while this part waits for something that is away.", "part")
BUILD: Final = _gauge("build_info", "Always 1; the program's version.", "version")

ALL: Final = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
