"""Hundreds of people as intake and lanes would find them, in a few statements: for forecasts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, select

from connectors.store import bulk, people
from connectors.store.clock import read_now
from connectors.store.connections import all_standings
from connectors.store.keyring import Keyring
from connectors.store.tables import failure, field, generation, lane, position, refusal
from connectors.store.work import subjects
from processors.ports.intake import Connections, StoredLink, StoredPerson
from processors.ports.lane import LaneStatus, Subject
from processors.ports.replay import Around, PersonNow
from schemas.connection import LaneState
from schemas.failures import OF_FIELDS
from schemas.person import PersonKey
from schemas.reasons import Code

FOREVER: Final = 2**62
"""Whatever is open is due by then."""
CALL: Final = "call"

Versions = Mapping[str, tuple[int, bytes | None]]


def around(connection: Connection, preview: float) -> Around:
    """Return what is the same for all letters; `preview` is in seconds, see `all_standings`."""
    now = read_now(connection)
    value = connection.execute(select(generation.c.value)).scalar_one_or_none()
    lanes = connection.execute(select(lane.c.connection, lane.c.state, lane.c.reason, lane.c.until))
    return Around(
        now,
        Connections(value or 0, all_standings(connection, preview)),
        {
            row.connection: LaneStatus(
                LaneState(row.state), row.reason, max(0, row.until - now) / 1000
            )
            for row in lanes
        },
    )


def people_now(
    connection: Connection, keyring: Keyring, keys: Sequence[PersonKey], world: Around
) -> dict[PersonKey, PersonNow]:
    """Return people of organisations with connections; the others are absent."""
    listening = world.connections.by_organization
    meant = [key for key in dict.fromkeys(keys) if key.organization in listening]
    known = people.read(connection, meant, hold=False)
    links: dict[str, dict[str, StoredLink]] = defaultdict(dict)
    for (one, user), link in people.links(connection, meant).items():
        links[user][one] = link
    fields = _versions(connection, field, meant)
    positions = _versions(connection, position, meant)
    rehired = people.rehired(connection, meant)
    taken = _subjects(connection, keyring, meant, world)
    refused = _refused(connection, meant, taken)
    return {
        key: PersonNow(
            key,
            known.get(key, StoredPerson()),
            fields[key],
            positions[key],
            links[key.user],
            taken[key],
            refused[key],
            key in rehired,
        )
        for key in meant
    }


def _subjects(
    connection: Connection, keyring: Keyring, keys: Sequence[PersonKey], world: Around
) -> dict[PersonKey, dict[str, Subject]]:
    users: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        users[key.organization].append(key.user)
    found: dict[PersonKey, dict[str, Subject]] = defaultdict(dict)
    for organization, mine in users.items():
        for standing in world.connections.by_organization[organization]:
            one = standing.connection.id
            for subject in subjects(
                connection, keyring, one, organization, mine, FOREVER, whole=True
            ):
                found[PersonKey(organization, subject.user)][one] = subject
    return found


def _versions(
    connection: Connection, table: Table, keys: Sequence[PersonKey]
) -> dict[PersonKey, dict[str, tuple[int, bytes | None]]]:
    rows = bulk.select(
        connection,
        [("o", table.c.organization), ("p", table.c.person)],
        keys,
        f"SELECT f.organization, f.person, f.{table.name}, f.version, f.event "  # noqa: S608 - ours
        f"FROM {{keys}} AS k CROSS JOIN {table.name} AS f "
        "WHERE f.organization = k.o AND f.person = k.p",
    )
    found: dict[PersonKey, dict[str, tuple[int, bytes | None]]] = defaultdict(dict)
    for organization, user, name, version, event in rows:
        digest = None if event is None else bytes(event)
        found[PersonKey(organization, user)][name] = (version, digest)
    return found


def _refused(
    connection: Connection,
    keys: Collection[PersonKey],
    taken: Mapping[PersonKey, Mapping[str, Subject]],
) -> dict[PersonKey, dict[str, dict[str, Code | None]]]:
    """Return what Xledger refused last: its words are kept, or the error log says so."""
    pairs = [(one, key.user, key.organization) for key in keys for one in taken[key]]
    found: dict[PersonKey, dict[str, dict[str, Code | None]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for one, user, organization, name in _of(connection, refusal, pairs, "true"):
        found[PersonKey(organization, user)][one][name] = None
    calls = {code.value: code for code, (stage, _) in OF_FIELDS.items() if stage == CALL}
    for one, user, organization, name, code in _of(
        connection, failure, pairs, "f.failed_turn > f.closed_turn", ", f.code"
    ):
        if code in calls:
            found[PersonKey(organization, user)][one][name] = calls[code]
    return found


def _of(
    connection: Connection,
    table: Table,
    pairs: Sequence[tuple[str, str, str]],
    which: str,
    more: str = "",
) -> Sequence[Sequence[Any]]:
    names: list[tuple[str, Column[Any]]] = [
        ("c", table.c.connection), ("p", table.c.person), ("o", table.c.organization),
    ]  # fmt: skip
    return bulk.select(
        connection,
        names,
        pairs,
        f"SELECT f.connection, f.person, k.o, f.field{more} FROM {{keys}} AS k "  # noqa: S608 - ours
        f"CROSS JOIN {table.name} AS f WHERE f.connection = k.c AND f.person = k.p AND ({which})",
    )
