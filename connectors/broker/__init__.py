"""A Kafka broker of our own, for the demo, tests and benchmarks: never for production."""
