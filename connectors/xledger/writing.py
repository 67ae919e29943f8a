"""What became of each root of a mutation: who is done, and who is refused (R-86, R-87).

Success is only what the answer names: an edge with our clientId and a dbId. An error belongs to the
root of its path, or the one whose variable it mentions; one without either to the roots of which it
names most, or to all that are not done.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from connectors.xledger.answers import Answer, GraphError, edges_of, member, text_of
from connectors.xledger.kinds import Kind, kind_of
from connectors.xledger.naming import Named, Names, clue_of
from processors.ports.xledger import Refusal, RootAnswer, WriteRoot
from schemas.employee import Target, TargetValue
from schemas.personal import Personal

SPECIAL: Final = frozenset("\"'\\\n\r\t")
"""What an unterminated string may come of, where Xledger builds text of its own (R-51)."""


def answers_of(roots: Sequence[WriteRoot], answer: Answer) -> dict[str, RootAnswer]:
    """Return what became of each root, by alias.

    Args:
        roots: as they were sent.
        answer: to them; its errors are refusals of data.
    """
    done = {root.alias: _done(root, answer) for root in roots}
    refusals: dict[str, list[Refusal]] = {root.alias: [] for root in roots}
    if answer.errors:
        all_names = [Names(root) for root in roots]
        for error in answer.errors:
            for names, refusal in _refusals(error, answer.status, all_names, done):
                refusals[names.root.alias].append(refusal)
    return {root.alias: RootAnswer(done[root.alias], tuple(refusals[root.alias])) for root in roots}


def likely_fields(roots: Sequence[WriteRoot]) -> list[str]:
    """Return the fields whose values hold a character that can end a string (R-51)."""
    return sorted({target.value for root in roots for target in _special(root)})


def _done(root: WriteRoot, answer: Answer) -> dict[str, str]:
    result = answer.data.get(root.alias) if answer.data else None
    sent = {given.client_id for given in root.inputs}
    done = {}
    for edge in edges_of(result):
        client, db_id = text_of(edge.get("clientId")) or "", member(edge["node"], "dbId")
        if client in sent and db_id is not None:
            done[client] = db_id
    return done


def _refusals(
    error: GraphError,
    status: int,
    all_names: Sequence[Names],
    done: Mapping[str, Mapping[str, str]],
) -> list[tuple[Names, Refusal]]:
    kind = kind_of(error, status)
    clue = clue_of(error, all_names)
    meant = [names for names in all_names if clue.roots & {names.root.alias, names.field}]
    undone = [names for names in all_names if len(done[names.root.alias]) < len(names.root.inputs)]
    candidates = [names for names in meant if names in undone] or meant or undone
    named = [(names, names.named_by(clue)) for names in candidates]
    most = max((found.weight for _, found in named), default=0)
    return [
        (names, _refusal(error, kind, names, found, done[names.root.alias]))
        for names, found in named
        if found.weight == most
    ]


def _refusal(
    error: GraphError, kind: Kind, names: Names, found: Named, done: Mapping[str, str]
) -> Refusal:
    target = found.target
    if kind is Kind.SYNTAX and target is None:
        likely = _special(names.root)
        target = next(iter(likely)) if len(likely) == 1 else None
    return Refusal(
        clients=tuple(client for client in found.clients if client not in done),
        target=target,
        gone=found.gone and kind is Kind.LOOK_UP,
        retry=kind is Kind.UNKNOWN,
        text=Personal(error.message),
    )


def _special(root: WriteRoot) -> set[Target]:
    return {
        t for given in root.inputs for t, value in given.values.items() if _ends_a_string(value)
    }


def _ends_a_string(value: TargetValue) -> bool:
    return value is not None and not SPECIAL.isdisjoint(value)
