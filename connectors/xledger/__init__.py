"""Xledger's GraphQL API: writes, look-ups, listings, and what a token may (`xledger-api.md`)."""

from connectors.xledger.client import Limits, XledgerClient

__all__ = ["Limits", "XledgerClient"]
