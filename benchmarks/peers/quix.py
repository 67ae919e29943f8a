"""Quix Streams' no-op; runs in a virtual environment of its own (`requirements-quix.txt`)."""

import json
import sys
import time

from quixstreams import Application


def main(servers: str, topic: str, count: int) -> None:
    """Read so many records through a stream that does nothing, and print how long it took."""
    application = Application(
        broker_address=servers,
        consumer_group=f"quix-{time.time_ns()}",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        loglevel="ERROR",
    )
    times: list[float] = []
    stream = application.dataframe(application.topic(topic, value_deserializer="json"))

    def note(_: object) -> None:
        if not times:
            times.append(time.perf_counter())

    stream.update(note)
    application.run(count=count)
    print(json.dumps({"events": count, "seconds": time.perf_counter() - times[0]}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
