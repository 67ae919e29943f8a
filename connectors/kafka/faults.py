"""librdkafka's errors, translated once: away, or a human must act. Texts of ours only (R-103)."""

from typing import Final

from confluent_kafka import KafkaError, KafkaException

from schemas.errors import BrokerUnavailable, Fault, StopProcess

_RIGHTS: Final = "the rights of KAFKA__USERNAME"
_SIGN_IN: Final = "KAFKA__USERNAME, KAFKA__PASSWORD_FILE, KAFKA__SASL_MECHANISM"
_CONNECTING: Final = "KAFKA__SECURITY_PROTOCOL, KAFKA__CA_FILE"
_SETTINGS: Final = "the KAFKA__ settings"
_POLICY: Final = "what the brokers' own settings allow"
_GROUP: Final = "KAFKA__GROUP: another program uses it"

REFUSED: Final = {
    KafkaError._AUTHENTICATION: _SIGN_IN,  # noqa: SLF001 - its public name; so below
    KafkaError.SASL_AUTHENTICATION_FAILED: _SIGN_IN,
    KafkaError.UNSUPPORTED_SASL_MECHANISM: _SIGN_IN,
    KafkaError.ILLEGAL_SASL_STATE: _SIGN_IN,
    KafkaError._SSL: _CONNECTING,  # noqa: SLF001
    KafkaError.SECURITY_DISABLED: _CONNECTING,
    KafkaError._INVALID_ARG: _SETTINGS,  # noqa: SLF001
    KafkaError._NOT_CONFIGURED: _SETTINGS,  # noqa: SLF001
    KafkaError._UNKNOWN_PROTOCOL: _SETTINGS,  # noqa: SLF001
    KafkaError.INVALID_GROUP_ID: "KAFKA__GROUP",
    KafkaError.INVALID_SESSION_TIMEOUT: "KAFKA__SESSION_TIMEOUT",
    KafkaError.INCONSISTENT_GROUP_PROTOCOL: _GROUP,
    KafkaError.GROUP_SUBSCRIBED_TO_TOPIC: _GROUP,
    KafkaError.UNSUPPORTED_ASSIGNOR: _GROUP,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: f"{_RIGHTS} on our topics",
    KafkaError.GROUP_AUTHORIZATION_FAILED: f"{_RIGHTS} on group KAFKA__GROUP",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: _RIGHTS,
    KafkaError.INVALID_CONFIG: _POLICY,
    KafkaError.INVALID_PARTITIONS: _POLICY,
    KafkaError.INVALID_REPLICATION_FACTOR: _POLICY,
    KafkaError.INVALID_REPLICA_ASSIGNMENT: _POLICY,
    KafkaError.POLICY_VIOLATION: _POLICY,
    KafkaError.UNSUPPORTED_VERSION: "the brokers' version",
    KafkaError._UNSUPPORTED_FEATURE: "the brokers' version",  # noqa: SLF001
    KafkaError.UNSUPPORTED_COMPRESSION_TYPE: "the brokers' version",
}
"""What a human must mend, and where."""
MISSING: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    }
)
BAD_RECORDS: Final = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.INVALID_RECORD,
        KafkaError.INVALID_TIMESTAMP,
    }
)
"""Said of one record that is published: it will not be taken another time either."""


def fault_of(error: KafkaError) -> Fault:
    """Return what to do about an error."""
    if error.code() in REFUSED:
        return StopProcess(f"Kafka refuses us ({error.name()}): check {REFUSED[error.code()]}")
    if error.code() in MISSING:
        return StopProcess(f"a topic is missing ({error.name()}): run `topics apply`")
    return BrokerUnavailable(f"Kafka does not answer ({error.name()})")


def fault_in(error: KafkaException) -> Fault:
    """Return what to do about an exception of the driver's."""
    inner = error.args[0] if error.args else None
    if isinstance(inner, KafkaError):
        return fault_of(inner)
    return BrokerUnavailable("Kafka does not answer")
