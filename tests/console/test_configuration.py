"""Settings come from the environment, and a wrong one is one clear sentence."""

import pytest

from console.configuration import names_of, read_settings
from schemas.errors import StopProcess

SERVERS = "HUMA_XLEDGER_KAFKA__BOOTSTRAP_SERVERS"


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> object:
    """Read the settings of an environment that holds these besides."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return read_settings(values)


def test_a_setting_is_read_from_its_nested_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name in the documentation is the name that works."""
    monkeypatch.setenv(SERVERS, "broker:9092")
    assert read_settings({}).kafka.bootstrap_servers == "broker:9092"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HUMA_XLEDGER_KAFAK__BOOTSTRAP_SERVERS", "x", f"did you mean {SERVERS}"),
        ("HUMA_XLEDGER_DELIVERY__LEESE", "9", "did you mean HUMA_XLEDGER_DELIVERY__LEASE"),
        ("HUMA_XLEDGER_DELIVERY__PEOPLE", "501", "HUMA_XLEDGER_DELIVERY__PEOPLE: "),
        ("HUMA_XLEDGER_DELIVERY__LEASE", "70", "DELIVERY__LEASE must be longer than"),
        ("HUMA_XLEDGER_OUTBOX__DELIVERY_TIMEOUT", "10", "must be shorter than OUTBOX__LEASE"),
        ("HUMA_XLEDGER_STORE__LOCK_TIMEOUT", "45", "must be shorter than KAFKA__SESSION_TIMEOUT"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """An operator reads the name and the limit, and no traceback."""
    with pytest.raises(StopProcess) as stopped:
        read(monkeypatch, **{name: value})
    assert says in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_a_wrong_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret pasted into the wrong setting stays out of the message (R-103)."""
    with pytest.raises(StopProcess) as stopped:
        read(monkeypatch, HUMA_XLEDGER_HTTP__PORT="canary-3f9")
    assert "canary" not in str(stopped.value)
    assert stopped.value.__cause__ is None


def test_every_setting_has_one_name() -> None:
    """No two settings share a name in the environment."""
    names = list(names_of())
    assert len(names) == len(set(names)) > 50
