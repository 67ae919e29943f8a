"""Whether the cluster can be reached: librdkafka says when it loses it, never when it is back.

A refusal before the first answer is a wrong setting, and ends the process; a later one (a password
that was changed, a broker that went in mid-handshake) is waited for, and said.
"""

from typing import Final, Protocol

from confluent_kafka import KafkaError, KafkaException

from connectors.kafka.faults import fault_of
from schemas.errors import BrokerUnavailable, Fault, StopProcess

PROBE_SECONDS: Final = 1.0
RECONNECT_MS: Final = 2000
"""The longest pause between two tries to connect: so long may going on take at the most."""


class Client(Protocol):
    """Any client of the driver's."""

    def list_topics(self, topic: str, timeout: float) -> object: ...  # noqa: D102 - Kafka's


class Reach:
    """What a client's `error_cb` heard since the cluster last answered."""

    def __init__(self) -> None:
        self._heard: Fault | None = None
        self._met = False

    def hear(self, error: KafkaError) -> None:
        """Note what is worth saying; a broker that goes while others are there is not."""
        fault = fault_of(error)
        lost = error.code() == KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001 - its public name
        if isinstance(fault, StopProcess) or (lost and self._heard is None):
            self._heard = fault

    def answered(self) -> None:
        """Note that the cluster is there."""
        self._heard, self._met = None, True

    def fault(self, otherwise: Fault) -> Fault:
        """Return what to raise after a call that failed: what was heard, or otherwise this."""
        if self._heard is None:
            return otherwise
        return BrokerUnavailable(str(self._heard)) if self._met else self._heard

    def probe(self, client: Client, topic: str) -> None:
        """Ask again whether it is back, when it was lost.

        Raises:
            BrokerUnavailable: it is not.
            StopProcess: it never was, since a setting is wrong.
        """
        if self._heard is None:
            return
        try:
            client.list_topics(topic, PROBE_SECONDS)
        except KafkaException:
            raise self.fault(self._heard) from None
        self.answered()
