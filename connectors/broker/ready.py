"""What starting any broker takes: a port, and waiting until it answers."""

import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.errors import BrokerUnavailable

if TYPE_CHECKING:
    import subprocess


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_until_it_answers(
    servers: str, process: "subprocess.Popen[bytes]", seconds: float, log: Path
) -> None:
    """Wait until a broker lists its topics.

    Args:
        servers: its address.
        process: its own.
        seconds: how long to wait at the most.
        log: where it says why not.

    Raises:
        BrokerUnavailable: it ended, or did not answer in time.
    """
    ends = time.monotonic() + seconds
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    while time.monotonic() < ends:
        try:
            admin.list_topics(timeout=1.0)
        except KafkaException:
            if process.poll() is not None:
                raise BrokerUnavailable(f"the broker ended at its start: see {log}") from None
            continue
        return
    raise BrokerUnavailable(f"the broker did not answer in {seconds:.0f} s: see {log}")
