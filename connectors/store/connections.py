"""Connections: the administrator's ties to Xledger's companies (R-04, R-07 to R-09)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection as Transaction
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from connectors.store import audit, lane_state
from connectors.store.clock import now_ms, read_now
from connectors.store.engine import Store
from connectors.store.keyring import NOBODY, Keyring
from connectors.store.organizations import HumaClientOf, put_huma
from connectors.store.people import look_at_all_again
from connectors.store.tables import connection, generation, lane, link
from connectors.store.upsert import insert, insert_ignore
from processors.ports.intake import Standing
from processors.ports.lane import BY_HAND, LaneStatus
from schemas.connection import Connection, LaneState, company_of
from schemas.errors import NotFound, StopProcess
from schemas.personal import Personal

TOKEN: Final = "connection.token"  # noqa: S105 - a column's name
NOTIFY: Final = "connection.notify"
HELD: Final = (
    "connection {0} is held by the guard: look with `connections held {0}`, then release or reject "
    "what waits with `connections release {0}` or `connections reject {0}`"
)
GUARD: Final = (
    "guard_people", "guard_percent", "guard_sensitive_people", "guard_sensitive_percent",
)  # fmt: skip
CHANGEABLE: Final = frozenset(
    {"name", "add_new_users", "zone", "country", "synthetic_numbers", "notify", *GUARD}
)


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What an administrator decided, and what the token was found to reach."""

    organization: str
    group: str | None
    name: str
    xledger_url: str
    entity: str
    token: Personal[str] = field(repr=False)
    huma_url: str
    add_new_users: bool
    zone: str
    country: str
    synthetic_numbers: bool
    notify: Personal[str] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection as a command shows it.

    Attributes:
        connection: it.
        state: of its lane.
        reason: why the lane does not run.
        since: when it came into this state; the store's time in milliseconds, as `until`.
        until: nothing is sent before.
        links: how many there are by state.
        guard: its own limits; None: the setting's (R-93).
    """

    connection: Connection
    state: LaneState
    reason: str | None
    since: int
    until: int
    links: Mapping[str, int]
    guard: Mapping[str, int | None]


class Connections:
    """The repository of connections. Every change raises the generation, and is audited."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def add(self, new: NewConnection, actor: str, client: HumaClientOf | None = None) -> Connection:
        """Store a connection, inactive (R-03), and with it its organisation's client of Huma.

        Raises:
            StopProcess: the token is in use, or the company is connected for the same group (R-09).
        """
        id_ = str(uuid4())
        company = company_of(new.xledger_url, new.entity)
        with self._store.begin() as transaction:
            raise_generation(transaction)  # first: of two who add at once the second sees the first
            cipher = self._keyring.cipher_of(transaction, new.organization)
            digest = self._digest(transaction, new.token)
            for other in transaction.execute(select(connection)):
                if bytes(other.token_digest) == digest:
                    raise StopProcess(f"this token is in use by connection {other.id}")
                same = company_of(other.xledger_url, other.entity) == company
                if same and (other.organization, other.group_id) == (new.organization, new.group):
                    raise StopProcess(
                        f"connection {other.id} reaches the same company for the same group"
                    )
                if same and (other.group_id is None or new.group is None):
                    raise StopProcess(
                        f"connection {other.id} reaches the same company: two connections to one "
                        "company are allowed only for different groups"
                    )
            notify = new.notify
            transaction.execute(
                connection.insert().values(
                    id=id_,
                    organization=new.organization,
                    group_id=new.group,
                    name=new.name,
                    xledger_url=new.xledger_url,
                    entity=new.entity,
                    token=cipher.seal("", f"{TOKEN}/{id_}", new.token.reveal().encode()),
                    token_digest=digest,
                    huma_url=new.huma_url,
                    add_new_users=new.add_new_users,
                    zone=new.zone,
                    country=new.country,
                    synthetic_numbers=new.synthetic_numbers,
                    notify=None
                    if notify is None
                    else self._sealed(transaction, new.organization, id_, notify),
                    created_at=now_ms(),
                )
            )
            transaction.execute(insert_ignore(transaction, lane).values(connection=id_))
            if client is not None:
                put_huma(transaction, self._keyring, new.organization, client)
            audit.add(transaction, new.organization, id_, actor, "connection.added", rule="R-01")
        return self.get(id_)

    def get(self, id_: str) -> Connection:
        """Return one.

        Raises:
            NotFound: there is none with this id.
        """
        with self._store.read() as transaction:
            row = transaction.execute(
                select(connection).where(connection.c.id == id_)
            ).one_or_none()
        if row is None:
            raise NotFound(f"there is no connection {id_}: see `connections list`")
        return connection_of(row)

    def shown(self, id_: str | None = None) -> list[Shown]:
        """Return all, or one, with the state of its lane and the number of links by state."""
        stands = (lane.c.state, lane.c.reason, lane.c.since, lane.c.until)
        query = select(connection, *stands).join(lane, lane.c.connection == connection.c.id)
        linked = select(link.c.connection, link.c.state, func.count())
        if id_ is not None:
            query = query.where(connection.c.id == id_)
            linked = linked.where(link.c.connection == id_)
        counts: dict[str, dict[str, int]] = {}
        with self._store.read() as transaction:
            rows = transaction.execute(query.order_by(connection.c.created_at)).all()
            for one, state, count in transaction.execute(
                linked.group_by(link.c.connection, link.c.state)
            ):
                counts.setdefault(one, {})[state] = count
        return [
            Shown(
                connection_of(row), LaneState(row.state), row.reason, row.since, row.until,
                counts.get(row.id, {}), {name: getattr(row, name) for name in GUARD},
            )
            for row in rows
        ]  # fmt: skip

    def token(self, id_: str) -> Personal[str]:
        """Return the token, for calls to Xledger only."""
        with self._store.read() as transaction:
            row = transaction.execute(select(connection).where(connection.c.id == id_)).one()
            cipher = self._keyring.cipher_of(transaction, row.organization)
            return Personal(cipher.open("", f"{TOKEN}/{id_}", bytes(row.token)).decode())

    def change(self, id_: str, changes: Mapping[str, object], actor: str) -> Connection:
        """Change options (R-04); in another zone it may be another day for everybody (R-59).

        `notify` comes as a Personal address, or as None: nobody.
        """
        assert changes.keys() <= CHANGEABLE
        organization = self.get(id_).organization
        with self._store.begin() as transaction:
            values = dict(changes)
            if isinstance(address := values.get("notify"), Personal):
                values["notify"] = self._sealed(transaction, organization, id_, address)
            # in the order of all others who take both: whoever changes links waits at one of them
            transaction.execute(select(lane).where(lane.c.connection == id_).with_for_update())
            raise_generation(transaction)
            transaction.execute(update(connection).where(connection.c.id == id_).values(**values))
            if "zone" in changes:
                look_at_all_again(transaction, id_)
            audit.add(
                transaction, organization, id_, actor, "connection.changed", fields=tuple(changes)
            )
        return self.get(id_)

    def replace_token(self, id_: str, token: Personal[str], actor: str) -> None:
        """Store another token of the same entity, and let the lane try at once (R-09).

        A lane that a human paused, or that is held, waits on for a human (R-93, R-94).
        """
        organization = self.get(id_).organization
        with self._store.begin() as transaction:
            cipher = self._keyring.cipher_of(transaction, organization)
            values = {
                "token": cipher.seal("", f"{TOKEN}/{id_}", token.reveal().encode()),
                "token_digest": self._digest(transaction, token),
            }
            try:
                transaction.execute(
                    update(connection).where(connection.c.id == id_).values(**values)
                )
            except IntegrityError:
                raise StopProcess("this token is in use by another connection") from None
            lane_state.put(transaction, id_, LaneStatus(), lane_state.not_stopped())
            raise_generation(transaction)
            audit.add(transaction, organization, id_, actor, "token.replaced", rule="R-09")

    def pause(self, id_: str, actor: str) -> None:
        """Pause by hand: only a human ends it.

        Raises:
            StopProcess: the guard holds the lane, which sends nothing already (R-93).
        """
        status = LaneStatus(LaneState.PAUSED, BY_HAND)
        if not self._lane(id_, status, actor, "connection.paused"):
            raise StopProcess(f"nothing is sent already: {HELD.format(id_)}")

    def stop(self, id_: str, actor: str) -> None:
        """Let the lane send nothing more: pause it, unless the guard holds it."""
        self._lane(id_, LaneStatus(LaneState.PAUSED, BY_HAND), actor, "connection.paused")

    def resume(self, id_: str, actor: str) -> None:
        """Let the lane run again.

        Raises:
            StopProcess: the guard holds it: a human is to look first (R-93).
        """
        if not self._lane(id_, LaneStatus(), actor, "connection.resumed"):
            raise StopProcess(HELD.format(id_))

    def preview(self, id_: str) -> int:
        """Open a preview: events are stored from now on (R-07); returns the store's time."""
        with self._store.begin() as transaction:
            now = read_now(transaction)
            transaction.execute(
                update(connection).where(connection.c.id == id_).values(preview_at=now)
            )
            raise_generation(transaction)
        return now

    def activate(self, id_: str, since: int) -> None:
        """Make it active from this store's time on, once (R-07); the preview is over."""
        with self._store.begin() as transaction:
            transaction.execute(
                update(connection)
                .where(connection.c.id == id_)
                .values(
                    activated_at=func.coalesce(connection.c.activated_at, since),
                    preview_at=None,
                )
            )
            raise_generation(transaction)

    def _lane(self, id_: str, status: LaneStatus, actor: str, action: str) -> bool:
        organization = self.get(id_).organization
        with self._store.begin() as transaction:
            put = lane_state.put(transaction, id_, status, lane_state.not_held())
            if put:
                audit.add(transaction, organization, id_, actor, action)
        return put

    def _sealed(
        self, transaction: Transaction, organization: str, id_: str, address: Personal[str]
    ) -> bytes:
        """Return an address as it is kept."""
        cipher = self._keyring.cipher_of(transaction, organization)
        return cipher.seal("", f"{NOTIFY}/{id_}", address.reveal().encode())

    def _digest(self, transaction: Transaction, token: Personal[str]) -> bytes:
        """Return what is equal for the same token, of whichever organisation (R-09)."""
        cipher = self._keyring.cipher_of(transaction, NOBODY)
        return cipher.digest("token", token.reveal().encode())


def all_standings(
    transaction: Transaction, preview_seconds: float
) -> dict[str, tuple[Standing, ...]]:
    """Return every connection by organisation, with whether a preview of it is open (R-07)."""
    oldest = read_now(transaction) - int(preview_seconds * 1000)
    found: dict[str, list[Standing]] = {}
    for row in transaction.execute(select(connection).order_by(connection.c.id)):
        open_ = row.preview_at is not None and row.preview_at > oldest
        since = datetime.fromtimestamp(row.preview_at / 1000, UTC) if open_ else None
        found.setdefault(row.organization, []).append(Standing(connection_of(row), open_, since))
    return {organization: tuple(standings) for organization, standings in found.items()}


def connection_of(row: Any) -> Connection:
    """Return a row as the rules see it."""
    since = row.activated_at
    return Connection(
        row.id,
        row.organization,
        row.group_id,
        row.name,
        row.xledger_url,
        row.entity,
        row.huma_url,
        bool(row.add_new_users),
        row.zone,
        row.country,
        bool(row.synthetic_numbers),
        None if since is None else datetime.fromtimestamp(since / 1000, UTC),
    )


def raise_generation(transaction: Transaction) -> None:
    """Tell intake that connections changed: a batch judged before is judged again."""
    statement = insert(transaction, generation).values(id=1, value=1)
    transaction.execute(
        statement.on_conflict_do_update(
            index_elements=[generation.c.id], set_={"value": generation.c.value + 1}
        )
    )
