"""Every setting: where it is read from, what it allows, how settings agree with each other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from connectors.store.engine import StoreLimits, open_store
from schemas.errors import StopProcess
from schemas.settings import PREFIX, Settings

SECRETS = ("password", "secret", "token", "key", "credential")


def declared(
    model: type[BaseModel] = Settings, prefix: str = PREFIX
) -> Iterator[tuple[str, FieldInfo]]:
    """Return every setting by its name in the environment."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from declared(kind, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper(), field


ALL = dict(declared())
NUMBERS = {name: field for name, field in ALL.items() if field.annotation in {int, float}}


def bounds(field: FieldInfo) -> tuple[Any, Any]:
    """Return the least and the greatest value of a number; None where there is none."""
    least: list[Any] = [
        one.ge if isinstance(one, Ge) else one.gt
        for one in field.metadata
        if isinstance(one, Ge | Gt)
    ]
    most: list[Any] = [one.le for one in field.metadata if isinstance(one, Le)]
    return next(iter(least), None), next(iter(most), None)


def wrong(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    """Return what is said of an environment with these settings."""
    for name, value in values.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    return str(refused.value)


@pytest.mark.parametrize("name", ALL)
def test_every_setting_says_why(name: str) -> None:
    """A sentence that ends with a full stop, where it is declared."""
    assert (ALL[name].description or "").endswith(".")


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_a_least_value(name: str) -> None:
    """None may be negative, and times say their unit."""
    field = NUMBERS[name]
    least, most = bounds(field)
    assert least is not None
    assert least >= 0
    assert most is None or least < most
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    assert extra["unit"] or field.annotation is int


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_below_its_least_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """At the start of a role, not in the middle of its work."""
    said = wrong(monkeypatch, **{name.removeprefix(PREFIX): "-1"})
    assert "greater than" in said


@pytest.mark.parametrize("name", [name for name, field in NUMBERS.items() if bounds(field)[1]])
def test_a_number_over_its_greatest_value_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A limit is a limit."""
    most = bounds(NUMBERS[name])[1]
    said = wrong(monkeypatch, **{name.removeprefix(PREFIX): str(int(most) + 1)})
    assert "less than or equal" in said


@pytest.mark.rule("R-103")
def test_secrets_are_set_by_file_only() -> None:
    """No setting holds one: its name ends in `_FILE`, and its value is a path."""
    secrets = [name for name in ALL if any(word.upper() in name for word in SECRETS)]
    assert len(secrets) >= 3
    for name in secrets:
        assert name.endswith("_FILE")
        assert ALL[name].annotation == Path | None


@pytest.mark.rule("R-103")
@pytest.mark.parametrize(
    "url",
    ["postgresql://huma:canary-77@host/db", "postgresql://huma@host/db?password=canary-77",
     "postgresql+psycopg://huma:canary-77@host/db"],
)  # fmt: skip
def test_a_password_inside_a_url_is_refused(url: str) -> None:
    """The message names the setting for the file, and does not repeat the password."""
    with pytest.raises(StopProcess) as stopped:
        open_store(url, None, StoreLimits(1, 1, 1, 1, 2))
    assert "HUMA_XLEDGER_STORE__PASSWORD_FILE" in str(stopped.value)
    assert "canary" not in str(stopped.value)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"DELIVERY__LEASE": "80"}, "DELIVERY__LEASE must be longer than"),
        ({"DELIVERY__RENEWAL": "30"}, "DELIVERY__LEASE must be longer than"),
        ({"DELIVERY__REQUEST_TIMEOUT": "70"}, "DELIVERY__LEASE must be longer than"),
        ({"OUTBOX__LEASE": "6"}, "OUTBOX__DELIVERY_TIMEOUT must be shorter than OUTBOX__LEASE"),
        ({"SWEEP__LEASE": "60"}, "SWEEP__LEASE must be longer than SWEEP__EVERY"),
        ({"KAFKA__SESSION_TIMEOUT": "10"}, "must be shorter than KAFKA__SESSION_TIMEOUT"),
        ({"STORE__IDLE_TIMEOUT": "45"}, "must be shorter than KAFKA__SESSION_TIMEOUT"),
        ({"STORE__STATEMENT_TIMEOUT": "120"}, "HTTP__STUCK must be longer than"),
        ({"OUTBOX__LEASE": "300"}, "HTTP__STUCK must be longer than"),
        ({"HTTP__STUCK": "30"}, "HTTP__STUCK must be longer than"),
    ],
)
def test_times_under_which_a_promise_would_not_hold_are_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], says: str
) -> None:
    """The message names the settings, and what would happen."""
    said = wrong(monkeypatch, **values)
    assert says in said
    assert "or a" in said or "or two" in said


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"HOST": "mail", "SENDER": "a@x.no", "MAILDIR": "/m"}, "MAIL__HOST or MAIL__MAILDIR"),
        ({"HOST": "mail"}, "MAIL__SENDER must be the address"),
        ({"SECURITY": "none", "USER": "u"}, "MAIL__USER needs MAIL__SECURITY starttls or tls"),
        ({"LEASE": "10"}, "MAIL__LEASE must be longer than MAIL__TIMEOUT"),
    ],
)
def test_mail_settings_that_contradict_each_other_are_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], says: str
) -> None:
    """One way to send, a sender for it, no password in the clear."""
    assert says in wrong(monkeypatch, **{f"MAIL__{name}": one for name, one in values.items()})


def test_the_fault_tests_proportions_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same check at another scale: 4 s, 1 s, 2 s."""
    for name, value in {"LEASE": "4", "RENEWAL": "1", "REQUEST_TIMEOUT": "2"}.items():
        monkeypatch.setenv(f"{PREFIX}DELIVERY__{name}", value)
    assert Settings().delivery.lease == 4


def test_an_unknown_setting_of_a_group_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt name would leave a default in force."""
    assert "kafka.grop" in wrong(monkeypatch, KAFKA__GROP="x")


def test_settings_cannot_be_changed_later() -> None:
    """What a role was started with is what it runs with."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().intake.batch = 1
