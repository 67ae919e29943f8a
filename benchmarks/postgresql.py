"""A PostgreSQL of our own, as durable as its defaults make it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.broker.ready import free_port

SERVERS = Path("/usr/lib/postgresql")
SECONDS = 60


def missing() -> str | None:
    """Say what is missing to run one, or None."""
    return None if any(SERVERS.glob("*/bin/initdb")) else f"no server in {SERVERS}"


@contextmanager
def running() -> Iterator[str]:
    """Run a server with an empty database; yields its address."""
    programs = max(SERVERS.glob("*/bin"), key=lambda one: int(one.parent.name))
    user = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
    with tempfile.TemporaryDirectory(prefix="huma-xledger-pg-") as home:
        if user is not None:
            shutil.chown(home, user)
        data, port = f"{home}/data", free_port()

        def run(*command: str) -> None:
            subprocess.run(  # noqa: S603 - PostgreSQL's own
                [str(programs / command[0]), *command[1:]],
                check=True, user=user, cwd=home, stdout=subprocess.DEVNULL, timeout=SECONDS,
            )  # fmt: skip

        run("initdb", "-D", data, "-A", "trust", "-U", "postgres")
        options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1"
        run("pg_ctl", "-D", data, "-w", "-l", f"{home}/log", "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
