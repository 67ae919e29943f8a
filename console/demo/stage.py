"""Sets up one organisation whole: simulators, store, connection, roles; the first people linked.

The demo plays on it, and the fault tests break it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from console.demo.cast import Cast
from console.demo.expectations import Record
from console.demo.programs import Program, Programs
from console.demo.theatre import Theatre

PREFIX: Final = "HUMA_XLEDGER_"
PAYROLL: Final = "payroll@fjordmat.example"
"""Who is told how the connection stands."""


@dataclass(slots=True)
class Stage:
    """Everything that runs besides the broker.

    Args:
        folder: an empty one, for the store, keys and logs.
        servers: where Kafka is.
        seed: of the simulators.
        settings: by their names without the prefix; over the defaults of the demo.
        zone: where the organisation is.
    """

    folder: Path
    servers: str
    seed: int
    settings: Mapping[str, str] = field(default_factory=dict)
    zone: str = "Europe/Oslo"
    programs: Programs = field(init=False)
    theatre: Theatre = field(init=False)
    connection: str = field(init=False)
    xledger: dict[str, Any] = field(init=False)
    huma: dict[str, Any] = field(init=False)
    _roles: list[Program] = field(init=False, default_factory=list)

    def __enter__(self) -> Self:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(PREFIX)
        }
        own = {
            "KAFKA__BOOTSTRAP_SERVERS": self.servers,
            "STORE__URL": f"sqlite:///{self.folder / 'store.db'}",
            "MASTER_KEY_FILE": str(self.folder / "master.key"),
            "HTTP__HOST": "127.0.0.1",
            "HTTP__PORT": "0",
            "MAIL__MAILDIR": str(self.mailbox),
            **self.settings,
        }
        environment |= {PREFIX + name: value for name, value in own.items()}
        self.programs = Programs(environment, self.folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.programs.__exit__(kind, error, trace)
        if hasattr(self, "theatre"):
            self.theatre.close()

    @property
    def mailbox(self) -> Path:
        """The maildir into which notices go."""
        return self.folder / "mail"

    def open(self, cast: Cast) -> None:
        """Start the simulators with the cast's people, prepare the store, and connect."""
        seed = str(self.seed)
        self.xledger = self.programs.program(
            "simulated-xledger", "simulate", "xledger", "--seed", seed
        ).start()
        self.huma = self.programs.program(
            "simulated-huma", "simulate", "huma", "--seed", seed, "--people", "0"
        ).start()
        self.theatre = Theatre(self.xledger["url"], self.huma["url"])
        self.theatre.set_huma({**cast.huma, "organization": self.huma["organization"]})
        self.theatre.set_employees(self.xledger["tokens"][0]["company"], cast.employees())
        self.programs.command("keys", "create", str(self.folder / "master.key"))
        self.programs.command("topics", "apply")
        self.programs.command("store", "migrate")
        client = {name: self.huma[name] for name in ("client_id", "client_secret")}
        file = self.folder / "huma-client.json"
        file.touch(0o600)
        file.write_text(json.dumps(client))
        added = self.programs.command(
            "connections", "add", "--organization", self.huma["organization"],
            "--token-file", "-", "--huma-client-file", str(file), "--consent",
            "--name", "Fjordmat", "--xledger-url", self.xledger["url"],
            "--huma-url", self.huma["url"], "--add-new-users", "--synthetic-numbers",
            "--zone", self.zone, "--notify", PAYROLL,
            given=self.xledger["tokens"][0]["token"],
        )  # fmt: skip
        self.connection = added["id"]

    def role(self, name: str, role: str) -> Program:
        """Prepare a process of a role."""
        program = self.programs.program(name, "run", role)
        self._roles.append(program)
        return program

    def revive(self) -> Iterator[str]:
        """Start every role again that has ended, as an orchestrator would, and say so.

        A delivery process that was kept from running past its lease ends itself.
        """
        for program in self._roles:
            if not program.running:
                program.start()
                yield f"{program.name} had ended, and was started again: see {program.log}"

    def link(self) -> dict[str, Any]:
        """Link the people of both systems by email, and so activate the connection."""
        done = self.programs.command("sync", "run", self.connection, "--link-matching")
        counts: dict[str, Any] = done["counts"]
        return counts

    def raise_limits(self, people: int) -> None:
        """Let so many people change in an hour, whatever changes (R-93)."""
        many = str(people)
        self.programs.command(
            "connections", "set", self.connection, "--guard-people", many,
            "--guard-sensitive-people", many,
        )  # fmt: skip

    def move(self, zone: str) -> None:
        """Let the organisation be in another zone."""
        self.programs.command("connections", "set", self.connection, "--zone", zone)

    def employees(self) -> list[Record]:
        """Return what Xledger's company holds now."""
        return self.theatre.employees(self.xledger["tokens"][0]["company"])
