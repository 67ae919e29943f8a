"""Watch's two agents, bound to Faust (`docs/adr/0015-faust.md` has the reasons for each setting).

An offset is committed by us, for a batch that is stored, and never by Faust: its topics take no
acknowledgements here. Each of Faust's own ways passes what is not stored: `take` acknowledges when
it is cancelled in the middle, a stream acknowledges what it skips when its group changes, and a
commit jumps over one event in work.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import faust
import structlog
from faust.auth import SASLCredentials, SSLCredentials
from faust.types import TP
from mode.threads import ServiceThread

from connectors.kafka.contiguous import Contiguous, Verdict
from processors.ports.source import Place
from processors.ports.watch import Seen
from schemas.errors import BrokerUnavailable, RetryLater, StopProcess

LOOK_SECONDS: Final = 0.1
STOP_SECONDS: Final = 10.0
HEARTBEATS: Final = 5
"""In one session time-out."""

log = structlog.get_logger()


def _silent(*_: Any, **__: Any) -> None:
    """Print nothing: what a thread of Faust's died of can quote a record, and is logged too."""


ServiceThread.on_crash = _silent  # type: ignore[method-assign,unused-ignore]
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
"""It warns ten times a second while Kafka is away; we say so once (`processors.watch.pulse`)."""

Fold = Callable[[Sequence[Seen]], None]


@dataclass(frozen=True, slots=True)
class FaustSettings:
    """How the worker reads; seconds, records.

    Attributes:
        group: consumer group.
        session: time without a sign of life after which partitions go to another.
        batch: records in one transaction.
        fill: how long a batch may take to fill.
        retry: pause when the store is away.
    """

    group: str
    session: float
    batch: int
    fill: float
    retry: float


class FaustAgents:
    """One worker: an agent for each topic, and one thread that stores for all of them.

    Args:
        kafka: how to reach the cluster, in librdkafka's names.
        settings: see there.
        folds: what keeps a batch, by topic; it raises RetryLater while the store is away.
    """

    def __init__(
        self, kafka: Mapping[str, Any], settings: FaustSettings, folds: Mapping[str, Fold]
    ) -> None:
        self._kafka = kafka
        self._settings = settings
        self._folds = folds
        self._waits: str | None = None
        self._places: frozenset[Place] | None = None
        self._until: dict[Place, int] = {}
        self._generation: dict[Place, int] = {}
        self._contiguous = Contiguous()
        self._failure: BaseException | None = None

    def waiting(self) -> str | None:
        """See the port `Agents`."""
        return self._waits

    def assigned(self) -> frozenset[Place] | None:
        """See the port `Agents`."""
        return self._places

    def read_until(self, place: Place) -> int | None:
        """See the port `Agents`."""
        return self._until.get(place)

    def run(self, stop: threading.Event) -> None:
        """Work in this thread until told to stop.

        Raises:
            StopProcess: a human must act.
            BrokerUnavailable: the worker gave up; it is to be started anew.
        """
        with TemporaryDirectory(prefix="huma-xledger-watch-") as folder:
            asyncio.run(self._work(stop, Path(folder)))

    async def _work(self, stop: threading.Event, folder: Path) -> None:
        with ThreadPoolExecutor(1, "watch-store") as store:
            app = self._app(folder)
            for topic, fold in self._folds.items():
                self._bind(app, topic, fold, store, stop)
            assigned: Any = app.on_partitions_assigned
            assigned.connect(self._on_assigned)
            try:
                await app.start()
                await self._until_the_end(app, stop)
            finally:
                crashed = app.crashed
                await _end(app)
        if self._failure is not None:
            raise self._failure
        if crashed and not stop.is_set():
            raise BrokerUnavailable(
                "Faust's worker gave up: is Kafka reachable, is its group ours?"
            )

    async def _until_the_end(self, app: "faust.App", stop: threading.Event) -> None:
        while not (stop.is_set() or app.crashed or self._failure):  # noqa: ASYNC110 - one is a thread's
            await asyncio.sleep(LOOK_SECONDS)

    def _app(self, folder: Path) -> "faust.App":
        given = self._settings
        servers = str(self._kafka["bootstrap.servers"]).split(",")
        return faust.App(
            given.group,
            broker=[f"kafka://{server.strip()}" for server in servers],
            broker_credentials=credentials_of(self._kafka),
            broker_client_id="huma-xledger",
            broker_session_timeout=given.session,
            broker_heartbeat_interval=given.session / HEARTBEATS,
            broker_request_timeout=max(90.0, given.session),
            consumer_auto_offset_reset="earliest",
            stream_buffer_maxsize=given.batch,
            stream_wait_empty=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            datadir=str(folder),
            store="memory://",
            loghandlers=[],
        )

    def _bind(
        self,
        app: "faust.App",
        topic: str,
        fold: Fold,
        store: ThreadPoolExecutor,
        stop: threading.Event,
    ) -> None:
        channel = app.topic(
            topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw",
            acks=False,
        )  # fmt: skip

        async def take(stream: Any) -> None:
            async for events in stream.take_events(self._settings.batch, self._settings.fill):
                try:
                    await self._keep(app, events, fold, store, stop)
                except Exception as failure:  # noqa: BLE001 - none may leave an agent: it ends us
                    self._failure = self._failure or failure
                    return

        app.agent(channel, name=f"watch-{topic}", concurrency=1)(take)

    async def _keep(
        self,
        app: "faust.App",
        events: Sequence[Any],
        fold: Fold,
        store: ThreadPoolExecutor,
        stop: threading.Event,
    ) -> None:
        """Store a batch, then commit how far it goes; the store being away is waited for."""
        taken = await self._contiguous_of(app, events)
        loop = asyncio.get_running_loop()
        while taken:
            try:
                await loop.run_in_executor(store, partial(fold, taken))
            except RetryLater as away:
                self._waits = str(away)
                log.warning("watch.waits", why=self._waits)
                await asyncio.sleep(away.retry_after or self._settings.retry)
                if stop.is_set() or app.should_stop:
                    return
                continue
            break
        self._waits = None
        if taken:
            self._until |= {Place(one.topic, one.partition): one.timestamp for one in taken}
            offsets = {TP(one.topic, one.partition): one.offset + 1 for one in taken}
            consumer: Any = app.consumer
            await consumer._commit(offsets)  # noqa: SLF001 - its public one goes by acknowledgements

    async def _contiguous_of(self, app: "faust.App", events: Sequence[Any]) -> list[Seen]:
        """Return the records that may be taken; goes back where some are missing."""
        taken: list[Seen] = []
        consumer: Any = app.consumer
        for event in events:
            message = event.message
            place = Place(message.topic, message.partition)
            if self._generation.get(place) != message.generation_id:
                self._generation[place] = message.generation_id
                begun = consumer._committed_offset.get(message.tp)  # noqa: SLF001 - where it began to read
                self._contiguous.begin(place, begun)
            verdict = self._contiguous.judge(place, message.offset)
            if verdict is Verdict.TAKE:
                taken.append(_seen(message))
            elif verdict is Verdict.SEEK:
                due = self._contiguous.next(place)
                log.warning(
                    "watch.goes_back", topic=place.topic, partition=place.partition, offset=due
                )
                await consumer.seek(message.tp, due)
        return taken

    async def _on_assigned(self, _app: Any, assigned: set[TP], **_: Any) -> None:
        self._places = frozenset(Place(one.topic, one.partition) for one in assigned)


def credentials_of(kafka: Mapping[str, Any]) -> Any:
    """Return what Faust signs in with, from librdkafka's settings; None: nothing is needed.

    Raises:
        StopProcess: they name something that Faust's driver does not know.
    """
    protocol = kafka.get("security.protocol", "PLAINTEXT")
    if protocol == "PLAINTEXT":
        return None
    context = None
    if protocol in {"SSL", "SASL_SSL"}:
        file = kafka.get("ssl.ca.location")
        try:
            context = ssl.create_default_context(cafile=file)
        except (OSError, ssl.SSLError):
            raise StopProcess(f"KAFKA__CA_FILE {file} cannot be read as certificates") from None
    if protocol == "SSL":
        return SSLCredentials(context)
    if protocol not in {"SASL_PLAINTEXT", "SASL_SSL"}:
        raise StopProcess(f"watch cannot use KAFKA__SECURITY_PROTOCOL {protocol}")
    return SASLCredentials(
        username=kafka["sasl.username"],
        password=kafka["sasl.password"],
        mechanism=kafka["sasl.mechanism"],
        ssl_context=context,
    )


def _seen(message: Any) -> Seen:
    return Seen(
        message.topic,
        message.partition,
        message.offset,
        round((message.timestamp or 0) * 1000),
        message.key,
        message.value,
        list(message.headers or ()),
    )


async def _end(app: "faust.App") -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await app.stop()
    except TimeoutError:
        log.warning("watch.left_late", seconds=STOP_SECONDS)
