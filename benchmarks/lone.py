"""(e): a lone change, from its publication to its confirmation, with an API that takes 50 ms."""

import json
import time
from datetime import datetime
from statistics import median, quantiles
from typing import Final

from confluent_kafka import Producer

from benchmarks.company import simulated
from benchmarks.events import Record, event, organizations, uuid
from benchmarks.figures import OURS, Aim, Figure
from benchmarks.ground import broker, ground
from benchmarks.options import Options
from connectors.kafka.tail import Tail, tail
from schemas.settings import Delivery
from schemas.topics import EVENTS, OUTCOMES

CHANGES: Final = 200
LEAST: Final = 20
API_MS: Final = 50
WITHIN_MS: Final = 100
"""What we may take ourselves, besides the linger and the API."""
LONGEST: Final = 30.0
HUNDREDTHS: Final = 100


def lone(options: Options) -> list[Figure]:
    """Measure (e)."""
    count = options.scaled(CHANGES, LEAST)
    medians: list[float] = []
    slow: list[float] = []
    for _ in range(options.rounds):
        took = _one_by_one(options, count)
        medians.append(median(took))
        slow.append(quantiles(took, n=HUNDREDTHS, method="inclusive")[-1])
    aim = Delivery().linger * 1000 + API_MS + WITHIN_MS
    title = f"a lone change to its outcome, API of {API_MS} ms"
    return [
        Figure("e", f"{title}: median", "ms", {OURS: medians}, Aim("at most", aim)),
        Figure("e", f"{title}: 99 %", "ms", {OURS: slow}),
    ]


def _one_by_one(options: Options, count: int) -> list[float]:
    organization = organizations(1)[0]
    users = [uuid(number) for number in range(count + 1)]
    with broker(options.folder) as servers, ground(options.folder, servers) as place:
        xledger = simulated(place)
        connection = place.connect(organization, xledger.company)
        place.link(connection, users, xledger.hire(len(users)))
        xledger.set({"latency_ms": API_MS})
        for role in ("intake", "delivery"):
            place.programs.program(role, "run", role).start()
        producer = Producer({"bootstrap.servers": servers, "linger.ms": 0})
        with tail({"bootstrap.servers": servers}, OUTCOMES.name) as outcomes:
            took = [
                confirmed(producer, changed(organization, user, number), outcomes, user)
                for number, user in enumerate(users)
            ]
    return took[1:]  # the first one waited for the roles to start


def changed(organization: str, user: str, number: int) -> Record:
    """Return a change of a phone number."""
    return event(
        organization, user, "updated", number, {"changes": {"phone": f"+47{40_000_000 + number}"}}
    )


def confirmed(producer: Producer, record: Record, outcomes: Tail, user: str) -> float:
    """Publish a change, and return after how many milliseconds it was confirmed.

    Raises:
        TimeoutError: it was not, for long.
    """
    key, value, headers = record
    began = time.time()
    producer.produce(EVENTS.name, value, key, headers=headers)
    producer.flush()
    while time.time() - began < LONGEST:
        for told in outcomes.poll(0.1):
            outcome = json.loads(told)
            if outcome.get("user") != user:  # heartbeats, and whoever turns
                continue
            if outcome["result"] != "applied":
                raise ValueError(
                    f"the change ended as {outcome['result']}: {outcome.get('reason')}"
                )
            return 1000 * (datetime.fromisoformat(outcome["at"]).timestamp() - began)
    raise TimeoutError("a change was not confirmed")
