"""The projection follows every event of a connected organisation's people (R-83, R-98)."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from processors.mapping.email import same_email_key
from processors.ports.intake import IntakeTransaction, StoredPerson, Value
from schemas.events import Event
from schemas.person import HumaField, Json, PersonKey

DIGEST_BYTES: Final = 16


class Projecting:
    """What one batch makes of fields: the newest value of each goes into the store, once.

    Args:
        transaction: the store's.
        events: of the batch, in their order.
        people: as stored; who is deleted has no values.
    """

    def __init__(
        self,
        transaction: IntakeTransaction,
        events: Sequence[Event],
        people: Mapping[PersonKey, StoredPerson],
    ) -> None:
        fields: dict[tuple[PersonKey, str], Value] = {}
        positions: dict[tuple[PersonKey, str], Value] = {}
        for event in events:
            key = key_of(event)
            if people[key].deleted:
                continue
            digest = digest_of(event)
            for name, value in event.fields.items():
                best = fields.get((key, name))
                if best is None or event.revision > best.version:
                    normal = _normal_form(name, value)
                    fields[key, name] = Value(key, name, event.revision, digest, value, normal)
            for id_, position in event.positions.items():
                best = positions.get((key, id_))
                if best is None or event.revision > best.version:
                    whole = None if position is None else dict(position)
                    positions[key, id_] = Value(key, id_, event.revision, digest, whole)
        self._current = dict(transaction.merge(list(fields.values())))
        self._positions = dict(transaction.merge_positions(list(positions.values())))

    def accept(self, key: PersonKey, name: str, version: int) -> bool:
        """Say whether a value is newer than what stood there when its event came (R-83).

        Asked once for each value, in the order of the events.
        """
        return _accept(self._current, (key, name), version)

    def accept_position(self, key: PersonKey, position: str, version: int) -> bool:
        """Say the same of a position."""
        return _accept(self._positions, (key, position), version)


def _accept(
    current: dict[tuple[PersonKey, str], int], place: tuple[PersonKey, str], version: int
) -> bool:
    stored = current.get(place)
    if stored is None or version <= stored:
        return False
    current[place] = version
    return True


def key_of(event: Event) -> PersonKey:
    """Return whose event it is."""
    return PersonKey(event.organization, event.user)


def digest_of(event: Event) -> bytes:
    """Return what stands for an event's identity in the store (R-82)."""
    return blake2b(f"{event.source}\x1f{event.id}".encode(), digest_size=DIGEST_BYTES).digest()


def _normal_form(name: str, value: Json) -> str | None:
    if name != HumaField.EMAIL.value or not isinstance(value, str):
        return None
    return same_email_key(value)
