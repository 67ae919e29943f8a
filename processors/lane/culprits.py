"""Who, and which field, makes Xledger refuse a request (`design.md`, Answers; R-87, R-88).

What was refused goes out again in aliased roots of equal parts, each judged alone; failing parts
are split again. Named culprits go alone, in the same request, and are refused once more before
anybody writes a letter. A person's fields are then told apart likewise, one group an alias. Where
aliases prove not to be judged apart, one part goes in a request, and a half known to be bad is not
tested. Pure: `next` says what to send, `absorb` takes the answer.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from processors.lane.parts import share, split
from processors.ports.xledger import Input, Refusal, RootAnswer, Verb, WriteRoot
from schemas.employee import Root, Target
from schemas.personal import Personal

PEOPLE = 500
"""Xledger takes so many in one root (`xledger-api.md` 1.3)."""

UNNAMED = Refusal((), None, gone=False, retry=True, text=Personal("no answer named this person"))


@dataclass(frozen=True, slots=True)
class Case:
    """One person in one root. `groups` are targets that stand and fall together."""

    person: str
    record: Root
    verb: Verb
    input: Input
    groups: tuple[frozenset[Target], ...]
    essential: frozenset[Target] = frozenset()

    def only(self, targets: frozenset[Target]) -> "Case":
        """Return the case with these targets alone."""
        kept = {t: v for t, v in self.input.values.items() if t in targets}
        return replace(self, input=replace(self.input, values=kept))

    def group_of(self, target: Target) -> frozenset[Target]:
        """Return the targets that fail with this one."""
        return next((g for g in self.groups if target in g), frozenset({target}))

    def present(self) -> list[frozenset[Target]]:
        """Return the groups that have something to write."""
        mine = frozenset(self.input.values)
        named = [group & mine for group in self.groups if group & mine]
        rest = mine.difference(*named) if named else mine
        return [*named, *(frozenset({target}) for target in sorted(rest))]


@dataclass(slots=True)
class Verdict:
    """What became of one person in one root."""

    db_id: str | None = None
    done: set[Target] = field(default_factory=set)
    refused: dict[Target, Refusal] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Cases of one root, judged together. `bad`: known to hold a culprit, so not tested whole."""

    cases: tuple[Case, ...]
    bad: bool = False
    solo: bool = False
    twin: "int | None" = None


class Search:
    """The search of one batch for its culprits."""

    def __init__(self, aliases: int, *, apart: bool | None) -> None:
        self.verdicts: dict[tuple[str, Root], Verdict] = {}
        self.apart = apart
        self._aliases = aliases
        self._queue: deque[Piece] = deque()
        self._sent: dict[str, Piece] = {}
        self._witness: Case | None = None

    def first(
        self, cases: Mapping[str, tuple[Case, ...]], answers: Mapping[str, RootAnswer]
    ) -> None:
        """Take the answer to the batch itself: cases by alias, whole roots."""
        self._sent = {alias: Piece(members) for alias, members in cases.items()}
        self.absorb(answers)

    @property
    def over(self) -> bool:
        """Whether everybody has a verdict."""
        return not self._queue

    @property
    def asked(self) -> frozenset[str]:
        """The people of the request just planned."""
        return frozenset(case.person for piece in self._sent.values() for case in piece.cases)

    def next(self) -> tuple[WriteRoot, ...]:
        """Plan the next request: at most so many aliases, and 500 people a record."""
        pieces = self._serial() if self.apart is False else self._parallel()
        if self.apart is None and len(pieces) > 0 and self._witness is not None:
            pieces.append(Piece((self._witness,)))
        self._sent = {f"r{number}": piece for number, piece in enumerate(pieces)}
        return tuple(root_of(alias, piece.cases) for alias, piece in self._sent.items())

    def absorb(self, answers: Mapping[str, RootAnswer]) -> None:
        """Take the answer to the request just planned."""
        sent, self._sent = self._sent, {}
        results = {alias: answers.get(alias, RootAnswer({})) for alias in sent}
        any_done = any(answer.done for answer in results.values())
        some_refused = any(answer.refusals and not answer.done for answer in results.values())
        if len(sent) > 1 and any_done and some_refused:
            self.apart = True
        believed = len(sent) == 1 or self.apart is True or any_done
        for alias, piece in sent.items():
            self._judge(piece, results[alias], believed=believed, alone=len(sent) == 1)

    def _judge(self, piece: Piece, answer: RootAnswer, *, believed: bool, alone: bool) -> None:
        left = []
        for number, case in enumerate(piece.cases):
            db_id = answer.done.get(str(number))
            if db_id is None:
                left.append((str(number), case))
            else:
                self._done(case, db_id)
        if not left:
            if alone and piece.solo and self.apart is None:
                self.apart = False
            self._twin_is_bad(piece)
            return
        cases = tuple(case for _, case in left)
        if not believed or (not answer.refusals and not alone):
            self._queue.append(Piece(cases, solo=True, twin=piece.twin))
            return
        named = {client for refusal in answer.refusals for client in refusal.clients}
        if len(cases) == 1:
            self._settle(cases[0], _refusal_for(left[0][0], answer, alone_in_root=True))
            return
        culprits = [case for client, case in left if client in named]
        others = tuple(case for client, case in left if client not in named)
        self._queue.extend(Piece((case,)) for case in culprits)
        if others:
            self._queue.append(Piece(others, bad=not culprits and len(others) > 1))

    def _settle(self, case: Case, refusal: Refusal) -> None:
        """A case was refused alone: its field is found, or its fields are told apart."""
        values = frozenset(case.input.values)
        if refusal.gone or not values:
            self._refuse(case, values, refusal)
            return
        if refusal.target in values:
            group = case.group_of(refusal.target) & values
            if group & case.essential:
                self._refuse(case, values, refusal)
                return
            self._refuse(case, group, refusal)
            rest = values - group
            if rest or case.verb is Verb.ADD:
                self._queue.append(Piece((case.only(rest),)))
            return
        if case.verb is Verb.ADD:
            if values - case.essential and values & case.essential:
                self._queue.append(Piece((case.only(case.essential),)))
            else:
                self._refuse(case, values, refusal)
            return
        groups = case.present()
        if len(groups) == 1:
            self._refuse(case, values, refusal)
            return
        self._queue.extend(Piece((case.only(group),)) for group in groups)

    def _done(self, case: Case, db_id: str) -> None:
        verdict = self._verdict(case)
        verdict.db_id = db_id
        verdict.done.update(case.input.values)
        if case.verb is Verb.UPDATE:
            self._witness = case

    def _refuse(self, case: Case, targets: frozenset[Target], refusal: Refusal) -> None:
        verdict = self._verdict(case)
        verdict.refused.update(dict.fromkeys(targets, refusal))
        verdict.refusal = refusal

    def _verdict(self, case: Case) -> Verdict:
        return self.verdicts.setdefault((case.person, case.record), Verdict())

    def _parallel(self) -> list[Piece]:
        """Fill one request with parts of everything that waits, as finely as aliases allow."""
        if any(piece.solo for piece in self._queue):
            return self._serial()
        chosen: list[Piece] = []
        people: dict[Root, int] = {}
        while self._queue and len(chosen) < self._aliases // 2 + 1:
            piece = self._queue[0]
            record = piece.cases[0].record
            if people.get(record, 0) + len(piece.cases) > PEOPLE and chosen:
                break
            people[record] = people.get(record, 0) + len(piece.cases)
            chosen.append(self._queue.popleft())
        sizes = share(tuple(len(piece.cases) for piece in chosen), self._aliases - 1)
        return [
            Piece(part)
            for piece, parts in zip(chosen, sizes, strict=True)
            for part in split(piece.cases, parts)
        ]

    def _serial(self) -> list[Piece]:
        """One part a request; a half known to be bad is split, not tested."""
        piece = self._queue.popleft()
        while piece.bad and len(piece.cases) > 1:
            half, other = split(piece.cases, 2)
            self._queue.appendleft(Piece(other, twin=id(half)))
            piece = Piece(half, twin=id(half))
        return [replace(piece, solo=True)]

    def _twin_is_bad(self, piece: Piece) -> None:
        """The first half passed whole: the culprit is in the other one."""
        if piece.twin is None or not self._queue:
            return
        other = self._queue[0]
        if other.twin == piece.twin and len(other.cases) > 1:
            self._queue[0] = Piece(other.cases, bad=True)


def root_of(alias: str, cases: tuple[Case, ...]) -> WriteRoot:
    """Return the root that carries these cases; client ids are their indexes."""
    inputs = tuple(replace(case.input, client_id=str(n)) for n, case in enumerate(cases))
    return WriteRoot(alias, cases[0].verb, cases[0].record, inputs)


def _refusal_for(client: str, answer: RootAnswer, *, alone_in_root: bool) -> Refusal:
    naming = [refusal for refusal in answer.refusals if client in refusal.clients]
    if not naming and alone_in_root:
        naming = list(answer.refusals)
    return naming[0] if naming else UNNAMED
