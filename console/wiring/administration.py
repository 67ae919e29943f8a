"""Connections and manual syncs, as the commands use them."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import httpx

from connectors.store import holds
from connectors.store.connections import HELD, Connections, NewConnection, Shown
from connectors.store.holds import Hold, Rejected
from connectors.store.organizations import HumaClientOf
from connectors.store.removal import remove
from connectors.store.runs import Runs, ShownRun
from console.wiring.base import Base
from processors.connecting import Tested, require_plain, same_entity, try_huma, try_token
from processors.lane.limiter import Limiter, Window
from schemas.connection import Connection, LaneState
from schemas.errors import StopProcess
from schemas.personal import Personal

__all__ = ["Administration", "Asked", "Hold", "Shown", "ShownRun"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an administrator asks for; None takes the setting's default."""

    organization: str
    group: str | None
    name: str
    token: Personal[str] = field(repr=False)
    client_id: Personal[str] = field(repr=False)
    client_secret: Personal[str] = field(repr=False)
    xledger_url: str | None
    huma_url: str | None
    add_new_users: bool
    zone: str
    country: str
    synthetic_numbers: bool
    notify: Personal[str] | None = field(repr=False)


class Administration(Base):
    """What changes connections. Who gave the command is the user of this machine."""

    @cached_property
    def connections(self) -> Connections:
        """The connections."""
        return Connections(self.store, self.keyring)

    @cached_property
    def runs(self) -> Runs:
        """The jobs of manual syncs."""
        return Runs(self.store)

    def connect(self, asked: Asked) -> tuple[Connection, Tested]:
        """Test everything, then save (R-01, R-02, R-09).

        Raises:
            StopProcess: something is refused; nothing was saved.
        """
        self.require_store()
        url = asked.xledger_url or self.settings.xledger.url
        for address in (url, asked.huma_url or self.settings.huma.url):
            require_plain(address)
        client = HumaClientOf(
            asked.huma_url or self.settings.huma.url, asked.client_id, asked.client_secret
        )

        async def test(http: httpx.AsyncClient) -> Tested:
            await try_huma(self.huma(http, client), asked.organization)
            return await try_token(self.xledger(http, url, asked.token, self._permit()))

        tested = self._ask(test)
        new = NewConnection(
            organization=asked.organization,
            group=asked.group,
            name=asked.name,
            xledger_url=url,
            entity=tested.identity.entity,
            token=asked.token,
            huma_url=client.url,
            add_new_users=asked.add_new_users,
            zone=asked.zone,
            country=asked.country,
            synthetic_numbers=asked.synthetic_numbers,
            notify=asked.notify,
        )
        return self.connections.add(new, self.actor, client), tested

    def shown(self, id_: str | None = None) -> list[Shown]:
        """Return connections with their lanes; of one id exactly one, or NotFound."""
        self.require_store()
        if id_ is not None:
            self.connections.get(id_)
        return self.connections.shown(id_)

    def change(self, id_: str, changes: Mapping[str, object]) -> Connection:
        """Change options (R-04)."""
        self.require_store()
        return self.connections.change(id_, changes, self.actor)

    def pause(self, id_: str) -> None:
        """Pause by hand."""
        self.require_store()
        self.connections.pause(id_, self.actor)

    def resume(self, id_: str) -> None:
        """Let the lane run again."""
        self.require_store()
        self.connections.resume(id_, self.actor)

    def hold(self, id_: str) -> Hold:
        """Return what waits in a lane, and what the guard counted (R-93)."""
        self.require_store()
        return holds.shown(self.store, self.connections.get(id_), self.guard)

    def release(self, id_: str, reason: Personal[str]) -> None:
        """Send what the guard holds, or StopProcess."""
        one = self.connections.get(id_)
        holds.release(self.store, self.keyring, one, self.actor, reason)

    def reject(self, id_: str, reason: Personal[str]) -> Rejected | None:
        """End what the guard holds, or StopProcess; None: a delivery process still has the lane."""
        one = self.connections.get(id_)
        settle = self.settings.delivery.settle
        return holds.reject(
            self.store, self.keyring, one, self.owner, self.actor, reason, settle=settle
        )

    def replace_token(self, id_: str, token: Personal[str]) -> Tested:
        """Test a new token of the same company, and store it (R-09)."""
        self.require_store()
        connection = self.connections.get(id_)

        async def test(http: httpx.AsyncClient) -> Tested:
            client = self.xledger(http, connection.xledger_url, token, self._permit())
            return await try_token(client)

        tested = self._ask(test)
        same_entity(tested, connection.entity)
        self.connections.replace_token(id_, token, self.actor)
        return tested

    def remove(self, id_: str) -> int:
        """Remove a connection, and return how many events ended by it (R-09, R-98)."""
        self.require_store()
        connection = self.connections.get(id_)
        self.connections.stop(id_, self.actor)
        return remove(self.store, self.keyring, connection, self.actor)

    def plan_sync(self, id_: str) -> ShownRun:
        """Plan a run that links matching people (R-27).

        Raises:
            StopProcess: the guard holds the lane, which does nothing until a human decides (R-93).
        """
        (shown,) = self.shown(id_)
        if shown.state is LaneState.HELD:
            raise StopProcess(HELD.format(id_))
        connection = shown.connection
        return self.runs.plan(id_, connection.organization, self.actor)

    def shown_runs(self, id_: str) -> list[ShownRun]:
        """Return the runs of a connection, the newest first."""
        self.require_store()
        self.connections.get(id_)
        return self.runs.of(id_)

    def _permit(self) -> Limiter:
        """A limiter for a token that no lane has yet."""
        given = self.settings.delivery
        window = Window(given.requests, given.window)
        return Limiter(window, 1, time.monotonic, lambda: math.inf, given.request_timeout)

    def _ask(self, question: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
        async def asked() -> T:
            async with self.http() as http:
                return await question(http)

        return asyncio.run(asked())
