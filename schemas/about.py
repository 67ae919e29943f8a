"""What is known of an event: all that its outcome and its letter say, whole or in part."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.attributes import printable, read_revision, read_time, read_uuid
from schemas.errors import DeadLetter
from schemas.key import person_of_key
from schemas.person import Json
from schemas.reasons import Code


@dataclass(frozen=True, slots=True)
class About:
    """An event's attributes, each None when it is absent or not what the contract says.

    Attributes:
        source: with `id` the event's identity.
        id: see `source`.
        type: as written, also when we do not know it.
        organization: Huma's organisation id, lower-case.
        user: Huma's user id, lower-case.
        time: aware.
        revision: what orders the person's changes (R-96).
    """

    source: str | None = None
    id: str | None = None
    type: str | None = None
    organization: str | None = None
    user: str | None = None
    time: datetime | None = None
    revision: int | None = None

    def or_key(self, key: bytes | None) -> "About":
        """Return the same with the person that the record's key names, where none is known."""
        if self.organization is not None or self.user is not None:
            return self
        person = person_of_key(key)
        if person is None:
            return self
        return replace(self, organization=person.organization, user=person.user)

    def at(self, topic: str, partition: int, offset: int) -> "About":
        """Return the same with an identity: the record's place where none can be read (R-90)."""
        if self.source is not None and self.id is not None:
            return self
        place = f"{topic}/{partition}/{offset}"
        return replace(self, source=place, id=place)


def about(attributes: Mapping[str, Json]) -> About:
    """Gather what can be known; each attribute is judged alone, none raises."""
    get = attributes.get
    source, id_, type_ = get("source"), get("id"), get("type")
    return About(
        source=source if printable(source) else None,
        id=id_ if printable(id_) else None,
        type=type_ if printable(type_) else None,
        organization=read_uuid(get("organization")),
        user=read_uuid(get("subject")),
        time=read_time(get("time")),
        revision=read_revision(get("revision")),
    )


class BadEvent(DeadLetter):
    """A record that is no event of the contract. `about` is what could be read of it all the same.

    `fields` names attributes and members of `data`; nothing in here holds a value of `data`.
    """

    def __init__(self, code: Code, stage: str, fields: tuple[str, ...], known: About) -> None:
        super().__init__(code, stage, fields)
        self.about = known
