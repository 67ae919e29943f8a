"""A lane: the delivery of one connection (`design.md`, Delivery)."""
