"""Whom and what an error names: a root, inputs of it, a field (R-87, R-88; `design.md`, Answers).

What counts as a name, in this order: a clientId, an index of the inputs, a quoted value that
exactly one input of the root holds. Naming too little costs requests, naming wrongly costs one: who
is named is refused once more alone before a letter is written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from connectors.xledger.answers import GraphError
from connectors.xledger.documents import ADDRESS, GENDER_NAMES, field_name, wire_names
from processors.ports.xledger import Input, WriteRoot
from schemas.employee import Root, Target

CLIENT: Final = re.compile(r"\bclient[ _]?id\b['\"]?\s*[:=]?\s*['\"]?(\w+)", re.IGNORECASE)
WAY: Final = re.compile(r"\$?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\.?\[\d+\]|\.\d+)*")
VARIABLE: Final = re.compile(r"\$(\w+)")
QUOTES: Final = re.compile("['\"`]")
MOST_QUOTES: Final = 24
"""So many quotation marks of a message are looked between; a message with more names nobody."""

INPUTS: Final = ("inputs", "edges")
PARTS: Final = ("node", *INPUTS)
GONE: Final = "dbId"


@dataclass(frozen=True, slots=True)
class Named:
    """What one error names in one root."""

    clients: tuple[str, ...]
    target: Target | None
    gone: bool

    @property
    def weight(self) -> int:
        """How much it tells; among roots, those that it tells most of are meant."""
        return 2 * bool(self.clients) + (self.target is not None)


class Names:
    """The names of one root's inputs, found once an error asks for them."""

    def __init__(self, root: WriteRoot) -> None:
        self.root = root
        self.field = field_name(root.verb, root.record)
        self._clients = tuple(given.client_id for given in root.inputs)
        self._known = frozenset(self._clients)
        self._holders: dict[str, set[str]] = {}
        for given in root.inputs:
            for value in _wire_values(given):
                self._holders.setdefault(value, set()).add(given.client_id)

    def holds(self, value: str) -> bool:
        """Say whether any input holds this text."""
        return value in self._holders

    def holder(self, value: str) -> str | None:
        """Return the client whose input alone holds this text."""
        holders = self._holders.get(value, set())
        return next(iter(holders)) if len(holders) == 1 else None

    def client(self, name: str) -> str | None:
        """Return a clientId if it is one of this root's."""
        return name if name in self._known else None

    def at(self, index: int) -> str | None:
        """Return the clientId of the input at an index."""
        return self._clients[index] if index < len(self._clients) else None

    def named_by(self, clue: "Clue") -> Named:
        """Return what an error names here."""
        client = self._client_of(clue)
        target = next(
            (t for steps in clue.paths if (t := _target(self.root.record, steps)) is not None), None
        )
        gone = any(steps == (GONE,) for steps in clue.paths)
        return Named((client,) if client else (), target, gone and client is not None)

    def _client_of(self, clue: "Clue") -> str | None:
        for name in clue.clients:
            if (client := self.client(name)) is not None:
                return client
        for index in clue.indexes:
            if (client := self.at(index)) is not None:
                return client
        for quoted in clue.quoted:
            if (client := self.holder(quoted)) is not None:
                return client
        return None


@dataclass(frozen=True, slots=True)
class Clue:
    """What an error says, taken apart.

    Attributes:
        roots: aliases, or names of mutations, that it is about.
        clients: clientIds that it calls so.
        indexes: of inputs.
        paths: ways into an input, without `node` and indexes.
        quoted: what stands between quotation marks.
    """

    roots: frozenset[str]
    clients: tuple[str, ...] = field(repr=False)
    indexes: tuple[int, ...]
    paths: tuple[tuple[str, ...], ...] = field(repr=False)
    quoted: tuple[str, ...] = field(repr=False)


def clue_of(error: GraphError, all_names: Sequence[Names]) -> Clue:
    """Take an error apart.

    Args:
        error: one of an answer's.
        all_names: the names of the request's roots; a quoted value of theirs is not taken for the
            name of a field.
    """
    known = frozenset(word for names in all_names for word in (names.root.alias, names.field))
    quoted = tuple(_between_quotes(error.message))
    plain = error.message
    for value in sorted(quoted, key=len, reverse=True):
        if any(names.holds(value) for names in all_names):
            plain = plain.replace(value, "")
    spoken = [_steps(match[0]) for match in WAY.finditer(plain) if _is_way(match, plain)]
    ways = [way for way in (error.path, *spoken) if way]
    firsts = [str(way[0]).lstrip("$") for way in ways] + VARIABLE.findall(plain)
    own = error.path[:1] if error.path and error.path[0] in known else firsts
    client = error.extensions.get("clientId")
    clients = [str(client)] if isinstance(client, str | int) else []
    return Clue(
        roots=frozenset(map(str, own)) & known,
        clients=(*clients, *CLIENT.findall(error.message)),
        indexes=tuple(index for way in ways if (index := _index(way, known)) is not None),
        paths=tuple(_inside(way, known) for way in ways),
        quoted=quoted,
    )


def _wire_values(given: Input) -> Iterator[str]:
    for value in (given.db_id, given.code, given.contact, given.subledger):
        if value:
            yield value
    for target, value in given.values.items():
        if value and target is not Target.CONTACT_GENDER:
            yield value
        elif value:
            yield GENDER_NAMES.get(value, value)


def _between_quotes(message: str) -> Iterator[str]:
    """Yield every text between two equal quotation marks, since values can hold some."""
    marks = [match.start() for match in QUOTES.finditer(message)][: MOST_QUOTES + 1]
    if len(marks) > MOST_QUOTES:
        return
    for number, start in enumerate(marks):
        for end in marks[number + 1 :]:
            if message[start] == message[end]:
                yield message[start + 1 : end]


def _is_way(match: re.Match[str], message: str) -> bool:
    """Tell a way into an input from a word: it has parts, or is quoted, or ends at a colon."""
    found = match[0]
    before, after = message[: match.start()][-1:], message[match.end() :][:1]
    quoted = before in {"'", '"', "`"} and before == after
    return "." in found or "[" in found or quoted or after == ":"


def _steps(way: str) -> tuple[str | int, ...]:
    parts = re.findall(r"\$?[A-Za-z_]\w*|\d+", way)
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _index(way: tuple[str | int, ...], known: frozenset[str]) -> int | None:
    for before, step in pairwise(way):
        if isinstance(step, int) and str(before).lstrip("$") in known.union(INPUTS):
            return step
    return None


def _inside(way: tuple[str | int, ...], known: frozenset[str]) -> tuple[str, ...]:
    """Return the steps inside the node: what leads there is cut off."""
    steps = [step.lstrip("$") for step in way if isinstance(step, str)]
    while steps and (steps[0] in known or steps[0] in PARTS):
        steps = steps[1:]
    return tuple(steps)


def _target(record: Root, steps: Sequence[str]) -> Target | None:
    if steps and steps[0] == ADDRESS:
        steps = steps[1:]
    known: Mapping[str, Target] = wire_names(record)
    return known.get(steps[0]) if steps else None
