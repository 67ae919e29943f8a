"""A bare confluent-kafka loop that decodes each value: the least a consumer in Python can do."""

import json
import sys
import time

import orjson
from confluent_kafka import Consumer


def main(servers: str, topic: str, count: int) -> None:
    """Read so many records and print how long it took from the first batch on."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": f"bare-{time.time_ns()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    seen, started = 0, 0.0
    while seen < count:
        messages = consumer.consume(10_000, 1.0)
        if messages and not started:
            started = time.perf_counter()
        for message in messages:
            value = message.value()
            if message.error() is None and value is not None:
                orjson.loads(value)
        seen += len(messages)
    print(json.dumps({"events": seen, "seconds": time.perf_counter() - started}))  # noqa: T201
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
