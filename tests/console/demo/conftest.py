"""A cast after the story, all of which is expected to have arrived."""

from datetime import date

import pytest

from console.demo.cast import Cast, cast
from console.demo.story import Story

TODAY = date(2026, 11, 25)


@pytest.fixture
def players() -> Cast:
    """A cast after a day's work and the midnight that follows."""
    made = cast(3, 300, TODAY)
    story = Story(made, TODAY)
    for _ in story.day():
        pass
    story.flood(500)
    story.midnight()
    return made
