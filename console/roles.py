"""`run all`: one child process a role, started again when it dies, as an orchestrator would."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

ROLES: Final = ("intake", "delivery", "watch")
NEEDS_A_HUMAN: Final = 1
"""A role that ends so has said what to do; starting it again would say it again."""
STEADY_SECONDS: Final = 60.0
LONGEST_PAUSE: Final = 30.0
STOP_SECONDS: Final = 30.0
PORT: Final = "HUMA_XLEDGER_HTTP__PORT"

log = structlog.get_logger()


@dataclass(slots=True)
class Child:
    """One role's process. Its standard input is a pipe that ends with us, and so ends the role."""

    role: str
    environment: Mapping[str, str] = field(repr=False)
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    again_at: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "console.command", "run", self.role, "--attached"],
            env=dict(self.environment),
            stdin=subprocess.PIPE,
        )
        self.started = time.monotonic()

    def died(self) -> int | None:
        """Return how the process ended, once; None while it runs or waits for its next start."""
        code = self.process.poll() if self.process else None
        if code is None:
            return None
        steady = time.monotonic() - self.started > STEADY_SECONDS
        self.deaths = 1 if steady else self.deaths + 1
        pause = 0.0 if self.deaths == 1 else min(LONGEST_PAUSE, 0.5 * 2.0**self.deaths)
        self.again_at = time.monotonic() + pause
        self.process = None
        return code

    def stop(self) -> None:
        """End the process, by force when it does not go."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def children_of(environment: Mapping[str, str], port: int) -> list[Child]:
    """Return the children to start; each listens on a port of its own, from the setting's up."""
    return [
        Child(role, {**environment, PORT: str(port + number if port else 0)})
        for number, role in enumerate(ROLES)
    ]


def run_all(children: Sequence[Child], stop: threading.Event) -> int:
    """Keep every role running until `stop` is set.

    Returns:
        The exit code: 0, or 1 when a role ended because a human must act.
    """
    for child in children:
        child.start()
    code = 0
    while not stop.wait(0.1) and not code:
        for child in children:
            ended = child.died()
            if ended == NEEDS_A_HUMAN:
                code = NEEDS_A_HUMAN
            elif ended is not None:
                log.warning("role.died", role=child.role, code=ended)
            elif child.process is None and time.monotonic() >= child.again_at:
                child.start()
    threads = [threading.Thread(target=child.stop) for child in children]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return code
