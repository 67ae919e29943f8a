"""noida-db as a child: its whole process group ends with the block."""

import socket
from pathlib import Path

import pytest

from connectors.broker import noida


def test_the_server_ends_with_its_wrapper(tmp_path: Path) -> None:
    """After the block nobody listens at its address any more."""
    with noida.running(tmp_path) as servers:
        host, port = servers.split(":")
        socket.create_connection((host, int(port))).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
