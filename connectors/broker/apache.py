"""Apache Kafka from its own jars: one KRaft node, a child process (`design.md`, Defaults).

The jars come by Maven, once, into the user's cache.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.errors import BrokerUnavailable, StopProcess

VERSION: Final = "4.4.0"
FETCH_SECONDS: Final = 300
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
POM: Final = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>huma.xledger</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-server</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


def missing() -> str | None:
    """Say which program is missing to run Apache Kafka, or None."""
    names = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return " and ".join(names) or None


class Apache:
    """One broker with a folder and a port of its own, which survive a kill and a start.

    Args:
        folder: for its data and log; made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jars = _jars()
        self._port, self._controller = _free_port(), _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.servers = f"127.0.0.1:{self._port}"
        self._format()

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            BrokerUnavailable: it did not; names its log.
        """
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - Kafka's own class
                ["java", "-Xmx512m", "-cp", self._jars, "kafka.Kafka", str(self._properties)],  # noqa: S607 - as found
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self._folder,
            )
        wait_until_it_answers(self.servers, START_SECONDS, self._folder / "broker.log")

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
            "message.max.bytes": str(16 * 1024 * 1024),
        }
        self._properties.write_text("".join(f"{k}={v}\n" for k, v in properties.items()))
        tool = ["java", "-cp", self._jars, "kafka.tools.StorageTool"]
        cluster = subprocess.run(  # noqa: S603 - Kafka's own class
            [*tool, "random-uuid"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        subprocess.run(  # noqa: S603 - as above
            [*tool, "format", "-t", cluster, "-c", str(self._properties)],
            capture_output=True,
            check=True,
            cwd=self._folder,
        )


@contextmanager
def running(folder: Path) -> Iterator[Apache]:
    """Run a broker as long as the block."""
    broker = Apache(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def wait_until_it_answers(servers: str, seconds: float, log: Path) -> None:
    """Wait until a broker lists its topics.

    Raises:
        BrokerUnavailable: it did not in time.
    """
    ends = time.monotonic() + seconds
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    while time.monotonic() < ends:
        try:
            admin.list_topics(timeout=1.0)
        except KafkaException:
            continue
        return
    raise BrokerUnavailable(f"the broker did not answer in {seconds:.0f} s: see {log}")


def _jars() -> str:
    """Return the class path; fetch the jars when they are not there."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "huma-xledger" / f"kafka-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs fetch once
        if not (folder / "complete").exists():
            (folder / "pom.xml").write_text(POM)
            try:
                subprocess.run(  # noqa: S603 - the found Maven
                    [
                        shutil.which("mvn") or "mvn", "-q", "-B", "-f", str(folder / "pom.xml"),
                        "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'libs'}",
                    ],
                    check=True,
                    capture_output=True,
                    timeout=FETCH_SECONDS,
                )  # fmt: skip
            except (OSError, subprocess.SubprocessError):
                raise StopProcess(
                    "Maven could not fetch Apache Kafka: is its repository reachable?"
                ) from None
            (folder / "complete").touch()
    return f"{folder / 'libs'}/*"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
