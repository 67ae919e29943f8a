"""noida-db: a broker in one binary, where Java is missing (ADR 0007). It forgets on a kill."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.broker.apache import wait_until_it_answers

START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a broker as long as the block; yields its address.

    Args:
        folder: a fresh one, for its data and log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    with (folder / "broker.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - a program of our own environment
            [
                str(Path(sys.executable).parent / "noida-db"), "start", "--only", "kafka",
                "--kafka-port", str(port), "--data-dir", str(folder / "data"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        servers = f"127.0.0.1:{port}"
        wait_until_it_answers(servers, START_SECONDS, folder / "broker.log")
        yield servers
    finally:
        # the command wraps a child process: only the whole group ends the server
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
