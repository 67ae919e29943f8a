"""Runs a peer in a process of its own; Quix Streams in an environment of its own."""

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
REQUIREMENTS: Final = HERE.parent / "requirements-quix.txt"
ENVIRONMENT: Final = HERE.parent.parent / "build" / "quix"
SECONDS: Final = 600

BARE: Final = "bare confluent-kafka loop"
QUIX: Final = "Quix Streams, no-op"
FAUST: Final = "Faust, no-op agent"


def measure(peer: str, servers: str, topic: str, count: int) -> float:
    """Let a peer read so many records of a topic, and return how many a second."""
    python = _quix() if peer == QUIX else sys.executable
    script = {BARE: "bare.py", QUIX: "quix.py", FAUST: "faust_noop.py"}[peer]
    done = subprocess.run(  # noqa: S603 - our own scripts
        [python, str(HERE / script), servers, topic, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=SECONDS,
    )
    # Faust prints a banner beside it
    said = next(json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{"))
    return float(said["events"] / said["seconds"])


def _quix() -> str:
    """Return the Python that has Quix Streams: it pins an older confluent-kafka than ours."""
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / "ready"
    if not ready.exists():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        subprocess.run(  # noqa: S603 - the environment's own pip
            [
                str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
                "--requirement", str(REQUIREMENTS),
            ],
            check=True,
        )  # fmt: skip
        ready.touch()
    return str(python)
