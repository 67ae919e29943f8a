"""Apache Kafka from its own jars: one KRaft node, a child process (`design.md`, Defaults)."""

import base64
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from connectors.broker.jars import class_path, missing
from connectors.broker.ready import free_port, wait_until_it_answers
from schemas.errors import StopProcess

__all__ = ["Apache", "missing", "running"]

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
CLUSTER: Final = base64.urlsafe_b64encode(UUID(int=1).bytes).rstrip(b"=").decode()
"""Kafka's way to write a cluster's id; one that Java would make costs a second more."""


class Apache:
    """One broker with a folder and a port of its own, which survive a kill and a start.

    Args:
        folder: for its data and log; made when it is not there.

    Raises:
        StopProcess: its jars cannot be had, or its folder not be prepared.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jars = class_path()
        self._port, self._controller = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.servers = f"127.0.0.1:{self._port}"
        self.log = folder / "broker.log"
        self._format()

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            BrokerUnavailable: it did not; names its log.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - Kafka's own class
                ["java", "-Xmx512m", "-cp", self._jars, "kafka.Kafka", str(self._properties)],  # noqa: S607 - as found
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self._folder,
            )
        wait_until_it_answers(self.servers, self._process, START_SECONDS, self.log)

    def signal(self, number: int) -> None:
        """Send it a signal: SIGSTOP and SIGCONT make it silent for a while."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def stop(self) -> None:
        """End it politely."""
        if self._process is None or self._process.poll() is not None:
            return
        self.signal(signal.SIGCONT)  # a stopped one could not hear us
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _format(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        own = f"PLAINTEXT://127.0.0.1:{self._port}"
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller}",
            "listeners": f"{own},CONTROLLER://127.0.0.1:{self._controller}",
            "advertised.listeners": own,
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self._folder / "data"),
            "num.partitions": "12",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "2",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "2",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            "auto.create.topics.enable": "false",
            # after a kill the controller waits so long before it takes the same broker again
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
            "message.max.bytes": str(16 * 1024 * 1024),
        }
        self._properties.write_text("".join(f"{k}={v}\n" for k, v in properties.items()))
        try:
            subprocess.run(  # noqa: S603 - Kafka's own class
                [  # noqa: S607 - as found
                    "java", "-cp", self._jars, "kafka.tools.StorageTool",
                    "format", "-t", CLUSTER, "-c", str(self._properties),
                ],
                capture_output=True,
                check=True,
                cwd=self._folder,
                timeout=START_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            raise StopProcess(f"Apache Kafka cannot prepare the folder {self._folder}") from None


@contextmanager
def running(folder: Path) -> Iterator[Apache]:
    """Run a broker as long as the block."""
    broker = Apache(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
