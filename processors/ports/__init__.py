"""What the rules ask of the world. Connectors implement these; tests bring fakes."""
