"""Commands as an operator gives them: the environment, standard output, standard error, a code."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.command import invoke
from console.demo.programs import Program, Programs

PREFIX = "HUMA_XLEDGER_"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody at a terminal whose settings are these."""

    settings: dict[str, str]
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        return others | {PREFIX + name: value for name, value in self.settings.items()}

    def types(self, *arguments: str, given: str = "") -> Said:
        """Give a command in this process, which saves its start, and wait for its end."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in list(os.environ):
                if name.startswith(PREFIX):
                    patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
            code = invoke(list(arguments))
        return Said(code, out.getvalue(), err.getvalue())

    def starts(self, *arguments: str, seconds: float = 60) -> Said:
        """Give a command as a process of its own, and wait for its end."""
        done = subprocess.run(
            [sys.executable, "-m", "console.command", *arguments],
            env=self.environment, capture_output=True, text=True, check=False, timeout=seconds,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def but(self, **settings: str) -> "Operator":
        """Return the same with other settings."""
        return Operator({**self.settings, **settings}, self.folder)

    @contextmanager
    def program(self, name: str, *arguments: str) -> Iterator[Program]:
        """Prepare a program that runs for long; it ends with the block."""
        with Programs(self.environment, self.folder) as programs:
            yield programs.program(name, *arguments)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """An operator with a folder for the store and the key, and no Kafka yet."""
    return Operator(
        {
            "STORE__URL": f"sqlite:///{tmp_path / 'store.db'}",
            "MASTER_KEY_FILE": str(tmp_path / "master.key"),
            "HTTP__HOST": "127.0.0.1",
            "HTTP__PORT": "0",
        },
        tmp_path,
    )


@pytest.fixture
def migrated(operator: Operator) -> Operator:
    """The same with a master key and a store."""
    for command in (("keys", "create", operator.settings["MASTER_KEY_FILE"]), ("store", "migrate")):
        said = operator.types(*command)
        assert said.code == 0, said.err
    return operator


@pytest.fixture
def prepared(operator: Operator, noida_broker: str) -> Operator:
    """The same with a master key, a store and topics."""
    ready = operator.but(KAFKA__BOOTSTRAP_SERVERS=noida_broker)
    prepare(ready)
    return ready


def prepare(operator: Operator) -> None:
    """Make the master key, the store and the topics."""
    key = ("keys", "create", operator.settings["MASTER_KEY_FILE"])
    for command in (key, ("store", "migrate"), ("topics", "apply")):
        said = operator.types(*command)
        assert said.code == 0, said.err
