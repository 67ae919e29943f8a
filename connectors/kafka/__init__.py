"""Kafka: what we read, what we publish, and the topics themselves."""
