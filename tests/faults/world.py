"""What is broken: a broker, the roles, the simulators; killed, stopped and started from here."""

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from connectors.broker.apache import Apache
from console.demo.programs import Program
from console.demo.stage import Stage
from tests.faults.journal import Journal
from tests.faults.ledger import Ledger
from tests.faults.side import Side
from tests.faults.witness import Witness
from tests.fixtures.waiting import until

SETTINGS: Final = {
    "DELIVERY__LEASE": "4",
    "DELIVERY__RENEWAL": "1",
    "DELIVERY__REQUEST_TIMEOUT": "2",
    "DELIVERY__SETTLE": "2",
    "DELIVERY__RETRY": "0.5",
    "DELIVERY__RETRY_LONGEST": "2",
    "DELIVERY__ATTEMPTS_OVER": "4",
    "DELIVERY__PROBE": "5",
    "DELIVERY__FAILING_PROBE": "2",
    "HUMA__REQUEST_TIMEOUT": "5",
    "KAFKA__SESSION_TIMEOUT": "6",
    "STORE__BUSY_TIMEOUT": "4",
    "STORE__LOCK_TIMEOUT": "4",
    "STORE__IDLE_TIMEOUT": "4",
    "OUTBOX__LEASE": "3",
    "OUTBOX__DELIVERY_TIMEOUT": "2",
    "INTAKE__BATCH": "25",
    "SWEEP__EVERY": "1",
    "SWEEP__LEASE": "3",
    "SWEEP__RETRY": "0.5",
    "GUARD__PEOPLE": "100000",
    "GUARD__SENSITIVE_PEOPLE": "100000",
}
"""The defaults' proportions, a fifteenth to thirtieth as long; small batches, so that there are
many moments between two transactions."""
HOOK: Final = Path(__file__).parent / "hook"
ROOT: Final = Path(__file__).parents[2]
STILL: Final = frozenset("TZX")
"""States in which a process does nothing; its lease may have ended it just before."""
STOP_FILE: Final = "HUMA_XLEDGER_TEST_STOP_FILE"


class World:
    """Everything that runs, and what sees it from outside.

    Args:
        broker: started.
        stage: opened.
        url: of the store.
    """

    def __init__(self, broker: Apache, stage: Stage, url: str) -> None:
        self.broker = broker
        self.stage = stage
        self.journal = Journal(stage.xledger["url"])
        self.witness = Witness(broker.servers)
        self.ledger = Ledger(url)
        self.roles: dict[str, Program] = {}
        self.seen: list[str] = []
        """Every metrics page that was looked at."""
        self.published = 0
        self._urls: dict[Program, str] = {}
        self._number = 1
        self._restarts = 0

    def close(self) -> None:
        """Stop looking; the stage ends what runs."""
        self.journal.close()
        self.witness.close()

    def start(self, name: str, program: Program | None = None) -> None:
        """Start a role, or start it again."""
        if program is not None:
            self.roles[name] = program
        role = self.roles[name]
        self._urls[role] = role.start()["url"]

    def another(self, role: str) -> Program:
        """Prepare one more process of a role."""
        self._number += 1
        return prepare(self.stage, f"{role}-{self._number}", role)

    def publish(self, patch: Mapping[str, Any]) -> None:
        """Change people in Huma."""
        self.published += self.stage.theatre.change(patch)

    def turn(self, side: Side) -> None:
        """Let it be another day for a connection."""
        self.stage.programs.command("connections", "set", side.connection, "--zone", side.day.zone)

    def kill(self, *names: str) -> None:
        """End roles as a power cut would."""
        for name in names:
            self.roles[name].kill()

    def freeze(self, name: str) -> None:
        """Stop a role where it is, but not while it holds the whole of SQLite."""

        def frozen() -> bool:
            if not self.roles[name].running:
                assert not self.ended()  # its lease ended on a busy machine: it is started again
                return False
            self.roles[name].signal(signal.SIGSTOP)
            until(lambda: state_of(self.roles[name]) in STILL)
            if self.ledger.writable():
                return True
            self.thaw(name)
            return False

        until(frozen)

    def thaw(self, name: str) -> None:
        """Let a role go on."""
        self.roles[name].signal(signal.SIGCONT)

    def ended(self) -> list[str]:
        """Return the roles that ended by themselves.

        One whose lease ended before a busy machine let it renew is started again, as an
        orchestrator would: its timer is there for that.
        """
        over = []
        for name, role in self.roles.items():
            if role.running:
                continue
            code = exit_code_of(role)
            if code == -signal.SIGALRM:
                role.kill()  # closes what was left of it
                self.start(name)
                self._restarts += 1
            else:
                over.append(f"{name} ended by itself with {code}: see {role.log}")
        return over

    def how_it_stands(self) -> Iterator[str]:
        """Yield a line on each role, each lane, and the newest requests: ids and names only."""
        for name, role in self.roles.items():
            try:
                ready = httpx.get(f"{self._urls[role]}/health/ready").text
            except httpx.HTTPError as away:
                ready = type(away).__name__
            yield f"{name}: {state_of(role)}, {ready}"
        yield from self.ledger.lanes()
        for entry in self.journal.entries(max(0, self.journal.newest() - 5), variables=False):
            roots = ", ".join(root["name"] for root in entry["roots"])
            yield f"{entry['time']}: {entry['token']} {roots}, {entry['fault']}, {entry['ended']}"

    def late(self) -> int:
        """Return how often a delivery could not renew its leases in time: then it may lose them."""
        return sum(log.count("delivery.renewal_failed") for log in self.logs()) + self._restarts

    def look_at_metrics(self) -> None:
        """Keep what the roles export."""
        for role in self.roles.values():
            self.seen.append(httpx.get(f"{self._urls[role]}/metrics").text)

    def logs(self) -> list[str]:
        """Return every log."""
        return [log.read_text("utf-8", "replace") for log in self.stage.folder.glob("*.log")]


def prepare(stage: Stage, name: str, role: str) -> Program:
    """Prepare a process of a role; a delivery stops where `stop_file` asks it to (`hook`)."""
    path = f"{HOOK}{os.pathsep}{ROOT}"
    more = {"PYTHONPATH": path, STOP_FILE: str(stop_file(stage.folder))}
    return stage.programs.program(name, "run", role, **(more if role == "delivery" else {}))


def stop_file(folder: Path) -> Path:
    """Return the file that asks a delivery to stop before it sends."""
    return folder / "stop"


def state_of(role: Program) -> str:
    """Return the state of a process as the kernel tells it: T is stopped, Z and X are over."""
    try:
        text = Path(f"/proc/{role.pid}/stat").read_text("utf-8")
    except FileNotFoundError:
        return "X"
    return text.rpartition(")")[2].split()[0]


def exit_code_of(role: Program) -> int | None:
    """Return how a process ended; the number of a signal is negative."""
    assert role._process is not None
    return role._process.poll()
