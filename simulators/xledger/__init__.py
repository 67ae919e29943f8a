"""Xledger's GraphQL API as far as it is known (`xledger-api.md`), with a switch for what is not."""
