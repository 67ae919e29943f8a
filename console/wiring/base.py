"""What every part of a process needs: settings, logs, the store, how to reach Kafka and HTTP."""

import getpass
import os
import socket
import ssl
from collections.abc import Mapping
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

import httpx
import structlog

from connectors import encryption, logging
from connectors.huma import HumaClient
from connectors.huma import Limits as HumaLimits
from connectors.kafka.topics import Topics
from connectors.store import migrate, rights
from connectors.store.engine import Store, StoreLimits, open_store
from connectors.store.keyring import Keyring
from connectors.store.organizations import HumaClientOf
from connectors.telemetry import Prometheus
from connectors.xledger import Limits as XledgerLimits
from connectors.xledger import XledgerClient
from console.configuration import read_settings
from processors.lane.guard import Guard
from processors.ports.xledger import Permit
from schemas.errors import StopProcess
from schemas.guard import GuardLimits
from schemas.personal import Personal
from schemas.settings import Settings

MIB: Final = 1024 * 1024
CONNECTIONS: Final = 200
"""Connections to Xledger and Huma that a process opens at the most: two for each busy lane."""

log = structlog.get_logger()


class Base:
    """The parts that several roles and commands share, each made once, when first asked for.

    Args:
        environment: the process's own.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"

    def at(self, servers: str) -> Self:
        """Return the same for another cluster: the demo's own."""
        other = type(self)(self._environment)
        kafka = self.settings.kafka.model_copy(update={"bootstrap_servers": servers})
        other.__dict__["settings"] = self.settings.model_copy(update={"kafka": kafka})
        return other

    def close(self) -> None:
        """Close what was opened."""
        if "store" in self.__dict__:
            self.store.close()

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
        return open_store(given.url, secret_in(given.password_file), limits)

    @cached_property
    def keyring(self) -> Keyring:
        """The organisations' ciphers."""
        return Keyring(encryption.open_vault(self.settings.master_key_file))

    @cached_property
    def telemetry(self) -> Prometheus:
        """The metrics."""
        return Prometheus()

    @property
    def guard(self) -> Guard:
        """The guard, with the limits of connections that have none of their own."""
        given = self.settings.guard
        return Guard(
            GuardLimits(
                given.people, given.percent, given.sensitive_people, given.sensitive_percent
            ),
            given.window,
        )

    @property
    def actor(self) -> str:
        """Who gives this command, for the audit; in a container a user may have no name."""
        try:
            name = getpass.getuser()
        except (KeyError, OSError):
            name = str(os.getuid())
        return f"command:{name}"

    @property
    def version(self) -> str:
        """This program's version."""
        return metadata.version("huma-xledger")

    def require_store(self) -> None:
        """Refuse a store that is not this program's."""
        migrate.require_current(self.store)

    def require_parts(self) -> None:
        """Refuse to run without this program's schema, the master key, and the topics as declared.

        Raises:
            RetryLater: the store or Kafka is away.
            StopProcess: a human must act; says how.
        """
        self.require_store()
        _ = self.keyring
        self.topics.check()
        if (why := rights.warning(self.store)) is not None:
            log.warning("store.rights", why=why)

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
            password = secret_in(given.password_file)
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

    def huma(self, http: httpx.AsyncClient, client: HumaClientOf) -> HumaClient:
        """Return one organisation's Huma."""
        given = self.settings.huma
        limits = HumaLimits(
            given.request_timeout,
            given.max_answer_mib * MIB,
            given.positions,
            given.people,
            given.passes,
        )
        return HumaClient(
            http,
            client.url,
            client.client_id,
            client.client_secret,
            limits=limits,
            telemetry=self.telemetry,
        )


def secret_in(file: Path | None) -> Personal[str] | None:
    """Return the secret that a file holds; StopProcess when it cannot be read."""
    if file is None:
        return None
    try:
        return Personal(file.read_text().strip())
    except (OSError, UnicodeError):
        raise StopProcess(f"the secret's file {file} cannot be read") from None
