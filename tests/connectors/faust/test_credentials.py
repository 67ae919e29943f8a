"""How Faust signs in: as the settings say for every other client of ours."""

import ssl
from pathlib import Path
from typing import Any

import certifi
import pytest
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import AuthProtocol

from connectors.faust_agents import credentials_of
from schemas.errors import StopProcess

SASL: dict[str, Any] = {"sasl.username": "us", "sasl.password": "canary"}


def test_nothing_is_needed_on_a_private_network() -> None:
    """PLAINTEXT is also what nothing means."""
    assert credentials_of({}) is credentials_of({"security.protocol": "PLAINTEXT"}) is None


def test_tls_takes_the_given_authority() -> None:
    """And asks for the brokers' names and certificates, as everywhere."""
    found = credentials_of({"security.protocol": "SSL", "ssl.ca.location": certifi.where()})
    assert isinstance(found, SSLCredentials)
    assert found.context.verify_mode is ssl.CERT_REQUIRED
    assert found.context.check_hostname
    assert found.context.get_ca_certs()


@pytest.mark.rule("R-103")
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_every_sign_in_that_the_settings_know(protocol: str, mechanism: str) -> None:
    """User, password and mechanism go over; the password is in no text."""
    found = credentials_of({"security.protocol": protocol, "sasl.mechanism": mechanism, **SASL})
    assert isinstance(found, SASLCredentials)
    assert (found.username, found.password) == ("us", "canary")
    assert (found.protocol, found.mechanism.value) == (AuthProtocol(protocol), mechanism)
    assert (found.ssl_context is not None) == (protocol == "SASL_SSL")
    assert "canary" not in repr(found)


def test_an_authority_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """With the setting's name, and before anything is tried."""
    for file in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        if file.name == "empty.pem":
            file.write_text("no certificate")
        with pytest.raises(StopProcess, match="KAFKA__CA_FILE"):
            credentials_of({"security.protocol": "SSL", "ssl.ca.location": str(file)})
