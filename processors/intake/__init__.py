"""Intake: from records to durable effects, one transaction a batch (`design.md`, Intake)."""
