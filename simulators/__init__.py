"""Xledger and Huma as far as they are known: real servers to test and to show against."""
