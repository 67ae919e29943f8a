"""Programs of ours as processes: started, killed, asked. The demo and the fault tests use them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from schemas.errors import StopProcess

READY_SECONDS: Final = 30.0
STOP_SECONDS: Final = 40.0
"""Longer than `run all` gives its children: whoever takes longer breaks its own limit."""


class Program:
    """One process. It says that it is ready by one line of JSON on standard output.

    Args:
        name: of its log file.
        arguments: of `huma-xledger`.
        environment: whole.
        folder: where the log goes.
    """

    def __init__(
        self, name: str, arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._arguments = arguments
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> dict[str, Any]:
        """Start it and return what its ready line says.

        Raises:
            StopProcess: it ended, or said nothing in time; names the log.
        """
        self.launch()
        lines: list[bytes] = []
        assert self._process is not None
        output = self._process.stdout
        assert output is not None
        reader = threading.Thread(target=lambda: lines.append(output.readline()), daemon=True)
        reader.start()
        reader.join(READY_SECONDS)
        if not lines or not lines[0]:
            self.kill()
            raise StopProcess(f"{self.name} did not start: see {self.log}")
        ready: dict[str, Any] = json.loads(lines[0])
        return ready

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "console.command", *self._arguments],
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def signal(self, number: int) -> None:
        """Send a signal to the process and its children."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.signal(signal.SIGKILL)
        self._gone()

    def stop(self) -> int | None:
        """End it politely, and return its exit code."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.terminate()
        return self._gone()

    @property
    def pid(self) -> int:
        """The process's id; it must have been started."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _gone(self) -> int | None:
        if self._process is None:
            return None
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            return self._process.wait()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()


class Programs:
    """Several programs with one environment and one folder; all end with it."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = dict(environment)
        self._folder = folder
        self._programs: list[Program] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in reversed(self._programs):
            program.signal(signal.SIGCONT)
            program.stop()

    def program(self, name: str, *arguments: str, **more: str) -> Program:
        """Prepare a program; `more` are settings of its own."""
        program = Program(name, arguments, {**self._environment, **more}, self._folder)
        self._programs.append(program)
        return program

    def named(self, name: str) -> Program:
        """Return the program of that name that was prepared last."""
        return next(one for one in reversed(self._programs) if one.name == name)

    def command(self, *arguments: str, given: str | None = None) -> Any:
        """Run a command to its end and return its JSON.

        Args:
            arguments: of `huma-xledger`; `--json` is added.
            given: its standard input.

        Raises:
            StopProcess: it failed; with its own sentence.
        """
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "console.command", *arguments, "--json"],
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StopProcess(f"huma-xledger {' '.join(arguments[:2])}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None
