"""Huma's open API (`huma-api.md`), and the events that its services publish (`interfaces.md`)."""
