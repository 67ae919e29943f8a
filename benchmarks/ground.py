"""What a figure is measured on: a broker of its own, and fresh stores with one organisation."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import update

from benchmarks import postgresql
from connectors import encryption
from connectors.broker import apache
from connectors.kafka.topics import Topics
from connectors.store.connections import Connections, NewConnection
from connectors.store.engine import Store, StoreLimits, open_store
from connectors.store.intake import StoredIntake
from connectors.store.keyring import Keyring
from connectors.store.migrate import migrate
from connectors.store.tables import link
from console.demo.programs import Programs
from processors.ports.intake import StoredLink, StoredPerson, Value
from schemas.connection import Connection, LinkState
from schemas.person import PersonKey
from schemas.personal import Personal

PREFIX: Final = "HUMA_XLEDGER_"
LIMITS: Final = StoreLimits(
    busy_timeout=5, lock_timeout=10, idle_timeout=10, statement_timeout=30, pool=2
)
SQLITE: Final = "SQLite"
POSTGRESQL: Final = "PostgreSQL"

UNGUARDED: Final = {"guard_percent": 100, "guard_sensitive_percent": 100, "guard_people": 100_000}
"""Everybody changes within the hour, and people are new."""
Records = tuple[str, str, str]
"""dbIds of a person's contact, subledger and employee."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company of Xledger's: where, which entity, with which token."""

    url: str
    entity: str
    token: Personal[str]


NOWHERE: Final = Company("https://xledger.example/graphql", "1", Personal("none"))
"""For what never gets as far as that."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A store, made and empty, beside a broker that has our topics."""

    store: Store
    keyring: Keyring
    programs: Programs

    def connect(self, organization: str, company: Company = NOWHERE) -> Connection:
        """Connect an organisation to a company, and activate the connection."""
        repository = Connections(self.store, self.keyring)
        new = NewConnection(
            organization=organization, group=None, name="Benchmark", xledger_url=company.url,
            entity=company.entity, token=company.token, huma_url="https://huma.example",
            add_new_users=True, zone="Europe/Oslo", country="NO", synthetic_numbers=True,
            notify=None,
        )  # fmt: skip
        made = repository.add(new, "benchmark")
        repository.change(made.id, UNGUARDED, "benchmark")
        repository.activate(made.id, 1)
        return repository.get(made.id)

    def link(
        self, connection: Connection, users: Sequence[str], records: Sequence[Records] = ()
    ) -> None:
        """Let people of the connection's organisation be known, with what is required, and linked.

        Args:
            connection: to whose company.
            users: their ids.
            records: of each, in Xledger; none where nothing is delivered.
        """
        keys = [PersonKey(connection.organization, user) for user in users]
        known = StoredPerson(type="user", active=True, complete=True)
        intake = StoredIntake(self.store, self.keyring, 1, 1.0)
        with intake.transaction() as transaction:
            transaction.save_people(dict.fromkeys(keys, known))
            transaction.merge(
                [
                    Value(key, name, 0, b"", value)
                    for number, key in enumerate(keys)
                    for name, value in required(number).items()
                ]
            )
            links = {(connection.id, user): StoredLink(LinkState.LINKED) for user in users}
            transaction.save_links(links, connection.organization)
        with self.store.begin() as transaction:
            for user, (contact, subledger, employee) in zip(users, records, strict=False):
                transaction.execute(
                    update(link)
                    .where(link.c.connection == connection.id, link.c.person == user)
                    .values(
                        company=connection.company, contact=contact, subledger=subledger,
                        employee=employee,
                    )
                )  # fmt: skip


def required(number: int) -> dict[str, str]:
    """Return what must be known of anybody before anything is sent."""
    return {
        "givenName": "Kari",
        "familyName": "Vik",
        "email": f"person{number}@x.example",
        "employmentId": str(number),
    }


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """Run Apache Kafka with our topics; yields its address."""
    with apache.running(folder / f"broker-{uuid4().hex[:8]}") as running:
        Topics({"bootstrap.servers": running.servers}).apply()
        yield running.servers


@contextmanager
def ground(
    folder: Path, servers: str, kind: str = SQLITE, settings: Mapping[str, str] | None = None
) -> Iterator[Ground]:
    """Make a store, and the way to run our programs on it.

    Args:
        folder: for the store, keys and logs; the store gets a new folder in it.
        servers: where Kafka is.
        kind: of the store.
        settings: by their names without the prefix, beside the defaults.
    """
    own = folder / uuid4().hex[:8]
    own.mkdir()
    key = own / "master.key"
    encryption.new_master_key_file(key)
    with _address(kind, own) as url:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(PREFIX)
        }
        given = {
            "KAFKA__BOOTSTRAP_SERVERS": servers,
            "KAFKA__GROUP": own.name,
            "STORE__URL": url,
            "MASTER_KEY_FILE": str(key),
            "HTTP__HOST": "127.0.0.1",
            "HTTP__PORT": "0",
            **(settings or {}),
        }
        environment |= {PREFIX + name: value for name, value in given.items()}
        store = open_store(url, None, LIMITS)
        try:
            migrate(store)
            with Programs(environment, own) as programs:
                yield Ground(store, Keyring(encryption.open_vault(key)), programs)
        finally:
            store.close()


@contextmanager
def _address(kind: str, folder: Path) -> Iterator[str]:
    if kind == SQLITE:
        yield f"sqlite:///{folder / 'store.db'}"
    else:
        with postgresql.running() as url:
            yield url


def machine() -> str:
    """Describe the machine in a sentence."""
    names = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((n.partition(":")[2].strip() for n in names if n.startswith("model name")), "?")
    done = subprocess.run(["python3", "--version"], capture_output=True, text=True, check=False)  # noqa: S607 - any
    load = os.getloadavg()[1]  # more than the cores: others were measured too
    return f"{os.cpu_count()} cores ({model}), {done.stdout.strip()}, load {load:.1f}"
