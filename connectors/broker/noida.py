"""noida-db: a broker in one binary, where Java is missing (ADR 0007). It forgets on a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from connectors.broker.ready import free_port, wait_until_it_answers

START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a broker as long as the block; yields its address.

    Args:
        folder: a fresh one, for its data and log.

    Raises:
        BrokerUnavailable: it did not start; names its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), folder / "broker.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - a program of our own environment
            [
                str(Path(sys.executable).parent / "noida-db"), "start", "--only", "kafka",
                "--kafka-port", str(port), "--data-dir", str(folder / "data"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        servers = f"127.0.0.1:{port}"
        wait_until_it_answers(servers, process, START_SECONDS, log)
        yield servers
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the whole group: the command wraps a child, which would live on without it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        ends = time.monotonic() + STOP_SECONDS
        while time.monotonic() < ends:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
