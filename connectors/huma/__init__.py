"""Huma's open API, read only: one person, or all (R-97, R-10)."""

from connectors.huma.client import HumaClient, Limits

__all__ = ["HumaClient", "Limits"]
