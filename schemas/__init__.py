"""What crosses a boundary: models and names. No I/O, and nothing of ours is imported."""
