"""The one place that builds connectors: each part of a process, made once, when first asked for."""

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from connectors import encryption, logging
from connectors.broker import apache, noida
from connectors.huma import HumaClient
from connectors.huma import Limits as HumaLimits
from connectors.kafka import consumer, tail
from connectors.kafka.producer import KafkaPublisher
from connectors.kafka.topics import Topics
from connectors.store import migrate
from connectors.store.connections import Connections
from connectors.store.engine import Store, StoreLimits, open_store
from connectors.store.intake import StoredIntake
from connectors.store.keyring import Keyring
from connectors.store.outbox import StoredOutbox
from connectors.store.reports import Report, report
from connectors.telemetry import Prometheus, Reporter, Vitals
from connectors.xledger import Limits as XledgerLimits
from connectors.xledger import XledgerClient
from console.configuration import read_settings
from processors.intake.loop import Intake, IntakeLimits
from processors.ports.xledger import Permit
from processors.relay import Relay, RelayLimits
from schemas.errors import StopProcess
from schemas.personal import Personal
from schemas.reading import Reading
from schemas.settings import Settings
from schemas.topics import EVENTS, REQUESTS

MIB: Final = 1024 * 1024
KIB: Final = 1024
CONNECTIONS: Final = 200
"""Connections to Xledger and Huma that a process opens at the most: two for each busy lane."""


class Wiring:
    """One process's parts, by its settings.

    Args:
        environment: the process's own.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"

    def at(self, servers: str) -> "Wiring":
        """Return the same for another cluster: the demo's own."""
        other = Wiring(self._environment)
        kafka = self.settings.kafka.model_copy(update={"bootstrap_servers": servers})
        other.__dict__["settings"] = self.settings.model_copy(update={"kafka": kafka})
        return other

    @cached_property
    def settings(self) -> Settings:
        """The settings; StopProcess when one is wrong."""
        return read_settings(self._environment)

    def log(self) -> None:
        """Send every log through one chain."""
        logging.set_up(self.settings.log_level)

    @cached_property
    def store(self) -> Store:
        """The store, opened, whatever its version."""
        given = self.settings.store
        limits = StoreLimits(
            given.busy_timeout,
            given.lock_timeout,
            given.idle_timeout,
            given.statement_timeout,
            given.pool,
        )
        return open_store(given.url, _secret(given.password_file), limits)

    @cached_property
    def keyring(self) -> Keyring:
        """The organisations' ciphers."""
        return Keyring(encryption.open_vault(self.settings.master_key_file))

    @cached_property
    def connections(self) -> Connections:
        """The connections."""
        return Connections(self.store, self.keyring)

    @cached_property
    def telemetry(self) -> Prometheus:
        """The metrics."""
        return Prometheus()

    def vitals(self, *parts: str) -> Vitals:
        """Return the health of a process with these parts."""
        return Vitals(parts, self.settings.http.stuck, self.telemetry)

    def reporter(self, vitals: Vitals) -> Reporter:
        """Serve metrics and health."""
        http = self.settings.http
        return Reporter(http.host, http.port, self.telemetry, vitals)

    @property
    def version(self) -> str:
        """This program's version."""
        return metadata.version("huma-xledger")

    def report(self) -> Report:
        """Say what waits in the store."""
        return report(self.store)

    def migrate(self) -> str:
        """Bring the store up to date."""
        return migrate.migrate(self.store)

    def store_version(self) -> tuple[str, str]:
        """Return the store's version, and this program's."""
        return migrate.version(self.store), migrate.wanted()

    def require_store(self) -> None:
        """Refuse a store that is not this program's."""
        migrate.require_current(self.store)

    def create_master_key(self, file: Path) -> None:
        """Write a new master key."""
        encryption.new_master_key_file(file)

    @cached_property
    def kafka(self) -> dict[str, Any]:
        """How to reach the cluster, in librdkafka's names."""
        given = self.settings.kafka
        if not given.bootstrap_servers:
            raise StopProcess("HUMA_XLEDGER_KAFKA__BOOTSTRAP_SERVERS is not set")
        settings: dict[str, Any] = {
            "bootstrap.servers": given.bootstrap_servers,
            "security.protocol": given.security_protocol,
            "client.id": "huma-xledger",
            "log_level": 0,
        }
        if given.ca_file is not None:
            settings["ssl.ca.location"] = str(given.ca_file)
        if given.security_protocol.startswith("SASL"):
            password = _secret(given.password_file)
            settings |= {
                "sasl.mechanism": given.sasl_mechanism,
                "sasl.username": given.username,
                "sasl.password": "" if password is None else password.reveal(),
            }
        return settings

    @property
    def topics(self) -> Topics:
        """The cluster's topics."""
        return Topics(self.kafka)

    def tail(self, topic: str) -> AbstractContextManager[tail.Tail]:
        """Read a topic as a viewer."""
        return tail.tail(self.kafka, topic)

    def intake(self, vitals: Vitals) -> Intake:
        """Build intake."""
        given, kafka = self.settings.intake, self.settings.kafka
        self.topics.check()
        settings = consumer.settings_of(kafka.session_timeout, kafka.queue_mib, kafka.group)
        source = consumer.KafkaSource({**self.kafka, **settings}, [EVENTS.name, REQUESTS.name])
        readings = {
            topic.name: Reading(
                topic.ours, given.max_value_kib * KIB, given.future, given.version_from
            )
            for topic in (EVENTS, REQUESTS)
        }
        store = StoredIntake(
            self.store, self.keyring, self.settings.outbox.limit, self.settings.sync.preview
        )
        limits = IntakeLimits(given.batch, given.poll, given.retry, given.unsupported_per_hour)
        return Intake(source, store, readings, limits, self.telemetry, vitals)

    def relay(self, vitals: Vitals) -> Relay:
        """Build a relay."""
        given = self.settings.outbox
        return Relay(
            StoredOutbox(self.store, self.keyring),
            KafkaPublisher(self.kafka, given.delivery_timeout),
            self.owner,
            RelayLimits(given.lease, given.delivery_timeout, given.idle, given.batch),
            self.telemetry,
            vitals,
        )

    @cached_property
    def _ssl(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def http(self) -> httpx.AsyncClient:
        """Return a client for all lanes; its creator closes it."""
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        return httpx.AsyncClient(verify=self._ssl, limits=limits, trust_env=False)

    def _fresh(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
        return httpx.AsyncClient(verify=self._ssl, limits=limits, trust_env=False)

    def xledger(
        self, http: httpx.AsyncClient, url: str, token: Personal[str], permit: Permit
    ) -> XledgerClient:
        """Return one token's Xledger."""
        given = self.settings
        return XledgerClient(
            http,
            self._fresh,
            url,
            token,
            permit,
            limits=XledgerLimits(
                given.delivery.request_timeout,
                given.xledger.max_answer_mib * MIB,
                given.xledger.records,
                given.delivery.credits_wait,
            ),
            gender_by=given.delivery.gender_by,
            telemetry=self.telemetry,
        )

    def huma(
        self,
        http: httpx.AsyncClient,
        url: str,
        client_id: Personal[str],
        client_secret: Personal[str],
    ) -> HumaClient:
        """Return one organisation's Huma."""
        given = self.settings.huma
        limits = HumaLimits(
            given.request_timeout,
            given.max_answer_mib * MIB,
            given.positions,
            given.people,
            given.passes,
        )
        return HumaClient(http, url, client_id, client_secret, limits=limits)

    @contextmanager
    def broker(self, folder: Path) -> Iterator[str]:
        """Run a broker for the demo: Apache Kafka where Java and Maven are, else noida-db."""
        if apache.missing() is None:
            with apache.running(folder) as broker:
                yield broker.servers
        else:
            with noida.running(folder) as servers:
                yield servers

    def topic_plan(self) -> list[str]:
        """Say what differs from the declared topics."""
        return [step.says for step in self.topics.plan()]

    def apply_topics(self) -> list[str]:
        """Bring the declared topics about."""
        return [step.says for step in self.topics.apply()]


def _secret(file: Path | None) -> Personal[str] | None:
    if file is None:
        return None
    try:
        return Personal(file.read_text().strip())
    except (OSError, UnicodeError):
        raise StopProcess(f"the secret's file {file} cannot be read") from None
