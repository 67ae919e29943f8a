"""What others do with the same topic: as little as they can."""
