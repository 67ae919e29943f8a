"""librdkafka's errors, translated once: away, or a human must act. Texts of ours only (R-103)."""

from typing import Final

from confluent_kafka import KafkaError, KafkaException

from schemas.errors import BrokerUnavailable, Fault, StopProcess

REFUSED: Final = {
    KafkaError._AUTHENTICATION: "KAFKA__USERNAME, KAFKA__PASSWORD_FILE",  # noqa: SLF001 - its public name
    KafkaError.SASL_AUTHENTICATION_FAILED: "KAFKA__USERNAME, KAFKA__PASSWORD_FILE",
    KafkaError.UNSUPPORTED_SASL_MECHANISM: "KAFKA__SASL_MECHANISM",
    KafkaError._SSL: "KAFKA__SECURITY_PROTOCOL, KAFKA__CA_FILE",  # noqa: SLF001 - as above
    KafkaError._INVALID_ARG: "the KAFKA__ settings",  # noqa: SLF001 - as above
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "the rights of KAFKA__USERNAME on our topics",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "the rights of KAFKA__USERNAME on group KAFKA__GROUP",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "the rights of KAFKA__USERNAME",
}
MISSING: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - as above
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001 - as above
    }
)


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
