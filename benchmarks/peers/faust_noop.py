"""A Faust agent that does nothing with each event (the pinned version, `design.md`, Watch)."""

import json
import os
import sys
import tempfile
import time

import faust


def main(servers: str, topic: str, count: int) -> None:
    """Read so many records through an agent, print how long it took, and leave."""
    app = faust.App(
        f"faust-{time.time_ns()}",
        broker=f"kafka://{servers}",
        value_serializer="json",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        datadir=tempfile.mkdtemp(prefix="faust-"),
    )
    events = app.topic(topic)

    @app.agent(events)  # type: ignore[untyped-decorator,unused-ignore]
    async def noop(stream: "faust.StreamT[object]") -> None:
        seen, started = 0, 0.0
        async for _ in stream:
            if not seen:
                started = time.perf_counter()
            seen += 1
            if seen == count:
                seconds = time.perf_counter() - started
                told = json.dumps({"events": seen, "seconds": seconds})
                os.write(1, f"\n{told}\n".encode())  # the worker keeps what is printed
                os._exit(0)

    sys.argv = [sys.argv[0], "worker", "--without-web", "--loglevel", "error"]
    app.main()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
