"""What topics hold, as `offsets set` plans by it."""

import pytest

from connectors.kafka.watermarks import Watermarks
from processors.ports.source import Place
from schemas.errors import Fault
from tests.fixtures.brokers import MakeTopic
from tests.fixtures.records import kafka


def test_the_offset_of_a_time_is_never_the_time_itself(
    any_broker: str, new_topic: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition that cannot be asked just now gives it back as its offset: nothing is planned."""
    topic = new_topic()
    held = Watermarks(kafka(any_broker), [topic])
    assert held.at(1_700_000_000_000) == {Place(topic, 0): 0}
    unasked = Place(topic, 9)
    monkeypatch.setattr(held, "_places", [unasked])
    monkeypatch.setattr(held, "ranges", lambda: {unasked: (0, 5)})
    with pytest.raises(Fault):
        held.at(1_700_000_000_000)
