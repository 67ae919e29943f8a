"""The best broker that this machine can run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.broker import apache, noida


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run Apache Kafka where Java and Maven are, else noida-db; yields its address.

    Args:
        folder: where its data go; it exists.
    """
    if apache.missing() is None:
        with apache.running(folder) as broker:
            yield broker.servers
    else:
        with noida.running(folder) as servers:
            yield servers
