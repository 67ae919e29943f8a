"""Who, and which field, makes Xledger refuse a request (`design.md`, Answers; R-87, R-88).

What was refused goes out again in aliased roots of equal parts, each judged alone; failing parts
are split again. Named culprits go alone, in the same request, and are refused once more before
anybody writes a letter. A person's fields are then told apart likewise, one group an alias.

Whether aliases are judged apart shows when some are done beside others that are refused. Where all
are refused, one of them goes alone: if it passes, they are not. Then one part goes in a request,
and a half known to be bad is not tested. Pure: `next` says what to send, `absorb` takes the answer.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from processors.lane.parts import share, split
from processors.lane.state import AT_LEAST, FAILING
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
        named = list(dict.fromkeys(group & mine for group in self.groups if group & mine))
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
    """Cases of one root, judged together.

    Attributes:
        cases: at least one.
        bad: known to hold a culprit, so that a half of it is tested, not the whole.
        solo: goes alone, to learn whether aliases are judged apart.
        witness: passed before, and goes along for the same end.
        twin: the same number for two halves of a bad piece.
    """

    cases: tuple[Case, ...]
    bad: bool = False
    solo: bool = False
    witness: bool = False
    twin: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """What an answer did not name as done, of one piece: never empty."""

    piece: Piece
    cases: tuple[tuple[str, Case], ...]
    answer: RootAnswer

    @property
    def rest(self) -> tuple[Case, ...]:
        """The cases themselves."""
        return tuple(case for _, case in self.cases)


class Search:
    """The search of one batch for its culprits.

    Attributes:
        verdicts: by person and record.
        apart: whether aliases are judged apart, as far as known.
        lost: people whose creation the answer neither names nor refuses: it may have happened.
    """

    def __init__(self, aliases: int, *, apart: bool | None) -> None:
        self.verdicts: dict[tuple[str, Root], Verdict] = {}
        self.apart = apart
        self.lost: set[str] = set()
        self._aliases = aliases
        self._queue: deque[Piece] = deque()
        self._sent: dict[str, Piece] = {}
        self._witness: Case | None = None
        self._twins = count()

    def first(
        self, cases: Mapping[str, tuple[Case, ...]], answers: Mapping[str, RootAnswer]
    ) -> None:
        """Take the answer to the batch itself: cases by alias, whole roots."""
        self._sent = {alias: Piece(members) for alias, members in cases.items()}
        self.absorb(answers)

    @property
    def over(self) -> bool:
        """Whether nothing is left to ask: everybody has a verdict, or too many fail (R-94)."""
        return not self._queue or bool(self.lost) or self._hopeless()

    @property
    def asked(self) -> frozenset[str]:
        """The people of the request just planned."""
        return frozenset(case.person for piece in self._sent.values() for case in piece.cases)

    def next(self) -> tuple[WriteRoot, ...]:
        """Plan the next request: at most so many aliases, and 500 people a record."""
        pieces = self._serial() if self.apart is False else self._parallel()
        self._sent = {f"r{number}": piece for number, piece in enumerate(pieces)}
        return tuple(root_of(alias, piece.cases) for alias, piece in self._sent.items())

    def absorb(self, answers: Mapping[str, RootAnswer]) -> None:
        """Take the answer to the request just planned."""
        sent, self._sent = self._sent, {}
        left: list[Left] = []
        passed: list[Piece] = []
        for alias, piece in sent.items():
            answer = answers.get(alias, RootAnswer({}))
            rest = self._take_done(piece, answer)
            if rest:
                left.append(Left(piece, rest, answer))
            else:
                passed.append(piece)
        any_done = any(answer.done for answer in answers.values())
        self._learn(left, any_done=any_done, many=len(sent) > 1)
        for piece in passed:
            self._passed(piece)
        open_ = [one for one in left if not one.piece.witness]
        if len(sent) == 1 or any_done or self.apart is True:
            for one in open_:
                self._refused(one)
        elif self.apart is False:
            self._rolled_back(open_)
        else:
            self._unclear(open_)

    def _learn(self, left: Sequence[Left], *, any_done: bool, many: bool) -> None:
        refused = [one for one in left if one.answer.refusals]
        if not many or not refused:
            return
        silent = len(refused) < len(left)
        if any_done:
            self.apart = True
        elif silent or any(one.piece.witness for one in left):
            self._not_apart()

    def _not_apart(self) -> None:
        """From now on one part goes in a request: join what waits in many."""
        self.apart = False
        self._queue = deque(merged(self._queue))

    def _take_done(self, piece: Piece, answer: RootAnswer) -> tuple[tuple[str, Case], ...]:
        left = []
        for number, case in enumerate(piece.cases):
            db_id = answer.done.get(str(number))
            if db_id is None:
                left.append((str(number), case))
            else:
                self._done(case, db_id)
        return tuple(left)

    def _passed(self, piece: Piece) -> None:
        if piece.solo and self.apart is None:
            self._not_apart()
        if piece.twin is not None and self._queue:
            other = self._queue[0]
            if other.twin == piece.twin:  # the first half passed: the culprit is in this one
                self._queue[0] = Piece(other.cases, bad=True)

    def _refused(self, one: Left) -> None:
        """A piece was judged for itself: look closer, or settle a case that was alone."""
        cases = one.rest
        if cases[0].verb is Verb.ADD and not one.answer.refusals:
            self.lost |= {case.person for case in cases}
        elif len(cases) == 1:
            self._settle(cases[0], _refusal_for(one.cases[0][0], one.answer))
        else:
            self._queue.extend(closer(one))

    def _rolled_back(self, left: Sequence[Left]) -> None:
        """A request was refused as a whole: whoever an error is about is the culprit."""
        guilty = [one for one in left if one.answer.refusals]
        if len(guilty) < len(left):
            innocent = (Piece(one.rest) for one in left if not one.answer.refusals)
            self._queue.extend(merged(innocent))
            for one in guilty:
                pieces = closer(one) if len(one.cases) > 1 else [Piece(one.rest)]
                self._queue.extend(pieces)
            return
        joined = merged(Piece(one.rest) for one in left)
        self._queue.extend(replace(piece, bad=len(joined) == 1) for piece in joined)

    def _unclear(self, left: Sequence[Left]) -> None:
        """All were refused: each for itself, or all for one; the smallest goes alone to tell."""
        if not any(one.answer.refusals for one in left):
            for one in left:
                self._refused(one)
        elif not self.verdicts and all(len(one.cases) > 1 for one in left):
            for one in left:  # the batch itself: its parts will tell
                self._queue.extend(closer(one))
        else:
            smallest, *others = sorted(left, key=lambda one: len(one.cases))
            self._queue.appendleft(Piece(smallest.rest, solo=True))
            self._queue.extend(merged(Piece(one.rest) for one in others))

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

    def _hopeless(self) -> bool:
        failed = {person for (person, _), verdict in self.verdicts.items() if verdict.refusal}
        tried = {person for person, _ in self.verdicts}
        return len(tried) >= AT_LEAST and len(failed) > FAILING * len(tried)

    def _parallel(self) -> list[Piece]:
        """Fill one request with parts of everything that waits, as finely as aliases allow."""
        if self._queue[0].solo:
            return [self._queue.popleft()]
        chosen: list[Piece] = []
        people: dict[Root, int] = {}
        room = self._aliases - 1
        while self._queue:
            piece = self._queue[0]
            record, least = piece.cases[0].record, 1 if len(piece.cases) == 1 else 2
            full = room < least or people.get(record, 0) + len(piece.cases) > PEOPLE
            if full and chosen:
                break
            room -= least
            people[record] = people.get(record, 0) + len(piece.cases)
            chosen.append(self._queue.popleft())
        sizes = share(tuple(len(piece.cases) for piece in chosen), self._aliases - 1)
        parts = [
            Piece(part)
            for piece, parts in zip(chosen, sizes, strict=True)
            for part in split(piece.cases, parts)
        ]
        if self.apart is None and self._witness is not None:
            parts.append(Piece((self._witness,), witness=True))
        return parts

    def _serial(self) -> list[Piece]:
        """One part a request; a half known to be bad is split, not tested."""
        piece = self._queue.popleft()
        while piece.bad and len(piece.cases) > 1:
            half, other = split(piece.cases, 2)
            twin = next(self._twins)
            self._queue.appendleft(Piece(other, twin=twin))
            piece = Piece(half, twin=twin)
        return [piece]


def closer(one: Left) -> list[Piece]:
    """Return the parts of a refused root: each whom an error names alone, and the others.

    The others stand first: they show that aliases are judged apart.
    """
    named = {client for refusal in one.answer.refusals for client in refusal.clients}
    culprits = [case for client, case in one.cases if client in named]
    others = tuple(case for client, case in one.cases if client not in named)
    pieces = [Piece(others, bad=not culprits and len(others) > 1)] if others else []
    return [*pieces, *(Piece((case,)) for case in culprits)]


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Join pieces of one root, at most 500 people, nobody twice; what goes solo stays apart."""
    joined: list[list[Case]] = []
    solo: list[Piece] = []
    for piece in pieces:
        if piece.solo:
            solo.append(piece)
            continue
        one = piece.cases[0]
        people = {case.person for case in piece.cases}
        for group in joined:
            fits = len(group) + len(people) <= PEOPLE
            same = (group[0].record, group[0].verb) == (one.record, one.verb)
            if fits and same and people.isdisjoint(case.person for case in group):
                group.extend(piece.cases)
                break
        else:
            joined.append(list(piece.cases))
    return [*solo, *(Piece(tuple(group)) for group in joined)]


def root_of(alias: str, cases: tuple[Case, ...]) -> WriteRoot:
    """Return the root that carries these cases; client ids are their indexes."""
    inputs = tuple(replace(case.input, client_id=str(n)) for n, case in enumerate(cases))
    return WriteRoot(alias, cases[0].verb, cases[0].record, inputs)


def _refusal_for(client: str, answer: RootAnswer) -> Refusal:
    """Return why a case that was alone in its root was refused."""
    naming = [refusal for refusal in answer.refusals if client in refusal.clients]
    return next(iter([*naming, *answer.refusals]), UNNAMED)
