"""An event's `data`: the shapes we need are strict, the rest is open (`interfaces.md`, Events).

A value's content is for the mapping rules to judge, field by field (R-87). Only what the contract
names is kept: what else Huma knows of a person is dropped here (`huma-api.md`, Privacy).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from schemas.attributes import printable
from schemas.person import HumaField, Json, Projection

POSITION_FIELDS: Final = frozenset(
    {
        "id", "title", "contractStartDate", "contractEndDate", "probationEndDate",
        "terminationNoticeDate", "percentage", "contractType", "primary",
    }
)  # fmt: skip

_FIELDS: Final = frozenset(field.value for field in HumaField)
_ACCOUNT: Final = frozenset({"number", "country", "type", "code", "iban", "bic"})
_ADDRESS: Final = frozenset({"line1", "line2", "line3", "postalCode", "city", "country"})
_IDENTIFICATION: Final = frozenset({"id", "type", "country", "value"})
_TITLE: Final = frozenset({"id", "name"})
_NO_FIELDS: Final = Projection({})
_NO_POSITIONS: Final[Mapping[str, Projection | None]] = MappingProxyType({})


class WrongShape(Exception):
    """A member of `data` is missing or is not what we need; holds its name, never its value."""

    def __init__(self, member: str) -> None:
        super().__init__(member)
        self.member = member


@dataclass(slots=True)
class Data:
    """What an event's data says; see `events.Event` for what each means."""

    fields: Projection = field(default_factory=lambda: _NO_FIELDS)
    user_type: str | None = None
    active: bool | None = None
    groups: tuple[str, ...] | None = None
    positions: Mapping[str, Projection | None] = field(default_factory=lambda: _NO_POSITIONS)


def created(data: Json) -> Data:
    """Read `{"user": {…}}`, positions included.

    Raises:
        WrongShape: here as in every function of this module.
    """
    return _person(_object(_object(data, "data").get("user"), "user"))


def updated(data: Json) -> Data:
    """Read `{"changes": {…}}`; only what changed is in it."""
    changes = _object(_object(data, "data").get("changes"), "changes")
    return Data(_fields(changes), *_state(changes))


def deactivated(data: Json) -> Data:
    """Read `{}` or nothing."""
    _object(_or_empty(data), "data")
    return Data(active=False)


def reactivated(data: Json) -> Data:
    """Read `{}`, nothing, or `{"user": {…}}`: whatever it carries, the account is active now."""
    user = _object(_or_empty(data), "data").get("user")
    read = Data() if user is None else _person(_object(user, "user"))
    read.active = True
    return read


def deleted(data: Json) -> Data:
    """Read `{}` or nothing."""
    _object(_or_empty(data), "data")
    return Data()


def groups_changed(data: Json) -> Data:
    """Read `{"groups": [{"id", "type"}…]}`: all groups after the change."""
    return Data(groups=_ids(_object(data, "data").get("groups"), "groups"))


def position_changed(data: Json) -> Data:
    """Read `{"position": {…whole position…}}`."""
    return Data(positions=_positions([_object(data, "data").get("position")], "position"))


def position_deleted(data: Json) -> Data:
    """Read `{"position": {"id"}}`."""
    position = _object(_object(data, "data").get("position"), "position")
    return Data(positions={_id(position, "position.id"): None})


@dataclass(slots=True)
class Asked:
    """What a request of ours carries; see `events.Request`."""

    connection: str | None
    fields: tuple[str, ...]
    run: str | None
    letter: str | None


def asked(data: Json) -> Asked:
    """Read `{"connection"?, "fields"?, "run"?, "letter"?}`: ids and names of fields only."""
    given = _object(_or_empty(data), "data")
    fields = given.get("fields") or []
    if not isinstance(fields, list) or not all(printable(name) for name in fields):
        raise WrongShape("fields")
    names = tuple(name for name in fields if isinstance(name, str))
    return Asked(
        _optional_id(given, "connection"),
        names,
        _optional_id(given, "run"),
        _optional_id(given, "letter"),
    )


def _person(user: Mapping[str, Json]) -> Data:
    positions = user.get("positions")
    known = _NO_POSITIONS if positions is None else _positions(positions, "positions")
    return Data(_fields(user), *_state(user), known)


def _fields(given: Mapping[str, Json]) -> Projection:
    """Keep what is synchronised. Anything but a text, an object or a list is kept as it is."""
    kept: dict[str, Json] = {}
    for name, value in given.items():
        if name in _FIELDS:
            if isinstance(value, str):
                kept[name] = value or None
            else:
                shape = _SHAPES.get(name)
                kept[name] = value if shape is None else shape(value)
    return Projection(kept)


def _state(
    given: Mapping[str, Json],
) -> tuple[str | None, bool | None, tuple[str, ...] | None]:
    """Return type, account state and groups; each None when it is not said."""
    user_type = given.get("type")
    if not (user_type is None or printable(user_type)):
        raise WrongShape("type")
    status = given.get("status")
    active = None if status is None else _object(status, "status").get("active")
    if not (active is None or isinstance(active, bool)):
        raise WrongShape("status.active")
    groups = _ids(given["groups"] or [], "groups") if "groups" in given else None
    return user_type, active, groups


def _positions(given: Json, member: str) -> dict[str, Projection | None]:
    if not isinstance(given, list):
        raise WrongShape(member)
    positions = (_object(position, member) for position in given)
    return {_id(position, f"{member}.id"): _position(position) for position in positions}


def _position(given: Mapping[str, Json]) -> Projection:
    kept = _only(given, POSITION_FIELDS)
    title = kept.get("title")
    if isinstance(title, dict):
        kept["title"] = _only(title, _TITLE)
    return Projection(kept)


def _only(given: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    """Keep what the contract names; an empty text counts as null."""
    return {name: None if value == "" else value for name, value in given.items() if name in names}


def _parts(names: frozenset[str]) -> Callable[[Json], Json]:
    return lambda value: _only(value, names) if isinstance(value, dict) else value


def _identifications(value: Json) -> Json:
    if not isinstance(value, list):
        return value
    return [_only(one, _IDENTIFICATION) if isinstance(one, dict) else one for one in value]


_SHAPES: Final[Mapping[str, Callable[[Json], Json]]] = {
    HumaField.BANK_ACCOUNT.value: _parts(_ACCOUNT),
    HumaField.HOME_ADDRESS.value: _parts(_ADDRESS),
    HumaField.IDENTIFICATIONS.value: _identifications,
}


def _ids(given: Json, member: str) -> tuple[str, ...]:
    if not isinstance(given, list):
        raise WrongShape(member)
    return tuple(_id(_object(one, member), f"{member}.id") for one in given)


def _id(given: Mapping[str, Json], member: str) -> str:
    found = given.get("id")
    if not printable(found):
        raise WrongShape(member)
    return found


def _optional_id(given: Mapping[str, Json], member: str) -> str | None:
    found = given.get(member)
    if found is None or printable(found):
        return found
    raise WrongShape(member)


def _or_empty(data: Json) -> Json:
    """Return no data as `{}`."""
    return {} if data is None or data == "" else data


def _object(value: Json, member: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise WrongShape(member)
    return value
