"""The roles: intake, delivery, watch, and the relay that each of them runs."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from connectors.kafka import consumer
from connectors.kafka.group_offsets import CommittedOffsets
from connectors.kafka.partitions import TopicPartitions
from connectors.kafka.producer import KafkaPublisher
from connectors.store.delivery import LaneBounds, StoredLanes
from connectors.store.desk_housekeeping import Kept
from connectors.store.desk_report import DeskReport, desk_report
from connectors.store.housekeeping import StoredHousekeeping
from connectors.store.intake import StoredIntake
from connectors.store.organizations import Organizations
from connectors.store.outbox import StoredOutbox
from connectors.store.reports import Report, report
from connectors.store.sweep import StoredSweep
from connectors.store.sync import StoredSync
from connectors.store.watching import StoredWatch
from connectors.telemetry import Reporter, Vitals
from connectors.timer import KernelTimer
from console.wiring.base import Base
from processors.delivery import Delivery, DeliveryLimits
from processors.heartbeat import Heart
from processors.housekeeping import Housekeeping
from processors.intake.loop import Intake, IntakeLimits
from processors.lane.asking_huma import reader_of
from processors.lane.limiter import Limiter, Window
from processors.lane.results import Retries
from processors.lane.settings import LaneLimits
from processors.lane.state import Waits
from processors.lane.tools import Tools
from processors.lane.worker import Lane
from processors.ports.huma import Huma
from processors.ports.lane import Claimed
from processors.relay import Relay, RelayLimits
from processors.sweep import Sweep, SweepLimits
from processors.sync.link import jobs_of
from processors.today import today_in
from processors.watch.pulse import Pulse
from processors.watch.watching import Watching
from schemas.reading import Reading
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS, EVENTS, OUTCOMES, REQUESTS, WATCHED

if TYPE_CHECKING:
    from connectors.faust_agents import FaustAgents

__all__ = ["Roles", "Vitals", "lane_limits"]

KIB: Final = 1024


class Roles(Base):
    """Builds the processes that run for long."""

    def vitals(self, *parts: str) -> Vitals:
        """Return the health of a process with these parts."""
        return Vitals(parts, self.settings.http.stuck, self.telemetry)

    def reporter(self, vitals: Vitals) -> Reporter:
        """Serve metrics and health."""
        http = self.settings.http
        return Reporter(http.host, http.port, self.telemetry, vitals)

    def report(self) -> Report:
        """Say what waits in the store."""
        return report(self.store)

    def desk_report(self) -> DeskReport:
        """Say what waits at the desk."""
        return desk_report(self.store)

    def intake(self, vitals: Vitals) -> Intake:
        """Build intake."""
        given, kafka = self.settings.intake, self.settings.kafka
        settings = consumer.settings_of(kafka.session_timeout, kafka.queue_mib, kafka.group)
        source = consumer.KafkaSource({**self.kafka, **settings}, [EVENTS.name, REQUESTS.name])
        readings = {
            topic.name: Reading(
                topic.ours, given.max_value_kib * KIB, given.future, given.version_from
            )
            for topic in (EVENTS, REQUESTS)
        }
        store = StoredIntake(
            self.store, self.keyring, self.settings.outbox.limit, self.settings.sync.preview
        )
        limits = IntakeLimits(given.batch, given.poll, given.retry, given.unsupported_per_hour)
        return Intake(source, store, readings, limits, self.telemetry, vitals)

    def relay(self, vitals: Vitals) -> Relay:
        """Build a relay."""
        given = self.settings.outbox
        return Relay(
            StoredOutbox(self.store, self.keyring),
            KafkaPublisher(self.kafka, given.delivery_timeout),
            self.owner,
            RelayLimits(given.lease, given.delivery_timeout, given.idle, given.batch),
            self.telemetry,
            vitals,
        )

    def housekeeping(self) -> Housekeeping:
        """Build what lets go of the old."""
        given = self.settings.housekeeping
        store = StoredHousekeeping(
            self.store, self.keyring, self.settings.sync.preview, given.tombstones,
            Kept(given.outcomes, given.closed),
        )  # fmt: skip
        return Housekeeping(store, self.owner, given.every, self.telemetry)

    def sweep(self, vitals: Vitals) -> Sweep:
        """Build what asks for those whom the clock turns."""
        given = self.settings.sweep
        store = StoredSweep(self.store, self.keyring, self.settings.outbox.for_requests)
        topics = TopicPartitions(self.kafka, (REQUESTS.name, OUTCOMES.name))
        return Sweep(
            store,
            topics,
            Heart(store, topics),
            self.owner,
            SweepLimits(given.every, given.lease, given.retry, given.people, given.ahead),
            self.telemetry,
            vitals,
            lambda: uuid4().hex,
        )

    def agents(self) -> "FaustAgents":
        """Build what reads outcomes and letters back."""
        # slow to import, and no other role needs it
        from connectors.faust_agents import FaustAgents, FaustSettings  # noqa: PLC0415

        given = self.settings.watch
        watching = Watching(StoredWatch(self.store), given.replays, self.telemetry)
        return FaustAgents(
            self.kafka,
            FaustSettings(
                given.group, self.settings.kafka.session_timeout, given.batch, given.fill,
                given.retry,
            ),
            {OUTCOMES.name: watching.outcomes, DEAD_LETTERS.name: watching.letters},
        )  # fmt: skip

    def pulse(self, agents: "FaustAgents", vitals: Vitals) -> Pulse:
        """Build what looks at whether they move."""
        given = self.settings.watch
        offsets = CommittedOffsets(self.kafka, given.group, WATCHED)
        store = StoredWatch(self.store)
        return Pulse(offsets, agents, store, self.telemetry, vitals, given.look)

    @cached_property
    def timer(self) -> KernelTimer:
        """The timer that ends a delivery process which slept past a lease."""
        return KernelTimer()

    def delivery(self, vitals: Vitals) -> Delivery:
        """Build delivery: one HTTP client for all lanes, one limiter a lane."""
        given = self.settings.delivery
        http = self.http()
        bounds = LaneBounds(self.settings.outbox.limit, given.letters_per_hour)
        lanes = StoredLanes(self.store, self.keyring, bounds, self.guard)
        jobs = StoredSync(self.store, self.keyring)
        organizations = Organizations(self.store, self.keyring)
        limits = lane_limits(self.settings)

        def build(claimed: Claimed, lease_left: Callable[[], float]) -> Lane:
            connection, lease = claimed.connection, claimed.lease
            limiter = Limiter(
                Window(given.requests, given.window, given.burst),
                given.in_flight,
                time.monotonic,
                lease_left,
                given.request_timeout,
                quiet=max(0.0, given.window - claimed.quiet),
            )
            xledger = self.xledger(http, connection.xledger_url, claimed.token, limiter)

            @cache
            def huma() -> Huma:
                return self.huma(http, organizations.huma(lease.organization))

            tools = Tools(
                lanes,
                xledger,
                limiter,
                limits,
                self.telemetry,
                lambda zone: today_in(datetime.now(UTC), zone),
                jobs_of(jobs, lease, connection, xledger, huma, given.retry, self.telemetry),
                reader_of(lanes, lease, huma, limits.reads, limits.huma_probe, self.telemetry),
                time.monotonic,
            )
            return Lane(claimed, tools)

        return Delivery(
            lanes,
            self.owner,
            DeliveryLimits(given.lease, given.renewal, given.settle, given.scan, given.lanes),
            build,
            self.timer,
            self.telemetry,
            vitals,
            http.aclose,
        )


def lane_limits(settings: Settings) -> LaneLimits:
    """Return what bounds each lane, by the settings."""
    given = settings.delivery
    return LaneLimits(
        given.people,
        given.linger,
        given.settle,
        given.in_flight,
        given.aliases,
        Retries(given.attempts, given.attempts_over),
        Waits(given.retry, given.retry_longest, given.probe, given.failing_probe),
        given.idle,
        settings.huma.reads,
        given.probe,
    )
